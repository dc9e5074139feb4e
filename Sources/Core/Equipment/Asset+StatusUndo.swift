// Undo of a status that was set by hand: the condition, the note and the holder are as they were before it.
package import GRDB

extension Asset {
    package static func reverse(
        _ change: Change, of asset: Asset, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Asset>? {
        guard change.kind == "status", let before = try JSON(parsing: change.body)["before"] else { return nil }
        return try RecordEdit.run("undone", on: asset, by: author, in: transaction) { asset in
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
