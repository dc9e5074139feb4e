// Undo of what is gear's own: of a status that was set by hand, so that the condition, the note and the holder are as
// they were before it, and of codes that were given and taken away.
package import GRDB

extension Asset {
    package static func reverse(
        _ change: Change, of asset: Asset, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Asset>? {
        let body = try JSON(parsing: change.body)
        guard let before = body["before"] else { return nil }
        switch change.kind {
        case "status": return try reverseStatus(in: change, before, of: asset, by: author, in: transaction)
        case "identifier":
            if let given = body["identifier"].flatMap(AssetIdentifier.init(_:)) {
                return try AssetRegister.detach(given, from: asset, by: author, in: transaction)
            }
            return try before["identifier"].flatMap(AssetIdentifier.init(_:)).map {
                try AssetRegister.attach($0, to: asset, by: author, in: transaction)
            }
        default: return nil
        }
    }

    private static func reverseStatus(
        in change: Change, _ before: JSON, of asset: Asset, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Asset> {
        try RecordEdit.run("undone", on: asset, by: author, in: transaction) { asset in
            let database = transaction.database
            if before["holder"] != nil, let event = try handMade(in: change, of: asset.id, in: database) {
                try Custody.undo(event, of: asset.id, Movement(actor: author.person), in: transaction)
            }
            if let condition = (before["condition"]?.string).flatMap(Condition.init(rawValue:)) {
                try AssetRegister.set(condition, of: asset.id, in: database)
            }
            if let note = before["note"] {
                try database.execute(
                    sql: "UPDATE asset SET note = ? WHERE id = ?", arguments: [note.string, asset.id.rawValue])
            }
        }
    }

    /// The movement that the status made: in its transaction, and so at its time, and at no door.
    private static func handMade(
        in change: Change, of asset: ID, in database: Database
    ) throws -> Custody.EventID? {
        try Custody.EventID.fetchOne(
            database,
            sql: """
                SELECT id FROM custody_event WHERE asset = ? AND at = ? AND door IS NULL AND undoes IS NULL
                ORDER BY place DESC LIMIT 1
                """, arguments: [asset.rawValue, change.time.date.milliseconds])
    }
}
