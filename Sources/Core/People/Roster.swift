// The people of the organisation, their badges and their PINs. What is shown of one person is in Roster+Reading.swift.
import Foundation
import GRDB

/// Adds and finds people. Whoever may sign in may read the roster; making and editing people is for managers.
package struct Roster: Sendable {
    let store: Store

    package init(store: Store) { self.store = store }

    /// The active people who have a PIN, by name.
    package func whoMaySignIn() async throws -> [Person] {
        try await store.read { database in
            try Person.fetchAll(
                database,
                sql: Person.selection + """
                     WHERE active AND EXISTS (SELECT 1 FROM credential WHERE credential.person = person.id)
                    ORDER BY name COLLATE NOCASE, id
                    """)
        }
    }

    /// The roles of the active people.
    package func roles() async throws -> [Person.ID: Role] {
        try await store.read { database in
            let people = try Person.fetchAll(database, sql: Person.selection + " WHERE active")
            return Dictionary(uniqueKeysWithValues: people.map { ($0.id, $0.role) })
        }
    }

    package func find(_ id: Person.ID) async throws -> Person? {
        try await store.read { try Person.find(id, in: $0) }
    }

    /// Adds a person with a PIN and badges.
    ///
    /// - Parameter badges: codes as a reader reads them.
    /// - Throws: `invalid` for a PIN that is no 4 to 12 digits; `conflict` for a badge somebody has.
    package func add(name: String, role: Role, pin: String, badges: [String] = []) async throws -> Person.ID {
        let hash = try Self.hash(of: pin)
        return try await store.write { transaction in
            let fields: JSON = [
                "name": .string(name), "role": .string(role.rawValue), "badges": .array(badges.map(JSON.string)),
            ]
            let id = try RecordEdit.create(Person.self, fields, by: Author(), in: transaction).record.id
            try Self.set(hash, of: id, in: transaction)
            return id
        }
    }

    /// Gives a person one more badge.
    ///
    /// - Parameter code: as a reader reads it.
    /// - Throws: `conflict` with the `person` who has it or the `asset` whose code it is.
    package func assign(_ code: String, to id: Person.ID, by author: Author) async throws -> Edited<Person> {
        try await editBadges(of: id, by: author) { $0 + [.string(code)] }
    }

    /// Takes a badge away. - Throws: `notFound` when the person has no such badge.
    package func unassign(_ key: String, from id: Person.ID, by author: Author) async throws -> Edited<Person> {
        try await editBadges(of: id, by: author) { badges in
            let others = badges.filter { $0["key"]?.string != key }
            guard others.count < badges.count else { throw Failure(.notFound, "There is no such badge.") }
            return others
        }
    }

    private func editBadges(
        of id: Person.ID, by author: Author, _ change: @escaping @Sendable ([JSON]) throws -> [JSON]
    ) async throws -> Edited<Person> {
        try await store.write { transaction in
            let person = try RecordEdit.find(id, in: transaction.database)
            guard case .array(let badges) = try person.badgeList else { return Edited(record: person, change: nil) }
            return try RecordEdit.edit(
                id, ["badges": .array(change(badges))], ifVersion: nil, by: author, in: transaction)
        }
    }

    /// Sets a PIN; that somebody did is a Change, the PIN is in none.
    ///
    /// - Throws: `invalid` for a PIN that is no 4 to 12 digits; `forbidden` for somebody else's PIN, unless the author's
    ///   role is above theirs or admin; `notFound`.
    package func setPIN(_ pin: String, of id: Person.ID, by author: Author) async throws {
        let hash = try Self.hash(of: pin)
        try await store.write { transaction in
            let person = try RecordEdit.find(id, in: transaction.database)
            guard author.person == id || author.role == .admin || author.role > person.role else {
                throw Failure(.forbidden, "Only somebody with a higher role sets another one's PIN.")
            }
            try Self.set(hash, of: id, in: transaction)
            try transaction.append(
                .people, "pin", subject: id.rawValue, actor: author.person?.rawValue, device: author.device,
                ["id": .string(id.rawValue), "name": .string(person.name)])
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

    private static func hash(of pin: String) throws -> String {
        guard (4...12).contains(pin.count), pin.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw Failure(.invalid, "A PIN has 4 to 12 digits.", field: "pin")
        }
        return try PINHash.make(pin)
    }

    private static func set(_ hash: String, of id: Person.ID, in transaction: WriteTransaction) throws {
        try transaction.database.execute(
            sql: "INSERT OR REPLACE INTO credential (person, pin_hash) VALUES (?, ?)",
            arguments: [id.rawValue, hash])
    }

    /// A hash of a PIN that nobody has.
    private static let nobodysHash = (try? PINHash.make(Hex.text(SecureRandom.bytes(8)))) ?? ""
}
