// What a client must not do, and what becomes of it. None of it may harm the next request.
import Glibc
import TestSupport
import Testing

@testable import Drivers

@Suite(.serialized, .timeLimit(.minutes(15))) struct HostileRequestTests {
    /// What is wrong, the bytes, and the status that answers it.
    static let heads: [(wrong: String, bytes: String, status: Int)] = [
        (
            "both lengths",
            "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400
        ),
        ("two lengths", "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        (
            "twice the same length", "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
            400
        ),
        ("a list of lengths", "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 3, 3\r\n\r\nabc", 400),
        ("a signed length", "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: +3\r\n\r\nabc", 400),
        ("a huge length", "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 99999999999999999999999\r\n\r\nabc", 413),
        ("another encoding", "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("an encoding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (
            "an encoding in disguise",
            "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501
        ),
        (
            "two encodings",
            "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
            501
        ),
        (
            "a space before the colon",
            "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\nabc", 400
        ),
        ("no host", "GET / HTTP/1.1\r\n\r\n", 400),
        ("two hosts", "GET / HTTP/1.1\r\nHost: d\r\nHost: e\r\n\r\n", 400),
        ("an encoded NUL", "GET /a%00b HTTP/1.1\r\nHost: d\r\n\r\n", 400),
        ("a step up", "GET /a/../b HTTP/1.1\r\nHost: d\r\n\r\n", 400),
        ("an encoded step up", "GET /a/%2e%2E/b HTTP/1.1\r\nHost: d\r\n\r\n", 400),
        ("an encoded slash", "GET /a%2Fb HTTP/1.1\r\nHost: d\r\n\r\n", 400),
        ("half an escape", "GET /a% HTTP/1.1\r\nHost: d\r\n\r\n", 400),
        ("bytes that are not UTF-8, encoded", "GET /%FF HTTP/1.1\r\nHost: d\r\n\r\n", 400),
        ("a target without a slash", "GET a HTTP/1.1\r\nHost: d\r\n\r\n", 400),
        ("a method in small letters", "get / HTTP/1.1\r\nHost: d\r\n\r\n", 501),
        ("a long target", "GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\nHost: d\r\n\r\n", 414),
        ("many fields", "GET / HTTP/1.1\r\nHost: d\r\n\(String(repeating: "A: b\r\n", count: 120))\r\n", 431),
        ("a space in the target", "GET /a b HTTP/1.1\r\nHost: d\r\n\r\n", 400),
        ("a field name with a space", "GET / HTTP/1.1\r\nHost: d\r\nA b: c\r\n\r\n", 400),
    ]

    @Test(arguments: heads)
    func `a head that breaks the rules is refused and the connection closed`(
        _ head: (wrong: String, bytes: String, status: Int)
    ) async throws {
        try await withListener { test in
            let wire = try test.connect()
            try wire.send(head.bytes)
            #expect(try wire.readAnswer().status == head.status, "\(head.wrong)")
            #expect(wire.isEnded(), "\(head.wrong)")
        }
    }

    /// What libmicrohttpd refuses by itself: any 4xx or 5xx, or the end of the connection.
    static let rubbish: [(wrong: String, bytes: String)] = [
        ("rubbish", "\u{1}\u{2}\u{3}\r\n\r\n"), ("no version", "GET /\r\n\r\n"),
        ("another version", "GET / HTTP/3.0\r\nHost: d\r\n\r\n"), ("no target", "GET HTTP/1.1\r\n\r\n"),
        ("a head that never fits", "GET / HTTP/1.1\r\nHost: d\r\nA: \(String(repeating: "a", count: 40_000))\r\n\r\n"),
        ("a target that never fits", "GET /\(String(repeating: "a", count: 40_000))"),
        ("a field without a colon", "GET / HTTP/1.1\r\nHost: d\r\nnothing\r\n\r\n"),
        ("a chunk without a length", "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        ("a chunk of 2^64", "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\na"),
        ("a method of its own", "DEPOT-\u{0} / HTTP/1.1\r\nHost: d\r\n\r\n"),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n"),
    ]

    @Test(arguments: rubbish)
    func `rubbish ends the connection and no handler sees it`(_ rubbish: (wrong: String, bytes: String)) async throws {
        let seen = Gathered<String>()
        let handler: HTTPListener.Handler = { request in
            seen.add(request.path)
            return .response(HTTPResponse(text: "fine"))
        }
        try await withListener(handler: handler) { test in
            let wire = try test.connect()
            try wire.send(rubbish.bytes)
            // A client that has said all it had.
            wire.shutdownWriting()
            if let answer = try? wire.readAnswer() { #expect(answer.status >= 400, "\(rubbish.wrong)") }
            #expect(wire.isEnded(), "\(rubbish.wrong)")
            #expect(seen.all.isEmpty, "\(rubbish.wrong)")
            #expect(try test.ask("GET /next HTTP/1.1\r\nHost: d\r\n\r\n").text == "fine")
        }
    }

    // libmicrohttpd 0.9.75 overlooks the end of a stream that comes together with the bytes before it; the deadlines
    // see to it.
    @Test func `a request cut off at any byte is forgotten at the deadline`() async throws {
        var limits = HTTPLimits()
        limits.headerDeadline = .milliseconds(300)
        limits.byteRateGrace = .milliseconds(300)
        try await withListener(limits: limits) { test in
            let whole = Array("POST /x?y=1 HTTP/1.1\r\nHost: d\r\nContent-Length: 4\r\n\r\nabcd".utf8)
            for length in 1..<whole.count {
                let wire = try test.connect()
                try wire.send(Array(whole[..<length]))
            }
            #expect(waits { test.counters.connectionsTotal == whole.count - 1 && test.counters.connectionsOpen == 0 })
            #expect(try test.ask("GET / HTTP/1.1\r\nHost: d\r\n\r\n").status == 200)
        }
    }

    // libmicrohttpd 0.9.75 hands out C strings, so a bare NUL ends a target or a value; 1.0 refuses it. Either way
    // nobody sees what stands behind it.
    @Test func `what stands behind a bare NUL reaches nobody`() async throws {
        let seen = Gathered<HTTPRequest>()
        let handler: HTTPListener.Handler = { request in
            seen.add(request)
            return .response(HTTPResponse(text: "fine"))
        }
        try await withListener(handler: handler) { test in
            _ = try test.ask("GET /a\u{0}/../b HTTP/1.1\r\nHost: d\r\nX-Note: c\u{0}d\r\n\r\n")
            #expect(seen.all.allSatisfy { $0.path == "/a" && $0.header("X-Note") == "c" })
        }
    }

    @Test func `a body over its bound is answered 413`() async throws {
        var hooks = HTTPHooks()
        hooks.bodyByteCountMax = { _, path in path == "/photo" ? 20_000 : 1_000 }
        let handler: HTTPListener.Handler = { .response(HTTPResponse(text: "\($0.body.count)")) }
        try await withListener(hooks: hooks, handler: handler) { test in
            let body = String(repeating: "x", count: 20_000)
            let photo = "POST /photo HTTP/1.1\r\nHost: d\r\nContent-Length: 20000\r\n\r\n"
            #expect(try test.ask(photo + body).text == "20000")
            let length = try test.connect()
            try length.send("POST /note HTTP/1.1\r\nHost: d\r\nContent-Length: 20000\r\n\r\n" + body)
            #expect(try length.readAnswer().status == 413)
            #expect(length.isEnded())
            let chunked = try test.connect()
            try chunked.send(
                "POST /note HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n\(body)\r\n0\r\n\r\n")
            #expect(try chunked.readAnswer().status == 413)
            #expect(chunked.isEnded())
            // Far over the bound and announced: answered before the body is sent.
            let announced =
                "POST /note HTTP/1.1\r\nHost: d\r\nContent-Length: 900000000\r\nExpect: 100-continue\r\n\r\n"
            #expect(try test.ask(announced).status == 413)
        }
    }

    @Test func `chunks without end are cut`() async throws {
        var limits = HTTPLimits()
        limits.bodyByteCountMax = 1_000
        limits.overlongBodyDrainByteCountMax = 10_000
        try await withListener(limits: limits) { test in
            let wire = try test.connect()
            try wire.send("POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "3e8\r\n" + String(repeating: "x", count: 1_000) + "\r\n"
            #expect(throws: Wire.Ended.self) {
                for _ in 0..<100_000 { try wire.send(chunk) }
            }
            #expect(waits { test.counters.connectionsOpen == 0 })
        }
    }

    @Test func `a client that sends its head byte by byte is cut at the deadline`() async throws {
        var limits = HTTPLimits()
        limits.headerDeadline = .milliseconds(200)
        try await withListener(limits: limits) { test in
            let begin = bootClockNanoseconds()
            let wire = try test.connect()
            #expect(throws: Wire.Ended.self) {
                for byte in "GET /" + String(repeating: "a", count: 4_000) {
                    try wire.send(String(byte))
                    usleep(5_000)
                }
            }
            #expect(bootClockNanoseconds() - begin < 2_000_000_000)
            #expect(test.counters.connectionsReaped == 1)
        }
    }

    @Test func `a client that says nothing is cut at the deadline`() async throws {
        var limits = HTTPLimits()
        limits.headerDeadline = .milliseconds(100)
        try await withListener(limits: limits) { test in
            let wires = try (0..<50).map { _ in try test.connect() }
            for wire in wires { #expect(wire.isEnded(within: 5)) }
            #expect(waits { test.counters.connectionsOpen == 0 })
            #expect(test.counters.connectionsReaped == 50)
        }
    }

    @Test func `a body that trickles is cut`() async throws {
        var limits = HTTPLimits()
        limits.byteRateGrace = .milliseconds(200)
        try await withListener(limits: limits) { test in
            let wire = try test.connect()
            try wire.send("POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 4000\r\n\r\n")
            #expect(throws: Wire.Ended.self) {
                for _ in 0..<4_000 {
                    try wire.send("x")
                    usleep(10_000)
                }
            }
            #expect(test.counters.connectionsReaped == 1)
        }
    }

    @Test func `a client that does not read its answer is cut`() async throws {
        var limits = HTTPLimits()
        limits.byteRateGrace = .milliseconds(100)
        limits.answerByteRateMin = 50_000_000
        let body = SharedBytes(copying: [UInt8](repeating: 0x78, count: 10_000_000))
        try await withListener(
            limits: limits, handler: { _ in .response(HTTPResponse(contentType: "a/b", body: body)) }
        ) { test in
            let wire = try Wire(port: test.port, receiveByteCount: 4_096)
            try wire.send("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
            #expect(waits { test.counters.connectionsReaped == 1 && test.counters.connectionsOpen == 0 })
            withExtendedLifetime(wire) {}
        }
    }

    @Test func `connections beyond the bound of an address are closed at once`() async throws {
        var limits = HTTPLimits()
        limits.connectionCountLoopbackMax = 4
        try await withListener(limits: limits) { test in
            let wires = try (0..<4).map { _ in try test.connect() }
            for wire in wires {
                try wire.send("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
                #expect(try wire.readAnswer().status == 200)
            }
            #expect(try test.connect().isEnded())
            #expect(test.counters.connectionsRefused == 1)
            wires[0].shutdownWriting()
            #expect(waits { test.counters.connectionsOpen == 3 })
            #expect(try test.ask("GET / HTTP/1.1\r\nHost: d\r\n\r\n").status == 200)
        }
    }

    @Test func `the appliance may refuse by the head and word the refusals`() async throws {
        var hooks = HTTPHooks()
        hooks.admit = { $0.headers["Host"] == "depot" ? nil : HTTPResponse(status: 421, text: "not me") }
        hooks.refusal = {
            HTTPResponse(status: $0.status, contentType: "application/problem+json", text: "!\($0.detail)")
        }
        try await withListener(hooks: hooks) { test in
            #expect(try test.ask("GET / HTTP/1.1\r\nHost: evil\r\n\r\n").status == 421)
            #expect(try test.ask("POST / HTTP/1.1\r\nHost: evil\r\nContent-Length: 1\r\n\r\nx").status == 421)
            #expect(try test.ask("GET / HTTP/1.1\r\nHost: depot\r\n\r\n").status == 200)
            let refused = try test.ask("GET / HTTP/1.1\r\n\r\n")
            #expect(refused.text.hasPrefix("!"))
            #expect(refused["content-type"] == "application/problem+json")
        }
    }

    /// A target, and its path and query, or nil.
    static let targets: [(target: String, path: String?, query: [HTTPQueryItem])] = [
        ("/", "/", []), ("/a/b", "/a/b", []), ("/a//b/", "/a//b/", []), ("*", "*", []),
        ("http://h/a?b", "/a", [.init(name: "b", value: "")]), ("HTTPS://h", "/", []),
        (
            "/%C3%A4?a=1+2&b=%2B&=c&&a", "/ä",
            [
                .init(name: "a", value: "1 2"), .init(name: "b", value: "+"), .init(name: "", value: "c"),
                .init(name: "a", value: ""),
            ]
        ),
        ("/a%252e", "/a%2e", []), ("/...", "/...", []), ("/a?b=%00", nil, []), ("/a?b=%ZZ", nil, []), ("/.", nil, []),
        ("/%CD%A9p", "/\u{369}p", []), ("/a/%CD%A9/..", nil, []), ("/\u{369}/..?\u{301}", nil, []),
        ("/a?\u{301}=b", "/a", [.init(name: "\u{301}", value: "b")]), ("/a%5Cb", nil, []), ("h:80", nil, []),
        ("", nil, []), ("/a b", nil, []),
    ]

    @Test(arguments: targets)
    func `a target is decoded once and strictly`(_ row: (target: String, path: String?, query: [HTTPQueryItem])) {
        let target = HTTPTarget(row.target)
        #expect(target?.path == row.path)
        #expect(target?.query ?? [] == row.query)
    }
}
