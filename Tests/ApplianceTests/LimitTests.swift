// How much one client may do, against the whole box: programs and people elsewhere are slowed down, doors never lose a
// scan.
import Core
import Drivers
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct LimitTests {
    private static func bearer(_ secret: String) -> [String: String] { ["Authorization": "Bearer \(secret)"] }

    private static func setStatus(
        _ box: TestBox, _ asset: String, _ status: String, _ headers: [String: String]
    ) throws -> Answer {
        try box.ask(
            "PATCH", "/api/v1/assets/\(asset)/status", ["status": .string(status)], headers: headers, authorization: nil
        )
    }

    @Test func `a program checks out ten times a minute, and takes in as often as it likes`() async throws {
        try await TestBox.run { box in
            let key = Self.bearer(try box.makeKey("Shop", [.write]).secret)
            let camera = try #require(try box.asset("CAM-7").text("id"))
            for number in 1...10 {
                #expect(try Self.setStatus(box, camera, "in_use", key).status == 200, "\(number)")
                #expect(try Self.setStatus(box, camera, "available", key).status == 200, "\(number)")
            }
            let refused = try Self.setStatus(box, camera, "in_use", key)
            #expect(try refused.status == 429 && refused.fields().text("code") == "tooMany")
            #expect((1...6).contains(Int(refused["retry-after"] ?? "") ?? 0))
            #expect(refused["content-type"] == "application/problem+json")
            // Somebody else may, and looking is free.
            let other = Self.bearer(try box.makeKey("Other", [.write]).secret)
            #expect(try Self.setStatus(box, camera, "in_use", other).status == 200)
            #expect(try box.ask("GET", "/api/v1/assets", headers: key, authorization: nil).status == 200)
            #expect(try box.ask("GET", "/metrics").text.contains("depotd_limited_total{limit=\"checkouts\"} 1"))
        }
    }

    @Test func `who has checked out enough may still scan in, and what is refused is as if it was not scanned`()
        async throws
    {
        try await TestBox.run(flags: ["limits.checkouts_per_minute": "2"]) { box in
            let key = Self.bearer(try box.makeKey("Shop", [.write]).secret)
            let doors = try box.ask("GET", "/api/v1/doors").fields().list("items")
            func door(_ direction: String) -> JSON {
                .optional(doors.first { $0.text("direction") == direction }?.text("id"))
            }
            func scan(_ code: String, at door: JSON, _ id: String = UUID().uuidString) throws -> Answer {
                try box.ask(
                    "POST", "/api/v1/scans", ["code": .string(code), "door": door],
                    headers: key.merging(["Idempotency-Key": id]) { $1 }, authorization: nil)
            }
            for code in ["CAM-7", "CAM-8"] { #expect(try scan(code, at: door("out")).fields().text("word") == "OUT") }
            // The refusal itself is noted on another topic.
            func scans() throws -> Int {
                try box.askAsAdmin("GET", "/api/v1/audit?topic=scans").fields().list("items").count
            }
            let count = try scans()
            #expect(count > 0)
            #expect(try scan("LENS-1", at: door("out"), "later").status == 429)
            #expect(try box.asset("LENS-1").text("status") == "available")
            #expect(try scans() == count)
            // In, what is unknown, and a code sent again are no check-outs.
            let back = try scan("CAM-7", at: door("in"))
            #expect(try back.status == 201 && back.fields().text("word") == "IN", "\(back.text)")
            #expect(try scan("NOBODY-KNOWS", at: door("out")).fields().text("outcome") == "unknown")
            let metrics = try box.ask("GET", "/metrics").text
            #expect(metrics.contains("depotd_limited_total{limit=\"checkouts\"} 1"))
        }
    }

    @Test func `a token does not give its key a second allowance`() async throws {
        try await TestBox.run(flags: ["limits.checkouts_per_minute": "1"]) { box in
            let key = try box.makeKey("Shop", [.write]).secret
            let camera = try #require(try box.asset("CAM-7").text("id"))
            #expect(try Self.setStatus(box, camera, "in_use", Self.bearer(key)).status == 200)
            let token = Self.bearer(try box.exchange(key))
            #expect(try Self.setStatus(box, camera, "in_use", token).status == 429)
        }
    }

    @Test func `a program changes a hundred things a minute`() async throws {
        try await TestBox.run { box in
            let key = Self.bearer(try box.makeKey("Shop", [.write]).secret)
            let microphone = try #require(try box.asset("MIC-1").text("id"))
            let began = ContinuousClock.now
            var allowed = 0
            while allowed < 1_000, try Self.setStatus(box, microphone, "maintenance", key).status == 200 {
                allowed += 1
            }
            // However slow the machine is: a hundred, and what came back meanwhile.
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            #expect((100...101 + Int(seconds * 100 / 60)).contains(allowed), "\(allowed) in \(seconds) s")
        }
    }

    @Test func `a door's program is never throttled`() async throws {
        try await TestBox.run(flags: ["limits.events_per_minute": "5", "limits.checkouts_per_minute": "1"]) { box in
            let door = Self.bearer(try box.makeKey("Gate", [.door]).secret)
            for number in 1...60 {
                let answer = try box.ask(
                    "POST", "/api/v1/scans", ["code": .string("NEW-\(number)")], headers: door, authorization: nil)
                #expect(answer.status == 201)
            }
        }
    }

    /// A request of somebody at another machine, as the router hands it on.
    private static func exchange(_ principal: Principal, _ headers: [(String, String)] = []) -> Exchange {
        var fields = HTTPHeaders()
        for (name, value) in headers { fields.add(name, value) }
        let head = HTTPRequestHead(
            method: "POST", path: "/api/v1/scans", headers: fields, peerAddress: "192.168.4.20")
        return Exchange(request: HTTPRequest(head: head), parameters: [:], principal: principal, secret: nil)
    }

    @Test func `scans that a page kept without a network are all taken in, and what is sent at once is not`()
        async throws
    {
        let limits = Limits(
            .init(eventsPerMinute: 5, checkoutsPerMinute: 2, doorWaitingCountMax: 300), clock: HybridClock())
        let route = Route("POST", "/api/v1/scans", RouteDocument("scans", "Scan")) { exchange in
            try exchange.judge(["action": "out"])
            return .response(HTTPResponse(status: 201))
        }
        func count(_ principal: Principal, _ headers: [(String, String)]) async throws -> Int {
            var count = 0
            for _ in 1...20 {
                do {
                    _ = try await limits.carryOut(Self.exchange(principal, headers), of: route) {
                        try await route.handler($0)
                    }
                    count += 1
                } catch let failure as Failure { #expect(failure.code == .tooMany) }
            }
            return count
        }
        let made = [("Idempotency-Key", "k"), ("Depotd-Made-At", Date(timeIntervalSinceNow: -60).iso8601)]
        let fresh = [("Idempotency-Key", "k"), ("Depotd-Made-At", Date().iso8601)]
        let ana = Principal(person: Person.ID("ana"), role: .crew)
        #expect(try await count(ana, made) == 20)
        #expect(try await count(ana, fresh) == 2)
        #expect(try await count(Principal(person: Person.ID("ben"), role: .crew), [made[1]]) == 2)
        // A program has no page to keep scans in: the header buys it nothing.
        var shop = Principal(device: "Shop", role: .crew)
        shop.scopes = [.write]
        #expect(try await count(shop, made) == 2)
        shop.scopes = [.door]
        #expect(try await count(shop, []) == 20)
    }

    @Test func `more scans at once than may wait are told to come back, and none that was let in is lost`() async throws
    {
        try await TestBox.run(flags: ["limits.door_waiting_max": "2"]) { box in
            let wires = try (1...40).map { number in
                let body: JSON = ["code": .string("NEW-\(number)")]
                let wire = try Wire(port: box.port)
                let head =
                    "POST /api/v1/scans HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(box.token)\r\n"
                    + "Idempotency-Key: at-once-\(number)\r\nContent-Length: \(body.bytes.count)\r\n\r\n"
                return (wire, Array(head.utf8) + body.bytes)
            }
            for (wire, bytes) in wires { try wire.send(bytes) }
            let answers = try wires.map { try $0.0.readAnswer() }
            let taken = answers.filter { $0.status == 201 }
            let later = answers.filter { $0.status == 503 }
            #expect(!taken.isEmpty && taken.count + later.count == 40)
            for answer in later { #expect(answer["retry-after"] != nil) }
            for (number, answer) in answers.enumerated() {
                // Sent again, what was taken in is the same scan, and what was not is taken in now.
                let again = try box.ask(
                    "POST", "/api/v1/scans", ["code": .string("NEW-\(number + 1)")],
                    headers: ["Idempotency-Key": "at-once-\(number + 1)"])
                #expect(again.status == (answer.status == 201 ? 200 : 201))
            }
        }
    }
}
