// What is kept true when a person is edited: who may change a role, that somebody can still administer the box, and
// that a badge is one person's and no piece of gear's.
import Foundation
package import GRDB

extension Person {
    package static let table = RecordTable(
        name: "person", topic: .people, word: "person", heading: "name",
        fields: [
            RecordField("name", "Name", .line(100), .required),
            RecordField("role", "Role", .choice(Role.allCases.map(\.rawValue)), .preset),
            RecordField("active", "Active", .flag, .preset),
            RecordField("email", "E-mail", .line(254)),
            RecordField("phone", "Phone", .line(40)),
            RecordField("language", "Language", .line(35)),
            RecordField("avatar", "Picture", .reference(table: "picture", word: "picture")),
            RecordField("note", "Note", .lines(2_000)),
            RecordField("badges", "Badges", .part, .preset),
        ], seeds: ["role": Role.crew.rawValue.databaseValue],
        confined: (.confidential, ["note", "badges"]))

    /// Most badges of one person.
    static let badgeCountMax = 20

    package static func permit(_ person: Person?, before: Person?, by author: Author) throws {
        let (old, new) = (before?.role ?? .crew, person?.role ?? before?.role ?? .crew)
        if old != new, author.role < .admin {
            throw Failure(.forbidden, "Only an admin gives and takes roles.", field: "role")
        }
        guard old > author.role, person?.isActive != before?.isActive else { return }
        throw Failure(.forbidden, "Only a person of that role or above may do that.", field: "active")
    }

    package static func settle(
        _ person: Person, before: Person?, in transaction: WriteTransaction
    ) throws -> Person {
        if let oddity = oddity(email: person.email, phone: person.phone, language: person.language) { throw oddity }
        if before?.isActive == true, before?.role == .admin, !person.isActive || person.role != .admin {
            try keepAnAdmin(beside: person.id, in: transaction.database)
        }
        if before?.isActive == true, !person.isActive {
            try DoorDesk.forgetActing(person.id, in: transaction)
        }
        try RoomBook.settle(person, wasActive: before?.isActive ?? false, in: transaction)
        return person
    }

    package static func letGo(of person: Person, in transaction: WriteTransaction) throws {
        if person.role == .admin { try keepAnAdmin(beside: person.id, in: transaction.database) }
        try RoomBook.letGo(of: person, in: transaction)
        for table in ["badge", "credential", "passphrase"] {
            try transaction.database.execute(
                sql: "DELETE FROM \(table) WHERE person = ?", arguments: [person.id.rawValue])
        }
    }

    /// Light checks only: what reaches somebody is known when it has.
    static func oddity(email: String?, phone: String?, language: String?) -> Failure? {
        if let email, email.wholeMatch(of: /[^@\s]+@[^@\s]+/) == nil {
            return Failure(.invalid, "An e-mail address is such as ana@example.org.", field: "email")
        }
        if let phone, phone.wholeMatch(of: /\+?[0-9 ().\/-]{2,}(?:x[0-9]+)?/) == nil {
            return Failure(.invalid, "A phone number is such as +49 30 1234567.", field: "phone")
        }
        if let language, language.wholeMatch(of: /[a-z]{2,3}(-[A-Za-z0-9]{2,8})*/) == nil {
            return Failure(.invalid, "A language is a tag such as de or pt-BR.", field: "language")
        }
        return nil
    }

    private static func keepAnAdmin(beside id: Person.ID, in database: Database) throws {
        let other = try Row.fetchOne(
            database, sql: "SELECT 1 FROM person WHERE role = 'admin' AND active AND id <> ?", arguments: [id.rawValue])
        guard other == nil else { return }
        throw Failure(.conflict, "This is the last active admin. Make another one first.", field: "role")
    }
}

// MARK: - Badges

extension Person {
    package static func store(
        _ value: JSON, as field: RecordField, of id: Person.ID, in transaction: WriteTransaction
    ) throws {
        guard case .array(let items) = value, items.count <= badgeCountMax else {
            throw field.refusal("Badges are a list of at most \(badgeCountMax).")
        }
        let database = transaction.database
        let keys = try items.map { try key(of: $0, for: id, in: database) }
        try database.execute(sql: "DELETE FROM badge WHERE person = ?", arguments: [id.rawValue])
        for key in Set(keys).sorted() {
            // Somebody who is not active any more gives the badge up to the next one.
            try database.execute(
                sql: "INSERT OR REPLACE INTO badge (key, person) VALUES (?, ?)", arguments: [key, id.rawValue])
        }
    }

    /// The key of a badge: a code as a reader reads it, or a badge as it was given out.
    private static func key(of item: JSON, for id: Person.ID, in database: Database) throws -> String {
        if let key = item["key"]?.string.map(badgeKey(escaped:)) {
            let holder = try Row.fetchOne(
                database,
                sql: "SELECT person FROM badge JOIN person ON person.id = badge.person WHERE key = ? AND active",
                arguments: [key])
            let other = try (holder?["person"] as Person.ID?).flatMap { try find($0, in: database) }
            if let other, other.id != id { throw taken(by: other) }
            return key
        }
        guard let text = item.string else { throw Failure(.invalid, "A badge is a code.", field: "badges") }
        let code = ScanCode(raw: Array(text.utf8), symbology: nil)
        switch try CodeOwner.find(code, in: database) {
        case .person(let other) where other.id != id: throw taken(by: other)
        case .asset(let asset):
            throw Failure(
                .conflict, "That is the code of \(asset.number), \(asset.name).", field: "code",
                details: ["asset": asset.brief])
        case .stock(let stock): throw Failure(.conflict, "That code counts \(stock.name).", field: "code")
        case .person, nil: break
        }
        guard let natural = code.natural else {
            let reason = code.isRandomUID ? "It makes up a new number at each touch" : "It says nothing"
            throw Failure(.invalid, "\(reason), so it can not be a badge.", field: "code")
        }
        return natural.lookupKey
    }

    private static func taken(by other: Person) -> Failure {
        Failure(
            .conflict, "That badge is \(other.name)'s.", field: "code", details: ["person": other.brief])
    }

    /// A badge's key as it is kept, from how it was given out.
    static func badgeKey(escaped: String) -> String { escaped.removingPercentEncoding ?? escaped }
}
