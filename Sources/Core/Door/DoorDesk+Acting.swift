// Who acts at a door, and how a door is set: by badge, by choice, and forgotten after a while.
import Foundation
import GRDB

extension DoorDesk {
    /// What may be changed about a door; a nil leaves it as it is.
    package struct DoorEdit: Sendable {
        package var direction: Direction?
        package var actingMinutes: Int?
        /// The project all gear goes out for; `.some(nil)` lets the pull sheets decide.
        package var project: Project.ID??
        /// Who acts from now on; `.some(nil)` is nobody.
        package var acting: Person.ID??

        package init() {}
    }

    /// All doors in the order they were made.
    package func doors() async throws -> [JSON] {
        let now = store.clock.now
        return try await store.read { try Door.all(in: $0).map { $0.json(at: now) } }
    }

    /// The door where a reader serves that was bound to none; nil while there is no door.
    func firstDoor() async throws -> Door.ID? {
        try await store.read { try Door.all(in: $0).first?.id }
    }

    /// One door.
    ///
    /// - Throws: `notFound`.
    package func door(_ id: Door.ID) async throws -> JSON {
        let now = store.clock.now
        return try await store.read { try Self.door(id, in: $0).json(at: now) }
    }

    /// The last outcomes at a door, newest first.
    package func visit(at id: Door.ID, limit: Int) async throws -> [JSON] {
        try await store.read { database in
            _ = try Self.door(id, in: database)
            return try ScanJournal.visit(at: id, limit: limit, in: database)
        }
    }

    /// Adds a door to a depot.
    package func addDoor(
        _ name: String, depot: Identifier<Depot>, direction: Direction, actingMinutes: Int
    ) async throws -> Door.ID {
        try await store.write { transaction in
            let id: Door.ID = transaction.newID()
            try transaction.database.execute(
                sql: """
                    INSERT INTO door (id, rank, depot, name, direction, acting_minutes)
                    SELECT ?, coalesce(max(rank), 0) + 1, ?, ?, ?, ? FROM door
                    """,
                arguments: [id.rawValue, depot.rawValue, name, direction.rawValue, actingMinutes])
            try Self.announce(id, actor: nil, in: transaction)
            return id
        }
    }

    /// Sets a door.
    ///
    /// - Throws: `notFound` for the door, the project or the person; `invalid` for minutes out of 1 to 480, and for a
    ///   project that nothing goes out for.
    package func edit(_ id: Door.ID, _ edit: DoorEdit, actor: Person.ID?) async throws -> JSON {
        if let minutes = edit.actingMinutes, !(1...480).contains(minutes) {
            throw Failure(.invalid, "A badge counts for 1 to 480 minutes.", field: "actingMinutes")
        }
        return try await store.write { transaction in
            let door = try Self.door(id, in: transaction.database)
            try Self.apply(edit, to: door, in: transaction)
            return try Self.announce(id, actor: actor, in: transaction)
        }
    }

    /// Lets the holder of a badge act at the door from now on.
    func letAct(_ person: Person, _ visit: Visit, in transaction: WriteTransaction) throws -> ScanDecision {
        try Self.setActing(person.id, at: visit.door, in: transaction)
        try Self.announce(visit.door.id, actor: person.id, in: transaction)
        let name = NamedReference<Person>(id: person.id, name: person.name)
        return ScanDecision(
            outcome: Outcome(
                scan: visit.id, verdict: .ok, action: .acting, word: "HELLO", short: person.name,
                spoken: "Hello \(person.name)", code: "badge", actor: name))
    }

    /// Who acts: by badge at the door, else whoever sent the scan.
    static func actor(
        at door: Door, or person: Person.ID?, in transaction: WriteTransaction
    ) throws -> NamedReference<Person>? {
        if let acting = door.acting(at: transaction.now) { return acting.person }
        return try person.flatMap { try Person.find($0, in: transaction.database) }
            .map { NamedReference(id: $0.id, name: $0.name) }
    }

    /// Each scan keeps the one who acts for the door's minutes more: who came by badge just now, else who acted.
    static func extendActing(
        _ visit: Visit, after outcome: Outcome, in transaction: WriteTransaction
    ) throws -> Date? {
        let acting = outcome.action == .acting ? outcome.actor : visit.door.acting(at: transaction.now)?.person
        return try acting.map { try setActing($0.id, at: visit.door, in: transaction) }
    }

    static func door(_ id: Door.ID?, in database: Database) throws -> Door {
        let door = try id.map { try Door.find($0, in: database) } ?? Door.all(in: database).first
        guard let door else { throw Failure(.notFound, "There is no such door.", field: "door") }
        return door
    }

    @discardableResult
    private static func setActing(_ person: Person.ID, at door: Door, in transaction: WriteTransaction) throws -> Date {
        let until = transaction.milliseconds + Int64(door.actingMinutes) * 60_000
        try transaction.database.cachedStatement(sql: "UPDATE door SET actor = ?, acting_until = ? WHERE id = ?")
            .execute(arguments: [person.rawValue, until, door.id.rawValue])
        return Date(milliseconds: until)
    }

    private static func apply(_ edit: DoorEdit, to door: Door, in transaction: WriteTransaction) throws {
        let database = transaction.database
        try database.execute(
            sql: "UPDATE door SET direction = ?, acting_minutes = ? WHERE id = ?",
            arguments: [
                (edit.direction ?? door.direction).rawValue, edit.actingMinutes ?? door.actingMinutes, door.id.rawValue,
            ])
        if let project = edit.project {
            if let project { try check(project, in: database) }
            try database.execute(
                sql: "UPDATE door SET project = ? WHERE id = ?", arguments: [project?.rawValue, door.id.rawValue])
        }
        switch edit.acting {
        case .none: break
        case .some(.none):
            try database.execute(
                sql: "UPDATE door SET actor = NULL, acting_until = NULL WHERE id = ?", arguments: [door.id.rawValue])
        case .some(.some(let person)):
            guard try Person.find(person, in: database) != nil else {
                throw Failure(.notFound, "There is no such person.", field: "acting")
            }
            try setActing(person, at: try Self.door(door.id, in: database), in: transaction)
        }
    }

    /// Refuses a project that nothing may go out for.
    private static func check(_ id: Project.ID, in database: Database) throws {
        guard let project = try Project.find(id, in: database) else {
            throw Failure(.notFound, "There is no such project.", field: "project")
        }
        if project.isTemplate {
            throw Failure(
                .invalid, "\(project.name) is a template, and nothing goes out for one. Copy it to a project first.",
                field: "project")
        }
        try Archive.refuse(reference: id.rawValue, to: "project", at: "project", in: database)
    }

    /// Ends the acting of somebody who is not active any more.
    static func forgetActing(_ person: Person.ID, in transaction: WriteTransaction) throws {
        let doors = try Door.ID.fetchAll(
            transaction.database, sql: "SELECT id FROM door WHERE actor = ?", arguments: [person.rawValue])
        for door in doors {
            try transaction.database.execute(
                sql: "UPDATE door SET actor = NULL, acting_until = NULL WHERE id = ?", arguments: [door.rawValue])
            try announce(door, actor: nil, in: transaction)
        }
    }

    /// Says in a Change how the door is set now.
    @discardableResult
    private static func announce(_ id: Door.ID, actor: Person.ID?, in transaction: WriteTransaction) throws -> JSON {
        let body = try door(id, in: transaction.database).json(at: transaction.now)
        try transaction.append(.doors, "changed", subject: id.rawValue, actor: actor?.rawValue, body)
        return body
    }
}
