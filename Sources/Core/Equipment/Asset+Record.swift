// A piece of gear as a record that people edit. Its number and its serial are identifiers too, which this keeps true.
import Foundation
package import GRDB

extension Asset {
    package static let table = RecordTable(
        name: "asset", topic: .assets, word: "piece of gear", heading: "number",
        fields: [
            RecordField("number", "Number", .line(64), .required),
            RecordField("name", "Name", .line(200), .preset),
            RecordField("model", "Model", .reference(table: "model", word: "model"), .required),
            RecordField("serial", "Serial number", .line(100)),
            RecordField("home", column: "place", "Home", .reference(table: "place", word: "place")),
            RecordField("owner", "Owner", .line(200)),
            RecordField("condition", "Condition", .choice(Condition.allCases.map(\.rawValue)), .preset),
            RecordField("note", "Note", .lines(AssetRegister.noteCharacterCountMax)),
            RecordField("custom", "Further fields", .object, .preset),
            RecordField("archived", "Archived", .archived),
        ], seeds: ["name": "".databaseValue])

    package static func derived(
        from columns: [String: DatabaseValue], in database: Database
    ) throws -> [String: DatabaseValue] {
        func text(_ name: String) -> String { columns[name].flatMap(String.fromDatabaseValue) ?? "" }
        let docid = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT coalesce(max(docid), 0) + 1 FROM asset"))
        // Nobody holds what is new and no sheet names it: its condition is all that its status follows from.
        let condition = Condition(rawValue: text("condition")) ?? .fit
        return [
            "docid": (docid ?? 1).databaseValue, "sort": sortKey(text("number")).databaseValue,
            "name_sort": SearchText.sortKey(text("name")).databaseValue,
            "status": (condition == .fit ? AssetStatus.available.rawValue : condition.rawValue).databaseValue,
        ]
    }

    package static func settle(_ asset: Asset, before: Asset?, in transaction: WriteTransaction) throws -> Asset {
        let database = transaction.database
        try refuseArchived(asset, before: before)
        let isCustomWritten = try settleCustom(of: asset, before: before, in: transaction)
        let isNameWritten = try settleName(of: asset, in: database)
        let asset = isCustomWritten || isNameWritten ? try RecordEdit.find(asset.id, in: database) : asset
        if asset.number != before?.number {
            if before != nil {
                try database.cachedStatement(sql: "UPDATE asset SET sort = ? WHERE id = ?")
                    .execute(arguments: [sortKey(asset.number), asset.id.rawValue])
            }
            try exchange(before?.number, for: asset.number, .own, "number", of: asset.id, in: database)
        }
        if asset.serial != before?.serial {
            try exchange(before?.serial, for: asset.serial, .serial, "serial", of: asset.id, in: database)
        }
        return asset
    }

    package static func clash(
        _ columns: [String: DatabaseValue], id: ID, in database: Database
    ) throws -> Failure? {
        guard let number = columns["number"].flatMap(String.fromDatabaseValue) else { return nil }
        let other = try Asset.fetchOne(
            database, sql: "SELECT * FROM asset_row WHERE number = ? COLLATE NOCASE", arguments: [number])
        return other.map { AssetRegister.taken(number, by: $0, field: "number") }
    }

    /// Gear without a name of its own is called what its model is called. - Returns: whether that was written.
    private static func settleName(of asset: Asset, in database: Database) throws -> Bool {
        guard asset.name.isEmpty else { return false }
        let title = [asset.maker, asset.model.name].compactMap { $0 }.joined(separator: " ")
        try database.cachedStatement(sql: "UPDATE asset SET name = ? WHERE id = ?")
            .execute(arguments: [title, asset.id.rawValue])
        return true
    }

