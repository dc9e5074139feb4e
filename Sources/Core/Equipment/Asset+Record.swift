// A piece of gear as a record that people edit. Its number and its serial are identifiers too, which this keeps true.
import Foundation
package import GRDB

extension Asset {
    package static let table = RecordTable(
        name: "asset", topic: .assets, word: "piece of gear", heading: "number",
        fields: [
            RecordField("number", "Number", .line(64), .required),
            RecordField("name", "Name", .line(200), .required),
            RecordField("model", "Model", .reference(table: "model", word: "model"), .required),
            RecordField("serial", "Serial number", .line(100)),
            RecordField("home", column: "place", "Home", .reference(table: "place", word: "place")),
            RecordField("owner", "Owner", .line(200)),
            RecordField("condition", "Condition", .choice(Condition.allCases.map(\.rawValue)), .preset),
            RecordField("note", "Note", .lines(AssetRegister.noteCharacterCountMax)),
            RecordField("custom", "Further fields", .json, .preset),
            RecordField("archived", "Archived", .archived),
        ], seeds: ["sort": "".databaseValue])

    package static func settle(_ asset: Asset, before: Asset?, in transaction: WriteTransaction) throws {
        let database = transaction.database
        if asset.number != before?.number {
            try database.cachedStatement(sql: "UPDATE asset SET sort = ? WHERE id = ?")
                .execute(arguments: [sortKey(asset.number), asset.id.rawValue])
            try exchange(before?.number, for: asset.number, .own, "number", of: asset.id, in: database)
        }
        if asset.serial != before?.serial {
            try exchange(before?.serial, for: asset.serial, .serial, "serial", of: asset.id, in: database)
        }
    }

    package static func letGo(of asset: Asset, in transaction: WriteTransaction) throws {
        try transaction.database.execute(
            sql: "DELETE FROM identifier WHERE asset = ?", arguments: [asset.id.rawValue])
    }

    private static func exchange(
        _ old: String?, for new: String?, _ scheme: AssetIdentifier.Scheme, _ field: String, of id: Asset.ID,
        in database: Database
    ) throws {
        if let old {
            try database.execute(
                sql: "DELETE FROM identifier WHERE key = ? AND asset = ?",
                arguments: [AssetIdentifier(scheme, old).lookupKey, id.rawValue])
        }
        if let new { try AssetRegister.attach(AssetIdentifier(scheme, new), to: id, field: field, in: database) }
    }
}
