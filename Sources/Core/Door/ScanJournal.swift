// The journal of reads. A read is written here before anybody decides about it, under a key that is never decided
// twice; what was decided is written beside it. Runs inside the door's transaction.
import Foundation
import GRDB

/// A read in the journal.
package enum ScanRecord {
    package typealias ID = Identifier<ScanRecord>
}

/// What the journal keeps of a read beside the read itself, once it was decided.
struct ScanDecision {
    var outcome: Outcome
    /// The movement it made, which an undo reverses.
    var event: Custody.EventID?
    var conditionBefore: Condition?
    /// The read of which this is a repeat.
    var repeats: ScanRecord.ID?
}

enum ScanJournal {
    /// A read that was decided before: by the same key, or as the read that this one repeats.
    struct Earlier {
        let id: ScanRecord.ID
        let code: String
        let body: JSON
    }

    /// Writes the read.
    static func write(_ scan: Scan, _ code: ScanCode, door: Door.ID, in transaction: WriteTransaction) throws
        -> ScanRecord.ID
    {
        let id: ScanRecord.ID = transaction.newID()
        try transaction.database.cachedStatement(
            sql: """
                INSERT INTO scan (id, key, door, reader, raw, symbology, code, at, boot, monotonic)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            id.rawValue, scan.key, door.rawValue, scan.reader, Data(scan.raw), code.symbology, code.text,
            scan.at.milliseconds, transaction.bootID, Int64(bitPattern: scan.monotonic),
        ])
        return id
    }

    /// Writes what was decided about the read.
    static func close(
        _ id: ScanRecord.ID, _ decision: ScanDecision, body: JSON, in database: Database
    ) throws {
        try database.cachedStatement(
            sql: """
                UPDATE scan SET asset = ?, outcome = ?, action = ?, body = ?, event = ?, condition_before = ?
                WHERE id = ?
                """
        ).execute(arguments: [
            decision.outcome.asset?.id.rawValue, decision.outcome.verdict.rawValue, decision.outcome.action.rawValue,
            body.text, decision.event?.rawValue, decision.conditionBefore?.rawValue, id.rawValue,
        ])
    }

    /// Marks the read as a repeat of an earlier one, whose outcome it shares.
    static func close(_ id: ScanRecord.ID, repeating earlier: Earlier, asset: Asset.ID?, in database: Database) throws {
        try database.cachedStatement(sql: "UPDATE scan SET asset = ?, repeats = ? WHERE id = ?")
            .execute(arguments: [asset?.rawValue, earlier.id.rawValue, id.rawValue])
    }

    /// The read that was made under this key, with its outcome.
    static func earlier(withKey key: String, in database: Database) throws -> Earlier? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT decided.id, scan.code, decided.body FROM scan JOIN scan AS decided
                    ON decided.id = coalesce(scan.repeats, scan.id) WHERE scan.key = ?
                    """), arguments: [key]
        ).map {
            Earlier(id: $0["id"], code: $0["code"], body: .verbatim(Array(($0["body"] as String? ?? "null").utf8)))
        }
    }

    /// The read that this one repeats: the same asset, or the same code if it is no asset's, at the same door not
    /// longer than `window` nanoseconds ago. A tag that stays in the field stays one read.
    static func repeated(
        by id: ScanRecord.ID, _ scan: Scan, code: ScanCode, asset: Asset.ID?, door: Door.ID, window: UInt64,
        in transaction: WriteTransaction
    ) throws -> Earlier? {
        let since = scan.monotonic > window ? scan.monotonic - window : 0
        let row = try Row.fetchOne(
            transaction.database.cachedStatement(
                sql: """
                    SELECT decided.id, scan.code, decided.body FROM scan JOIN scan AS decided
                    ON decided.id = coalesce(scan.repeats, scan.id)
                    WHERE scan.door = :door AND scan.boot = :boot AND scan.monotonic BETWEEN :since AND :now
                      AND scan.id <> :id AND (scan.asset = :asset OR (:asset IS NULL AND scan.code = :code))
                      AND decided.undone = 0 AND decided.body IS NOT NULL
                    ORDER BY scan.place DESC LIMIT 1
                    """),
            arguments: [
                "door": door.rawValue, "boot": transaction.bootID, "since": Int64(bitPattern: since),
                "now": Int64(bitPattern: scan.monotonic), "id": id.rawValue, "asset": asset?.rawValue,
                "code": code.text,
            ])
        return row.map { Earlier(id: $0["id"], code: $0["code"], body: .verbatim(Array(($0["body"] as String).utf8))) }
    }

    /// The decided reads at a door, newest first, repeats left out.
    static func visit(at door: Door.ID, limit: Int, in database: Database) throws -> [JSON] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT body, undone FROM scan WHERE door = ? AND body IS NOT NULL AND repeats IS NULL
                ORDER BY place DESC LIMIT ?
                """, arguments: [door.rawValue, limit]
        ).map { body(of: $0) }
    }

    /// The outcome's bytes with `undone` as it is now.
    static func body(of row: Row) -> JSON {
        let text: String = row["body"]
        guard row["undone"] == 1 else { return .verbatim(Array(text.utf8)) }
        return .verbatim(Array(text.replacingOccurrences(of: #""undone":false"#, with: #""undone":true"#).utf8))
    }
}
