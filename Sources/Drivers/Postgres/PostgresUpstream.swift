// The hub as PostgreSQL: each thing asked is one statement, so it works as well through a pooler that gives every statement
// another connection. On a thread of its own, because libpq is waited for with poll.
package import Core
import Foundation

/// A hub in a PostgreSQL database.
package actor PostgresUpstream: Upstream, PictureUpstream {
    /// How long each thing may take.
    package struct Limits: Sendable {
        package var connect = Duration.seconds(10)
        package var ask = Duration.seconds(20)
        /// Of a batch, which may be on a slow line.
        package var push = Duration.seconds(60)
        /// Most rows of a part of a batch that is copied: what is looked at row by row where one of them can not be kept.
        package var partRowCount = 2_500
        /// Most rows and bytes of a statement; a larger batch is copied.
        package var rowCount = 1_000
        package var byteCount = 512 * 1024
        package init() {}
    }

    private let address: PostgresAddress
    private let limits: Limits
    private let bell = Bell()
    private let thread: BackgroundThread
    private var link: PostgresLink?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    package init(
        _ address: PostgresAddress, limits: Limits = Limits(),
        on thread: BackgroundThread = BackgroundThread("upstream")
    ) {
        self.address = address
        self.limits = limits
        self.thread = thread
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
        let isLarge = batch.rows.count > limits.rowCount || batch.byteCount > limits.byteCount
        let row = try isLarge ? copied(batch) : row(Self.pushing, Self.values(of: batch), within: limits.push)
        guard row.count == 7, let place = Self.place(row), let acked = row[4].flatMap({ Int64($0) }),
            let verdict = Self.verdict(row[3], at: row[5].flatMap { Int64($0) }),
            let refused = try? JSONDecoder().decode([Refusal].self, from: Data((row[6] ?? "[]").utf8))
        else { throw UpstreamTrouble(.broken, cause: "\(row)") }
        return PushAnswer(
            verdict: verdict, acked: acked, place: place,
            refused: refused.map { PushAnswer.Refusal(n: $0.n, reason: $0.reason) })
    }

    package func pull(_ request: PullRequest) throws(UpstreamTrouble) -> PullAnswer {
        let asked = request.asked
        let row = try row(
            """
            SELECT hub_epoch, hub_pos, hub_mark, is_fresh, has_more, records, depots
            FROM depotd.sync_hear($1, $2, $3, $4, $5, $6::bigint::int)
            """,
            [
                .text(request.node), .text(request.lane), .text(asked.epoch), .int(asked.pos),
                .text(asked.mark), .int(Int64(request.rowCountMax)),
            ], within: limits.push)
        guard row.count == 7, let place = Self.place(row), let records = row[5],
            case .array(let items)? = try? JSON(parsing: Array(records.utf8)),
            let depots = try? JSON(parsing: Array((row[6] ?? "{}").utf8))
        else { throw UpstreamTrouble(.broken, cause: "\(row.prefix(5))") }
        return PullAnswer(
            place: place, isFresh: row[3] == "t", hasMore: row[4] == "t", rows: items.compactMap(Self.told),
            depots: depots.members.reduce(into: [:]) { $0[$1.key] = $1.value.string })
    }

    /// The latest of each field is in `fields`, `stamps` and `bases`, and what stands beside it in `sides`.
    private static func told(_ record: JSON) -> ToldRow? {
        guard let sort = record["sort"]?.string, let id = record["id"]?.string, let node = record["node"]?.string else {
            return nil
        }
        var row = MergedRow(sort: sort, id: id)
        for stamp in record["stamps"]?.members ?? [] {
            let latest: JSON = [
                "v": record["fields"]?[stamp.key] ?? .null, "s": stamp.value,
                "b": record["bases"]?[stamp.key] ?? [:],
            ]
            var sides = [latest]
            if case .array(let others)? = record["sides"]?[stamp.key] { sides += others }
            row.fields[stamp.key] = FieldSides(sides.compactMap(FieldSide.init))
        }
        return ToldRow(row: row, node: node)
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

    package func give(_ part: PicturePart) throws(UpstreamTrouble) -> Int {
        let row = try row(
            "SELECT depotd.sync_picture($1, $2, $3, $4, $5, $6)",
            [
                .text(part.node), .text(part.picture), .text(part.type), .int(Int64(part.byteCount)),
                .int(Int64(part.offset)), .bytes(part.bytes),
            ], within: limits.push)
        guard let have = row.first?.flatMap({ Int($0) }) else { throw UpstreamTrouble(.broken, cause: "\(row)") }
        return have
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

    /// Gives a large batch by COPY.
    private func copied(_ batch: ChangeBatch) throws(UpstreamTrouble) -> [String?] {
        let freight = BatchFreight(batch, partRowCount: limits.partRowCount)
        let rows = try onLink { link throws(PostgresError) in
            var chunks = freight.chunks
            return try link.copy(script: freight.script(link), within: limits.push) { chunks.next() }
        }
        guard let row = rows.first, rows.count == 1 else { throw UpstreamTrouble(.broken, cause: "\(rows.count) rows") }
        return row
    }

    private func row(
        _ sql: String, _ values: [PostgresValue], within limit: Duration
    ) throws(UpstreamTrouble) -> [String?] {
        let rows = try ask(sql, values, within: limit)
        guard let row = rows.first, rows.count == 1 else { throw UpstreamTrouble(.broken, cause: "\(rows.count) rows") }
        return row
    }

    private func ask(
        _ sql: String, _ values: [PostgresValue], within limit: Duration
    ) throws(UpstreamTrouble) -> [[String?]] {
        try onLink { link throws(PostgresError) in try link.ask(sql, values, within: limit) }
    }

    /// Asks over the connection there is or a new one. Whatever goes wrong ends it: what was asked may still be carried
    /// out, and its answer must not be taken for that of the next call.
    private func onLink(
        _ body: (PostgresLink) throws(PostgresError) -> [[String?]]
    ) throws(UpstreamTrouble) -> [[String?]] {
        do throws(PostgresError) {
            return try body(connected())
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
