// How connections to a Store's file are opened, what is set on each, and what is asked of a file that was not closed.
import Foundation
import GRDB

enum StoreConnection {
    static func writer(_ path: String, _ options: Store.Options) throws -> DatabaseQueue {
        var configuration = GRDB.Configuration()
        configuration.label = "store.writer"
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try SpatiaLite.load(into: database)
            try SpatiaLite.keepWALOnClose(of: database)
            SearchText.register(on: database)
            try database.execute(
                sql: """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = FULL;
                    PRAGMA foreign_keys = ON;
                    PRAGMA wal_autocheckpoint = 0;
                    PRAGMA journal_size_limit = 33554432;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cache_size = -16000;
                    """)
            SpatiaLite.watchWAL(of: database)
        }
        return try SpatiaLite.open {
            try DatabaseQueue(path: address(path, options.vfs), configuration: configuration)
        }
    }

    static func reader(_ path: String, _ options: Store.Options) throws -> DatabaseQueue {
        var configuration = readOnly("store.reader")
        configuration.prepareDatabase { database in
            try SpatiaLite.load(into: database)
            try SpatiaLite.keepWALOnClose(of: database)
            SearchText.register(on: database)
            // A list looks at rows all over the file: mapped, a page that the kernel has costs no call. A disk that fails
            // ends the process here too.
            try database.execute(
                sql: """
                    PRAGMA wal_autocheckpoint = 0;
                    PRAGMA cache_size = -8000;
                    PRAGMA mmap_size = 1073741824;
                    """)
        }
        return try SpatiaLite.open {
            try DatabaseQueue(path: address(path, options.vfs), configuration: configuration)
        }
    }

    /// A connection that only looks, without SpatiaLite, also beside a daemon that serves the file.
    static func looking(at path: String) throws -> DatabaseQueue {
        var configuration = readOnly("store.look")
        configuration.prepareDatabase { try SpatiaLite.keepWALOnClose(of: $0) }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Copies the WAL back into the file and empties it.
    static func emptyWAL(of writer: DatabaseQueue) throws {
        try writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    }

    /// Looks through a file whose last writer did not close it.
    ///
    /// - Throws: `unavailable` when it is damaged.
    static func check(_ connection: DatabaseQueue, _ path: String) throws {
        let trouble = try connection.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        guard trouble == "ok" else { throw damaged(path, cause: trouble) }
    }

    /// What is said of a file that can not be opened.
    static func refusal(of path: String, for error: any Error) -> Failure {
        switch (error as? DatabaseError)?.resultCode {
        case .SQLITE_CORRUPT?, .SQLITE_NOTADB?: damaged(path, cause: "\(error)")
        default: Failure(.unavailable, "The depot's file can not be opened: \(path)", cause: "\(error)")
        }
    }

    private static func damaged(_ path: String, cause: String?) -> Failure {
        Failure(
            .unavailable, "The depot's file is damaged: \(path). Bring back the last backup: depotd restore FILE",
            cause: cause)
    }

    private static func readOnly(_ label: String) -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = label
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        return configuration
    }

    /// Debian's SQLite reads URI file names, which is how a VFS is chosen.
    private static func address(_ path: String, _ vfs: String?) -> String {
        vfs.map { "file:\(path)?vfs=\($0)" } ?? path
    }
}
