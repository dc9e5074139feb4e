// Who works here, as a record that people edit. How they prove who they are is in SignIn; the rules of editing are in
// Person+Record.swift.
package import Foundation
package import GRDB

/// Somebody of the crew, the office or the administration.
package struct Person: RegistryRecord, Equatable {
    package typealias ID = Identifier<Person>

    package let id: ID
    package let name: String
    package let role: Role
    package let isActive: Bool
    package let email: String?
    package let phone: String?
    /// A language tag, such as `de` or `pt-BR`.
    package let language: String?
    package let avatar: String?
    /// For managers only.
    package let note: String?
    /// JSON of the badges; for managers only.
    private let badges: String
    package var version: Int64
    package var updated: Date

    package init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        role = Role(rawValue: row["role"]) ?? .crew
        isActive = row["active"]
        email = row["email"]
        phone = row["phone"]
        language = row["language"]
        avatar = row["avatar"]
        note = row["note"]
        badges = row["badges"]
        version = row["version"]
        updated = Date(milliseconds: row["updated"])
    }

    /// A badge's key may hold characters that no path may, so it is given out with them escaped.
    static let selection = """
        SELECT person.*, (
          SELECT json_group_array(json_object(
            'key', replace(replace(replace(key, '%', '%25'), '/', '%2F'), '\\', '%5C'),
            'scheme', substr(key, 1, instr(key, ':') - 1), 'label', substr(key, instr(key, ':') + 1)))
          FROM (SELECT key FROM badge WHERE badge.person = person.id ORDER BY key)) AS badges
        FROM person
        """

    package static func find(_ id: ID, in database: Database) throws -> Person? {
        try fetchOne(database.cachedStatement(sql: selection + " WHERE person.id = ?"), arguments: [id.rawValue])
    }
}

/// What a person may do; each role may do what the ones before it may.
package enum Role: String, Sendable, CaseIterable, Comparable {
    case crew, manager, admin

    package static func < (one: Role, other: Role) -> Bool {
        allCases.firstIndex(of: one) ?? 0 < allCases.firstIndex(of: other) ?? 0
    }
}

extension Person {
    /// First letters of the first and the last name, as avatars show them.
    package var initials: String { Self.initials(of: name) }

    static func initials(of name: String) -> String {
        let names = name.split(separator: " ")
        let first = names.first?.prefix(1) ?? ""
        return (names.count > 1 ? first + (names.last?.prefix(1) ?? "") : first).uppercased()
    }

    /// The person as managers see them; ``json(for:)`` says what others do.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "initials": .string(initials),
            "role": .string(role.rawValue), "active": .bool(isActive), "email": .optional(email),
            "phone": .optional(phone), "language": .optional(language), "avatar": .optional(avatar),
            "note": .optional(note), "badges": .verbatim(Array(badges.utf8)), "version": .int(version),
            "updatedAt": .time(updated),
        ]
    }

    /// What anybody who reaches the box may know, to sign in: `{"id", "name", "initials", "role", "active"}`.
    package var brief: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "initials": .string(initials),
            "role": .string(role.rawValue), "active": .bool(isActive),
        ]
    }

    /// The badges as they are given out: `{"key", "scheme", "label"}` each.
    var badgeList: JSON { get throws { try JSON(parsing: Array(badges.utf8)) } }
}
