// Who works here. How they prove it is Credential.swift's.
import Foundation
package import GRDB

/// Somebody of the crew, the office or the administration.
package struct Person: Sendable, Equatable, FetchableRecord {
    package typealias ID = Identifier<Person>

    package let id: ID
    package let name: String
    package let role: Role
    package let isActive: Bool

    package init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        role = Role(rawValue: row["role"]) ?? .crew
        isActive = row["active"]
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
    package var initials: String {
        let names = name.split(separator: " ")
        let first = names.first?.prefix(1) ?? ""
        return (names.count > 1 ? first + (names.last?.prefix(1) ?? "") : first).uppercased()
    }

    /// `{"id", "name", "initials", "role", "active"}`.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "initials": .string(initials),
            "role": .string(role.rawValue), "active": .bool(isActive),
        ]
    }

    /// `{"id", "name"}`, as other records refer to a person.
    package var reference: JSON { ["id": .string(id.rawValue), "name": .string(name)] }

    package static func find(_ id: ID, in database: Database) throws -> Person? {
        try Person.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM person WHERE id = ?"), arguments: [id.rawValue])
    }
}
