// The hub as PostgreSQL: each thing asked is one statement, so it works as well through a pooler that gives every statement
// another connection. On a queue of its own, because libpq is waited for with poll.
package import Core
import Foundation

/// A hub in a PostgreSQL database.
package actor PostgresUpstream: Upstream {
    /// How long each thing may take.
    package struct Limits: Sendable {
        package var connect = Duration.seconds(10)
        package var ask = Duration.seconds(20)
        /// Of a batch, which may be on a slow line.
        package var push = Duration.seconds(60)
        package init() {}
    }

    private let address: PostgresAddress
    private let limits: Limits
    private let bell = Bell()
    private let queue = QueueExecutor("depotd.upstream")
    private var link: PostgresLink?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    package init(_ address: PostgresAddress, limits: Limits = Limits()) {
        self.address = address
        self.limits = limits
    }

    /// Ends what is being waited for, and all that is asked later.
    package nonisolated func shut() { bell.ring() }

    package func part() { link = nil }

    package func meet(_ greeting: UpstreamGreeting) throws(UpstreamTrouble) -> UpstreamStanding {
        let row = try row(
            """
            SELECT hub_epoch, hub_pos, hub_mark, tenant, hub_version, hub_milliseconds, lanes
            FROM depotd.sync_meet($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                .text(greeting.node), .text(greeting.depot), .doubles(greeting.place), .text(greeting.seen.epoch),
                .int(greeting.seen.pos), .text(greeting.seen.mark), .texts(greeting.ends.map(\.lane)),
                .ints(greeting.ends.map(\.n)), .blobs(greeting.ends.map(\.hash)),
            ], within: limits.ask)
        guard row.count == 7, let place = Self.place(row), let tenant = row[3],
            let version = row[4].flatMap({ Int($0) }), let now = row[5].flatMap({ Int64($0) }), let lanes = row[6],
            let acked = try? JSONDecoder().decode([String: Int64].self, from: Data(lanes.utf8))
        else { throw UpstreamTrouble(.broken, cause: "\(row)") }
        return UpstreamStanding(
            tenant: tenant, version: version, place: place,
            now: Date(timeIntervalSince1970: Double(now) / 1000), acked: acked)
    }

    package func push(_ batch: ChangeBatch) throws(UpstreamTrouble) -> PushAnswer {
        let rows = batch.rows
        let row = try row(
            """
            SELECT hub_epoch, hub_pos, hub_mark, verdict, acked, at, refused FROM depotd.sync_push(
              $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
            """,
            [
                .text(batch.node), .text(batch.lane), .int(batch.first), .bytes(batch.before), .text(batch.boot),
                .text(batch.seen.epoch),
                .int(batch.seen.pos), .text(batch.seen.mark), .bytes(batch.digest), .ints(rows.map(\.hlc)),
                .ints(rows.map(\.monotonic)),
                .texts(rows.map(\.actor)), .texts(rows.map(\.device)), .texts(rows.map(\.address)),
                .texts(rows.map(\.topic)), .texts(rows.map(\.kind)), .texts(rows.map(\.subject)),
                .blobs(rows.map(\.body)), .blobs(rows.map { $0.isIntact ? nil : $0.hash }),
            ], within: limits.push)
        guard row.count == 7, let place = Self.place(row), let acked = row[4].flatMap({ Int64($0) }),
            let verdict = Self.verdict(row[3], at: row[5].flatMap { Int64($0) }),
            let refused = try? JSONDecoder().decode([Refusal].self, from: Data((row[6] ?? "[]").utf8))
        else { throw UpstreamTrouble(.broken, cause: "\(row)") }
        return PushAnswer(
            verdict: verdict, acked: acked, place: place,
            refused: refused.map { PushAnswer.Refusal(n: $0.n, reason: $0.reason) })
    }

    package func pull(_ request: PullRequest) throws(UpstreamTrouble) -> PullAnswer {
        let row = try row(
            """
            SELECT hub_epoch, hub_pos, hub_mark, is_fresh, has_more, records
            FROM depotd.sync_pull($1, $2, $3, $4, $5::bigint::int)
            """,
            [
                .text(request.node), .text(request.seen.epoch), .int(request.seen.pos), .text(request.seen.mark),
                .int(Int64(request.rowCountMax)),
            ], within: limits.push)
        guard row.count == 6, let place = Self.place(row), let records = row[5],
            case .array(let items)? = try? JSON(parsing: Array(records.utf8))
        else { throw UpstreamTrouble(.broken, cause: "\(row.prefix(5))") }
        return PullAnswer(
            place: place, isFresh: row[3] == "t", hasMore: row[4] == "t", assets: items.compactMap(Self.asset))
    }

    private static func asset(_ record: JSON) -> DistantAsset? {
        guard let id = record["id"]?.string, let node = record["node"]?.string, let fields = record["fields"] else {
            return nil
        }
        return DistantAsset(id: id, node: node, depot: record["depot"]?.string ?? "?", fields: fields)
    }

    package func checksums(of lane: String, by node: String, upTo n: Int64) throws(UpstreamTrouble) -> [TopicChecksum] {
        let rows = try ask(
            "SELECT topic, count, sum FROM depotd.sync_checksums($1, $2, $3)",
            [.text(node), .text(lane), .int(n)], within: limits.push)
        return rows.compactMap { row in
            guard row.count == 3, let topic = row[0], let count = row[1].flatMap({ Int64($0) }),
                let sum = row[2].flatMap({ Int64($0) })
            else { return nil }
            return TopicChecksum(topic: topic, count: count, sum: sum)
        }
    }

    private struct Refusal: Decodable {
        let n: Int64
        let reason: String
    }

    /// The first three columns of both.
    private static func place(_ row: [String?]) -> HubPlace? {
        guard let epoch = row[0], let pos = row[1].flatMap({ Int64($0) }), let mark = row[2] else { return nil }
        return HubPlace(epoch: epoch, pos: pos, mark: mark)
    }

    private static func verdict(_ text: String?, at n: Int64?) -> PushAnswer.Verdict? {
        switch (text, n) {
        case ("ok", _): .ok
        case ("gap", _): .gap
        case ("altered", _): .altered
        case ("forked", let n?): .forked(at: n)
        default: nil
        }
    }

    private func row(
        _ sql: String, _ values: [PostgresValue], within limit: Duration
    ) throws(UpstreamTrouble) -> [String?] {
        let rows = try ask(sql, values, within: limit)
        guard let row = rows.first, rows.count == 1 else { throw UpstreamTrouble(.broken, cause: "\(rows.count) rows") }
        return row
    }

    /// Asks over the connection there is or a new one. Whatever goes wrong ends it: what was asked may still be carried
    /// out, and its answer must not be taken for that of the next call.
    private func ask(
        _ sql: String, _ values: [PostgresValue], within limit: Duration
    ) throws(UpstreamTrouble) -> [[String?]] {
        do throws(PostgresError) {
            return try connected().ask(sql, values, within: limit)
        } catch {
            link = nil
            throw UpstreamTrouble(error)
        }
    }

    private func connected() throws(PostgresError) -> PostgresLink {
        if let link { return link }
        let made = try PostgresLink(address.parameters, within: limits.connect, bell: bell)
        link = made
        return made
    }
}
