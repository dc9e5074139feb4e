// Which life of the log this is. Positions and identities are qualified by an epoch; a new one begins whenever what was
// numbered before may have been numbered differently elsewhere: after a restore, and on a card that was cloned.
import Foundation
import GRDB

/// Why an epoch began.
enum EpochReason: String {
    case founded, restored, moved
}

enum Epoch {
    /// Begins a new epoch. `seq` goes on, because it is the log's key; `n` starts at 1 again.
    @discardableResult
    static func begin(
        because reason: EpochReason, machine: String?, at date: Date, in database: Database
    ) throws -> String {
        let epoch = UUIDv7.text(at: date)
        try database.execute(sql: "UPDATE node SET epoch = ?, machine = ?", arguments: [epoch, machine])
        try database.execute(
            sql: "INSERT INTO epoch (epoch, reason, at, after) SELECT ?, ?, ?, coalesce(max(seq), 0) FROM change",
            arguments: [epoch, reason.rawValue, date.milliseconds])
        return epoch
    }
}

extension LogWriter {
    /// Reads where the log ends and who we are. Mints both on the first start, and a new epoch when the file was
    /// written on another machine.
    static func open(_ writer: DatabaseQueue, clock: HybridClock, machine: String?) throws -> LogWriter {
        try writer.write { database in
            if try Row.fetchOne(database, sql: "SELECT 1 FROM node") == nil {
                try database.execute(
                    sql: "INSERT INTO node (id, node, epoch, hlc) VALUES (1, ?, '', 0)",
                    arguments: [UUIDv7.text(at: clock.now)])
                try Epoch.begin(because: .founded, machine: machine, at: clock.now, in: database)
            }
            try settle(on: machine, at: clock.now, in: database)
            guard let node = try Row.fetchOne(database, sql: "SELECT node, epoch, hlc FROM node") else {
                throw Failure(.internal, "The depot's file has no node.")
            }
            clock.observe(HybridTime(rawValue: node["hlc"]))
            let epoch: String = node["epoch"]
            let name: String = node["node"]
            return LogWriter(
                node: name, epoch: epoch, bootID: clock.bootID,
                seq: try Int64.fetchOne(database, sql: "SELECT max(seq) FROM change") ?? 0,
                n: try Int64.fetchOne(
                    database, sql: "SELECT max(n) FROM change WHERE node = ? AND epoch = ?",
                    arguments: [name, epoch]) ?? 0)
        }
    }

    /// Two boxes with one card's contents would number different facts alike.
    private static func settle(on machine: String?, at date: Date, in database: Database) throws {
        guard let machine else { return }
        switch try String.fetchOne(database, sql: "SELECT machine FROM node") {
        case machine?: return
        case nil: try database.execute(sql: "UPDATE node SET machine = ?", arguments: [machine])
        case _?: try Epoch.begin(because: .moved, machine: machine, at: date, in: database)
        }
    }
}
