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
            RecordField("fields", "Fields", .list, .preset),
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

    /// Keeps the fields in the one shape they have, and a category that is in use out of the archive.
    package static func settle(
        _ category: Category, before: Category?, in transaction: WriteTransaction
    ) throws -> Category {
        let database = transaction.database
        if category.isArchived, before?.isArchived != true {
            try Archive.refuse(
                category.name, having: "model",
                sql: "SELECT count(*) FROM model WHERE category = ? AND archived IS NULL", category.id.rawValue,
                in: database)
        }
        guard category.fields != before?.fields else { return category }
        let fields = try CustomField.list(JSON(parsing: Array(category.fields.utf8)), in: database)
        try database.execute(
            sql: "UPDATE category SET fields = ? WHERE id = ?",
            arguments: [JSON.array(fields.map(\.json)).text, category.id.rawValue])
        return try RecordEdit.find(category.id, in: database)
    }

    package static func clash(
        _ columns: [String: DatabaseValue], id: ID, in database: Database
    ) throws -> Failure? {
        guard let name = columns["name"].flatMap(String.fromDatabaseValue) else { return nil }
        return Failure(.conflict, "There is a category \(name) already.", field: "name")
    }

    /// The custom fields of the category's gear.
    func customFields(in database: Database) throws -> [CustomField] {
        try CustomField.list(JSON(parsing: Array(fields.utf8)), in: database)
    }

    /// The category as the API gives it.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "fields": .verbatim(Array(fields.utf8)),
            "archived": .bool(isArchived), "version": .int(version), "updatedAt": .time(updated),
        ]
    }
}
