// Undo: a scan's movement is reversed by a further one. What was read stays in the journal, marked.
import Foundation
import GRDB

extension DoorDesk {
    /// Reverses what a scan did.
    ///
    /// - Returns: the scan's Outcome with the word UNDONE.
    /// - Throws: `notFound` for a scan that is not there; `conflict` when it moved nothing, was undone, or the gear
    ///   moved again since.
    package func undo(_ id: ScanRecord.ID, actor: Person.ID?) async throws -> JSON {
        try await store.write(lane: .door) { try undo(id, actor: actor, in: $0) }
    }

    func undo(_ id: ScanRecord.ID, actor: Person.ID?, in transaction: WriteTransaction) throws -> JSON {
        if let body = try undoCount(id, actor: actor, in: transaction) { return body }
        let record = try UndoableScan.find(id, in: transaction.database)
        let door = try Self.door(record.door, in: transaction.database)
        let actor = try Self.actor(at: door, or: actor, in: transaction)
        let before = try RecordEdit.find(record.asset, in: transaction.database)
        let kind = record.conditionBefore == nil ? "custody" : "status"
        let asset = try RecordEdit.run(kind, on: before, by: Author(person: actor?.id), in: transaction) {
            let movement = Movement(door: door.id, scan: id, actor: actor?.id)
            try Custody.undo(record.event, of: $0.id, movement, in: transaction)
            if let condition = record.conditionBefore {
                try AssetRegister.set(condition, of: $0.id, in: transaction.database)
            }
        }.record
        try transaction.database.execute(sql: "UPDATE scan SET undone = 1 WHERE id = ?", arguments: [id.rawValue])
        let outcome = Outcome(
            scan: id, verdict: .ok, action: .undone, word: "UNDONE",
            short: "\(asset.number) is \(asset.status.word) again", spoken: "\(asset.number) undone",
            code: record.code, asset: asset, actor: actor, project: asset.holder?.project)
        let body = outcome.json(door: door, reader: nil, at: transaction.now).replacing("undone", with: true)
        try transaction.append(.scans, "undone", subject: id.rawValue, actor: actor?.id.rawValue, body)
        return body
    }
}

/// What the journal keeps for an undo.
private struct UndoableScan {
    let code: String
    let door: Door.ID
    let asset: Asset.ID
    let event: Custody.EventID
    let conditionBefore: Condition?

    static func find(_ id: ScanRecord.ID, in database: Database) throws -> UndoableScan {
        let row = try Row.fetchOne(database, sql: "SELECT * FROM scan WHERE id = ?", arguments: [id.rawValue])
        guard let row else { throw Failure(.notFound, "There is no such scan.") }
        guard row["undone"] == 0 else { throw Failure(.conflict, "This scan was undone already.") }
        guard let asset = row["asset"] as Asset.ID?, let event = row["event"] as Custody.EventID? else {
            throw Failure(.conflict, "This scan moved nothing, so there is nothing to undo.")
        }
        return UndoableScan(
            code: row["code"], door: row["door"], asset: asset, event: event,
            conditionBefore: (row["condition_before"] as String?).flatMap(Condition.init(rawValue:)))
    }
}
