// A whole box and a real hub: what is done at the door is in the office's views, whatever becomes of the line, of the hub and
// of the box. What the protocol makes of worse is in Tests/Simulation.
import Core
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Appliance

@Suite(.timeLimit(.minutes(3))) struct SyncTests {
    /// Settings of a box that sends to a hub, and the file with its password.
    static func flags(_ place: RealHub.Place, in folder: String) throws -> [String: String] {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let file = folder + "/password"
        try PrivateFile.write(place.password + "\n", to: file)
        return ["upstream.url": place.url, "upstream.password_file": file]
    }

    static func folder() -> String { NSTemporaryDirectory() + "depotd-sync-" + UUID().uuidString }

    /// Waits until the hub has everything.
    static func drained(_ box: TestBox, upTo seconds: Double = 30) throws -> Fields {
        var last = Fields([])
        let isDrained = waits(upTo: seconds) {
            last = (try? box.ask("GET", "/api/v1/sync").fields()) ?? last
            return last.number("backlog") == 0 && last.text("state") == "idle"
        }
        try #require(
            isDrained, "\(last.text("state") ?? "") \(last.text("trouble") ?? "") \(last.number("backlog") ?? -1)")
        return last
    }

    /// A program with an admin's rights.
    static func admin(_ box: TestBox) throws -> [String: String] {
        let access = try LocalAccess(readingFrom: LocalAccess.file(in: box.folder))
        return ["Authorization": "Bearer \(access.adminToken ?? "")"]
    }

    static func ask(_ box: TestBox, _ method: String, _ path: String) throws -> Answer {
        try box.ask(method, "/api/v1/sync" + path, headers: admin(box), authorization: nil)
    }

    @Test func `a scan is in the office's view within a second`() async throws {
        let hub = try RealHub()
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let read = try hub.office("reports")
        try await TestBox.run(flags: Self.flags(hub.depot("Hall 4"), in: folder)) { box in
            _ = try Self.drained(box)
            #expect(try read("SELECT count(*) > 90 FROM office.assets") == "t")
            try box.scan("BADGE-ANA")
            try box.scan("CAM-7")
            let started = ContinuousClock.now
            #expect(
                waits(upTo: 10) {
                    (try? read("SELECT person FROM office.assets WHERE number = 'CAM-7'")) == "Ana Vidal"
                })
            let took = ContinuousClock.now - started
            // psql alone takes a tenth of a second to start here, and other tests run beside this one.
            #expect(took < .seconds(5), "\(took)")
            let standing = try Self.drained(box)
            #expect(standing.text("hub")?.contains("@127.0.0.1") == true)
            let verified = try Self.ask(box, "GET", "/verification").fields()
            #expect(verified.list("differences").isEmpty)
            #expect((verified.number("compared") ?? 0) > 200)
            let metrics = try box.ask("GET", "/metrics").text
            #expect(metrics.contains("depotd_sync_sent_changes_total"))
        }
    }

    @Test func `a hub whose rows were touched is found out by comparing`() async throws {
        let hub = try RealHub()
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await TestBox.run(flags: Self.flags(hub.depot("Hall 4"), in: folder)) { box in
            _ = try Self.drained(box)
            try hub.sql(
                "UPDATE depotd.change SET hash = sha256(hash) WHERE n = (SELECT min(n) FROM depotd.change WHERE topic = 'models')"
            )
            let verified = try Self.ask(box, "GET", "/verification").fields()
            #expect(verified.list("differences").map { $0.text("topic") } == ["models"])
        }
    }

    @Test func `what is done while the hub is away comes when it is back, and meanwhile is said so`() async throws {
        let server = try PostgresServer()
        defer { server.remove() }
        let hub = try RealHub(on: server)
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await TestBox.run(flags: Self.flags(hub.depot("Hall 4"), in: folder)) { box in
            _ = try Self.drained(box)
            server.stop()
            try box.scan("BADGE-BEN")
            try box.scan("CAM-8")
            #expect(waits { (try? box.ask("GET", "/api/v1/sync").fields())?.text("state") == "waiting" })
            let away = try box.ask("GET", "/api/v1/sync").fields()
            #expect(away.text("trouble")?.hasPrefix("The hub can not be reached.") == true)
            #expect((away.number("backlog") ?? 0) > 0)
            #expect(away.text("oldestAt") != nil && away.text("retryAt") != nil)
            try server.start()
            #expect(try Self.ask(box, "POST", "/resume").status == 200)
            _ = try Self.drained(box)
            #expect(
                try hub.sql(
                    "SELECT fields #>> '{holder,person,name}' FROM depotd.record WHERE fields ->> 'number' = 'CAM-8'")
                    == "Ben Ortiz")
        }
    }

    @Test func `a pause lasts over a restart, and then all is sent`() async throws {
        let hub = try RealHub()
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let flags = try Self.flags(hub.depot("Hall 4"), in: folder)
        try await TestBox.run(folder: folder, flags: flags) { box in
            _ = try Self.drained(box)
            #expect(try Self.ask(box, "POST", "/pause").fields().text("state") == "paused")
        }
        let before = try hub.sql("SELECT count(*) FROM depotd.change")
        try await TestBox.run(folder: folder, flags: flags) { box in
            try box.scan("BADGE-ANA")
            usleep(500_000)
            #expect(try hub.sql("SELECT count(*) FROM depotd.change") == before)
            #expect(try box.ask("POST", "/api/v1/sync/resume").status == 403, "managers may not")
            _ = try Self.ask(box, "POST", "/resume")
            _ = try Self.drained(box)
            #expect(try hub.sql("SELECT count(*) FROM depotd.change") != before)
        }
    }

    @Test func `a box that was put back to an older file unnoticed sends everything under a new epoch`() async throws {
        let hub = try RealHub()
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let flags = try Self.flags(hub.depot("Hall 4"), in: folder)
        let (file, copy) = (folder + "/depot.sqlite", folder + "/copy.sqlite")
        func run(_ codes: String...) async throws {
            try await TestBox.run(folder: folder, flags: flags) { box in
                for code in codes { try box.scan(code) }
                _ = try Self.drained(box)
            }
        }
        try await run("BADGE-ANA", "CAM-7")
        try FileManager.default.copyItem(atPath: file, toPath: copy)
        try await run("BADGE-ANA", "CAM-8")
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.copyItem(atPath: copy, toPath: file)
        try await run("BADGE-BEN", "CAM-9", "CAM-10")
        try await TestBox.run(folder: folder, flags: flags) { box in
            try box.scan("BADGE-BEN")
            _ = try Self.drained(box)
            #expect(try Self.ask(box, "GET", "/verification").fields().list("differences").isEmpty)
        }
        #expect(try Self.missing(at: hub, from: file).isEmpty)
        #expect(try hub.sql("SELECT count(*) FROM depotd.change GROUP BY hash HAVING count(*) > 1") == "")
        let epochs = try await DatabaseQueue(path: file).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM epoch")
        }
        #expect(epochs == 2)
    }

    @Test func `a box that is killed over and over sends everything once`() async throws {
        let hub = try RealHub()
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let place = try hub.depot("Hall 4")
        let flags = try Self.flags(place, in: folder)
        for _ in 0..<8 {
            try await onOwnThread {
                let daemon = try Daemon(
                    ["demo", "--data", folder, "--listen", "127.0.0.1:0", "--json"],
                    environment: [
                        "DEPOTD_UPSTREAM_URL": place.url, "DEPOTD_UPSTREAM_PASSWORD_FILE": folder + "/password",
                        "DEPOTD_READERS_ENABLED": "false",
                    ])
                let ready = Fields(Array(daemon.readLine().utf8))
                let url = try #require(URL(string: ready.text("url") ?? ""))
                let box = TestBox(port: UInt16(url.port ?? 0), token: ready.text("token") ?? "", folder: folder)
                for _ in 0..<Int.random(in: 1...6) { try box.scan("BADGE-ANA") }
                daemon.kill()
            }
        }
        try await TestBox.run(folder: folder, flags: flags) { _ = try Self.drained($0) }
        #expect(try Self.missing(at: hub, from: folder + "/depot.sqlite").isEmpty)
        #expect(try hub.sql("SELECT count(*) FROM depotd.change GROUP BY hash HAVING count(*) > 1") == "")
    }

    @Test func `the command line says how it stands, and ends with 1 when the hub can not be had`() async throws {
        let server = try PostgresServer()
        defer { server.remove() }
        let hub = try RealHub(on: server)
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await TestBox.run(folder: folder, flags: Self.flags(hub.depot("Hall 4"), in: folder)) { box in
            _ = try Self.drained(box)
            func run(_ command: String) throws -> (code: Int32, output: String) {
                let daemon = try Daemon(["sync", command, "--data", folder])
                let output = daemon.output
                return (try daemon.waitForEnd(), output)
            }
            let status = try run("status")
            #expect(status.code == 0 && status.output.contains("The hub has everything."))
            #expect(try run("verify").output.contains("are the same at both sides"))
            #expect(try run("pause").output.contains("paused"))
            #expect(try run("resume").code == 0)
            server.stop()
            try box.scan("BADGE-ANA")
            #expect(waits { (try? run("status"))?.code == 1 })
            #expect(try run("status").output.hasPrefix("The hub can not be reached."))
        }
    }

    @Test func `what happens at one depot is on the other one's screens within a second`() async throws {
        let hub = try RealHub()
        let (folder, other) = (Self.folder(), Self.folder())
        defer { for folder in [folder, other] { try? FileManager.default.removeItem(atPath: folder) } }
        let quay = try hub.depot("Quay")
        try await TestBox.run(flags: Self.flags(hub.depot("Hall 4"), in: folder)) { box in
            _ = try Self.drained(box)
            let daemon = try Self.daemon(quay, in: other)
            let elsewhere = try Self.box(of: daemon, other)
            #expect(waits { (try? box.ask("GET", "/api/v1/distant/assets").fields())?.number("count") ?? 0 > 90 })
            let live = try box.live()
            try live.subscribe(["assets"])
            try elsewhere.scan("BADGE-ANA")
            try elsewhere.scan("CAM-7")
            let started = ContinuousClock.now
            _ = try live.next { $0.text("kind") == "distant" }
            var person: String?
            #expect(
                waits(upTo: 10) {
                    person = (try? box.ask("GET", "/api/v1/distant/assets?q=cam-7").fields())?.list("items").first?
                        .text("person")
                    return person == "Ana Vidal"
                })
            #expect(ContinuousClock.now - started < .seconds(3), "other tests run beside this one")
            #expect(try box.asset("CAM-7").text("status") != "in_use", "one's own gear is left alone")
            daemon.kill()
        }
    }

    static func daemon(_ place: RealHub.Place, in folder: String) throws -> Daemon {
        let flags = try flags(place, in: folder)
        return try Daemon(
            ["demo", "--data", folder, "--listen", "127.0.0.1:0", "--json"],
            environment: [
                "DEPOTD_UPSTREAM_URL": place.url,
                "DEPOTD_UPSTREAM_PASSWORD_FILE": flags["upstream.password_file"] ?? "",
                "DEPOTD_READERS_ENABLED": "false",
            ])
    }

    static func box(of daemon: Daemon, _ folder: String) throws -> TestBox {
        let ready = Fields(Array(daemon.readLine().utf8))
        let url = try #require(URL(string: ready.text("url") ?? ""))
        return TestBox(port: UInt16(url.port ?? 0), token: ready.text("token") ?? "", folder: folder)
    }

    @Test func `pictures follow the changes, whole, also to a hub that lost them`() async throws {
        let hub = try RealHub()
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let read = try hub.office("reports")
        let header: [UInt8] =
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
            + [0, 0, 0, 32, 0, 0, 0, 20, 8, 0, 0, 0, 0]
        let picture = header + (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 5) }
        var flags = try Self.flags(hub.depot("Hall 4"), in: folder)
        flags["upstream.picture_kilobits"] = "0"
        try await TestBox.run(folder: folder, flags: flags) { box in
            let kept = try box.ask(
                "POST", "/api/v1/pictures", .verbatim(picture), headers: ["Content-Type": "image/png"])
            let id = try kept.fields().text("id") ?? ""
            let whole = "SELECT left(encode(sha256(bytes), 'hex'), 36) FROM office.pictures WHERE size > 600000"
            #expect(waits(upTo: 20) { (try? read(whole)) == id })
            #expect(waits(upTo: 10) { (try? box.ask("GET", "/api/v1/sync").fields())?.number("pictures") == 0 })
            // Brought back to before it: another epoch, so everything is asked about again.
            try hub.sql(
                "DELETE FROM depotd.picture_part; DELETE FROM depotd.picture; UPDATE depotd.tenant SET epoch = 'other'")
            try box.scan("BADGE-ANA")
            _ = try Self.ask(box, "POST", "/resume")
            #expect(waits(upTo: 80) { (try? read(whole)) == id })
        }
    }

    @Test func `a box without a hub says so`() async throws {
        try await TestBox.run { box in
            let standing = try box.ask("GET", "/api/v1/sync").fields()
            #expect(standing.text("state") == "off")
            #expect(try Self.ask(box, "POST", "/pause").status == 409)
        }
    }

    @Test(arguments: ["postgresql://role:secret@hub.example/depotd", "host=hub user=a password=b", "nonsense"])
    func `a hub's address with a password in it, or none at all, is refused`(url: String) {
        #expect(throws: ConfigurationFaults.self) {
            try Appliance.Configuration.load(file: nil, flags: ["upstream.url": url])
        }
    }

    /// Identities of a file's Changes that the hub has neither taken nor put aside.
    private static func missing(at hub: RealHub, from file: String) throws -> [String] {
        let rows = try hub.sql(
            "SELECT encode(hash, 'hex') FROM depotd.change UNION SELECT encode(hash, 'hex') FROM depotd.quarantine")
        let there = Set(rows.split(separator: "\n").map(String.init))
        return try DatabaseQueue(path: file).read { database in
            try String.fetchAll(database, sql: "SELECT lower(hex(hash)) FROM change").filter { !there.contains($0) }
        }
    }
}
