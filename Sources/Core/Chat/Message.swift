// Messages as they are read: the row, what it answers, its reactions and its files, as one person may see them.
package import Foundation
import GRDB

/// What somebody said in a room.
package enum Message {
    package typealias ID = Identifier<Message>

    /// Whether a client made this name as it should: a UUID of version 7.
    static func isName(_ text: String) -> Bool {
        text.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil
    }
}

/// Reads the messages of one room for one person.
struct MessageReader {
    private let access: RoomAccess
    private let database: Database

    init(_ access: RoomAccess, in database: Database) {
        self.access = access
        self.database = database
    }

    private static let selection = """
        SELECT message.*, person.name AS author_name, person.avatar AS author_avatar,
          answered.id AS answered_id, answered.text AS answered_text, answered.edited_seq AS answered_edited,
          asked.name AS answered_author
        FROM message LEFT JOIN person ON person.id = message.author
        LEFT JOIN message AS answered ON answered.seq = message.reply
        LEFT JOIN person AS asked ON asked.id = answered.author
        WHERE message.room = ?
        """

    /// The messages before, after or around a place, in the order of the room.
    func rows(_ condition: String, _ place: Int64, descending: Bool, limit: Int) throws -> [Row] {
        let statement = try database.cachedStatement(
            sql: Self.selection + """
                 AND message.seq \(condition) ? AND message.seq <= ?
                ORDER BY message.seq \(descending ? "DESC" : "ASC") LIMIT ?
                """)
        let rows = try Row.fetchAll(statement, arguments: [access.room.number, place, access.end, limit])
        return descending ? rows.reversed() : rows
    }

    func last() throws -> JSON? { try json(of: rows("<=", access.end, descending: true, limit: 1)).first }

    func one(_ seq: Int64) throws -> JSON? { try json(of: rows("=", seq, descending: false, limit: 1)).first }

    /// The place of a message. - Throws: `notFound`.
    func place(of id: Message.ID) throws -> Int64 {
        let seq = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT seq FROM message WHERE room = ? AND id = ? AND seq <= ?"),
            arguments: [access.room.number, id.rawValue, access.end])
        guard let seq else { throw Failure(.notFound, "There is no such message in this room.") }
        return seq
    }

    /// The rows as the API gives them.
    func json(of rows: [Row]) throws -> [JSON] {
        guard !rows.isEmpty else { return [] }
        let places = JSON.array(rows.map { .int($0["seq"]) }).text
        let reactions = try reactions(on: places)
        let files = try MessageFiles.byMessage(places, in: database)
        return try rows.map { row in
            let seq: Int64 = row["seq"]
            return try json(of: row, reactions[seq] ?? [], files[seq] ?? [])
        }
    }

    private func json(of row: Row, _ reactions: [JSON], _ files: [JSON]) throws -> JSON {
        var text: String? = row["text"]
        var links: String = row["links"]
        var edited: Int64? = row["edited"]
        if let until = access.until, let place = row["edited_seq"] as Int64?, place > until {
            (text, links, edited) = try words(of: row["seq"], at: until) ?? (nil, "[]", nil)
        }
        let author: String? = row["author"]
        return [
            "id": .string(row["id"]), "room": .string(access.room.id.rawValue), "seq": .int(row["seq"]),
            "at": .time(Date(milliseconds: row["at"])),
            "author": author.map { Person.byline($0, row["author_name"] ?? "", row["author_avatar"]) } ?? .null,
            "text": .optional(text), "links": .verbatim(Array(links.utf8)),
            "card": (row["card"] as String?).map { .verbatim(Array($0.utf8)) } ?? .null,
            "replyTo": answered(row), "reactions": .array(reactions), "files": .array(files),
            "editedAt": edited.map { .time(Date(milliseconds: $0)) } ?? .null,
            "deletedAt": (row["deleted"] as Int64?).map { .time(Date(milliseconds: $0)) } ?? .null,
        ]
    }

    /// What a message said at a place in the log, before it was edited later.
    private func words(of seq: Int64, at place: Int64) throws -> (String?, String, Int64?)? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT * FROM message_version WHERE message = ? AND until > ? ORDER BY until LIMIT 1"),
            arguments: [seq, place]
        ).map { ($0["text"], $0["links"], nil) }
    }

    /// Enough of the message that is answered to know it again.
    private func answered(_ row: Row) -> JSON {
        guard let seq = row["reply"] as Int64? else { return .null }
        let isLater =
            access.until.map { until in (row["answered_edited"] as Int64?).map { $0 > until } ?? false } ?? false
        let text = isLater ? nil : (row["answered_text"] as String?)
        return [
            "seq": .int(seq), "id": .optional(row["answered_id"]), "author": .optional(row["answered_author"]),
            "text": .optional(text.map { String($0.prefix(140)) }),
        ]
    }

    private func reactions(on places: String) throws -> [Int64: [JSON]] {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT message, emoji, json_group_array(json_object('id', person, 'name', name)) AS people
                    FROM (SELECT reaction.*, person.name FROM reaction JOIN person ON person.id = reaction.person
                      WHERE message IN (SELECT value FROM json_each(?)) AND seq <= ? ORDER BY message, emoji, seq)
                    GROUP BY message, emoji ORDER BY message, min(seq)
                    """), arguments: [places, access.end])
        return rows.reduce(into: [:]) { byMessage, row in
            let people: String = row["people"]
            byMessage[row["message"], default: []].append([
                "emoji": .string(row["emoji"]), "people": .verbatim(Array(people.utf8)),
            ])
        }
    }
}
