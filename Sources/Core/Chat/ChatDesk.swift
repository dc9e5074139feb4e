// What is said in rooms: post, edit, delete, react. Each is one transaction with one Change that names the message and a
// hash of its words, and never the words; screens are shown the message beside it.
package import Foundation
import GRDB

/// Takes messages. Whoever is in a room may write there; in the announcements managers may.
package struct ChatDesk: Sendable {
    let store: Store

    package init(store: Store) { self.store = store }

    /// A message as somebody wrote it.
    package struct Draft: Sendable {
        /// Made by the client, so that the same message sent again is the same message.
        package let id: Message.ID
        package var text = ""
        package var replyTo: Message.ID?
        package var links: [MessageLink] = []
        package var files: [MessageFile.ID] = []
        /// When it was said, of what is brought from elsewhere; nil for now.
        package var at: Date?

        package init(id: Message.ID) { self.id = id }
    }

    /// Posts a message; on disk when this returns. One that is there already is given back as it is.
    ///
    /// - Throws: `notFound` for a room one is not in; `forbidden` for who left, and for crew in the announcements;
    ///   `invalid`; `conflict` for an id that somebody else's message has.
    package func post(_ draft: Draft, to room: Room.ID, by author: Author) async throws -> (message: JSON, isNew: Bool)
    {
        let text = try MessageText.clean(draft.text)
        return try await store.write { transaction in
            let access = try RoomAccess.inside(room, author.person, in: transaction.database)
            guard Message.isName(draft.id.rawValue) else {
                throw Failure(.invalid, "A message's id is a UUID of version 7 in small letters.", field: "id")
            }
            if let known = try Self.known(draft.id, access, in: transaction.database) { return (known, false) }
            guard access.mayWrite(as: author.role) else {
                throw Failure(.forbidden, "Only managers write here. Answer them in another room.")
            }
            return (try Self.post(draft, text: text, access, in: transaction), true)
        }
    }

    private static func known(_ id: Message.ID, _ access: RoomAccess, in database: Database) throws -> JSON? {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT seq, author FROM message WHERE room = ? AND id = ?"),
            arguments: [access.room.number, id.rawValue])
        guard let row else { return nil }
        guard row["author"] as String? == access.person.rawValue else {
            throw Failure(.conflict, "Another message has this id. Make a new one.", field: "id")
        }
        return try MessageReader(access, in: database).one(row["seq"])
    }

    private static func post(
        _ draft: Draft, text: String, _ access: RoomAccess, in transaction: WriteTransaction
    ) throws -> JSON {
        let database = transaction.database
        guard !text.isEmpty || !draft.files.isEmpty else {
            throw Failure(.invalid, "There is nothing in this message.", field: "text")
        }
        let links = try MessageLink.json(of: draft.links, in: access.room, database)
        let reply = try draft.replyTo.map { try MessageReader(access, in: database).place(of: $0) }
        let entry = Entry(
            room: access.room, id: draft.id, author: access.person, text: text, links: links, reply: reply, at: draft.at
        )
        let seq = try entry.insert(in: transaction)
        try MessageFiles.attach(draft.files, of: access.person, to: seq, in: access.room, database)
        // Who writes has read what is there.
        try database.cachedStatement(
            sql: "UPDATE room_member SET read = ?1, delivered = ?1 WHERE person = ?2 AND room = ?3"
        )
        .execute(arguments: [seq, access.person.rawValue, access.room.number])
        return try show(seq, in: access.room, transaction)
    }

    /// Posts a card into a project's room: the way by which other parts of the house speak there. Nothing happens where
    /// the project has no room.
    static func post(
        _ card: RoomCard, to project: Project.ID, by person: Person.ID?, in transaction: WriteTransaction
    ) throws {
        guard let room = try Room.find(of: project, in: transaction.database) else { return }
        let links = try MessageLink.json(of: card.links, in: room, transaction.database)
        let body: JSON = [
            "kind": .string(card.kind), "title": .string(card.title), "text": .optional(card.text),
        ]
        let entry = Entry(
            room: room, id: transaction.newID(), author: person, text: "", links: links, reply: nil, card: body)
        _ = try show(entry.insert(in: transaction), in: room, transaction)
    }

    /// Shows the message beside the Change that was just appended, to those who are in the room.
    @discardableResult
    private static func show(_ seq: Int64, in room: Room, _ transaction: WriteTransaction) throws -> JSON {
        let message = try MessageReader(RoomAccess.whole(room), in: transaction.database).one(seq) ?? .null
        transaction.show(["message": message])
        return message
    }
}

