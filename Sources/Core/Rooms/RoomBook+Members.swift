// Who is in a room: those of a project's room follow the project, everybody is in the announcements, and a job's room has
// whom a manager chose. Each coming and going is a Change of the room, at whose place in the log history begins or ends.
import Foundation
import GRDB

extension RoomBook {
    /// Most people of one job room.
    package static let peopleCountMax = 200

    /// Somebody who is in a room now.
    package struct Membership: Sendable {
        package let room: Room.ID
        package let person: Person.ID
    }

    /// Everybody who is in a room now.
    package func memberships() async throws -> [Membership] {
        try await store.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT room.id, person FROM room_member JOIN room ON room.number = room_member.room
                    WHERE until IS NULL
                    """
            ).map { Membership(room: $0["id"], person: $0["person"]) }
        }
    }

    /// Makes a project's room when the project is accepted, and keeps the people of the two the same.
    static func settle(_ project: Project, in transaction: WriteTransaction) throws {
        let known = try Room.find(of: project.id, in: transaction.database)
        guard known != nil || (project.state == .accepted && !project.isTemplate) else { return }
        let room =
            try known
            ?? make(.project, ["project": project.id.rawValue.databaseValue], in: transaction)
        let people = try String.fetchAll(
            transaction.database.cachedStatement(sql: "SELECT person FROM project_person WHERE project = ?"),
            arguments: [project.id.rawValue])
        try setPeople(Set(people.map { Person.ID($0) }), of: room, in: transaction)
    }

    /// Lets go of the room of a project that is removed. One that somebody wrote in stays, and so does the project.
    static func letGo(of project: Project, in transaction: WriteTransaction) throws {
        guard let room = try Room.find(of: project.id, in: transaction.database), room.last == 0 else { return }
        for table in ["room_member", "room_device"] {
            try transaction.database.execute(sql: "DELETE FROM \(table) WHERE room = ?", arguments: [room.number])
        }
        try transaction.database.execute(sql: "DELETE FROM room WHERE number = ?", arguments: [room.number])
        try append("removed", room, [:], in: transaction)
    }

    /// Keeps somebody in the announcements while they are active.
    static func settle(_ person: Person, wasActive: Bool, in transaction: WriteTransaction) throws {
        guard person.isActive != wasActive, let room = try Room.announcements(in: transaction.database) else { return }
        if person.isActive {
            try add([person.id], to: room, in: transaction)
        } else {
            try remove([person.id], from: room, in: transaction)
        }
    }

    /// Lets go of the places of somebody who is removed and wrote nothing.
    static func letGo(of person: Person, in transaction: WriteTransaction) throws {
        for table in ["room_member", "room_device"] {
            try transaction.database.execute(
                sql: "DELETE FROM \(table) WHERE person = ?", arguments: [person.id.rawValue])
        }
    }

    static func setPeople(_ people: Set<Person.ID>, of room: Room, in transaction: WriteTransaction) throws {
        let present = Set(try room.memberIDs(in: transaction.database))
        try add(people.subtracting(present), to: room, in: transaction)
        try remove(present.subtracting(people), from: room, in: transaction)
    }

    /// Lets people in. Who comes back sees all that was said meanwhile; what was said before somebody came is read.
    static func add(_ people: Set<Person.ID>, to room: Room, in transaction: WriteTransaction) throws {
        guard !people.isEmpty else { return }
        let change = try append("joined", room, ["people": list(people)], in: transaction)
        let statement = try transaction.database.cachedStatement(
            sql: """
                INSERT INTO room_member (person, room, since, delivered, read) VALUES (?1, ?2, ?3, ?4, ?4)
                ON CONFLICT (person, room) DO UPDATE SET until = NULL
                """)
        for person in people {
            try statement.execute(arguments: [person.rawValue, room.number, change.position.seq, room.last])
        }
    }

    static func remove(_ people: Set<Person.ID>, from room: Room, in transaction: WriteTransaction) throws {
        guard !people.isEmpty else { return }
        let change = try append("left", room, ["people": list(people)], in: transaction)
        let statement = try transaction.database.cachedStatement(
            sql: "UPDATE room_member SET until = ? WHERE room = ? AND person = ? AND until IS NULL")
        for person in people {
            try statement.execute(arguments: [change.position.seq, room.number, person.rawValue])
        }
    }

    private static func list(_ people: Set<Person.ID>) -> JSON {
        .array(people.map(\.rawValue).sorted().map(JSON.string))
    }

    static func make(
        _ kind: Room.Kind, _ columns: [String: DatabaseValue], in transaction: WriteTransaction
    ) throws -> Room {
        let id: Room.ID = transaction.newID()
        var columns = columns
        columns["id"] = id.databaseValue
        columns["kind"] = kind.rawValue.databaseValue
        columns["at"] = transaction.milliseconds.databaseValue
        let names = columns.keys.sorted()
        try transaction.database.execute(
            sql: """
                INSERT INTO room (\(names.joined(separator: ", "))) VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))
                """, arguments: StatementArguments(names.map { columns[$0] ?? .null }))
        guard let room = try Room.find(id, in: transaction.database) else { throw RoomAccess.stranger }
        try append("made", room, ["kind": .string(kind.rawValue)], in: transaction)
        return room
    }

    @discardableResult
    static func append(
        _ kind: String, _ room: Room, _ body: JSON, in transaction: WriteTransaction
    ) throws -> Change {
        try transaction.append(
            .chat, kind, subject: room.id.rawValue, (["id": .string(room.id.rawValue)] as JSON).adding(body))
    }
}
