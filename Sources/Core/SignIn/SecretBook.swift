// The PINs and passphrases of the people, as hashes in the organisation's Store. Who may guess how often is
// Guesses.swift's; what is made of a right one is SignInDesk.swift's.
import Foundation
import GRDB

/// Keeps what people know.
package struct SecretBook: Sendable {
    private let store: Store
    private let mill: PassphraseMill

    package init(store: Store, mill: PassphraseMill) {
        self.store = store
        self.mill = mill
    }

    /// What a person has to sign in with.
    package struct Kept: Sendable, Equatable {
        package let hasPIN: Bool
        package let hasPassphrase: Bool
        /// What the person may type as their name; empty when another's is the same.
        package let names: [String]
    }

    // ---- passphrases -------------------------------------------------------------------------------------------------

    /// The active person with this sign-in name and this passphrase; takes as long for a name that nobody has.
    func person(named name: String, passphrase: String) async throws -> Person? {
        let found = try await store.read { database -> (id: Person.ID, hash: String)? in
            guard let id = try Self.holder(of: name, in: database) else { return nil }
            return try Self.passphraseHash(of: id, in: database).map { (id, $0) }
        }
        guard passphrase.utf8.count <= Passphrase.lengths.upperBound * 4 else { return nil }
        let typed = Passphrase.normal(passphrase)
        guard try await mill.matches(typed, hash: found?.hash), let found else { return nil }
        try await renew(found.hash, from: typed, of: found.id)
        return try await store.read { try Person.find(found.id, in: $0) }
    }

    /// Whether it is the person's passphrase.
    func matches(passphrase: String, of id: Person.ID) async throws -> Bool {
        let hash = try await store.read { try Self.passphraseHash(of: id, in: $0) }
        return try await mill.matches(Passphrase.normal(passphrase), hash: hash)
    }

    /// Sets a passphrase; that somebody did is a Change, the passphrase is in none. Who may is SignInDesk's to know.
    ///
    /// - Throws: `invalid` for one that is too short or guessed first; `conflict` when the person has no name of their
    ///   own to sign in with; `notFound`.
    func setPassphrase(_ typed: String, of id: Person.ID, by author: Author) async throws {
        try await set(ground: hash(of: typed, for: id), of: id, by: author)
    }

    /// Sets what ``hash(of:for:)`` made.
    func set(ground hash: String, of id: Person.ID, by author: Author) async throws {
        try await store.write { transaction in
            let person = try RecordEdit.find(id, in: transaction.database)
            try Self.set(passphrase: hash, of: id, in: transaction)
            try Self.note("passphrase", person, by: author, in: transaction)
        }
    }

    /// Sets a passphrase that anybody may know, as of a demo: hashed at next to no cost until it is first used.
    package func setKnownPassphrase(_ passphrase: String, of id: Person.ID) async throws {
        let hash = try SecretHash.make(Passphrase.normal(passphrase), .init(passes: 1, memoryBytes: 1 << 20))
        try await store.write { try Self.set(passphrase: hash, of: id, in: $0) }
    }

    private static func set(passphrase hash: String, of id: Person.ID, in transaction: WriteTransaction) throws {
        try transaction.database.execute(
            sql: "INSERT OR REPLACE INTO passphrase (person, hash, since) VALUES (?, ?, ?)",
            arguments: [id.rawValue, hash, transaction.milliseconds])
    }

    /// The hash of a passphrase that the person may have.
    ///
    /// - Throws: as ``setPassphrase(_:of:by:)``; `tooMany` when too many are hashed.
    func hash(of typed: String, for id: Person.ID) async throws -> String {
        let names = try await store.read { database in
            let person = try RecordEdit.find(id, in: database)
            guard try !Self.signInNames(of: person, in: database).isEmpty else {
                throw Failure(
                    .conflict, "Somebody else has the same name. Ask a manager to add your e-mail address first.")
            }
            let house = try String.fetchAll(database, sql: "SELECT name FROM organisation UNION SELECT name FROM depot")
            return house + [person.name, person.email ?? ""]
        }
        let passphrase = try Passphrase(typed, unlike: names)
        return try await mill.grind { try SecretHash.make(passphrase.text, $0) }
    }

    /// Hashes anew what was hashed at another cost, while the passphrase is at hand.
    private func renew(_ hash: String, from typed: String, of id: Person.ID) async throws {
        let renewed = try await mill.grind { try SecretHash.isOf(hash, other: $0) ? SecretHash.make(typed, $0) : nil }
        guard let renewed else { return }
        try await store.write { transaction in
            try transaction.database.execute(
                sql: "UPDATE passphrase SET hash = ? WHERE person = ? AND hash = ?",
                arguments: [renewed, id.rawValue, hash])
        }
    }

    /// Whether an active admin could sign in from anywhere, and who could be invited to.
    package func administrator() async throws -> (hasPassphrase: Bool, first: Person?) {
        try await store.read { database in
            let admins = try Person.fetchAll(
                database, sql: Person.selection + " WHERE active AND role = 'admin' ORDER BY id")
            let withPassphrase = try admins.contains { try Self.passphraseHash(of: $0.id, in: database) != nil }
            return (withPassphrase, admins.first)
        }
    }

    // ---- PINs --------------------------------------------------------------------------------------------------------

    /// Whether the PIN is the person's. Takes as long for an unknown person as for a known one.
    package func matches(pin: String, of id: Person.ID) async throws -> Bool {
        let hash = try await store.read { database in
            try String.fetchOne(
                database,
                sql: """
                    SELECT pin_hash FROM credential JOIN person ON person.id = credential.person
                    WHERE person.id = ? AND person.active
                    """, arguments: [id.rawValue])
        }
        return try await mill.grind { _ in
            SecretHash.matches(pin, hash: hash ?? Self.nobodysPIN) && hash != nil
        }
    }

    /// Sets a PIN; that somebody did is a Change, the PIN is in none.
    ///
    /// - Throws: `invalid` for a PIN that is no 4 to 12 digits; `forbidden` for somebody else's PIN, unless the author's
    ///   role is above theirs or admin; `notFound`.
    package func setPIN(_ pin: String, of id: Person.ID, by author: Author) async throws {
        try Self.refuseOddPIN(pin)
        let hash = try await mill.grind { _ in try SecretHash.make(pin, .pin) }
        try await store.write { transaction in
            let person = try RecordEdit.find(id, in: transaction.database)
            try Self.permit(author, for: person)
            try Self.set(hash, of: id, in: transaction)
            try Self.note("pin", person, by: author, in: transaction)
        }
    }

    static func refuseOddPIN(_ pin: String) throws {
        guard (4...12).contains(pin.count), pin.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw Failure(.invalid, "A PIN has 4 to 12 digits.", field: "pin")
        }
    }

    static func set(_ hash: String, of id: Person.ID, in transaction: WriteTransaction) throws {
        try transaction.database.execute(
            sql: "INSERT OR REPLACE INTO credential (person, pin_hash) VALUES (?, ?)",
            arguments: [id.rawValue, hash])
    }

    /// A hash of a PIN that nobody has.
    static let nobodysPIN = (try? SecretHash.make(Hex.text(SecureRandom.bytes(8)), .pin)) ?? ""

    // ---- both --------------------------------------------------------------------------------------------------------

    /// What a person has, for themself and those who look after them.
    ///
    /// - Throws: `notFound`; `forbidden` for anybody else's, unless the author's role is above theirs or admin.
    package func kept(of id: Person.ID, for author: Author) async throws -> Kept {
        try await store.read { database in
            let person = try RecordEdit.find(id, in: database)
            try Self.permit(author, for: person)
            let pin = try Row.fetchOne(
                database, sql: "SELECT 1 FROM credential WHERE person = ?", arguments: [id.rawValue])
            return Kept(
                hasPIN: pin != nil,
                hasPassphrase: try Self.passphraseHash(of: id, in: database, alsoInactive: true) != nil,
                names: try Self.signInNames(of: person, in: database))
        }
    }

    /// How somebody proves who they are is their own affair, or that of somebody with a higher role.
    static func permit(_ author: Author, for person: Person) throws {
        guard author.person == person.id || author.role == .admin || author.role > person.role else {
            throw Failure(.forbidden, "That is for \(person.name) and for somebody with a higher role.")
        }
    }

    private static func note(
        _ kind: String, _ person: Person, by author: Author, in transaction: WriteTransaction
    ) throws {
        try transaction.append(
            .people, kind, subject: person.id.rawValue, actor: author.person?.rawValue, device: author.device,
            ["id": .string(person.id.rawValue), "name": .string(person.name)])
    }

    private static func passphraseHash(
        of id: Person.ID, in database: Database, alsoInactive: Bool = false
    ) throws -> String? {
        try String.fetchOne(
            database,
            sql: """
                SELECT hash FROM passphrase JOIN person ON person.id = passphrase.person
                WHERE person.id = ? AND (person.active OR ?)
                """, arguments: [id.rawValue, alsoInactive])
    }

    /// Whose sign-in name this is: an e-mail address, else a name, and only one person's.
    private static func holder(of name: String, in database: Database) throws -> Person.ID? {
        let typed = name.trimmingCharacters(in: .whitespacesAndNewlines).folded
        let people = try Row.fetchAll(database, sql: "SELECT id, name, email FROM person WHERE active")
        for column in ["email", "name"] {
            let fitting = people.filter { ($0[column] as String?)?.folded == typed }
            if let first = fitting.first { return fitting.count == 1 ? first["id"] : nil }
        }
        return nil
    }

    private static func signInNames(of person: Person, in database: Database) throws -> [String] {
        try [person.email, person.name].compactMap { $0 }.filter { try holder(of: $0, in: database) == person.id }
    }
}
