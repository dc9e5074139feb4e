// Reading what was said: pages both ways from any place, a day, words looked for, a whole room as a file. All of it
// through RoomAccess.
package import Foundation
import GRDB

/// Reads rooms for those who are or were in them.
package struct ChatHistory: Sendable {
    /// Most messages of one page.
    package static let limitMax = 200

    private let store: Store

    package init(store: Store) { self.store = store }

    /// Where a page is.
    package enum Place: Sendable {
        case end
        /// Before or after a message's place in the log, without it.
        case before(Int64)
        case after(Int64)
        /// On both sides of a place.
        case around(Int64)
        /// From the first message of this time on, and some before it.
        case at(Date)
    }

    /// One page in the room's order: `{"items", "before", "after"}`; a cursor is null where the room begins or ends.
    ///
    /// - Throws: `notFound` also for a room one was never in.
    package func page(_ place: Place, of room: Room.ID, for person: Person.ID?, limit: Int) async throws -> JSON {
        try await store.read { database in
            let access = try RoomAccess.find(room, for: person, in: database)
            let reader = MessageReader(access, in: database)
            let rows = try Self.rows(place, reader, access, limit, in: database)
            let (first, last) = (rows.first?["seq"] as Int64?, rows.last?["seq"] as Int64?)
            let hasOlder = try first.map { try !reader.rows("<", $0, descending: true, limit: 1).isEmpty } ?? false
            let hasNewer = try last.map { try !reader.rows(">", $0, descending: false, limit: 1).isEmpty } ?? false
            return [
                "items": .array(try reader.json(of: rows)), "before": hasOlder ? first.map(JSON.int) ?? .null : .null,
                "after": hasNewer ? last.map(JSON.int) ?? .null : .null,
            ]
        }
    }

    private static func rows(
        _ place: Place, _ reader: MessageReader, _ access: RoomAccess, _ limit: Int, in database: Database
    ) throws -> [Row] {
        switch place {
        case .end: return try reader.rows("<=", access.end, descending: true, limit: limit)
        case .before(let seq): return try reader.rows("<", seq, descending: true, limit: limit)
        case .after(let seq): return try reader.rows(">", seq, descending: false, limit: limit)
        case .around(let seq): return try around(seq, reader, limit)
        case .at(let date):
            let seq = try Int64.fetchOne(
                database.cachedStatement(
                    sql: "SELECT seq FROM message WHERE room = ? AND at >= ? ORDER BY at, seq LIMIT 1"),
                arguments: [access.room.number, date.milliseconds])
            return try around(min(seq ?? access.end, access.end), reader, limit)
        }
    }

    private static func around(_ seq: Int64, _ reader: MessageReader, _ limit: Int) throws -> [Row] {
        let before = try reader.rows("<", seq, descending: true, limit: limit / 2)
        return try before + reader.rows(">=", seq, descending: false, limit: max(1, limit - before.count))
    }

    /// What a message said before it was edited, the first words first: `{"items": [{"text", "at"}]}`.
    package func versions(of id: Message.ID, in room: Room.ID, for person: Person.ID?) async throws -> JSON {
        try await store.read { database in
            let access = try RoomAccess.find(room, for: person, in: database)
            let seq = try MessageReader(access, in: database).place(of: id)
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT text, at FROM message_version WHERE message = ? AND until <= ? ORDER BY until",
                arguments: [seq, access.end])
            let items = rows.map { ["text": .string($0["text"]), "at": .time(Date(milliseconds: $0["at"]))] as JSON }
            return ["items": .array(items)]
        }
    }

    /// A whole room as JSON Lines, for managers who are in it.
    package func export(_ room: Room.ID, for person: Person.ID?, to sink: @escaping ExportDesk.Sink) async throws {
        var last: Int64 = 0
        while true {
            let next = try await store.read(isLong: true) { [last] database -> Int64? in
                let access = try RoomAccess.find(room, for: person, in: database)
                let reader = MessageReader(access, in: database)
                let rows = try reader.rows(">", last, descending: false, limit: 500)
                try sink(reader.json(of: rows).flatMap { $0.bytes + [0x0A] })
                return rows.last?["seq"]
            }
            guard let next else { return }
            last = next
        }
    }
}

// MARK: - Searching

extension ChatHistory {
    /// What to look for.
    package struct Search: Sendable {
        package var text: String
        /// Only in this room.
        package var room: Room.ID?
        package var cursor: String?
        package var limit = 30

        package init(text: String) { self.text = text }
    }

    /// The newest messages that have all the words, of the rooms one is in, and of those one left up to then:
    /// `{"items", "next"}`, each with its room's `title`.
    package func search(_ search: Search, for person: Person.ID?) async throws -> JSON {
        let text = SearchText(search.text)
        let before = try search.cursor.map(Self.place(of:)) ?? .max
        guard let person, !text.words.isEmpty else { return ["items": [], "next": .null] }
        return try await store.read { database in
            let rooms = try Self.rooms(of: person, search.room, in: database)
            guard !rooms.isEmpty else { return ["items": [], "next": .null] }
            let found = try Self.found(text, rooms, person, before, search.limit + 1, in: database)
            let items = try found.prefix(search.limit).compactMap { try Self.item($0, person, in: database) }
            let isMore = found.count > search.limit
            let next = isMore ? found[search.limit - 1]["seq"] as Int64? : nil
            return [
                "items": .array(items), "next": next.map { .string(ListCursor.text(["said", String($0)])) } ?? .null,
            ]
        }
    }

    private static func rooms(of person: Person.ID, _ room: Room.ID?, in database: Database) throws -> [Int64] {
        guard let room else {
            return try Int64.fetchAll(
                database.cachedStatement(sql: "SELECT room FROM room_member WHERE person = ?"),
                arguments: [person.rawValue])
        }
        return [try RoomAccess.find(room, for: person, in: database).room.number]
    }

    /// The index is walked from its end, and only where one of the rooms is.
    private static func found(
        _ text: SearchText, _ rooms: [Int64], _ person: Person.ID, _ before: Int64, _ limit: Int,
        in database: Database
    ) throws -> [Row] {
        let words = text.words.map(SearchText.match).joined(separator: " AND ")
        let match = "text : (\(words)) AND room : (\(rooms.map(MessageIndex.token).joined(separator: " OR ")))"
        return try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT message.seq, message.room FROM message_search
                    CROSS JOIN message ON message.seq = message_search.rowid
                    CROSS JOIN room_member ON room_member.person = ? AND room_member.room = message.room
                    WHERE message_search MATCH ? AND message_search.rowid < ? AND (until IS NULL
                      OR (message.seq <= until AND coalesce(message.edited_seq, 0) <= until))
                    ORDER BY message_search.rowid DESC LIMIT ?
                    """), arguments: [person.rawValue, match, before, limit])
    }

    private static func item(_ row: Row, _ person: Person.ID, in database: Database) throws -> JSON? {
        let room = try Room.fetchOne(
            database.cachedStatement(sql: Room.selection + " WHERE number = ?"), arguments: [row["room"]])
        guard let room, let access = try RoomAccess.find(room, for: person, in: database) else { return nil }
        let other = room.kind == .direct ? try room.people(in: database).first { $0["id"] != person.rawValue } : nil
        return try MessageReader(access, in: database).one(row["seq"])?
            .adding(["title": .string(other?["name"] ?? room.title)])
    }

    private static func place(of cursor: String) throws -> Int64 {
        let parts = try ListCursor.parts(of: cursor, count: 2)
        guard parts[0] == "said", let seq = Int64(parts[1]) else { throw ListCursor.stranger }
        return seq
    }
}
