// What the hub does with what a box sends, and what the box is told when it can not be had: against a real PostgreSQL, over
// lines that break.
import Drivers
import Foundation
import TestSupport
import Testing

@testable import Core

@Suite struct UpstreamTests {
    private static let bodies = (1...5).map { #"{"id":"a","number":"CAM-\#($0)","name":"x"}"# }

    @Test func `a batch that is sent again is known and taken once`() async throws {
        let hub = try RealHub()
        let upstream = try hub.depot("Hall 4").upstream
        let batch = TestBatch.make(from: 1, bodies: Self.bodies)
        let first = try await upstream.push(batch)
        let again = try await upstream.push(batch)
        #expect(first == again)
        #expect(first.acked == 5)
        #expect(try hub.sql("SELECT count(*), max(pos) FROM depotd.change") == "5|5")
    }

    @Test func `what was altered on the way is refused as a whole`() async throws {
        let hub = try RealHub()
        let place = try hub.depot("Hall 4")
        let line = try TestLine(to: hub.server.port)
        let over = PostgresUpstream(
            try PostgresAddress(
                place.url.replacing(":\(hub.server.port)/", with: ":\(line.port)/"), password: place.password))
        _ = try await over.push(TestBatch.make(from: 1, bodies: Self.bodies))
        // The digest is the box's; what the hub takes it over is another row.
        try hub.sql(
            """
            ALTER FUNCTION depotd.sync_push RENAME TO sync_push_really;
            CREATE FUNCTION depotd.sync_push(text, text, bigint, bytea, text, text, bigint, text, bytea, bigint[], bigint[], text[],
              text[], text[], text[], text[], text[], bytea[], bytea[], OUT verdict text, OUT acked bigint, OUT at bigint,
              OUT hub_epoch text, OUT hub_pos bigint, OUT hub_mark text, OUT refused jsonb) LANGUAGE sql SECURITY DEFINER AS $$
              SELECT * FROM depotd.sync_push_really($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                $16,
                array_replace($17, 'a', 'b'), $18, $19) $$;
            GRANT EXECUTE ON FUNCTION depotd.sync_push TO depotd_depot;
            """)
        let answer = try await over.push(TestBatch.make(from: 6, bodies: Self.bodies))
        #expect(answer.verdict == .altered)
        #expect(answer.acked == 5)
        #expect(try hub.sql("SELECT count(*) FROM depotd.change") == "5")
    }

    @Test func `a row that can not be kept is put aside and named, and what is behind it goes on`() async throws {
        let hub = try RealHub()
        let upstream = try hub.depot("Hall 4").upstream
        var bodies = Self.bodies
        bodies[2] = #"{"id":"a","name":"\u0000"}"#
        var batch = TestBatch.make(from: 1, bodies: bodies)
        batch.rows[3].isIntact = false
        batch.rows[3].hash[0] ^= 1
        let answer = try await upstream.push(batch)
        #expect(answer.verdict == .ok)
        #expect(answer.acked == 5)
        #expect(answer.refused.map(\.n) == [3, 4])
        #expect(try hub.sql("SELECT array_agg(n ORDER BY n), max(pos) FROM depotd.change") == "{1,2,5}|3")
        #expect(
            try hub.office("o")("SELECT n, reason FROM office.quarantine ORDER BY n LIMIT 1").hasPrefix("3|unsupported")
        )
        #expect(try await upstream.push(batch).refused == answer.refused, "who did not hear it is told again")
    }

