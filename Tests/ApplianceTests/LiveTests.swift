// The live socket: what was committed reaches every screen once and in order, and who was away comes back.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct LiveTests {
    @Test func `a change reaches every subscriber with its fields and what they were`() async throws {
        try await TestBox.run { box in
            let screens = try (0..<3).map { _ in try box.live() }
            for screen in screens { try screen.subscribe(["assets"]) }
            let lens = try box.asset("LENS-1")
            _ = try box.ask(
                "PATCH", "/api/v1/assets/\(lens.text("id") ?? "")/status",
                ["status": "maintenance", "note": "front ring"])
            for screen in screens {
                let change = try screen.change()
                let data = change.object("data")
                #expect(change.text("topic") == "assets" && change.text("kind") == "status")
                #expect(data.text("status") == "maintenance" && data.text("note") == "front ring")
                #expect(data.object("before").text("status") == "available")
            }
        }
    }

    @Test func `topics that were not asked for are not sent`() async throws {
        try await TestBox.run { box in
            let screen = try box.live()
            try screen.subscribe(["scans"])
            try box.scan("CAM-7")
            try box.scan("CAM-8")
            #expect(try screen.change().text("topic") == "scans")
            #expect(try screen.change().text("topic") == "scans")
            try screen.send(["type": "ping"])
            #expect(try screen.next().text("type") == "pong")
        }
    }

    @Test(arguments: [("ring", 20), ("store", 90)])
    func `a screen that comes back gets what it missed, once and in order`(source: String, count: Int) async throws {
        // An unknown code makes two Changes: 90 of them are more than the ring holds.
        try await TestBox.run(flags: ["live.ring_changes_max": "100"]) { box in
            let first = try box.live()
            let position = try first.subscribe(["scans", "assets"])
            let epoch = position.text("epoch") ?? ""
            let start = position.number("seq") ?? 0
            for number in 1...count { try box.scan("NEW-\(number)") }
            let back = try box.live()
            let answer = try back.subscribe(["scans"], since: (epoch, start))
            #expect(answer.text("type") == "subscribed" && answer.number("seq") == start)
            let codes = try (1...count).map { _ in try back.change().object("data").text("code") }
            #expect(codes == (1...count).map { "NEW-\($0)" })
            #expect(try back.next().text("type") == "position")
            try box.scan("NEW-LAST")
            #expect(try back.change().object("data").text("code") == "NEW-LAST")
            let metrics = try box.ask("GET", "/metrics").text
            #expect(metrics.contains("depotd_live_resumed_total{from=\"\(source)\"} 1"))
        }
    }

    // The smallest number there is: the distance to it does not fit, and once ended the daemon.
    @Test(arguments: [("another", 3), ("same", 1_000_000), ("same", -1), ("same", Int.min), ("same", Int.max)])
    func `a position that is not of this log is answered with a reset`(epoch: String, seq: Int) async throws {
        try await TestBox.run { box in
            let screen = try box.live()
            let own = try screen.subscribe(["scans"]).text("epoch") ?? ""
            let answer = try screen.subscribe(["assets"], since: (epoch == "same" ? own : epoch, seq))
            #expect(answer.text("type") == "reset")
            #expect(try screen.next().text("type") == "subscribed")
            try box.scan("CAM-7")
            #expect(try screen.change().text("epoch") == own)
        }
    }

    @Test(arguments: ["not json", "[]", "{}", #"{"type":"subscribe","topics":["everything"]}"#, #"{"type":"dance"}"#])
    func `a message that makes no sense is answered and the connection stays`(message: String) async throws {
        try await TestBox.run { box in
            let screen = try box.live()
            try screen.socket.send(text: message)
            #expect(try screen.next().text("type") == "error")
            #expect(try screen.subscribe(["assets"]).text("type") == "subscribed")
        }
    }

    @Test func `a client that talks too much is closed`() async throws {
        try await TestBox.run { box in
            let screen = try box.live()
            for _ in 0...100 { try? screen.send(["type": "ping"]) }
            #expect(try screen.socket.readCloseCode() == 4008)
        }
    }

    @Test func `signing out closes the session's live connections`() async throws {
        try await TestBox.run { box in
            let people = try box.ask("GET", "/api/v1/session/people", authorization: nil).fields().list("items")
            let ana = people.first { $0.text("name") == "Ana Vidal" }?.text("id") ?? ""
            let opened = try box.ask(
                "POST", "/api/v1/session", ["person": .string(ana), "pin": "1111"], authorization: nil)
            let session = ["Cookie": String((opened["set-cookie"] ?? "").prefix { $0 != ";" })]
            let screen = try box.live(session, authorization: nil)
            try screen.subscribe(["assets"])
            _ = try box.ask("DELETE", "/api/v1/session", headers: session, authorization: nil)
            #expect(try screen.socket.readCloseCode() == 4401)
        }
    }

    @Test func `nobody listens without signing in`() async throws {
        try await TestBox.run { box in
            let refused = try box.live(authorization: nil)
            #expect(refused.socket.answer.status == 401)
        }
    }

    @Test func `screens that come back after a restart miss nothing, and the store is read once for all`() async throws
    {
        let folder = NSTemporaryDirectory() + "depotd-restart-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let position = try await TestBox.run(folder: folder) { box in
            let screen = try box.live()
            let position = try screen.subscribe(["scans"])
            try box.scan("NEW-1")
            return (position.text("epoch") ?? "", position.number("seq") ?? 0)
        }
        try await TestBox.run(folder: folder) { box in
            try box.scan("NEW-2")
            for screen in try (0..<100).map({ _ in try box.live() }) {
                #expect(try screen.subscribe(["scans"], since: position).text("type") == "subscribed")
                #expect(try screen.change().object("data").text("code") == "NEW-1")
                #expect(try screen.change().object("data").text("code") == "NEW-2")
            }
            let metrics = try box.ask("GET", "/metrics").text
            #expect(metrics.contains("depotd_live_resumed_total{from=\"ring\"} 100"))
            #expect(metrics.contains("depotd_live_resumed_total{from=\"store\"} 0"))
        }
    }
}
