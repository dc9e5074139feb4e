// What nobody should send, against the whole box: each gets a clear error or a closed connection, the next request is
// served, memory stays flat, and no scan is lost.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite(.serialized, .timeLimit(.minutes(4))) struct BadInputTests {
    private static let zeros = String(repeating: "0", count: 30)

    /// What is wrong, and the bytes behind a right `Host`.
    static let requests: [(wrong: String, head: String, status: ClosedRange<Int>)] = [
        ("no such version", "GET / HTTP/9.9\r\n", 400...505), ("a small method", "get / HTTP/1.1\r\n", 501...501),
        ("a step up", "GET /api/../x HTTP/1.1\r\n", 400...400), ("a NUL", "GET /a%00 HTTP/1.1\r\n", 400...400),
        ("not UTF-8", "GET /%FF%FE HTTP/1.1\r\n", 400...400), ("half an escape", "GET /% HTTP/1.1\r\n", 400...400),
        ("two hosts", "GET / HTTP/1.1\r\nHost: evil.example\r\n", 400...421),
        ("two framings", "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400...400),
        ("two lengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n", 400...400),
        ("a negative length", "POST /api/v1/scans HTTP/1.1\r\nContent-Length: -1\r\n", 400...413),
        ("a length of 10^30", "POST / HTTP/1.1\r\nContent-Length: 1\(zeros)\r\n", 400...413),
        ("an endless field", "GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 60_000))\r\n", 413...431),
        ("many fields", "GET / HTTP/1.1\r\n\(String(repeating: "X: y\r\n", count: 200))", 431...431),
        ("a long target", "GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\n", 414...414),
    ]

    @Test func `a malformed request is answered with an error and closed`() async throws {
        try await TestBox.run { box in
            for request in Self.requests {
                let wire = try Wire(port: box.port)
                // The line comes first, then the host, then what is wrong in the fields.
                let lines = request.head.split(separator: "\r\n", maxSplits: 1, omittingEmptySubsequences: false)
                try? wire.send("\(lines[0])\r\nHost: 127.0.0.1:\(box.port)\r\n\(lines[1])\r\n")
                let answer = try wire.readAnswer()
                #expect(request.status.contains(answer.status), "\(request.wrong): \(answer.status)")
                #expect(wire.isEnded(), "\(request.wrong)")
                #expect(try box.ask("GET", "/healthz").status == 200)
            }
        }
    }

    @Test(arguments: ["Content-Length: 10000000\r\n", "Transfer-Encoding: chunked\r\n"])
    func `ten megabytes are too large before they are there`(framing: String) async throws {
        try await TestBox.run { box in
            let wire = try Wire(port: box.port)
            let head = "POST /api/v1/scans HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(box.token)\r\n"
            try wire.send(head + framing + "\r\n")
            let isChunked = framing.hasPrefix("T")
            // 10,000 bytes a chunk; a little more than the bound, for the box hangs up before ten megabytes are there.
            if isChunked {
                let chunk = "2710\r\n" + String(repeating: "x", count: 10_000) + "\r\n"
                for _ in 0..<120 { try wire.send(chunk) }
                try wire.send("0\r\n\r\n")
            }
            let answer = try wire.readAnswer()
            #expect(try answer.status == 413 && answer.fields().text("code") == "tooLarge")
            #expect(answer["content-type"] == "application/problem+json")
            #expect(wire.isEnded())
            #expect(try box.scan("CAM-7").text("outcome") == "ok")
        }
    }

    static let statements = [
        "'; DROP TABLE asset; --", "\" OR 1=1 --", "%' OR '1'='1", "x'); DELETE FROM scan; --",
        "\\'; PRAGMA user_version=9",
        "CAM-7' UNION SELECT * FROM session --", "\u{202E}DROP", "NULL", "?1", ":id", "$1", "{{7*7}}",
        "<script>alert(1)</script>",
    ]

    @Test func `SQL in codes, names and searches is text and nothing else`() async throws {
        try await TestBox.run { box in
            let count = try box.ask("GET", "/api/v1/assets").fields().number("total")
            for (number, text) in Self.statements.enumerated() {
                let told = try box.ask("POST", "/api/v1/scans", ["code": .string(text)])
                #expect(try told.status == 201 && told.fields().has("code"), "\(text)")
                let query = text.utf8.map { "%" + Hex.text([$0]) }.joined()
                let found = try box.ask("GET", "/api/v1/assets?q=\(query)")
                #expect(try found.status == 200 && (found.fields().number("total") ?? count) < count ?? 0, "\(text)")
                #expect(try box.ask("GET", "/api/v1/assets?category=\(query)").fields().number("total") == 0)
                #expect(try [404, 400].contains(box.ask("GET", "/api/v1/assets/\(query)").status), "\(text)")
                let asset = try box.asset("MIC-\(1 + number % 5)").text("id") ?? ""
                let path = "/api/v1/assets/\(asset)/status"
                let noted = try box.ask("PATCH", path, ["status": "maintenance", "note": .string(text)])
                #expect(try noted.fields().text("note") == text)
            }
            #expect(try box.ask("GET", "/api/v1/assets").fields().number("total") == count)
            #expect(try box.ask("GET", "/api/v1/session").status == 200)
        }
    }

    static let bodies = [
        "", "{", "null", "[]", "7", "\"\\ud800\"", "{\"code\":\"\\ud800\"}", "{\"code\":1e999}", "{\"code\":null}",
        String(repeating: "[", count: 100_000), "{\"code\":\"a\"", "\u{FEFF}{}",
    ]

    @Test func `a body that is no JSON of the route is named so`() async throws {
        try await TestBox.run { box in
            let notText: [[UInt8]] = [[0xFF, 0xFE, 0x00], Array("{\"code\":\"".utf8) + [0xC3, 0x28]]
            let raw = Self.bodies.map { Array($0.utf8) } + notText
            for body in raw {
                let answer = try box.ask("POST", "/api/v1/scans", .verbatim(body))
                #expect(answer.status == 400, "\(String(decoding: body.prefix(40), as: UTF8.self)): \(answer.text)")
                #expect(try answer.fields().text("code") == "invalid")
            }
        }
    }

    /// What breaks the protocol of the live socket, and the code it is closed with.
    static let frames: [(wrong: String, bytes: [UInt8], code: Int)] = [
        ("no mask", WireSocket.bytes(0x1, [0x7B], isMasked: false), 1002),
        ("RSV2", WireSocket.bytes(0x1, [0x7B], reserved: 2), 1002),
        ("RSV3 with deflate agreed", WireSocket.bytes(0x1, [0x7B], reserved: 5), 1002),
        ("a length of 2^62", [0x81, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5], 1009),
        ("not UTF-8", WireSocket.bytes(0x1, [0xC3, 0x28]), 1007), ("binary", WireSocket.bytes(0x2, [1]), 1003),
        ("not deflated", WireSocket.bytes(0x1, [0xFF, 0xFF, 0xFF], reserved: 4), 1007),
        ("10 MB", WireSocket.bytes(0x1, [UInt8](repeating: 0x20, count: 10_000_000)), 1009),
    ]

    @Test func `a broken frame closes its own socket with its code`() async throws {
        try await TestBox.run { box in
            let healthy = try box.live()
            try healthy.subscribe(["scans"])
            for frame in Self.frames {
                let hostile = try box.live(["Sec-WebSocket-Extensions": "permessage-deflate"])
                try? hostile.socket.wire.send(frame.bytes)
                #expect(try hostile.socket.readCloseCode() == frame.code, "\(frame.wrong)")
                try box.scan("NEW \(frame.wrong)")
                #expect(try healthy.change().object("data").text("code") == "NEW \(frame.wrong)")
            }
        }
    }

    @Test func `silent, slow and half-open connections are cut and hold nobody up`() async throws {
        try await TestBox.run(flags: ["http.header_seconds": "1"]) { box in
            let silent = try (0..<200).map { _ in try Wire(port: box.port) }
            let begun = try (0..<200).map { _ in try Wire(port: box.port) }
            for wire in begun { try wire.send("POST /api/v1/scans HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ") }
            let halfOpen = try (0..<50).map { _ in try Wire(port: box.port) }
            for wire in halfOpen { wire.shutdownWriting() }
            #expect(try box.scan("CAM-7").text("outcome") == "ok")
            for wire in silent + begun + halfOpen { #expect(wire.isEnded(within: 20)) }
            #expect(waits { (try? Self.figure("depotd_http_connections_open", of: box)) ?? 99 <= 2 })
            #expect(try Self.figure("depotd_http_connections_reaped_total", of: box) >= 400)
        }
    }

    private static func figure(_ name: String, of box: TestBox) throws -> Int {
        figure(name, in: try box.ask("GET", "/metrics").text)
    }

    private static func figure(_ name: String, in text: String) -> Int {
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    /// Memory above what it was after a first round; glibc keeps some of what was freed.
    private static let growthBytesMax = 16 << 20

    @Test func `thousands of hostile connections leave memory flat and lose no scan`() async throws {
        let folder = NSTemporaryDirectory() + "depotd-hostile-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // A process of its own, whose memory is its own.
        let daemon = try Daemon(
            ["demo", "--json", "--data", folder, "--listen", "127.0.0.1:0"],
            environment: ["DEPOTD_READERS_ENABLED": "false", "DEPOTD_HTTP_HEADER_SECONDS": "1"])
        try await onOwnThread {
            let ready = Fields(Array(daemon.readLine().utf8))
            let token = try #require(ready.text("token"))
            let port = UInt16(try #require(URL(string: ready.text("url") ?? "")?.port))
            let box = TestBox(port: port, token: token, folder: folder)
            var kept: [String: String] = [:]
            func round(_ count: Int, _ name: String) throws {
                for number in 0..<count {
                    try Self.annoy(box, number)
                    guard number % 20 == 0 else { continue }
                    let key = "\(name)-\(number)"
                    kept[key] = try box.scan("HOSTILE-\(key)", key: key).text("id")
                }
            }
            try round(600, "first")
            let before = try Self.figure("depotd_resident_bytes", of: box)
            try round(3_000, "second")
            let after = try Self.figure("depotd_resident_bytes", of: box)
            #expect(after - before < Self.growthBytesMax, "\(before) bytes became \(after)")
            #expect(kept.count == 180 && Set(kept.values).count == 180)
            for (key, id) in kept {
                let again = try box.ask(
                    "POST", "/api/v1/scans", ["code": .string("HOSTILE-\(key)")], headers: ["Idempotency-Key": key])
                #expect(try again.status == 200 && again.fields().text("id") == id)
            }
        }
        #expect(try daemon.end() == 0)
    }

    /// One of the hostile things above; what is answered does not matter here.
    private static func annoy(_ box: TestBox, _ number: Int) throws {
        switch number % 6 {
        case 0:
            let socket = try box.live(["Sec-WebSocket-Extensions": "permessage-deflate"]).socket
            try? socket.wire.send(frames[number / 6 % (frames.count - 1)].bytes)
            _ = try? socket.readCloseCode()
        case 1:
            let wire = try Wire(port: box.port)
            try? wire.send(requests[number / 6 % requests.count].head + "\r\n")
            _ = try? wire.readAnswer()
        case 2: _ = try box.ask("POST", "/api/v1/scans", .verbatim(Array(bodies[number / 6 % bodies.count].utf8)))
        case 3:
            let head = "POST /api/v1/scans HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n"
            try Wire(port: box.port).send(head + "{")
        case 4:
            let body = [UInt8](repeating: 0x20, count: 200_000)
            _ = try box.ask("POST", "/api/v1/session", .verbatim(body), authorization: nil)
        default:
            _ = try box.ask("GET", "/api/v1/assets?cursor=\(number)&q=%27%3B--", headers: ["X-\(number)": "y"])
        }
    }
}
