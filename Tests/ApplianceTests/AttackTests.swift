// What somebody on the network may try against the whole box: to leave the pages' folder, to slip a second request in, to
// speak through another one's browser, and to keep honest people from their work.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite(.serialized, .timeLimit(.minutes(4))) struct AttackTests {
    static let steps = [
        "/../../../../etc/passwd", "/..%2f..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%252e%252e/etc/passwd",
        "/..;/..;/etc/passwd", "/....//....//etc/passwd", "/..%5c..%5cetc%5cpasswd", "/..%c0%af..%c0%afetc/passwd",
        "//etc/passwd", "/assets/../../box.sqlite", "/api/v1/pictures/..%2f..%2fbox.sqlite", "/box.sqlite",
        "/local-access.json", "/api/v1/export/..%2f..%2flocal-access.json", "/api/v1/imports/..%2Fbox.sqlite",
    ]

    @Test(arguments: steps) func `no path leads to a file`(path: String) async throws {
        try await TestBox.run { box in
            let answer = try box.ask("GET", path)
            // An address that is none of ours shows the pages, which are in the binary.
            #expect([200, 400, 404].contains(answer.status), "\(answer.status)")
            #expect(
                !answer.text.contains("root:") && !answer.text.contains("SQLite format") && !answer.text.contains("dk_")
            )
        }
    }

    /// A request with a second one hidden in what one reader takes for its body.
    static let smuggled = [
        "POST /api/v1/scans HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /api/v1/scans HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nContent-Length: 60\r\n\r\n0\r\n\r\n",
        "POST /api/v1/scans HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\n",
    ]

    @Test(arguments: smuggled) func `a second request in the body of a first is answered to nobody`(head: String)
        async throws
    {
        try await TestBox.run { box in
            let wire = try Wire(port: box.port)
            try? wire.send(head + "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let first = try wire.readAnswer()
            #expect((400...501).contains(first.status))
            // Closed at once: nothing that follows is read as a request.
            #expect(wire.isEnded())
        }
    }

    @Test func `a page of another site opens no live connection with somebody's cookie`() async throws {
        try await TestBox.run { box in
            let cookie = try box.signIn("Ana Vidal", pin: "1111")
            let origins = [
                "https://evil.example", "null", "http://localhost.evil.example",
                "http://127.0.0.1:\(box.port).evil.example",
                "http://127.0.0.1:1", "file://", "",
            ]
            let upgrade = [
                "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Cookie": cookie,
            ]
            for path in ["/api/v1/live", "/api/v1/live/guest"] {
                for origin in origins {
                    let answer = try box.ask(
                        "GET", path, headers: upgrade.merging(["Origin": origin]) { $1 }, authorization: nil)
                    #expect(answer.status == 403, "\(path) from \(origin): \(answer.status)")
                }
            }
            let own = ["Origin": "http://127.0.0.1:\(box.port)", "Cookie": cookie]
            try box.live(own, authorization: nil).subscribe(["scans"])
        }
    }

    @Test func `a page of another site writes nothing with somebody's cookie`() async throws {
        try await TestBox.run { box in
            let cookie = try box.signIn("Mara Lindqvist", pin: "4711")
            for (method, path) in [
                ("POST", "/api/v1/scans"), ("POST", "/api/v1/models"), ("DELETE", "/api/v1/session"),
            ] {
                let answer = try box.ask(
                    method, path, ["name": "x", "code": "CAM-7"],
                    headers: ["Cookie": cookie, "Origin": "https://evil.example", "Content-Type": "text/plain"],
                    authorization: nil)
                #expect(answer.status == 403)
            }
            #expect(
                try box.ask("GET", "/api/v1/session", headers: ["Cookie": cookie], authorization: nil).status == 200)
        }
    }

    /// Milliseconds that the slowest but one in a hundred of these scans took.
    private static func slowest(_ box: TestBox, _ count: Int) throws -> Double {
        let times = try (0..<count).map { _ in
            let begun = ContinuousClock.now
            let status = try box.ask("GET", "/api/v1/doors").status
            #expect(status == 200)
            return (ContinuousClock.now - begun) / .milliseconds(1)
        }.sorted()
        return times[count * 99 / 100]
    }

    @Test func `honest people do not notice slow clients and floods of connections`() async throws {
        try await TestBox.run(flags: ["http.header_seconds": "120", "http.connections_per_address_max": "6000"]) {
            box in
            var rounds: [(quiet: Double, under: Double)] = []
            // Ten turns: somebody else on this machine may disturb some. What the box itself did would show in each.
            for _ in 1...10 {
                let quiet = try Self.slowest(box, 300)
                let storm = Storm(port: box.port)
                try storm.begin()
                let under = try Self.slowest(box, 300)
                storm.end()
                rounds.append((quiet, under))
                if under <= max(quiet * 1.25, quiet + 5) { return }
            }
            Issue.record("p99 in ms, quiet and under attack: \(rounds)")
        }
    }
}

/// Slow clients, and connections that come and go, on a thread of its own.
// Unchecked: the lock guards what both threads touch; the wires belong to the storm's thread alone.
private final class Storm: @unchecked Sendable {
    private let port: UInt16
    private let lock = NSLock()
    private var isOver = false
    private let begun = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(port: UInt16) { self.port = port }

    func begin() throws {
        Thread { [self] in blow() }.start()
        begun.wait()
    }

    func end() {
        lock.withLock { isOver = true }
        ended.wait()
    }

    private func blow() {
        let slow = (0..<400).compactMap { _ in try? Wire(port: port) }
        for wire in slow { try? wire.send("POST /api/v1/scans HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ") }
        begun.signal()
        var turn = 0
        while !lock.withLock({ isOver }) {
            // A byte to each slow one; half of the others begin as HTTP, half as TLS.
            for wire in slow { try? wire.send("a") }
            for _ in 0..<20 { try? Wire(port: port).send(turn.isMultiple(of: 2) ? "GET " : "\u{16}\u{3}") }
            turn += 1
            Thread.sleep(forTimeInterval: 0.02)
        }
        ended.signal()
    }
}
