// Pictures on their way to the hub: in parts, small ones first, on a connection of their own, and only while no row waits.
// A picture's name is made of its contents, so that to send one again does no harm and the hub can tell what was altered.
package import Foundation
import GRDB
package import Logging

/// A stretch of a picture.
package struct PicturePart: Sendable, Equatable {
    package var node: String
    package var picture: String
    /// Of the whole, as `image/jpeg`.
    package var type: String
    package var byteCount: Int
    package var offset: Int
    /// Nil only asks how much is there.
    package var bytes: [UInt8]?

    package init(node: String, picture: String, type: String, byteCount: Int, offset: Int, bytes: [UInt8]?) {
        self.node = node
        self.picture = picture
        self.type = type
        self.byteCount = byteCount
        self.offset = offset
        self.bytes = bytes
    }
}

/// A hub that keeps pictures.
package protocol PictureUpstream: Sendable {
    /// Gives the next part. - Returns: how much of the picture is there then, from its beginning.
    func give(_ part: PicturePart) async throws(UpstreamTrouble) -> Int
}

/// Sends pictures.
package final class PictureFreight: Sendable {
    /// `picture` is wholly at the hub.
    static let schema = """
        CREATE TABLE upstream_picture (picture TEXT PRIMARY KEY REFERENCES picture ON DELETE CASCADE)
          STRICT, WITHOUT ROWID;
        """

    /// At 256 kb/s a part takes eight seconds; so long a row waits at most for a share of the line.
    package static let partByteCount = 256 * 1024
    private static let pause = Duration.seconds(2)

    private let store: Store
    private let upstream: any PictureUpstream
    private let engine: SyncEngine
    /// Bytes a second; nil where nothing limits it.
    private let rate: Int?
    private let logger: Logger

    package init(store: Store, upstream: any PictureUpstream, engine: SyncEngine, rate: Int?, logger: Logger) {
        self.store = store
        self.upstream = upstream
        self.engine = engine
        self.rate = rate
        self.logger = logger
    }

    /// Sends until the task is cancelled.
    package func run() async {
        var backOff = SyncBackOff(seed: UInt64.random(in: 0 ... .max))
        while !Task.isCancelled {
            do {
                if engine.standing.state == .idle, let next = try await store.read({ try Self.next(in: $0) }) {
                    try await send(next)
                    backOff.reset()
                } else {
                    try await Task.sleep(for: Self.pause)
                }
            } catch {
                // What is wrong with the hub is told by the rows, which come first.
                logger.debug("a picture could not be sent", metadata: ["cause": "\(error)"])
                try? await Task.sleep(for: backOff.next())
            }
        }
    }

    /// The smallest that the hub does not have.
    private static func next(in database: Database) throws -> PicturePart? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT (SELECT node FROM node) AS node, p.id, p.type, length(p.bytes) AS size
                    FROM picture p LEFT JOIN upstream_picture u ON u.picture = p.id
                    WHERE u.picture IS NULL ORDER BY size, p.id LIMIT 1
                    """)
        ).map { row in
            PicturePart(
                node: row["node"], picture: row["id"], type: row["type"], byteCount: row["size"], offset: 0, bytes: nil)
        }
    }

    /// Goes on where the hub is; stops between two parts when rows wait.
    private func send(_ picture: PicturePart) async throws {
        var part = picture
        part.offset = try await upstream.give(part)
        while part.offset < part.byteCount {
            guard engine.standing.state == .idle else { return }
            let began = ContinuousClock.now
            guard let bytes = try await read(part) else { return }
            part.bytes = bytes
            let there = try await upstream.give(part)
            guard there > part.offset else {
                throw UpstreamTrouble(.broken, "A picture did not arrive as it was sent.", cause: part.picture)
            }
            part.offset = there
            guard let rate else { continue }
            try await Task.sleep(until: began + .seconds(Double(bytes.count) / Double(rate)), clock: .continuous)
        }
        try await store.write(lane: .bulk) { transaction in
            try transaction.database.cachedStatement(
                sql: "INSERT OR IGNORE INTO upstream_picture (picture) SELECT id FROM picture WHERE id = ?"
            ).execute(arguments: [picture.picture])
        }
    }

    private func read(_ part: PicturePart) async throws -> [UInt8]? {
        try await store.read { database in
            try Data.fetchOne(
                database.cachedStatement(sql: "SELECT substr(bytes, ?, ?) FROM picture WHERE id = ?"),
                arguments: [part.offset + 1, Self.partByteCount, part.picture]
            ).map { Array($0) }
        }
    }
}
