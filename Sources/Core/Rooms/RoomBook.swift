// The rooms: those one is in with what is unread, one with its people, a room of two, a room for a job. Who comes and
// goes is RoomBook+Members.swift's, what is said in them ChatDesk's.
import Foundation
import GRDB

/// Makes, reads and edits rooms. Everybody sees those they are or were in and no others.
package struct RoomBook: Sendable {
    let store: Store

    package init(store: Store) { self.store = store }

    /// Makes what there is without anybody asking: the announcements with everybody in them, and the rooms of projects
    /// that were accepted before there were rooms.
    package func open() async throws {
        let isWhole = try await store.read { database in
            try Room.announcements(in: database) != nil && Self.roomless(in: database).isEmpty
        }
        guard !isWhole else { return }
        try await store.write { transaction in
            let database = transaction.database
            let room =
                try Room.announcements(in: database) ?? Self.make(.announcements, [:], in: transaction)
            let people = try String.fetchAll(database, sql: "SELECT id FROM person WHERE active")
            try Self.setPeople(Set(people.map { Person.ID($0) }), of: room, in: transaction)
            for id in try Self.roomless(in: database) {
                if let project = try Project.find(id, in: database) { try Self.settle(project, in: transaction) }
            }
        }
    }

    private static func roomless(in database: Database) throws -> [Project.ID] {
        try String.fetchAll(
            database,
            sql: """
                SELECT id FROM project WHERE state = 'accepted' AND NOT is_template
                  AND NOT EXISTS (SELECT 1 FROM room WHERE room.project = project.id)
                """
        ).map { Project.ID($0) }
    }

    /// The rooms somebody is or was in, those spoken in last first.
    package func list(for person: Person.ID?) async throws -> JSON {
        guard let person else { return ["items": []] }
        return try await store.read { database in
            let rooms = try Room.fetchAll(
                database.cachedStatement(
                    sql: Room.selection + """
                         JOIN room_member ON room_member.room = room.number WHERE room_member.person = ?
                        ORDER BY max(min(room.last, ifnull(until, room.last)), room_member.since) DESC, room.number DESC LIMIT \(Self.listCountMax)
                        """), arguments: [person.rawValue])
            let items = try rooms.compactMap { room in
                try RoomAccess.find(room, for: person, in: database).map { try Self.json(of: $0, in: database) }
            }
            return ["items": .array(items)]
        }
    }

    private static let listCountMax = 1_000

    /// One room with its people. - Throws: `notFound` also for a room one is not in.
    package func find(_ id: Room.ID, for person: Person.ID?) async throws -> JSON {
        try await store.read { database in
            try Self.detail(of: RoomAccess.find(id, for: person, in: database), in: database)
        }
    }

    /// The room of two people, made if they have none.
    ///
    /// - Throws: `invalid` for oneself, for nobody, and for somebody who is not active.
    package func direct(with other: Person.ID, by author: Author) async throws -> (room: JSON, isNew: Bool) {
        try await store.write { transaction in
            let database = transaction.database
            let person = try Self.speaker(author)
            guard other != person else { throw Failure(.invalid, "Choose somebody else to talk to.", field: "person") }
            guard try Person.find(other, in: database)?.isActive == true else {
                throw Failure(.invalid, "There is no such person.", field: "person")
            }
            let pair = [person.rawValue, other.rawValue].sorted().joined(separator: " ")
            let known = try Room.fetchOne(database, sql: Room.selection + " WHERE pair = ?", arguments: [pair])
            let room = try known ?? Self.make(.direct, ["pair": pair.databaseValue], in: transaction)
            if known == nil { try Self.add([person, other], to: room, in: transaction) }
            return (
                try Self.detail(of: RoomAccess.find(room.id, for: person, in: database), in: database), known == nil
            )
        }
    }

    /// Makes a room for a job; for managers, who are in it.
    package func make(_ name: String, with people: [Person.ID], by author: Author) async throws -> JSON {
        try await store.write { transaction in
            let person = try Self.speaker(author)
            let name = try Self.name(name)
            let room = try Self.make(.job, ["name": name.databaseValue], in: transaction)
            try Self.add(
                Self.checked(people, in: transaction.database).union([person]), to: room, in: transaction)
            return try Self.detail(
                of: RoomAccess.find(room.id, for: person, in: transaction.database), in: transaction.database)
        }
    }

    /// What a manager who is in a room may set of it.
    package struct Edit: Sendable {
        package var name: String?
        package var people: [Person.ID]?
        /// Days after which messages go; `.some(nil)` keeps them.
        package var retentionDays: Int64??

        package init() {}
    }

    /// - Throws: `forbidden` for who is no manager; `invalid` for a name or people of a room that is no job's.
    package func edit(_ id: Room.ID, _ edit: Edit, by author: Author) async throws -> JSON {
        try await store.write { transaction in
            let access = try RoomAccess.inside(id, author.person, in: transaction.database)
            guard author.role >= .manager else { throw Failure(.forbidden, "That is for a manager.") }
            try Self.apply(edit, to: access.room, in: transaction)
            return try Self.detail(
                of: RoomAccess.find(id, for: author.person, in: transaction.database), in: transaction.database)
        }
    }

    private static func apply(_ edit: Edit, to room: Room, in transaction: WriteTransaction) throws {
        let database = transaction.database
        guard room.kind == .job || (edit.name == nil && edit.people == nil) else {
            throw Failure(.invalid, "The people and the name of this room follow from what it is for.")
        }
        var now: [JSON.Member] = []
        if let name = try edit.name.map(Self.name), name != room.name {
            try database.execute(sql: "UPDATE room SET name = ? WHERE number = ?", arguments: [name, room.number])
            now.append(.init(key: "name", value: .string(name)))
        }
        if let days = edit.retentionDays, days != room.retentionDays {
            if let days, !(1...3_650).contains(days) {
                throw Failure(.invalid, "Messages are kept for 1 to 3650 days, or for good.", field: "retentionDays")
            }
            try database.execute(
                sql: "UPDATE room SET retention_days = ? WHERE number = ?", arguments: [days, room.number])
            now.append(.init(key: "retentionDays", value: days.map(JSON.int) ?? .null))
        }
        if !now.isEmpty {
            try database.execute(
                sql: "UPDATE room SET version = version + 1 WHERE number = ?", arguments: [room.number])
            try append("changed", room, .object(now), in: transaction)
        }
        if let people = edit.people { try setPeople(checked(people, in: database), of: room, in: transaction) }
    }

    /// Leaves a job's room; what was said up to then stays readable. - Throws: `invalid` for another room.
    package func leave(_ id: Room.ID, by author: Author) async throws {
        try await store.write { transaction in
            let access = try RoomAccess.inside(id, author.person, in: transaction.database)
            guard access.room.kind == .job else {
                throw Failure(.invalid, "Only the room of a job is left by hand.")
            }
            try Self.remove([access.person], from: access.room, in: transaction)
        }
    }

    private static func speaker(_ author: Author) throws -> Person.ID {
        guard let person = author.person else { throw Failure(.invalid, "Rooms are for people: sign in as one.") }
        return person
    }

    private static func name(_ typed: String) throws -> String {
        let name = try MessageText.clean(typed, max: 100, "A name").replacing("\n", with: " ")
        guard !name.isEmpty else { throw Failure(.invalid, "A room needs a name.", field: "name") }
        return name
    }

    private static func checked(_ people: [Person.ID], in database: Database) throws -> Set<Person.ID> {
        guard people.count <= peopleCountMax else {
            throw Failure(.invalid, "A room has at most \(peopleCountMax) people.", field: "people")
        }
        for id in people where try Person.find(id, in: database)?.isActive != true {
            throw Failure(.invalid, "There is no such person.", field: "people")
        }
        return Set(people)
    }
}

