// Pictures that nothing uses any more are let go, a day after that was first seen: until then an edit that took one away
// can be undone. A picture that was only sent and never used goes the same way.
import Foundation
import GRDB
package import Logging

/// Lets go of pictures that no model, no person and no printer has.
package struct PictureSweep: Sendable {
    static let schema = """
        CREATE TABLE picture_unused (
          picture TEXT PRIMARY KEY REFERENCES picture ON DELETE CASCADE, since INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    private static let used = """
        (SELECT picture FROM model WHERE picture IS NOT NULL UNION SELECT avatar FROM person WHERE avatar IS NOT NULL
         UNION SELECT logo FROM printer WHERE logo IS NOT NULL)
        """
    /// Time from a start of the box to the first sweep.
    private static let pause = Duration.seconds(600)
    private static let day = Duration.seconds(86_400)

    private let store: Store
    private let logger: Logger

    package init(store: Store, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Sweeps once a day until the task is cancelled.
    package func run() async {
        var pause = Self.pause
        while (try? await Task.sleep(for: pause)) != nil {
            pause = Self.day
            do {
                let count = try await sweep()
                if count > 0 { logger.info("pictures that nothing uses are gone", metadata: ["count": "\(count)"]) }
            } catch {
                logger.error("pictures could not be swept", metadata: ["cause": "\(error)"])
            }
        }
    }

    /// Lets go of what was unused for a day, and notes what is unused now.
    ///
    /// - Returns: how many pictures went.
    package func sweep() async throws -> Int {
        try await store.write(lane: .bulk) { transaction in
            let database = transaction.database
            try database.execute(sql: "DELETE FROM picture_unused WHERE picture IN \(Self.used)")
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO picture_unused (picture, since)
                    SELECT id, ? FROM picture WHERE id NOT IN \(Self.used)
                    """, arguments: [transaction.milliseconds])
        }
        let before = store.clock.now.milliseconds - Int64(Self.day.nanoseconds / 1_000_000)
        let gone = try await store.read { database in
            try String.fetchAll(
                database, sql: "SELECT picture FROM picture_unused WHERE since <= ?", arguments: [before])
        }
        // One at a time: some megabytes are let go of with each.
        for id in gone {
            try await store.write(lane: .bulk) { transaction in
                try transaction.database.execute(
                    sql: """
                        DELETE FROM picture WHERE id NOT IN \(Self.used)
                          AND id = (SELECT picture FROM picture_unused WHERE picture = ?)
                        """, arguments: [id])
            }
        }
        return gone.count
    }
}
