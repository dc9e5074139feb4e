// How much there is of a counted model, and where it lives. Movements are StockMoves', the operations StockDesk's.
package import Foundation
package import GRDB

/// The counted stock of one model; its identifier is the model's.
package struct Stock: RegistryRecord {
    package let id: Identifier<Stock>
    package let name: String
    /// Pieces owned.
    package let total: Int64
    /// Pieces that somebody has.
    package let out: Int64
    package let place: NamedReference<Place>?
    package var version: Int64
    package var updated: Date

    package static let countMax: Int64 = 1_000_000

    package static let table = RecordTable(
        name: "stock", topic: .models, word: "stock", heading: "name",
        fields: [
            RecordField("total", "Total", .whole(0...countMax), .preset),
            RecordField("place", "Place", .reference(table: "place", word: "place")),
        ], kindPrefix: "stock.")

    package init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        total = row["total"]
        out = row["out"]
        place = NamedReference(id: row["place"], name: row["place_path"])
        version = row["version"]
        updated = Date(milliseconds: row["updated"])
    }

    /// The model it is the stock of.
    var model: Model.ID { Model.ID(id.rawValue) }

    /// Pieces on the shelf, as far as was counted and scanned.
    var here: Int64 { max(0, total - out) }

    package static func find(_ id: Identifier<Stock>, in database: Database) throws -> Stock? {
        try fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT stock.*, model.name, place.path AS place_path,
                      (SELECT coalesce(sum(quantity), 0) FROM stock_out WHERE model = stock.id) AS out
                    FROM stock JOIN model ON model.id = stock.id LEFT JOIN place ON place.id = stock.place
                    WHERE stock.id = ?
                    """), arguments: [id.rawValue])
    }

    /// The stock of a model, begun with nothing when the model is counted and has none yet.
    ///
    /// - Throws: `notFound`; `conflict` for a model whose units have numbers of their own.
    static func of(_ model: Model.ID, in transaction: WriteTransaction) throws -> Stock {
        let id = Identifier<Stock>(model.rawValue)
        if let stock = try find(id, in: transaction.database) { return stock }
        guard try RecordEdit.find(model, in: transaction.database).counting == .counted else {
            throw Failure(.conflict, "The units of this model have numbers of their own: scan them one by one.")
        }
        return try RecordEdit.create(Stock.self, ["total": 0], id: id, by: Author(), in: transaction).record
    }

    /// The stock as the API gives it.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "total": .int(total), "out": .int(out),
            "here": .int(here), "place": place.orNull(), "version": .int(version), "updatedAt": .time(updated),
        ]
    }
}
