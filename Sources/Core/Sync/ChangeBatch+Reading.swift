// The next Changes of a lane as they are stored, for the hub: verbatim, also those of topics that this version does not
// know. A row whose hash is not over its contents is sent with that hash, and the hub puts it aside.
import Foundation
import GRDB

extension ChangeBatch {
    /// Reads at least one row if there is any, and no more than the bounds allow; one boot's only.
    static func read(
        _ lane: SyncLane, of ledger: SyncLedger, rowCountMax: Int, byteCountMax: Int, in database: Database
    ) throws -> ChangeBatch? {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT n, hlc, boot, monotonic, actor, device, address, topic, kind, subject, body, hash FROM change
                    WHERE node = ? AND epoch = ? AND n > ? AND n <= ? ORDER BY n LIMIT ?
                    """),
            arguments: [ledger.node, lane.epoch, lane.acked, lane.last, rowCountMax])
        let before =
            lane.acked == lane.after
            ? nil
            : try Data.fetchOne(
                database.cachedStatement(sql: "SELECT hash FROM change WHERE node = ? AND epoch = ? AND n = ?"),
                arguments: [ledger.node, lane.epoch, lane.acked])
        var batch = ChangeBatch(
            node: ledger.node, lane: lane.name, before: before.map { Array($0) }, boot: "", seen: ledger.seen, rows: [])
        var byteCount = 0
        while let row = try rows.next() {
            let boot: String = row["boot"]
            let change = OutgoingChange(row, node: ledger.node, epoch: lane.epoch)
            byteCount += change.byteCount
            guard change.n == lane.acked + 1 + Int64(batch.rows.count) else { break }
            guard batch.rows.isEmpty || (boot == batch.boot && byteCount <= byteCountMax) else { break }
            batch.boot = boot
            batch.rows.append(change)
        }
        return batch.rows.isEmpty ? nil : batch
    }
}

extension LaneEnd {
    /// Of each lane that the hub has something of.
    static func read(of ledger: SyncLedger, in database: Database) throws -> [LaneEnd] {
        try ledger.lanes.filter { $0.acked > $0.after }.compactMap { lane in
            try Data.fetchOne(
                database.cachedStatement(sql: "SELECT hash FROM change WHERE node = ? AND epoch = ? AND n = ?"),
                arguments: [ledger.node, lane.epoch, lane.acked]
            ).map { LaneEnd(lane: lane.name, n: lane.acked, hash: Array($0)) }
        }
    }
}

extension OutgoingChange {
    fileprivate init(_ row: Row, node: String, epoch: String) {
        n = row["n"]
        hlc = row["hlc"]
        monotonic = row["monotonic"]
        actor = (row["actor"] as String?).map(Self.sendable)
        device = (row["device"] as String?).map(Self.sendable)
        address = (row["address"] as String?).map(Self.sendable)
        topic = Self.sendable(row["topic"])
        kind = Self.sendable(row["kind"])
        subject = Self.sendable(row["subject"])
        body = Array((row["body"] as String).utf8)
        hash = Array(row["hash"] as Data)
        isIntact =
            hash
            == Change.hash(
                node: node, epoch: epoch, n: n, time: HybridTime(rawValue: hlc), actor: actor, device: device,
                address: address, topic: topic, kind: kind, subject: subject, body: body)
    }

    /// PostgreSQL's text has no NUL.
    private static func sendable(_ text: String) -> String {
        text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
    }
}
