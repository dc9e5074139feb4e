// SpatiaLite on a GRDB connection, and the WAL's length as SQLite reports it. Opening and closing go under one lock:
// SpatiaLite's set-up and clean-up of libxml2 are not safe side by side.
private import CSpatiaLite
import Foundation
import GRDB
private import GRDBSQLite
private import Synchronization

/// In PROJ's place: SpatiaLite asks each new connection's PROJ where its catalogue of coordinate systems lies, only so that
/// it is opened, which takes 3 MiB and, cold, a tenth of a second. Everything here is WGS 84; a transformation that needs
/// the catalogue opens it then.
///
/// - Source: libspatialite 5.0, `alloc_cache.c`; PROJ 9, `proj_context_get_database_path`.
@c(proj_context_get_database_path)
package func leaveCatalogueClosed(_ context: OpaquePointer?) -> UnsafePointer<CChar>? { nil }

enum SpatiaLite {
    private static let lock = NSLock()
    /// Length of each connection's WAL in pages after its last commit.
    private static let walPages = Mutex<[UInt: Int]>([:])

    /// Set before the first connection is opened; later SQLite takes it no more.
    private static let countsNoMemory = depotd_count_no_memory()

    /// Runs an opening of a connection while no other is opened or closed.
    static func open<T>(_ body: () throws -> T) throws -> T {
        _ = countsNoMemory
        return try lock.withLock(body)
    }

    /// Runs a closing of a connection while no other is opened or closed.
    static func closing(_ body: () throws -> Void) throws {
        try lock.withLock(body)
    }

    /// Registers SpatiaLite's functions on a connection. Its cache lives as long as the process: connections do too.
    static func load(into database: Database) throws {
        guard let connection = database.sqliteConnection, let cache = spatialite_alloc_connection() else {
            throw Failure(.unavailable, "SpatiaLite can not be loaded.")
        }
        spatialite_init_ex(UnsafeMutableRawPointer(connection), cache, 0)
    }

    /// Lets nobody checkpoint by closing: only the writer checkpoints, and only when it says so.
    static func keepWALOnClose(of database: Database) throws {
        guard let connection = database.sqliteConnection,
            depotd_keep_wal_on_close(UnsafeMutableRawPointer(connection)) == SQLITE_OK
        else { throw Failure(.unavailable, "SQLite can not be told to leave the WAL alone.") }
    }

    /// Notes the length of the WAL after each commit of this connection, in the place of automatic checkpoints:
    /// SQLite has one hook for both, so `PRAGMA wal_autocheckpoint` must not follow.
    static func watchWAL(of database: Database) {
        setWALPages(0, of: database)
        sqlite3_wal_hook(
            database.sqliteConnection,
            { _, connection, _, pages in
                SpatiaLite.note(pages: pages, of: connection)
                return SQLITE_OK
            }, nil)
    }

    /// Pages in the WAL after the last commit of this connection.
    static func walPages(of database: Database) -> Int {
        let connection = UInt(bitPattern: database.sqliteConnection)
        return walPages.withLock { $0[connection] ?? 0 }
    }

    static func setWALPages(_ pages: Int, of database: Database) {
        note(pages: Int32(clamping: pages), of: database.sqliteConnection)
    }

    private static func note(pages: Int32, of connection: OpaquePointer?) {
        let connection = UInt(bitPattern: connection)
        walPages.withLock { $0[connection] = Int(pages) }
    }
}