    @Test func `the latest word on each field counts, whatever the order of arrival`() async throws {
        let hub = try RealHub()
        let (one, other) = (try hub.depot("Hall 4"), try hub.depot("Hall 5"))
        _ = try await one.upstream.push(
            TestBatch.make(
                node: "late", lane: "lane-of-late", from: 1,
                bodies: Self.bodies.dropLast() + [#"{"id":"a","note":"b"}"#]))
        _ = try await one.upstream.push(
            TestBatch.make(
                node: "late", lane: "lane-of-late", from: 6, bodies: [#"{"id":"a","name":"new","serial":"7"}"#],
                kind: "edited"))
        _ = try await other.upstream.push(
            TestBatch.make(
                node: "early", lane: "lane-of-early", from: 1, bodies: [#"{"id":"a","name":"old","owner":"Ben"}"#],
                kind: "edited"))
        let read = try hub.sql("SELECT fields ->> 'name', fields ->> 'owner', fields ->> 'serial' FROM depotd.record")
        #expect(read == "new|Ben|7")
    }

    @Test func `a box of the year 2099 does not have the last word for ever`() async throws {
        let hub = try RealHub()
        let upstream = try hub.depot("Hall 4").upstream
        let batch = TestBatch.make(from: 1, bodies: [#"{"id":"a","name":"x"}"#], milliseconds: 4_070_908_800_000)
        #expect(try await upstream.push(batch).verdict == .ok)
        let ahead = try hub.sql(
            """
            SELECT ('x' || left(stamp, 16))::bit(64)::bigint >> 16 < extract(epoch FROM now()) * 1000 + 301000
            FROM depotd.change
            """)
        #expect(ahead == "t")
    }

    @Test func `a hub that was brought back from a backup says so by its epoch`() async throws {
        let hub = try RealHub()
        let upstream = try hub.depot("Hall 4").upstream
        let before = try await upstream.push(TestBatch.make(from: 1, bodies: Self.bodies))
        try hub.sql(
            "DELETE FROM depotd.change WHERE n > 3; UPDATE depotd.lane SET acked = 3; UPDATE depotd.tenant SET pos = 3")
        let standing = try await upstream.meet(
            UpstreamGreeting(node: "box", depot: "Hall 4", place: nil, seen: before.place))
        #expect(standing.place.epoch != before.place.epoch)
        #expect(standing.acked == ["e1": 3])
    }

    @Test(arguments: [
        ("DROP SCHEMA depotd CASCADE", UpstreamTrouble.Kind.notInstalled),
        ("DROP FUNCTION depotd.sync_push", .notInstalled),
        ("ALTER DATABASE %D SET default_transaction_read_only = on", .readOnly),
        ("REVOKE depotd_depot FROM \"%R\"", .refused), ("ALTER ROLE \"%R\" NOLOGIN", .refused),
        ("ALTER ROLE \"%R\" PASSWORD 'another'", .refused), ("ALTER ROLE \"%R\" CONNECTION LIMIT 0", .busy),
        ("ALTER DATABASE %D ALLOW_CONNECTIONS false", .unreachable),
        (
            "CREATE FUNCTION depotd.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE disk_full; END $$;"
                + "CREATE TRIGGER no BEFORE INSERT ON depotd.change FOR EACH ROW EXECUTE FUNCTION depotd.no()", .full
        ),
    ])
    func `a hub that is not as it should be is told in words`(damage: String, kind: UpstreamTrouble.Kind) async throws {
        let hub = try RealHub()
        let place = try hub.depot("Hall 4")
        let role = String(place.url.dropFirst("postgresql://".count).prefix { $0 != "@" })
        try hub.server.sql(
            damage.replacing("%D", with: hub.database).replacing("%R", with: role),
            in: damage.contains("ALLOW_CONN") ? "postgres" : hub.database)
        let trouble = await #expect(throws: UpstreamTrouble.self) {
            try await place.upstream.push(TestBatch.make(from: 1, bodies: Self.bodies))
        }
        #expect(trouble?.kind == kind, "\(trouble?.cause ?? "")")
        #expect(trouble?.message.hasPrefix(kind.sentence) == true)
    }

    @Test func `a line that goes silent is given up after the limit, and later all is taken once`() async throws {
        let hub = try RealHub()
        let line = try TestLine(to: hub.server.port)
        var limits = PostgresUpstream.Limits()
        limits.push = .milliseconds(400)
        limits.connect = .milliseconds(400)
        let upstream = try hub.depot("Hall 4", limits: limits, port: line.port).upstream
        let batch = TestBatch.make(from: 1, bodies: Self.bodies)
        _ = try await upstream.push(TestBatch.make(from: 1, bodies: [Self.bodies[0]]))
        line.goSilent(true)
        let started = ContinuousClock.now
        let trouble = await #expect(throws: UpstreamTrouble.self) { try await upstream.push(batch) }
        await #expect(throws: UpstreamTrouble.self) { try await upstream.push(batch) }
        #expect(trouble?.kind == .unreachable)
        #expect(ContinuousClock.now - started < .seconds(30))
        line.goSilent(false)
        #expect(try await upstream.push(batch).acked == 5)
        #expect(try hub.sql("SELECT count(*) FROM depotd.change") == "5")
    }

    @Test func `whoever shuts down does not wait for the hub`() async throws {
        let hub = try RealHub()
        let line = try TestLine(to: hub.server.port)
        let upstream = try hub.depot("Hall 4", port: line.port).upstream
        line.goSilent(true)
        async let answer = Result { try await upstream.push(TestBatch.make(from: 1, bodies: Self.bodies)) }
        let started = ContinuousClock.now
        upstream.shut()
        let ended = await answer
        #expect(throws: UpstreamTrouble.self) { try ended.get() }
        #expect(ContinuousClock.now - started < .seconds(30))
    }

    // MARK: - Hearing of others

    private static func request(_ node: String, _ seen: HubPlace, _ rowCountMax: Int = 2) -> PullRequest {
        PullRequest(node: node, lane: "lane-of-\(node)", seen: seen, rowCountMax: rowCountMax)
    }

    private static let nowhere = HubPlace(epoch: "", pos: 0, mark: "")

    @Test func `a depot hears of the others' gear as it is now, piece by piece, and not of its own`() async throws {
        let hub = try RealHub()
        let (hall, quay) = (try hub.depot("Hall 4").upstream, try hub.depot("Quay").upstream)
        _ = try await hall.push(
            TestBatch.make(
                node: "hall", lane: "lane-of-hall", from: 1, bodies: Self.bodies, subjects: ["a", "b", "c", "a", "b"]))
        _ = try await quay.push(
            TestBatch.make(node: "quay", lane: "lane-of-quay", from: 1, bodies: Self.bodies, subjects: ["q"]))
        let first = try await quay.pull(Self.request("quay", Self.nowhere))
        #expect(first.isFresh && first.hasMore)
        #expect(first.rows.map(\.row.id) == ["c", "a"])
        #expect(first.rows.last?.row.value("number") == "CAM-4")
        let second = try await quay.pull(Self.request("quay", first.place))
        #expect(!second.isFresh && !second.hasMore)
        #expect(second.rows.map(\.row.id) == ["b"])
        let third = try await quay.pull(Self.request("quay", second.place))
        #expect(third.rows.isEmpty && third.place == second.place)
    }

    @Test func `after the hub was brought back everything is told anew`() async throws {
        let hub = try RealHub()
        let (hall, quay) = (try hub.depot("Hall 4").upstream, try hub.depot("Quay").upstream)
        _ = try await hall.push(
            TestBatch.make(node: "hall", lane: "lane-of-hall", from: 1, bodies: Self.bodies, subjects: ["a", "b"]))
        let before = try await quay.pull(Self.request("quay", Self.nowhere, 100))
        // Brought back to the third Change, and another depot went on from there past where we were.
        try hub.sql(
            """
            DELETE FROM depotd.change WHERE n > 3; DELETE FROM depotd.record; UPDATE depotd.lane SET acked = 3;
            UPDATE depotd.tenant SET pos = 3
            """)
        let more = TestBatch.make(
            node: "hall", lane: "lane-of-hall", from: 4, bodies: Self.bodies.map { $0.replacing("x", with: "y") },
            subjects: ["a", "b"])
        _ = try await hall.push(more)
        let after = try await quay.pull(Self.request("quay", before.place, 100))
        #expect(after.isFresh)
        #expect(after.place.epoch != before.place.epoch)
        #expect(Set(after.rows.map(\.row.id)) == ["a", "b"])
    }

    @Test func `whoever listens hears of a push with its commit`() async throws {
        let hub = try RealHub()
        let (hall, quay) = (try hub.depot("Hall 4"), try hub.depot("Quay").upstream)
        let ear = PostgresEar(try PostgresAddress(hall.url, password: hall.password))
        let heard = Gathered<String>()
        async let running: Void = ear.run(connected: { heard.add("connected") }, heard: { heard.add("news") })
        #expect(await comes { heard.all == ["connected"] })
        _ = try await quay.push(TestBatch.make(node: "quay", lane: "lane-of-quay", from: 1, bodies: Self.bodies))
        #expect(await comes(upTo: 5) { heard.all.contains("news") })
        ear.shut()
        await running
    }
}
