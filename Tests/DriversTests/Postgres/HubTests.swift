// The hub that `depotd hub` installs, in a real PostgreSQL: who may do what, and what the office reads.
import Drivers
import Foundation
import TestSupport
import Testing

@testable import Core

@Suite struct HubTests {
    @Test func `installing twice changes nothing the second time`() throws {
        let hub = try RealHub()
        let version = try hub.sql("SELECT max(version) FROM depotd.hub_version")
        #expect(version == "\(HubInstaller.scripts.count)")
        #expect(try hub.installer.install().applied.isEmpty)
    }

    @Test func `hubs of one cluster can be installed at the same moment`() async throws {
        let server = try PostgresServer()
        defer { server.remove() }
        let databases = try (0..<4).map { _ in try server.database() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for database in databases {
                group.addTask {
                    try await onOwnThread {
                        _ = try HubInstaller(PostgresAddress(server.url(database))).install()
                    }
                }
            }
            try await group.waitForAll()
        }
        for database in databases {
            #expect(try server.sql("SELECT count(*) > 0 FROM depotd.hub_version", in: database) == "t")
        }
    }

    @Test func `a hub of a later version is left alone`() throws {
        let hub = try RealHub()
        try hub.sql("INSERT INTO depotd.hub_version (version, name) VALUES (1000, 'later')")
        #expect(throws: Failure(.conflict, "")) { try hub.installer.install() }
    }

    @Test func `a database that can not hold changes is refused and left as it was`() throws {
        let server = PostgresServer.shared
        let name = "latin_" + UUID().uuidString.prefix(8).lowercased()
        try server.sql("CREATE DATABASE \(name) ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0", in: "postgres")
        let installer = try HubInstaller(PostgresAddress(server.url(name)))
        #expect(throws: Failure(.unavailable, "")) { try installer.install() }
        #expect(try server.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'depotd'", in: name) == "0")
    }

