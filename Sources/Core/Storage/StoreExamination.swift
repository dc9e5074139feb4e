// What can be said of the SQLite under the Store without opening a file.
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
}