    /// What is put away itself may be of a model, and at home in a place, that is put away.
    private static func refuseArchived(_ asset: Asset, before: Asset?) throws {
        guard !asset.isArchived else { return }
        let isBack = before?.isArchived == true && !asset.isArchived
        if asset.isModelArchived, isBack || asset.model != before?.model {
            throw Archive.refusal(of: "model", at: "model")
        }
        if asset.isHomeArchived, asset.home?.id != before?.home?.id { throw Archive.refusal(of: "place", at: "home") }
    }

    /// Holds the custom fields against the category's. - Returns: whether they were written as they must be.
    private static func settleCustom(
        of asset: Asset, before: Asset?, in transaction: WriteTransaction
    ) throws -> Bool {
        guard before?.custom != asset.custom else { return false }
        // Most categories have no fields of their own, and most gear nothing in them.
        guard asset.hasFields || asset.custom != "{}" else { return false }
        let database = transaction.database
        let category = try category(of: asset, in: database)
        let settled = try CustomField.settled(
            JSON(parsing: Array(asset.custom.utf8)), before: JSON(parsing: Array((before?.custom ?? "{}").utf8)),
            category.customFields(in: database), requires: before == nil, at: transaction.now, in: database)
        try database.cachedStatement(sql: "UPDATE asset SET custom = ? WHERE id = ?")
            .execute(arguments: [settled.text, asset.id.rawValue])
        return true
    }

    /// A custom field that must be filled is asked for when custom fields are edited, not when something else is.
    package static func demand(_ asset: Asset, before: Asset, in database: Database) throws {
        guard before.custom != asset.custom else { return }
        let custom = try JSON(parsing: Array(asset.custom.utf8))
        let fields = try category(of: asset, in: database).customFields(in: database)
        try Failure.refuse(fields.filter { $0.isRequired && custom[$0.key] == nil }.map(\.missing))
    }

    private static func category(of asset: Asset, in database: Database) throws -> Category {
        let category = try Category.fetchOne(
            database.cachedStatement(
                sql: "SELECT category.* FROM category JOIN model ON model.category = category.id WHERE model.id = ?"),
            arguments: [asset.model.id.rawValue])
        guard let category else { throw Failure(.internal, "This model has no category.") }
        return category
    }

    package static func letGo(of asset: Asset, in transaction: WriteTransaction) throws {
        try transaction.database.cachedStatement(sql: "DELETE FROM identifier WHERE asset = ?")
            .execute(arguments: [asset.id.rawValue])
    }

    /// The codes beside its number and its serial.
    package static func belongings(of asset: Asset, in database: Database) throws -> JSON {
        let own = [AssetIdentifier(.own, asset.number), asset.serial.map { AssetIdentifier(.serial, $0) }]
            .compactMap { $0?.lookupKey }
        let codes = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT key, scheme, value FROM identifier WHERE asset = ? ORDER BY key"),
            arguments: [asset.id.rawValue]
        ).filter { !own.contains($0["key"]) }
        return ["codes": .array(codes.map { ["scheme": .string($0["scheme"]), "value": .string($0["value"])] })]
    }

    package static func giveBack(_ before: JSON, to asset: Asset, in transaction: WriteTransaction) throws {
        guard case .array(let codes)? = before["codes"], !codes.isEmpty else { return }
        for code in codes {
            guard let scheme = code["scheme"]?.string.flatMap(AssetIdentifier.Scheme.init(rawValue:)),
                let value = code["value"]?.string
            else { continue }
            try AssetRegister.attach(AssetIdentifier(scheme, value), to: asset.id, in: transaction.database)
        }
    }

    private static func exchange(
        _ old: String?, for new: String?, _ scheme: AssetIdentifier.Scheme, _ field: String, of id: Asset.ID,
        in database: Database
    ) throws {
        if let old {
            try database.cachedStatement(sql: "DELETE FROM identifier WHERE key = ? AND asset = ?")
                .execute(arguments: [AssetIdentifier(scheme, old).lookupKey, id.rawValue])
        }
        if let new { try AssetRegister.attach(AssetIdentifier(scheme, new), to: id, field: field, in: database) }
    }
}