// MARK: - As the API gives them

extension RoomBook {
    /// Most unread messages that are counted.
    package static let unreadCountMax = 100

    /// A room in the list of somebody's rooms.
    static func json(of access: RoomAccess, in database: Database) throws -> JSON {
        let room = access.room
        let people = room.kind == .direct ? try room.people(in: database) : []
        let other = people.first { ($0["id"] as String) != access.person.rawValue }
        // Who left is told nothing of those who are there now.
        let count =
            try access.until == nil
            ? Int64.fetchOne(
                database.cachedStatement(sql: "SELECT count(*) FROM room_member WHERE room = ? AND until IS NULL"),
                arguments: [room.number])
            : nil
        return [
            "id": .string(room.id.rawValue), "kind": .string(room.kind.rawValue),
            "title": .string(other?["name"] ?? room.title), "project": room.project.orNull(),
            "with": other.map { Person.byline($0["id"], $0["name"], $0["avatar"]) } ?? .null,
            "memberCount": .int(count ?? 0), "isMember": .bool(access.until == nil),
            "retentionDays": room.retentionDays.map(JSON.int) ?? .null, "read": .int(access.read),
            "unread": .int(try unread(access, in: database)), "last": try last(access, in: database),
            "madeAt": .time(room.made), "version": .int(room.version),
        ]
    }

    static func detail(of access: RoomAccess, in database: Database) throws -> JSON {
        let people = try access.until == nil ? access.room.people(in: database) : []
        return try json(of: access, in: database).adding([
            "people": .array(people.map { Person.byline($0["id"], $0["name"], $0["avatar"]) })
        ])
    }

    static func unread(_ access: RoomAccess, in database: Database) throws -> Int64 {
        try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT count(*) FROM (
                      SELECT 1 FROM message WHERE room = ? AND seq > ? AND seq <= ? AND author IS NOT ?
                        AND deleted IS NULL LIMIT \(unreadCountMax))
                    """), arguments: [access.room.number, access.read, access.end, access.person.rawValue]) ?? 0
    }

    private static func last(_ access: RoomAccess, in database: Database) throws -> JSON {
        try MessageReader(access, in: database).last() ?? .null
    }
}
