// What belongs to a kind of gear: the models, and how many of each, that go along with every unit of it.
import Foundation
import GRDB

/// Reads and sets the accessories of models. Everybody signed in may read them; setting them is for managers.
package struct Accessories: Sendable {
    /// Most accessories of one model.
    package static let countMax = 100
    /// Most pieces of one accessory.
    package static let quantityMax: Int64 = 10_000

    private let store: Store

    package init(store: Store) { self.store = store }

    /// The accessories of a model by name: `[{"model", "quantity"}]`.
    ///
    /// - Throws: `notFound`.
    package func list(of model: Model.ID) async throws -> (model: Model, items: [JSON]) {
        try await store.read { database in
            (try RecordEdit.find(model, in: database), try Self.list(of: model, in: database))
        }
    }

    /// Sets all accessories of a model: `[{"model", "quantity"}]`.
    ///
    /// - Parameter version: the model's version that the edit was based on; nil takes any.
    /// - Throws: `invalid` with each that is not right, or naming the chain by which a model would be an accessory of
    ///   itself; `stale`; `notFound`.
    package func set(
        _ items: JSON, of model: Model.ID, ifVersion version: Int64?, by author: Author
    ) async throws -> (edited: Edited<Model>, items: [JSON]) {
        try await store.write { transaction in
            let model = try RecordEdit.find(model, in: transaction.database)
            try RecordEdit.check(version, of: model)
            let edited = try Self.set(items, of: model, by: author, in: transaction)
            return (edited, try Self.list(of: model.id, in: transaction.database))
        }
    }

    static func list(of model: Model.ID, in database: Database) throws -> [JSON] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT model.id, model.name, accessory.quantity
                    FROM accessory JOIN model ON model.id = accessory.accessory
                    WHERE accessory.model = ? ORDER BY model.name COLLATE NOCASE, model.id
                    """), arguments: [model.rawValue]
        ).map { row in
            ["model": NamedReference<Model>(id: row["id"], name: row["name"]).json, "quantity": .int(row["quantity"])]
        }
    }

    static func set(
        _ items: JSON, of model: Model, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Model> {
        let database = transaction.database
        let wanted = try Self.wanted(items, of: model, in: database)
        let before = try JSON.array(list(of: model.id, in: database))
        try database.execute(sql: "DELETE FROM accessory WHERE model = ?", arguments: [model.id.rawValue])
        for (accessory, quantity) in wanted {
            try database.cachedStatement(sql: "INSERT INTO accessory (model, accessory, quantity) VALUES (?, ?, ?)")
                .execute(arguments: [model.id.rawValue, accessory.rawValue, quantity])
        }
        try refuseCycle(of: model, in: database)
        let now = try JSON.array(list(of: model.id, in: database))
        guard now != before else { return Edited(record: model, change: nil) }
        return try RecordEdit.note(
            "accessories", on: model, ["accessories": now], before: ["accessories": before], by: author,
            in: transaction)
    }

    private static func wanted(
        _ items: JSON, of model: Model, in database: Database
    ) throws -> [(accessory: Model.ID, quantity: Int64)] {
        guard case .array(let items) = items, items.count <= countMax else {
            throw Failure(.invalid, "The accessories are a list of at most \(countMax).", field: "items")
        }
        let reference = RecordField("model", "Model", .reference(table: "model", word: "model"), .required)
        let quantity = RecordField("quantity", "Quantity", .whole(1...quantityMax), .required)
        var wanted: [(accessory: Model.ID, quantity: Int64)] = []
        var refusals: [Failure] = []
        for (index, item) in items.enumerated() {
            do {
                let id = try reference.stored(item["model"] ?? .null, at: Date(), in: database)
                let count = try quantity.stored(item["quantity"] ?? 1, at: Date(), in: database)
                let accessory = Model.ID(String.fromDatabaseValue(id) ?? "")
                let isTwice = wanted.contains { $0.accessory == accessory }
                if isTwice { throw Failure(.invalid, "This model is there twice.", field: "model") }
                if accessory == model.id {
                    throw Failure(.invalid, "\(model.name) can not be an accessory of itself.", field: "model")
                }
                wanted.append((accessory, Int64.fromDatabaseValue(count) ?? 1))
            } catch let failure as Failure where failure.code == .invalid {
                refusals.append(
                    Failure(.invalid, failure.message, field: "items/\(index)/\(failure.field ?? "model")"))
            }
        }
        try Failure.refuse(refusals)
        return wanted
    }

    /// - Throws: `invalid` that names the chain when the model is an accessory of one of its own.
    private static func refuseCycle(of model: Model, in database: Database) throws {
        let chain = try String.fetchOne(
            database,
            sql: """
                WITH RECURSIVE below (id, chain, depth) AS (
                  SELECT accessory, :name || ' → ' || model.name, 1
                  FROM accessory JOIN model ON model.id = accessory.accessory WHERE accessory.model = :id
                  UNION
                  SELECT accessory.accessory, below.chain || ' → ' || model.name, depth + 1
                  FROM below JOIN accessory ON accessory.model = below.id
                  JOIN model ON model.id = accessory.accessory WHERE below.id <> :id AND depth < 32
                )
                SELECT chain FROM below WHERE id = :id ORDER BY depth LIMIT 1
                """, arguments: ["id": model.id.rawValue, "name": model.name])
        guard let chain else { return }
        throw Failure(.invalid, "\(model.name) would be an accessory of itself: \(chain).", field: "items")
    }
}
