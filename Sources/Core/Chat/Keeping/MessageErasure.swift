// Letting go of what was said: words that were deleted, and messages older than a room keeps them. The log keeps that there
// was a message and a hash over words that are gone with their nonce.
import Foundation
import GRDB
package import Logging

/// Erases words, and messages that are older than their room keeps them.
package struct MessageErasure: Sendable {
    /// Messages of one piece.
    private static let countMax = 200
    private static let pause = Duration.seconds(3_600)

    private let store: Store
    private let logger: Logger

    package init(store: Store, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Erases what is due once an hour until the task is cancelled.
    package func run() async {
        repeat {
            do {
                while try await sweep() {}
            } catch {
                logger.error("old messages could not be erased", metadata: ["cause": "\(error)"])
            }
        } while (try? await Task.sleep(for: Self.pause)) != nil
    }

    /// Erases one piece of what is older than its room keeps it. - Returns: whether there may be more.
    package func sweep() async throws -> Bool {
        try await store.write(lane: .bulk) { transaction in
            let rooms = try Room.fetchAll(
                transaction.database, sql: Room.selection + " WHERE retention_days IS NOT NULL ORDER BY number")
            for room in rooms {
                let days = room.retentionDays ?? 0
                let old = try Int64.fetchAll(
                    transaction.database,
                    sql: "SELECT seq FROM message WHERE room = ? AND at < ? ORDER BY at LIMIT \(Self.countMax)",
                    arguments: [room.number, transaction.milliseconds - days * 86_400_000])
                guard !old.isEmpty else { continue }
                try Self.erase(old, of: room, in: transaction)
                let places = JSON.array(old.map(JSON.int)).text
                try transaction.database.execute(
                    sql: "DELETE FROM message WHERE seq IN (SELECT value FROM json_each(?))", arguments: [places])
                try RoomBook.append(
                    "expired", room, ["count": .int(Int64(old.count)), "through": .int(old.max() ?? 0)],
                    in: transaction)
                return true
            }
            return false
        }
    }

    /// Takes away what hangs on messages: what they said before, reactions, files and their place in the index.
    static func erase(_ messages: [Int64], of room: Room, in transaction: WriteTransaction) throws {
        let database = transaction.database
        for seq in messages {
            try MessageIndex.forget(seq, in: room, database)
            for table in ["message_version", "reaction"] {
                try database.cachedStatement(sql: "DELETE FROM \(table) WHERE message = ?").execute(arguments: [seq])
            }
            try MessageFiles.letGo(of: seq, in: database)
        }
    }
}
