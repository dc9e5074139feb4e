// What is no part of a depot: sessions, keys, wrong guesses and uploads, in `box.sqlite` beside each Store; in that of the data folder
// also the readers and the list of organisations. It is written rarely, so it needs no group commit; it is FULL all the
// same. What is deleted is overwritten: an organisation that was erased must not be found in it.
import Foundation
import GRDB

/// The box's own file.
package final class Box: Sendable {
    let database: DatabaseQueue

    /// Opens the file, makes it if there is none, and migrates it.
    ///
    /// - Throws: `unavailable` when it can not be opened.
    package init(path: String) throws {
        var configuration = GRDB.Configuration()
        configuration.label = "box"
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                    PRAGMA secure_delete = ON;
                    """)
        }
        do {
            // What signs tokens is in it: nobody but the daemon's user reads it. SQLite's other files take its rights.
            let files = FileManager.default
            if !files.fileExists(atPath: path) { files.createFile(atPath: path, contents: nil) }
            try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            database = try DatabaseQueue(path: path, configuration: configuration)
            try Self.migrator.migrate(database)
        } catch {
            throw Failure(.unavailable, "The box's file can not be opened: \(path)", cause: "\(error)")
        }
    }

    package func close() throws { try database.close() }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 readers and sessions") { database in
            try database.execute(
                sql: """
                    CREATE TABLE reader (
                      id TEXT PRIMARY KEY, port TEXT NOT NULL UNIQUE,
                      vendor INTEGER NOT NULL, product INTEGER NOT NULL, serial TEXT, description TEXT NOT NULL,
                      state TEXT NOT NULL CHECK (state IN ('offered', 'reading', 'ignored')),
                      name TEXT NOT NULL, layout TEXT NOT NULL, silence INTEGER NOT NULL,
                      door TEXT, direction TEXT CHECK (direction IN ('out', 'in', 'both')),
                      reads INTEGER NOT NULL DEFAULT 0, last_read INTEGER
                    ) STRICT;
                    CREATE TABLE session (
                      hash BLOB PRIMARY KEY, person TEXT, device TEXT, role TEXT NOT NULL,
                      seen INTEGER NOT NULL, expires INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE attempt (
                      person TEXT PRIMARY KEY, failures INTEGER NOT NULL, barred_until INTEGER NOT NULL
                    ) STRICT;
                    """)
        }
        migrator.registerMigration("2 uploads") { try $0.execute(sql: UploadShelf.schema) }
        migrator.registerMigration("3 sign-in") { try $0.execute(sql: Sessions.schema) }
        migrator.registerMigration("organisations") { try $0.execute(sql: TenancyBook.schema) }
        migrator.registerMigration("keys") { try $0.execute(sql: APIKey.schema) }
        migrator.registerMigration("guesses") { try $0.execute(sql: Guesses.schema) }
        return migrator
    }
}
