// The people of the organisation, their badges and their PINs.
import Foundation
import GRDB

/// Adds and finds people. Whoever may sign in may read the roster; making and editing people is for managers.
package struct Roster: Sendable {
    private let store: Store

    package init(store: Store) { self.store = store }

    /// The active people by name.
    package func active() async throws -> [Person] {
        try await store.read { try Person.fetchAll($0, sql: "SELECT * FROM person WHERE active ORDER BY name, id") }
    }

    package func find(_ id: Person.ID) async throws -> Person? {
        try await store.read { try Person.find(id, in: $0) }
    }

    /// Adds a person with a PIN and badges.
    ///
    /// - Parameter badges: codes as a reader reads them.
    /// - Throws: `invalid` for a PIN that is no 4 to 12 digits; `conflict` for a badge somebody has.
    package func add(name: String, role: Role, pin: String, badges: [String] = []) async throws -> Person.ID {
        guard (4...12).contains(pin.count), pin.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw Failure(.invalid, "A PIN has 4 to 12 digits.", field: "pin")
        }
        let hash = try PINHash.make(pin)
        return try await store.write { transaction in
            let id: Person.ID = transaction.newID()
            let database = transaction.database
            try database.execute(
                sql: "INSERT INTO person (id, name, role) VALUES (?, ?, ?)",
                arguments: [id.rawValue, name, role.rawValue])
            try database.execute(
                sql: "INSERT INTO credential (person, pin_hash) VALUES (?, ?)", arguments: [id.rawValue, hash])
            for badge in badges { try Self.assign(badge, to: id, in: database) }
            try transaction.append(
                .people, "created", subject: id.rawValue,
                ["id": .string(id.rawValue), "name": .string(name), "role": .string(role.rawValue)])
            return id
        }
    }

    /// Whether the PIN is the person's. Takes as long for an unknown person as for a known one.
    package func verify(_ pin: String, of id: Person.ID) async throws -> Bool {
        let hash = try await store.read { database in
            try String.fetchOne(
                database,
                sql: """
                    SELECT pin_hash FROM credential JOIN person ON person.id = credential.person
                    WHERE person.id = ? AND person.active
                    """, arguments: [id.rawValue])
        }
        return PINHash.matches(pin, hash: hash ?? Self.nobodysHash) && hash != nil
    }

    /// The person whose badge has one of the code's keys.
    static func holder(of code: ScanCode, in database: Database) throws -> Person? {
        let statement = try database.cachedStatement(
            sql: "SELECT person FROM badge JOIN person ON person.id = badge.person WHERE key = ? AND person.active")
        for identifier in code.identifiers {
            if let id = try String.fetchOne(statement, arguments: [identifier.lookupKey]) {
                return try Person.find(Person.ID(id), in: database)
            }
        }
        return nil
    }

    /// Badges are stored under the first key of their code, by which any reader finds them again.
    private static func assign(_ badge: String, to id: Person.ID, in database: Database) throws {
        let code = ScanCode(raw: Array(badge.utf8), symbology: nil)
        if let other = try holder(of: code, in: database) {
            throw Failure(.conflict, "That badge is \(other.name)'s.", field: "badges")
        }
        guard let key = code.natural?.lookupKey else {
            throw Failure(.invalid, "A badge needs a code.", field: "badges")
        }
        try database.execute(
            sql: "INSERT INTO badge (key, person) VALUES (?, ?)", arguments: [key, id.rawValue])
    }

    /// A hash of a PIN that nobody has.
    private static let nobodysHash = (try? PINHash.make(Hex.text(SecureRandom.bytes(8)))) ?? ""
}
