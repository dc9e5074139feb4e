// The index that messages are searched by. FTS5 writes its pages at each savepoint and puts segments together in bursts, so
// messages are only noted as due when they are posted, and a piece of work behind everything else writes many at once:
// found a second later, and nobody who posts waits for it.
import Foundation
import GRDB
package import Logging
private import Synchronization

/// Writes what is due into the index.
package final class MessageIndex: Sendable {
    /// Most messages of one piece, so that a scan behind it waits some milliseconds at most.
    static let countMax = 100
    /// Between two pieces while there is more.
    private static let pause = Duration.milliseconds(250)

    private let store: Store
    private let logger: Logger
    private let (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    package init(store: Store, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Takes note that something was said. The disk waits for it.
    package func heed(_ changes: [Change]) {
        if changes.contains(where: { $0.topic == .chat }) { waker.yield() }
    }

    /// Writes what is due until the task is cancelled.
    package func run() async {
        waker.yield()
        for await _ in wakes {
            do {
                while try await settle(), !Task.isCancelled { try? await Task.sleep(for: Self.pause) }
            } catch {
                logger.warning("messages could not be indexed", metadata: ["cause": "\(error)"])
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Writes one piece. - Returns: whether there is more.
    @discardableResult
    package func settle() async throws -> Bool {
        try await store.write(lane: .bulk) { transaction in
            let database = transaction.database
            // From what is due, and not from the first message on.
            let due = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT seq, text, room, coalesce(card ->> 'title', '') AS title, coalesce(card ->> 'text', '') AS more
                        FROM message_due CROSS JOIN message ON seq = message_due.message
                        ORDER BY message_due.message LIMIT \(Self.countMax)
                        """))
            let insertion = try database.cachedStatement(
                sql: "INSERT INTO message_search (rowid, text, room) VALUES (?, ?, ?)")
            for row in due { try insertion.execute(arguments: [row["seq"], Self.text(row), Self.token(row["room"])]) }
            guard let last = due.last?["seq"] as Int64? else { return false }
            try database.cachedStatement(sql: "DELETE FROM message_due WHERE message <= ?").execute(arguments: [last])
            // Puts some of the index's segments together: so many of its pages and no burst.
            try database.cachedStatement(sql: "INSERT INTO message_search (message_search, rank) VALUES ('merge', 8)")
                .execute()
            return due.count == Self.countMax
        }
    }

    static func noteDue(_ seq: Int64, in database: Database) throws {
        try database.cachedStatement(sql: "INSERT OR IGNORE INTO message_due (message) VALUES (?)")
            .execute(arguments: [seq])
    }

    /// Takes a message out as long as its words are there: the index keeps none, so it must be told what it had.
    static func forget(_ seq: Int64, in room: Room, _ database: Database) throws {
        let isDue = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT 1 FROM message_due WHERE message = ?"), arguments: [seq])
        if isDue != nil {
            return try database.cachedStatement(sql: "DELETE FROM message_due WHERE message = ?")
                .execute(arguments: [seq])
        }
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT text, coalesce(card ->> 'title', '') AS title, coalesce(card ->> 'text', '') AS more
                    FROM message WHERE seq = ? AND deleted IS NULL
                    """), arguments: [seq])
        guard let row else { return }
        try database.cachedStatement(
            sql: "INSERT INTO message_search (message_search, rowid, text, room) VALUES ('delete', ?, ?, ?)"
        ).execute(arguments: [seq, text(row), token(room.number)])
    }

    private static func text(_ row: Row) -> String {
        SearchText.indexed([(row["text"] as String?) ?? "", row["title"], row["more"]])
    }

    /// A room as a word of the index, so that a search walks those of one's own rooms only.
    static func token(_ room: Int64) -> String { "r\(room)" }
}