extension ChatDesk {
    /// A row of a message that is about to be.
    private struct Entry {
        let room: Room
        let id: Message.ID
        let author: Person.ID?
        let text: String
        let links: JSON
        let reply: Int64?
        var card: JSON?
        var at: Date?

        /// - Returns: the message's place.
        func insert(in transaction: WriteTransaction) throws -> Int64 {
            let nonce = SecureRandom.bytes(16)
            let seq = transaction.lastSeq + 1
            try RoomBook.append(
                "posted", room,
                [
                    "message": .string(id.rawValue), "seq": .int(seq), "by": .optional(author?.rawValue),
                    "hash": .string(ChatDesk.hash(card?.text ?? text, nonce)),
                ], in: transaction)
            let database = transaction.database
            try database.cachedStatement(
                sql: """
                    INSERT INTO message (seq, room, id, author, at, text, reply, links, card, nonce)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                seq, room.number, id.rawValue, author?.rawValue, at?.milliseconds ?? transaction.milliseconds, text,
                reply, links.text,
                card?.text, Data(nonce),
            ])
            try database.cachedStatement(sql: "UPDATE room SET last = ? WHERE number = ?")
                .execute(arguments: [seq, room.number])
            try MessageIndex.noteDue(seq, in: database)
            return seq
        }
    }

    /// Over a nonce that is erased with the words: short words could be guessed from a hash of them alone.
    static func hash(_ text: String, _ nonce: [UInt8]) -> String { Hex.text(SHA256.digest(nonce + Array(text.utf8))) }

    /// Says something else instead. What was said before stays readable to those in the room.
    ///
    /// - Throws: `forbidden` for another one's message; `conflict` for a deleted one; `invalid`; `notFound`.
    package func edit(
        _ id: Message.ID, in room: Room.ID, text: String, links: [MessageLink], by author: Author
    ) async throws -> JSON {
        let text = try MessageText.clean(text)
        return try await change(id, in: room, by: author) { access, row, transaction in
            guard row["author"] as String? == access.person.rawValue, row["card"] as String? == nil else {
                throw Failure(.forbidden, "Only who wrote a message may edit it.")
            }
            guard !text.isEmpty else {
                throw Failure(.invalid, "There is nothing in this message. Delete it instead.", field: "text")
            }
            let links = try MessageLink.json(of: links, in: access.room, transaction.database).text
            guard text != row["text"] || links != row["links"] else { return false }
            try Self.replace(row, with: text, links, access.room, in: transaction)
            return true
        }
    }

    private static func replace(
        _ row: Row, with text: String, _ links: String, _ room: Room, in transaction: WriteTransaction
    ) throws {
        let database = transaction.database
        let (seq, nonce) = (row["seq"] as Int64, SecureRandom.bytes(16))
        let change = try append("edited", row, room, ["hash": .string(hash(text, nonce))], in: transaction)
        try MessageIndex.forget(seq, in: room, database)
        try database.execute(
            sql: "INSERT INTO message_version (message, until, text, links, at) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                seq, change.position.seq, row["text"] as String?, row["links"] as String,
                (row["edited"] as Int64?) ?? row["at"],
            ])
        try database.execute(
            sql: "UPDATE message SET text = ?, links = ?, nonce = ?, edited = ?, edited_seq = ? WHERE seq = ?",
            arguments: [text, links, Data(nonce), transaction.milliseconds, change.position.seq, seq])
        try MessageIndex.noteDue(seq, in: database)
    }

    /// Erases a message; that there was one, whose, and who deleted it stays to be seen.
    ///
    /// - Throws: `forbidden` for another one's message, but for managers; `notFound`.
    package func delete(_ id: Message.ID, in room: Room.ID, by author: Author) async throws -> JSON {
        try await change(id, in: room, by: author) { access, row, transaction in
            guard row["author"] as String? == access.person.rawValue || author.role >= .manager else {
                throw Failure(.forbidden, "Only who wrote a message, or a manager, may delete it.")
            }
            let seq = row["seq"] as Int64
            try Self.append("deleted", row, access.room, [:], in: transaction)
            try MessageErasure.erase([seq], of: access.room, in: transaction)
            try transaction.database.execute(
                sql: """
                    UPDATE message SET text = NULL, card = NULL, links = '[]', nonce = zeroblob(0), deleted = ?,
                      deleted_by = ? WHERE seq = ?
                    """, arguments: [transaction.milliseconds, access.person.rawValue, seq])
            return true
        }
    }

    /// Puts an emoji on a message or takes one's own away.
    ///
    /// - Throws: `invalid` for what is no emoji, and for one too many.
    package func react(
        _ emoji: String, isOn: Bool, to id: Message.ID, in room: Room.ID, by author: Author
    ) async throws -> JSON {
        guard MessageText.isEmoji(emoji) else {
            throw Failure(.invalid, "A reaction is one emoji.", field: "emoji")
        }
        return try await change(id, in: room, by: author) { access, row, transaction in
            let (database, seq) = (transaction.database, row["seq"] as Int64)
            let own: StatementArguments = [seq, emoji, access.person.rawValue]
            let isThere = try Row.fetchOne(
                database, sql: "SELECT 1 FROM reaction WHERE message = ? AND emoji = ? AND person = ?", arguments: own)
            guard (isThere != nil) != isOn else { return false }
            let change = try Self.append(
                "reacted", row, access.room, ["emoji": .string(emoji), "on": .bool(isOn)], in: transaction)
            guard isOn else {
                try database.execute(
                    sql: "DELETE FROM reaction WHERE message = ? AND emoji = ? AND person = ?", arguments: own)
                return true
            }
            let count = try Int.fetchOne(
                database, sql: "SELECT count(DISTINCT emoji) FROM reaction WHERE message = ? AND emoji <> ?",
                arguments: [seq, emoji])
            guard count ?? 0 < Self.emojiCountMax else {
                throw Failure(
                    .invalid, "A message has at most \(Self.emojiCountMax) different reactions.", field: "emoji")
            }
            try database.execute(
                sql: "INSERT INTO reaction (message, emoji, person, seq) VALUES (?, ?, ?, ?)",
                arguments: [seq, emoji, access.person.rawValue, change.position.seq])
            return true
        }
    }

    static let emojiCountMax = 20

    /// Runs a change of one message of a room that somebody is in; `body` says whether anything is different.
    private func change(
        _ id: Message.ID, in room: Room.ID, by author: Author,
        _ body: @escaping @Sendable (RoomAccess, Row, WriteTransaction) throws -> Bool
    ) async throws -> JSON {
        try await store.write { transaction in
            let access = try RoomAccess.inside(room, author.person, in: transaction.database)
            let reader = MessageReader(access, in: transaction.database)
            let seq = try reader.place(of: id)
            let row = try Row.fetchOne(
                transaction.database.cachedStatement(sql: "SELECT * FROM message WHERE seq = ?"), arguments: [seq])
            guard let row, row["deleted"] as Int64? == nil else {
                throw Failure(.conflict, "This message was deleted.")
            }
            guard try body(access, row, transaction) else { return try reader.one(seq) ?? .null }
            return try Self.show(seq, in: access.room, transaction)
        }
    }

    @discardableResult
    private static func append(
        _ kind: String, _ row: Row, _ room: Room, _ body: JSON, in transaction: WriteTransaction
    ) throws -> Change {
        let head: JSON = ["message": .string(row["id"]), "seq": .int(row["seq"])]
        return try RoomBook.append(kind, room, head.adding(body), in: transaction)
    }
}
