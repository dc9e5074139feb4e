// What people see of the sync and may do to it: how far the hub is behind, what is wrong, pause and go on, and compare both
// sides topic by topic.
package import Foundation
import GRDB

/// The sync as pages, metrics and the command line see it.
package struct SyncBook: Sendable {
    /// How far the hub is behind this box.
    package struct Figures: Sendable, Equatable {
        package let isPaused: Bool
        /// Changes that the hub does not have.
        package let backlog: Int64
        /// When the oldest of them was made; nil when it has all.
        package let oldest: Date?
        /// When the hub last took something.
        package let ackedAt: Date?
        package let refusedCount: Int
        package let laneCount: Int
        /// Pictures that the hub does not have whole.
        package let pictureCount: Int
    }

    private let store: Store

    package init(store: Store) { self.store = store }

    /// Where the box stands with the hub, from its own file.
    package func figures() async throws -> Figures {
        try await store.read { database in
            let ledger = try SyncLedger.load(in: database)
            let waiting = ledger.lanes.first { $0.acked < $0.last }
            let oldest = try waiting.flatMap { lane in
                try Int64.fetchOne(
                    database.cachedStatement(
                        sql: "SELECT hlc FROM change WHERE node = ? AND epoch = ? AND n > ? LIMIT 1"),
                    arguments: [ledger.node, lane.epoch, lane.acked])
            }
            let acked = try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT acked_at FROM upstream WHERE acked_at IS NOT NULL"))
            return Figures(
                isPaused: ledger.isPaused, backlog: ledger.backlog,
                oldest: oldest.map { HybridTime(rawValue: $0).date }, ackedAt: acked.map { Date(milliseconds: $0) },
                refusedCount: try Int.fetchOne(
                    database.cachedStatement(sql: "SELECT count(*) FROM upstream_refusal")) ?? 0,
                laneCount: ledger.lanes.count,
                pictureCount: try Int.fetchOne(
                    database.cachedStatement(
                        sql: """
                            SELECT (SELECT count(*) FROM picture) - (SELECT count(*) FROM upstream_picture)
                            """)) ?? 0)
        }
    }

    /// What the hub put aside, the latest first, at most a hundred: each with its number, its reason and what it says.
    package func refusals() async throws -> JSON {
        try await store.read { database in
            .array(
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT r.n, r.reason, r.at, c.topic, c.kind, c.subject
                        FROM upstream_refusal r JOIN upstream_lane l ON l.name = r.lane
                          LEFT JOIN change c ON c.node = (SELECT node FROM node) AND c.epoch = l.epoch AND c.n = r.n
                        ORDER BY r.at DESC, r.n DESC LIMIT 100
                        """
                ).map { row in
                    [
                        "n": .int(row["n"]), "reason": .string(row["reason"]),
                        "at": .time(Date(milliseconds: row["at"])), "topic": .optional(row["topic"]),
                        "kind": .optional(row["kind"]), "subject": .optional(row["subject"]),
                    ]
                })
        }
    }

    /// Stops the exchange, also over a restart, or lets it go on. - Throws: `unavailable`.
    package func pause(_ isPaused: Bool) async throws {
        try await store.write { transaction in
            try transaction.database.execute(sql: "UPDATE upstream SET paused = ?", arguments: [isPaused])
        }
    }

    /// A topic that is not the same at both sides.
    package struct Difference: Sendable, Equatable {
        package let lane: String
        package let topic: String
        package let here: Int64
        package let there: Int64
    }

    /// Compares counts and checksums of all that the hub acknowledged, lane by lane and topic by topic.
    ///
    /// - Returns: how many Changes were compared, and where the sides differ; a row may differ with equal counts.
    /// - Throws: `unavailable` with what is wrong with the hub.
    package func verify(with upstream: any Upstream) async throws -> (count: Int64, differences: [Difference]) {
        let ledger = try await store.read { try SyncLedger.load(in: $0) }
        var count: Int64 = 0
        var differences: [Difference] = []
        for lane in ledger.lanes where lane.acked > lane.after {
            let here = try await store.read(isLong: true) { try Self.checksums(of: lane, ledger.node, in: $0) }
            let there = try await Self.ask(upstream, lane, ledger.node)
            count += here.reduce(0) { $0 + $1.count }
            for topic in Set(here.map(\.topic) + there.map(\.topic)).sorted() {
                let (mine, theirs) = (here.first { $0.topic == topic }, there.first { $0.topic == topic })
                guard mine != theirs else { continue }
                differences.append(
                    Difference(lane: lane.name, topic: topic, here: mine?.count ?? 0, there: theirs?.count ?? 0))
            }
        }
        return (count, differences)
    }

    private static func ask(
        _ upstream: any Upstream, _ lane: SyncLane, _ node: String
    ) async throws -> [TopicChecksum] {
        do {
            return try await upstream.checksums(of: lane.name, by: node, upTo: lane.acked)
        } catch {
            throw Failure(.unavailable, error.message, cause: error.cause)
        }
    }

    private static func checksums(
        of lane: SyncLane, _ node: String, in database: Database
    ) throws -> [TopicChecksum] {
        var sums: [String: TopicChecksum] = [:]
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT topic, hash FROM change WHERE node = ? AND epoch = ? AND n > ? AND n <= ?",
            arguments: [node, lane.epoch, lane.after, lane.acked])
        while let row = try rows.next() {
            let topic: String = row["topic"]
            let hash: Data = row["hash"]
            sums[topic, default: TopicChecksum(topic: topic, count: 0, sum: 0)].add(hash)
        }
        return sums.values.sorted { $0.topic < $1.topic }
    }
}

extension TopicChecksum {
    fileprivate mutating func add(_ hash: Data) {
        count += 1
        sum += hash.prefix(4).reduce(0) { $0 << 8 | Int64($1) }
    }
}
