// What gear is worth and what it cost. Apart from gear and models, with a topic of its own, because only managers may
// know: nothing that anybody else can read carries it.
package import Foundation
package import GRDB

/// What a piece of gear, or each unit of a model, is worth and cost; its identifier is the piece's or the model's.
package struct Cost: RegistryRecord {
    package typealias ID = Identifier<Cost>

    /// Most cents: a hundred million of whatever the currency is.
    package static let centsMax: Int64 = 10_000_000_000

    package let id: ID
    /// The number of the piece or the name of the model.
    package let subject: String
    /// What it would cost to buy again, in cents.
    package let value: Int64?
    /// What was paid for it, in cents.
    package let price: Int64?
    /// The day it was bought, such as `2026-11-21`.
    package let boughtOn: String?
    package let supplier: String?
    package var version: Int64
    package var updated: Date

    package static let table = RecordTable(
        name: "cost", topic: .costs, word: "cost", heading: "subject",
        fields: [
            RecordField("value", column: "value_cents", "Value", .whole(0...centsMax)),
            RecordField("price", column: "price_cents", "Price", .whole(0...centsMax)),
            RecordField("boughtOn", column: "bought_on", "Bought on", .day),
            RecordField("supplier", "Supplier", .line(200)),
        ])

    package init(row: Row) throws {
        id = row["id"]
        subject = row["subject"] as String? ?? ""
        value = row["value_cents"]
        price = row["price_cents"]
        boughtOn = row["bought_on"]
        supplier = row["supplier"]
        version = row["version"]
        updated = Date(milliseconds: row["updated"])
    }

    package static func find(_ id: ID, in database: Database) throws -> Cost? {
        try fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT cost.*, coalesce(asset.number, model.name) AS subject FROM cost
                    LEFT JOIN asset ON asset.id = cost.id LEFT JOIN model ON model.id = cost.id WHERE cost.id = ?
                    """), arguments: [id.rawValue])
    }

    /// The cost as managers get it.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "subject": .string(subject), "value": value.map(JSON.int) ?? .null,
            "price": price.map(JSON.int) ?? .null, "boughtOn": .optional(boughtOn), "supplier": .optional(supplier),
            "version": .int(version), "updatedAt": .time(updated),
        ]
    }
}

/// Reads and sets costs; for managers only.
package struct CostDesk: Sendable {
    private let store: Store

    package init(store: Store) { self.store = store }

    /// What a piece or model cost; all empty, and of version 0, while nobody said.
    ///
    /// - Throws: `notFound` when there is no such piece or model.
    package func find<Record: RegistryRecord>(of subject: Identifier<Record>) async throws -> Cost {
        try await store.read { database in
            let record = try RecordEdit.find(subject, in: database)
            return try Cost.find(Cost.ID(subject.rawValue), in: database) ?? Self.empty(of: record)
        }
    }

    /// Sets what a piece or model cost. - Throws: as ``RecordEdit/edit(_:_:ifVersion:as:by:in:)``.
    package func edit<Record: RegistryRecord>(
        of subject: Identifier<Record>, _ fields: JSON, ifVersion version: Int64?, by author: Author
    ) async throws -> Edited<Cost> {
        try await store.write { transaction in
            let record = try RecordEdit.find(subject, in: transaction.database)
            let id = Cost.ID(subject.rawValue)
            guard try Cost.find(id, in: transaction.database) == nil else {
                return try RecordEdit.edit(id, fields, ifVersion: version, by: author, in: transaction)
            }
            try RecordEdit.check(version, of: Self.empty(of: record))
            return try RecordEdit.create(Cost.self, fields, id: id, by: author, in: transaction)
        }
    }

    private static func empty<Record: RegistryRecord>(of record: Record) throws -> Cost {
        try Cost(
            row: [
                "id": record.id.rawValue, "subject": record.json[Record.table.heading]?.string ?? "",
                "value_cents": nil, "price_cents": nil, "bought_on": nil, "supplier": nil, "version": 0,
                "updated": record.updated.milliseconds,
            ])
    }
}
