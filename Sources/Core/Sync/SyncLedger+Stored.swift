// The ledger in the depot's file. Written with each batch that the hub took; should that be lost, the batch is sent again.
import Foundation
import GRDB

enum UpstreamSchema {
    /// `until` is null while Changes are added to the lane.
    static let sql = """
        CREATE TABLE upstream (
          id INTEGER PRIMARY KEY CHECK (id = 1), hub_epoch TEXT NOT NULL DEFAULT '',
          hub_pos INTEGER NOT NULL DEFAULT 0, hub_mark TEXT NOT NULL DEFAULT '',
          paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
          acked_at INTEGER
        ) STRICT;
        INSERT INTO upstream (id) VALUES (1);
        CREATE TABLE upstream_lane (
          id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL,
          after INTEGER NOT NULL CHECK (after >= 0), until INTEGER,
          acked INTEGER NOT NULL CHECK (acked >= after)
        ) STRICT;
        CREATE TABLE upstream_refusal (
          lane TEXT NOT NULL, n INTEGER NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (lane, n)
        ) STRICT, WITHOUT ROWID;
        """
}

extension SyncLedger {
    /// Reads where we stand, with a lane for every epoch of this node.
    static func load(in database: Database) throws -> SyncLedger {
        guard let node = try Row.fetchOne(database.cachedStatement(sql: "SELECT node, epoch FROM node")),
            let hub = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT hub_epoch, hub_pos, hub_mark, paused FROM upstream"))
        else { throw Failure(.internal, "The depot's file has no node.") }
        let (name, current): (String, String) = (node["node"], node["epoch"])
        // A lane may be forked when there are later ones.
        var lanes = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT name, epoch, after, until, acked FROM upstream_lane
                    ORDER BY min(id) OVER (PARTITION BY epoch), after, id
                    """)
        ).map { row in
            let until: Int64? = row["until"]
            let epoch: String = row["epoch"]
            return SyncLane(
                name: row["name"], epoch: epoch, after: row["after"],
                last: try until ?? lastNumber(of: name, epoch, in: database), acked: row["acked"],
                isOpen: until == nil && epoch == current)
        }
        let epochs = try String.fetchAll(
            database.cachedStatement(sql: "SELECT epoch FROM epoch ORDER BY after, epoch"))
        for epoch in epochs where !lanes.contains(where: { $0.epoch == epoch }) {
            let last = try lastNumber(of: name, epoch, in: database)
            lanes.append(
                SyncLane(name: epoch, epoch: epoch, after: 0, last: last, acked: 0, isOpen: epoch == current))
        }
        return SyncLedger(
            node: name, seen: HubPlace(epoch: hub["hub_epoch"], pos: hub["hub_pos"], mark: hub["hub_mark"]),
            isPaused: hub["paused"],
            lanes: lanes)
    }

    private static func lastNumber(of node: String, _ epoch: String, in database: Database) throws -> Int64 {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT max(n) FROM change WHERE node = ? AND epoch = ?"),
            arguments: [node, epoch]) ?? 0
    }

    /// Writes notes down. - Returns: where we stand then.
    static func note(_ notes: [SyncNote], in transaction: WriteTransaction) throws -> SyncLedger {
        var ledger = try load(in: transaction.database)
        for note in notes {
            try ledger.heed(note) { try transaction.beginEpoch() }
            guard case .refused(let lane, let refusals) = note else { continue }
            for refusal in refusals {
                try transaction.database.cachedStatement(
                    sql: "INSERT OR REPLACE INTO upstream_refusal (lane, n, reason, at) VALUES (?, ?, ?, ?)"
                ).execute(arguments: [lane, refusal.n, refusal.reason, transaction.milliseconds])
            }
        }
        try ledger.save(in: transaction.database)
        try ledger.seen.save(in: transaction.database)
        let hasTaken = notes.contains { if case .acked = $0 { true } else { false } }
        if hasTaken {
            try transaction.database.cachedStatement(sql: "UPDATE upstream SET acked_at = ?")
                .execute(arguments: [transaction.milliseconds])
        }
        return ledger
    }

    private func save(in database: Database) throws {
        for lane in lanes {
            try database.cachedStatement(
                sql: """
                    INSERT INTO upstream_lane (name, epoch, after, until, acked) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET until = excluded.until, acked = excluded.acked
                    WHERE until IS NOT excluded.until OR acked <> excluded.acked
                    """
            ).execute(arguments: [lane.name, lane.epoch, lane.after, lane.isOpen ? nil : lane.last, lane.acked])
        }
    }
}

extension HubPlace {
    /// Notes down up to where the hub's feed is known.
    func save(in database: Database) throws {
        try database.cachedStatement(sql: "UPDATE upstream SET hub_epoch = ?, hub_pos = ?, hub_mark = ?")
            .execute(arguments: [epoch, pos, mark])
    }
}
