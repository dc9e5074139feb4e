// The people of the organisation and their badges. What is shown of one person is in Roster+Reading.swift; how they
// prove who they are in SignIn.
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

    /// Adds a person with badges, and with a PIN if one is given.
    ///
    /// - Parameter badges: codes as a reader reads them.
    /// - Throws: `invalid` for a PIN that is no 4 to 12 digits; `conflict` for a badge somebody has.
    package func add(name: String, role: Role, pin: String? = nil, badges: [String] = []) async throws -> Person.ID {
        let hash = try pin.map { pin in
            try SecretBook.refuseOddPIN(pin)
            return try SecretHash.make(pin, .pin)
        }
        return try await store.write { transaction in
            let fields: JSON = [
                "name": .string(name), "role": .string(role.rawValue), "badges": .array(badges.map(JSON.string)),
            ]
            let id = try RecordEdit.create(Person.self, fields, by: Author(), in: transaction).record.id
            if let hash { try SecretBook.set(hash, of: id, in: transaction) }
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
}
