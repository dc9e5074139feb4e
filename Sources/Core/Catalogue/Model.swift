// A kind of gear: what pull sheets ask for when any unit will do, and what its units have in common.
package import Foundation
package import GRDB

/// A kind of gear.
package struct Model: RegistryRecord {
    package typealias ID = Identifier<Model>

    /// Whether each unit has a number of its own, or only how many there are matters.
    package enum Counting: String, Sendable, CaseIterable {
        case serialised, counted
    }

    package let id: ID
    package let name: String
    package let maker: String?
    package let category: NamedReference<Category>?
    package let counting: Counting
    package let specifications: String?
    package let weightGrams: Int64?
    package let picture: String?
    package let isArchived: Bool
    package var version: Int64
    package var updated: Date

    package static let table = RecordTable(
        name: "model", topic: .models, word: "model", heading: "name",
        fields: [
            RecordField("name", "Name", .line(200), .required),
            RecordField("maker", "Maker", .line(200)),
            RecordField("category", "Category", .reference(table: "category", word: "category"), .required),
            RecordField("counting", "Counting", .choice(Counting.allCases.map(\.rawValue)), .preset),
            RecordField("specifications", "Specifications", .lines(8_000)),
            RecordField("weightGrams", column: "weight_grams", "Weight", .whole(0...1_000_000_000)),
            RecordField("picture", "Picture", .reference(table: "picture", word: "picture")),
            RecordField("archived", "Archived", .archived),
        ])

    package init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        maker = row["maker"]
        category = NamedReference(id: row["category"], name: row["category_name"])
        counting = Counting(rawValue: row["counting"]) ?? .serialised
        specifications = row["specifications"]
        weightGrams = row["weight_grams"]
        picture = row["picture"]
        isArchived = (row["archived"] as Int64?) != nil
        version = row["version"]
        updated = Date(milliseconds: row["updated"])
    }

    package static func settle(_ model: Model, before: Model?, in transaction: WriteTransaction) throws -> Model {
        let database = transaction.database
        if model.category?.id != before?.category?.id {
            try Archive.refuse(reference: model.category?.id.rawValue, to: "category", at: "category", in: database)
        }
        guard model.isArchived, before?.isArchived != true else { return model }
        try Archive.refuse(
            model.name, having: "unit", sql: "SELECT count(*) FROM asset WHERE model = ? AND archived IS NULL",
            model.id.rawValue, in: database)
        return model
    }

    package static func reverse(
        _ change: Change, of model: Model, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Model>? {
        guard change.kind == "accessories",
            let before = try JSON(parsing: change.body)["before"]?["accessories"]
        else { return nil }
        return try Accessories.set(before, of: model, by: author, in: transaction)
    }

    static let selection = """
        SELECT model.*, category.name AS category_name FROM model JOIN category ON category.id = model.category
        """

    package static func find(_ id: ID, in database: Database) throws -> Model? {
        try fetchOne(database.cachedStatement(sql: selection + " WHERE model.id = ?"), arguments: [id.rawValue])
    }

    /// The model as the API gives it.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "maker": .optional(maker), "category": category.orNull(),
            "counting": .string(counting.rawValue), "specifications": .optional(specifications),
            "weightGrams": weightGrams.map(JSON.int) ?? .null, "picture": .optional(picture),
            "archived": .bool(isArchived), "version": .int(version), "updatedAt": .time(updated),
        ]
    }

    /// Maker and name, as lists show it.
    package var title: String { [maker, name].compactMap { $0 }.joined(separator: " ") }
}
