// A group of models, with the fields of their gear that only this group has.
package import Foundation
package import GRDB

/// A group of models.
package struct Category: RegistryRecord {
    package typealias ID = Identifier<Category>

    package let id: ID
    package let name: String
    /// JSON of the custom fields.
    let fields: String
    package let isArchived: Bool
    package var version: Int64
    package var updated: Date

    package static let table = RecordTable(
        name: "category", topic: .models, word: "category", heading: "name",
        fields: [
            RecordField("name", "Name", .line(100), .required),
            RecordField("fields", "Fields", .json, .preset),
            RecordField("archived", "Archived", .archived),
        ], kindPrefix: "category.")

    package init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        fields = row["fields"]
        isArchived = (row["archived"] as Int64?) != nil
        version = row["version"]
        updated = Date(milliseconds: row["updated"])
    }

    package static func find(_ id: ID, in database: Database) throws -> Category? {
        try fetchOne(database.cachedStatement(sql: "SELECT * FROM category WHERE id = ?"), arguments: [id.rawValue])
    }

    /// The category as the API gives it.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "fields": .verbatim(Array(fields.utf8)),
            "archived": .bool(isArchived), "version": .int(version), "updatedAt": .time(updated),
        ]
    }
}
