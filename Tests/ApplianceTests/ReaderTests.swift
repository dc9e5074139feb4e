// The main job from end to end: a code typed by an emulated USB reader, read by real libusb in the unmodified daemon,
// becomes a row in SpatiaLite and a frame at a screen.
import Core
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Appliance

@Suite struct ReaderTests {
    /// The daemon under emulated USB, with what its ready line says.
    fileprivate final class Depot {
        let usb: EmulatedUSB
        let folder: String
        let port: UInt16
        let token: String

        init(_ prepare: (EmulatedUSB) async throws -> Void) async throws {
            folder = NSTemporaryDirectory() + "depotd-usb-" + UUID().uuidString
            usb = try EmulatedUSB(program: [Daemon.path, "demo", "--json", "--data", folder, "--listen", "127.0.0.1:0"])
            try await prepare(usb)
            try await usb.send("start", until: "started")
            let ready = Fields(Array(try await usb.event("out").dropFirst(4).utf8))
            token = try LocalAccess.managersKey(in: folder)
            port = UInt16(try #require(URL(string: ready.text("url") ?? "")?.port))
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func screen(_ topics: String...) throws -> LiveClient {
            let headers = ["Host": "127.0.0.1:\(port)", "Authorization": "Bearer \(token)"]
            let client = LiveClient(socket: try WireSocket(port: port, path: "/api/v1/live", headers: headers))
            try client.subscribe(topics)
            return client
        }

        /// What the file holds, read by a second program as it were.
        func holder(of number: String) throws -> String? {
            var configuration = GRDB.Configuration()
            configuration.readonly = true
            return try DatabaseQueue(path: folder + "/depot.sqlite", configuration: configuration).read { database in
                try String.fetchOne(
                    database,
                    sql: """
                        SELECT person.name FROM custody JOIN asset ON asset.id = custody.asset
                        JOIN person ON person.id = custody.person WHERE asset.number = ?
                        """, arguments: [number])
            }
        }
    }

    @Test func `a code typed by a reader is in the file and on the screen`() async throws {
        let depot = try await Depot { usb in
            try await usb.send("keyboard r 1-3 05e0:1200", until: "ok")
            try await usb.send("plug r", until: "plugged r")
        }
        let screen = try depot.screen("assets", "scans")
        try await depot.usb.event("asked r")
        depot.usb.send("type r BADGE-BEN\\nCAM-7\\n")
        let (hello, custody, outcome) = try await onOwnThread { [screen = Sent(screen)] in
            (try screen.value.change(), try screen.value.change(), try screen.value.change())
        }
        #expect(hello.object("data").text("word") == "HELLO")
        #expect(custody.text("kind") == "custody" && custody.object("data").text("number") == "CAM-7")
        #expect(outcome.object("data").text("word") == "OUT" && outcome.object("data").text("reader") == "usb:1-3:0")
        #expect(try depot.holder(of: "CAM-7") == "Ben Ortiz")
    }

    @Test func `an unknown keyboard is offered, adopted by a person, and given back`() async throws {
        let depot = try await Depot { usb in
            try await usb.send("keyboard k 1-4 1234:5678", until: "ok")
        }
        let screen = try depot.screen("readers", "scans")
        try await depot.usb.send("plug k", until: "plugged k")
        let offered = try await onOwnThread { [screen = Sent(screen)] in
            try screen.value.next { (message: Fields) in message.text("topic") == "readers" }
        }.object("data")
        #expect(offered.text("state") == "offered" && offered.text("port") == "usb:1-4:0")
        #expect(!depot.usb.hasSeen { $0.hasPrefix("claimed k") })
        let path = "/api/v1/readers/\(offered.text("id") ?? "")"
        try depot.patch(path, ["state": "reading"])
        try await depot.usb.event("asked k")
        depot.usb.send("type k CAM-8\\n")
        let outcome = try await onOwnThread { [screen = Sent(screen)] in
            try screen.value.next { (message: Fields) in message.text("topic") == "scans" }
        }
        #expect(outcome.object("data").object("asset").text("number") == "CAM-8")
        try depot.patch(path, ["state": "ignored"])
        try await depot.usb.event("attached k")
    }

    @Test func `a reader that is unplugged and plugged in again is read on`() async throws {
        let depot = try await Depot { usb in
            try await usb.send("keyboard r 1-3 05e0:1200", until: "ok")
            try await usb.send("plug r", until: "plugged r")
        }
        let screen = try depot.screen("scans")
        try await depot.usb.event("asked r")
        for number in 1...3 {
            depot.usb.send("type r ROUND-\(number)\\n")
            let change = try await onOwnThread { [screen = Sent(screen)] in try screen.value.change() }
            #expect(change.object("data").text("code") == "ROUND-\(number)")
            try await depot.usb.send("unplug r", until: "unplugged r")
            try await depot.usb.send("plug r", until: "plugged r")
            try await depot.usb.event("asked r")
        }
    }

    @Test func `two readers at two doors are decided each by its own door`() async throws {
        let depot = try await Depot { usb in
            for (name, port) in [("a", "1-1"), ("b", "1-2")] {
                try await usb.send("keyboard \(name) \(port) 05e0:1200", until: "ok")
                try await usb.send("plug \(name)", until: "plugged \(name)")
            }
        }
        try await depot.usb.event("asked a")
        try await depot.usb.event("asked b")
        let doors = try depot.get("/api/v1/doors").list("items")
        let readers = try depot.get("/api/v1/readers").list("items")
        for (port, door) in [("usb:1-1:0", "Loading bay"), ("usb:1-2:0", "Returns")] {
            let reader = readers.first { $0.text("port") == port }?.text("id") ?? ""
            let id = doors.first { $0.text("name") == door }?.text("id") ?? ""
            try depot.patch("/api/v1/readers/\(reader)", ["door": .string(id)])
        }
        let screen = try depot.screen("scans")
        depot.usb.send("type a CAM-7\\n")
        let out = try await onOwnThread { [screen = Sent(screen)] in try screen.value.change() }
        depot.usb.send("type b CAM-7\\n")
        let back = try await onOwnThread { [screen = Sent(screen)] in try screen.value.change() }
        #expect(out.object("data").text("word") == "OUT" && back.object("data").text("word") == "IN")
        #expect(back.object("data").object("door").text("name") == "Returns")
    }

    @Test func `a reader that is given to another organisation reads at that one's door and no longer at ours`()
        async throws
    {
        let depot = try await Depot { usb in
            try await usb.send("keyboard r 1-3 05e0:1200", until: "ok")
            try await usb.send("plug r", until: "plugged r")
        }
        let screen = try depot.screen("scans")
        try await depot.usb.event("asked r")
        let data = depot.folder
        let run = { (arguments: [String]) async throws -> (code: Int32, text: String) in
            try await onOwnThread {
                let daemon = try Daemon(["organisation"] + arguments + ["--data", data])
                let code = try daemon.waitForEnd()
                return (code, daemon.output + daemon.errors)
            }
        }
        #expect(try await run(["create", "Other Films"]).code == 0)
        #expect(try await run(["reader", "usb:9-9:0", "other-films"]).text.contains("no such reader"))
        let given = try await run(["reader", "usb:1-3:0", "other-films"])
        #expect(given.code == 0 && given.text == "The reader at usb:1-3:0 is Other Films’s.\n", "\(given)")
        depot.usb.send("type r CAM-7\\n")
        let folder = try #require(try TenancyBook.look(in: data).last).folder(in: data)
        #expect(await comes { (try? depot.codes(in: folder)) == ["CAM-7"] })
        // Ours hears the next code once it has the reader again, and has heard nothing of the one before.
        #expect(try await run(["reader", "usb:1-3:0", "northlight-rental"]).code == 0)
        depot.usb.send("type r CAM-8\\n")
        let change = try await onOwnThread { [screen = Sent(screen)] in try screen.value.change() }
        #expect(change.object("data").text("code") == "CAM-8")
        #expect(try depot.codes(in: folder) == ["CAM-7"])
    }

    @Test func `scans acknowledged before a kill are there after it`() async throws {
        let depot = try await Depot { usb in
            try await usb.send("keyboard r 1-3 05e0:1200", until: "ok")
            try await usb.send("plug r", until: "plugged r")
        }
        let screen = try depot.screen("scans")
        try await depot.usb.event("asked r")
        depot.usb.send("type r " + (1...30).map { "KILL-\($0)\\n" }.joined())
        let shown = try await onOwnThread { [screen = Sent(screen)] in
            try (1...15).map { _ in try screen.value.change().object("data").text("code") ?? "" }
        }
        try await depot.usb.send("kill 9", until: "ended")
        let daemon = try Daemon(["demo", "--json", "--data", depot.folder, "--listen", "127.0.0.1:0"])
        #expect(try await onOwnThread { daemon.readLine() }.contains("token"))
        let kept = try depot.codes()
        #expect(Set(shown).isSubset(of: kept))
    }
}

extension ReaderTests.Depot {
    fileprivate func get(_ path: String) throws -> Fields { try ask("GET", path, nil) }

    @discardableResult
    fileprivate func patch(_ path: String, _ body: JSON) throws -> Fields { try ask("PATCH", path, body) }

    private func ask(_ method: String, _ path: String, _ body: JSON?) throws -> Fields {
        let wire = try Wire(port: port)
        let bytes = body?.bytes ?? []
        let head = [
            "\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Authorization: Bearer \(token)",
            "Content-Length: \(bytes.count)", "", "",
        ]
        try wire.send(Array(head.joined(separator: "\r\n").utf8) + bytes)
        let answer = try wire.readAnswer()
        #expect(answer.status == 200, "\(path): \(answer.text)")
        return try answer.fields()
    }

    /// The codes in the journal.
    fileprivate func codes(in folder: String? = nil) throws -> Set<String> {
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        let path = (folder ?? self.folder) + "/depot.sqlite"
        return try DatabaseQueue(path: path, configuration: configuration).read { database in
            Set(try String.fetchAll(database, sql: "SELECT code FROM scan WHERE body IS NOT NULL"))
        }
    }
}

/// Carries a client to the thread that reads it; the test waits meanwhile.
private struct Sent<Value>: @unchecked Sendable {
    // Unchecked: one thread at a time uses the value, as the test awaits each use.
    let value: Value

    init(_ value: Value) { self.value = value }
}
