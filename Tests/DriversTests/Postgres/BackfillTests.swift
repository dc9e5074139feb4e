// Many Changes at once: what is copied into the hub ends as the same rows, refusals and places as what is sent in small
// batches, and what breaks a small batch breaks a large one no worse.
import Drivers
import Foundation
import TestSupport
import Testing

@testable import Core

@Suite struct BackfillTests {
    /// A hub that copies what is more than three rows, in parts of three.
    private static func places(_ hub: RealHub) throws -> (small: RealHub.Place, large: RealHub.Place) {
        var limits = PostgresUpstream.Limits()
        (limits.rowCount, limits.partRowCount) = (3, 3)
        return (try hub.depot("Small", of: "small"), try hub.depot("Large", of: "large", limits: limits))
    }

    private static let bodies = (1...11).map { n in
        n % 5 == 0
            ? #"{"id":"a","name":"\u0000"}"#
            : #"{"id":"a","number":"CAM-\#(n)","name":"Ünïcode 🎥\tand \\N","note":"\#(String(repeating: "x", count: n))"}"#
    }

    private static func batch(from first: Int64 = 1, _ bodies: [String] = bodies) -> ChangeBatch {
        var batch = TestBatch.make(from: first, bodies: bodies, subjects: ["a", "b"])
        for index in batch.rows.indices where index % 2 == 0 && index > 6 {
            batch.rows[index].isIntact = false
            batch.rows[index].hash[0] ^= 1
        }
        return batch
    }

    /// What the hub has of a tenant, without what is the tenant's own.
    private static func kept(_ hub: RealHub, _ name: String) throws -> String {
        try [
            "SELECT n, pos, mark, hlc, boot, monotonic, topic, kind, subject, body, hash FROM depotd.change",
            "SELECT n, topic, kind, subject, hlc, body, hash, reason FROM depotd.quarantine",
            "SELECT sort, id, fields, stamps, newest, node, pos FROM depotd.record", "SELECT pos, 0 FROM depotd.tenant",
            "SELECT epoch, acked FROM depotd.lane",
        ].map { try hub.sql("\($0) WHERE tenant LIKE '\(name)%' ORDER BY 1, 2") }.joined(separator: "\n")
    }

    @Test func `what is copied in is the same as what is sent`() async throws {
        let hub = try RealHub()
        let (small, large) = try Self.places(hub)
        let one = try await small.upstream.push(Self.batch())
        let other = try await large.upstream.push(Self.batch())
        #expect(other.verdict == .ok && other.acked == 11)
        #expect(other.refused == one.refused)
        #expect(other.refused.map(\.n) == [5, 9, 10, 11])
        #expect(other.place.pos == one.place.pos && other.place.mark == one.place.mark)
        #expect(try Self.kept(hub, "large") == Self.kept(hub, "small"))
        #expect(try hub.sql("SELECT count(*) FROM pg_class WHERE relname = 'depotd_stage'") == "0")
    }

    @Test func `sent again, in parts or whole, it is taken once`() async throws {
        let hub = try RealHub()
        let large = try Self.places(hub).large.upstream
        let first = try await large.push(Self.batch())
        #expect(try await large.push(Self.batch()) == first)
        let more = (1...16).map { #"{"id":"a","name":"\#($0)"}"# }
        let whole = TestBatch.make(from: 1, bodies: Array(Self.bodies.prefix(7)) + more, subjects: ["a", "b"])
        let forked = try await large.push(whole)
        #expect(forked.verdict == .forked(at: 8), "the parts before it were known")
        #expect(try hub.sql("SELECT count(*), max(n) FROM depotd.change") == "7|8")
    }

    @Test func `where a part is altered the parts before it are taken and the rest is sent again`() async throws {
        let hub = try RealHub()
        let large = try Self.places(hub).large.upstream
        let bodies = (1...8).map { #"{"id":"a","number":"CAM-\#($0)"}"# }
        let batch = TestBatch.make(from: 1, bodies: bodies)
        var altered = batch
        altered.rows[4].body = Array(#"{"id":"a","number":"CAM-9"}"#.utf8)
        let answer = try await large.push(altered)
        #expect(answer.verdict == .altered && answer.acked == 3)
        #expect(try await large.push(batch).acked == 8)
        #expect(try hub.sql("SELECT count(*), max(pos) FROM depotd.change") == "8|8")
    }

    @Test func `a gap before it is told`() async throws {
        let hub = try RealHub()
        let answer = try await Self.places(hub).large.upstream.push(Self.batch(from: 5))
        #expect(answer.verdict == .gap && answer.acked == 0)
    }

    @Test(arguments: [
        "CREATE TEMP TABLE depotd_stage (n bigint, hlc bigint, monotonic bigint, actor text, device text, address text, "
            + "topic text, kind text, subject text, body bytea, hash bytea)",
        "CREATE TEMP VIEW depotd_stage AS SELECT 1::bigint AS n", "SELECT 1", "SELECT depotd.sync_stage()",
    ])
    func `a role can not have rows of its own making read with the hub's rights`(before: String) throws {
        let hub = try RealHub()
        let place = try hub.depot("Hall 4")
        let role = String(place.url.dropFirst("postgresql://".count).prefix { $0 != "@" })
        let call = "SELECT * FROM depotd.sync_push_staged('a', 'b', 1, null, '', '', 0, '', 3, ARRAY['x']::bytea[])"
        let error = #expect(throws: PostgresServer.ServerError.self) {
            // Statements that are sent one by one are transactions of their own, and the stage is gone with the first.
            try hub.server.sql(before, call, in: hub.database, as: role, password: place.password)
        }
        #expect(error?.text.contains("there is nothing to take") == true, "\(error?.text ?? "")")
    }

    @Test func `a large batch comes through a line that breaks in the middle of it`() async throws {
        let hub = try RealHub()
        let line = try TestLine(to: hub.server.port)
        let upstream = try hub.depot("Hall 4", port: line.port).upstream
        let rows = (1...5_000).map { #"{"id":"a","number":"CAM-\#($0)"}"# }
        let batch = TestBatch.make(from: 1, bodies: rows)
        line.cut(after: 200_000)
        await #expect(throws: UpstreamTrouble.self) { try await upstream.push(batch) }
        line.cut(false)
        #expect(try await upstream.push(batch).acked == 5_000)
        #expect(try hub.sql("SELECT count(*), max(pos), count(DISTINCT hash) FROM depotd.change") == "5000|5000|5000")
    }
}
