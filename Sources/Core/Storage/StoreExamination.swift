// What can be said of the SQLite under the Store without opening a file.
package import Foundation
import GRDB
private import GRDBSQLite

/// Facts about the SQLite that is linked.
package enum StoreExamination {
    /// Such as `3.40.1`.
    package static var sqliteVersion: String { String(cString: sqlite3_libversion()) }

    /// Whether a commit that races another connection's checkpoint may be lost: 3.7.0 to 3.51.2, without 3.44.6 and
    /// 3.50.7 and what follows them in their lines.
    ///
    /// - Source: sqlite.org/wal.html, "the WAL-reset bug".
    package static var hasWALResetBug: Bool {
        let number = Int(sqlite3_libversion_number())
        let isMended =
            number >= 3_051_003 || (3_044_006..<3_045_000).contains(number)
            || (3_050_007..<3_051_000).contains(number)
        return number >= 3_007_000 && !isMended
    }

    /// What can be read of a Store that nobody serves, without changing it.
    package struct Look: Sendable {
        package let facts: StoreFacts
        /// Hours by which the depot's clock is ahead of the wall clock; 0 or less when it is not.
        package let hoursAhead: Double
        /// What `quick_check` found; nil when the file is sound.
        package let damage: String?
    }

    /// When the depot began: the time of its first Change.
    package static func began(at path: String) throws -> Date? {
        let connection = try StoreConnection.looking(at: path)
        defer { try? connection.close() }
        return try connection.read { database in
            try Int64.fetchOne(database, sql: "SELECT hlc FROM change WHERE seq = 1").map {
                HybridTime(rawValue: $0).date
            }
        }
    }

    /// Looks through a Store's file.
    ///
    /// - Throws: `unavailable` when it can not be read.
    package static func look(at path: String, now: Date = Date()) throws -> Look {
        try StoreCopy.wording("The depot's file can not be read: \(path)") {
            let connection = try StoreConnection.looking(at: path)
            defer { try? connection.close() }
            return try connection.read { database in
                let hlc = try Int64.fetchOne(database, sql: "SELECT hlc FROM node") ?? 0
                let check = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
                return Look(
                    facts: try StoreFacts(database),
                    hoursAhead: HybridTime(rawValue: hlc).date.timeIntervalSince(now) / 3_600,
                    damage: check == "ok" ? nil : check)
            }
        }
    }
}

extension Store {
    /// `FULL` when a write is synced before it is answered, seen of one that is made; else `NORMAL`.
    package func synchronous() async throws -> String {
        let before = figures.syncs
        try await write { _ in }
        return figures.syncs > before ? "FULL" : "NORMAL"
    }
}