    @Test(arguments: [
        "SELECT * FROM depotd.change", "SELECT * FROM depotd.member", "SELECT * FROM office.assets",
        "INSERT INTO depotd.tenant VALUES ('x', 'x', 'x')", "SELECT depotd.add_up('north', 0, 1)",
        "SELECT depotd.my_head('north', '', 0, '')", "UPDATE depotd.lane SET acked = 1", "SET ROLE depotd_hub",
        "CREATE TABLE depotd.mine (a int)", "SELECT * FROM depotd.picture_part",
        "SELECT depotd.picture_bytes('north', '')",
    ])
    func `a depot may do nothing but meet, push and compare`(query: String) throws {
        let hub = try RealHub()
        let place = try hub.depot("Hall 4")
        let role = String(place.url.dropFirst("postgresql://".count).prefix { $0 != "@" })
        let error = #expect(throws: PostgresServer.ServerError.self) {
            try hub.server.sql(query, in: hub.database, as: role, password: place.password)
        }
        #expect(error?.text.contains("permission denied") == true, "\(error?.text ?? "")")
    }

    @Test func `what a box takes over is what the hub adds up and tells`() throws {
        let hub = try RealHub()
        let added = try hub.sql("SELECT topic FROM depotd.manifest WHERE class = 'field'").split(separator: "\n").map(
            String.init)
        let told = try #require(
            HubInstaller.scripts.last { $0.name == "8-merge" }?.text.firstMatch(of: /ANY \('\{(.+?)\}'/))
        #expect(Set(told.output.1.split(separator: ",").map(String.init)) == Set(MergeManifest.lines.map(\.sort)))
        #expect(Set(MergeManifest.lines.map(\.table.topic.rawValue)).isSubset(of: added))
    }

    @Test func `an office reads its own organisation and no other`() async throws {
        let hub = try RealHub()
        let (north, south) = (try hub.depot("Hall 4"), try hub.depot("Quay", of: "south"))
        try await push(named: "CAM-1", to: north.upstream, from: "box-north")
        try await push(named: "CAM-2", to: south.upstream, from: "box-south")
        let (readNorth, readSouth) = (try hub.office("reports"), try hub.office("reports", of: "south"))
        #expect(try readNorth("SELECT number, depot FROM office.assets") == "CAM-1|Hall 4")
        #expect(try readSouth("SELECT number, depot FROM office.assets") == "CAM-2|Quay")
        #expect(try readNorth("SELECT depot, changes FROM office.depots") == "Hall 4|1")
        #expect(throws: PostgresServer.ServerError.self) { try readNorth("SELECT * FROM depotd.change") }
        #expect(throws: PostgresServer.ServerError.self) {
            try readNorth("SELECT depotd.sync_meet('', '', null, '', 0, '', null, null, null)")
        }
    }

    @Test func `gear that is in stands on the office's map where its depot is`() async throws {
        let hub = try RealHub()
        try await push(named: "CAM-1", to: try hub.depot("Hall 4").upstream, from: "box")
        let read = try hub.office("maps")
        #expect(try read("SELECT ST_AsText(position), number FROM office.positions") == "POINT(13.4 52.5)|CAM-1")
    }

    @Test func `the office reads how long gear was out in each month`() async throws {
        let hub = try RealHub()
        let upstream = try hub.depot("Hall 4").upstream
        _ = try await upstream.meet(greeting("box"))
        let hour = 3_600_000, lastDay = 1_793_404_800_000  // 2026-10-31T00:00Z
        let said = [("in_use", 0), ("available", 3), ("in_use", 12), ("maintenance", 30), ("available", 40)]
        var before: ChangeBatch?
        for (index, (status, hours)) in said.enumerated() {
            let batch = TestBatch.make(
                from: Int64(index + 1), bodies: [#"{"id":"a","number":"CAM-1","status":"\#(status)"}"#],
                kind: "custody", milliseconds: Int64(lastDay + hours * hour), after: before)
            #expect(try await upstream.push(batch).verdict == .ok)
            before = batch
        }
        // What was taken over from another depot is that one's to count.
        let taken = TestBatch.make(
            from: 6, bodies: [#"{"id":"a","number":"CAM-1","status":"in_use","from":{}}"#], kind: "edited",
            milliseconds: Int64(lastDay + 50 * hour), after: before)
        #expect(try await upstream.push(taken).verdict == .ok)
        let read = try hub.office("reports")
        #expect(
            try read("SELECT number, month, times_out, hours_out FROM office.usage ORDER BY month")
                == "CAM-1|2026-10-01|2|15.0\nCAM-1|2026-11-01|0|6.0")
        #expect(try hub.office("others", of: "south")("SELECT count(*) FROM office.usage") == "0")
    }

    @Test func `the office reads who wrote when and not what`() async throws {
        let hub = try RealHub()
        let upstream = try hub.depot("Hall 4").upstream
        _ = try await upstream.meet(greeting("box"))
        let person = TestBatch.make(
            from: 1, bodies: [#"{"id":"mara","name":"Mara"}"#], topic: "people", subjects: ["mara"])
        let message = TestBatch.make(
            from: 2, bodies: [#"{"id":"hall","message":"m1","seq":2,"by":"mara","hash":"c0ffee"}"#], topic: "chat",
            kind: "posted", subjects: ["hall"], after: person)
        #expect(try await upstream.push(person).verdict == .ok)
        #expect(try await upstream.push(message).verdict == .ok)
        #expect(
            try hub.office("reports")("SELECT id, room, person, hash, depot FROM office.messages")
                == "m1|hall|Mara|c0ffee|Hall 4")
        #expect(try hub.office("others", of: "south")("SELECT count(*) FROM office.messages") == "0")
    }

    @Test func `a role belongs to the first box that comes with it, until it is let in anew`() async throws {
        let hub = try RealHub()
        let place = try hub.depot("Hall 4")
        _ = try await place.upstream.meet(greeting("box-1"))
        let trouble = await #expect(throws: UpstreamTrouble.self) { try await place.upstream.meet(greeting("box-2")) }
        #expect(trouble?.kind == .refused)
        let again = try hub.depot("Hall 4")
        _ = try await again.upstream.meet(greeting("box-2"))
    }

    @Test func `one box can not come for another of its organisation`() async throws {
        let hub = try RealHub()
        let (one, other) = (try hub.depot("Hall 4"), try hub.depot("Hall 5"))
        _ = try await one.upstream.meet(greeting("box-1"))
        _ = try await other.upstream.meet(greeting("box-2"))
        let trouble = await #expect(throws: UpstreamTrouble.self) {
            try await push(named: "CAM-9", to: other.upstream, from: "box-1")
        }
        #expect(trouble?.kind == .refused)
    }

    private func greeting(_ node: String) -> UpstreamGreeting {
        UpstreamGreeting(
            node: node, depot: "Hall 4", place: [13.4, 52.5], seen: HubPlace(epoch: "", pos: 0, mark: ""))
    }

    private func push(named number: String, to upstream: PostgresUpstream, from node: String) async throws {
        var hello = greeting(node)
        hello.depot = number == "CAM-2" ? "Quay" : "Hall 4"
        _ = try await upstream.meet(hello)
        let answer = try await upstream.push(
            TestBatch.make(node: node, from: 1, bodies: [#"{"id":"a","number":"\#(number)","status":"available"}"#]))
        #expect(answer.verdict == .ok)
    }
}
