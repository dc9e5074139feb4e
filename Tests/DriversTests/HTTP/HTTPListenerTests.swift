// Requests and answers over real sockets: what a well-behaved client sees.
import Core
import Foundation
import TestSupport
import Testing

@testable import Drivers

@Suite(.serialized, .timeLimit(.minutes(15))) struct HTTPListenerTests {
    static let get = "GET /a%20b?x=1&y=%C3%A9 HTTP/1.1\r\nHost: depot\r\n\r\n"

    @Test func `a request reaches the handler and its answer the client`() async throws {
        let seen = Gathered<HTTPRequest>()
        let answer = try await withListener(handler: { request in
            seen.add(request)
            return .response(HTTPResponse(status: 201, text: "made").with("X-Depot", "7"))
        }) { try $0.ask(Self.get) }
        #expect(answer.status == 201)
        #expect(answer.text == "made")
        #expect(answer["x-depot"] == "7")
        let request = try #require(seen.all.first)
        #expect(request.path == "/a b")
        #expect(request.query("y") == "é")
        #expect(request.header("HOST") == "depot")
        #expect(request.peerAddress == "127.0.0.1")
    }

    @Test func `one connection carries many requests, also sent before the answers are read`() async throws {
        try await withListener { test in
            let wire = try test.connect()
            for number in 0..<20 {
                try wire.send("GET /\(number) HTTP/1.1\r\nHost: depot\r\n\r\n")
                #expect(try wire.readAnswer().text == "hello /\(number)")
            }
            try wire.send((0..<20).map { "GET /p\($0) HTTP/1.1\r\nHost: depot\r\n\r\n" }.joined())
            for number in 0..<20 { #expect(try wire.readAnswer().text == "hello /p\(number)") }
            #expect(test.counters.connectionsTotal == 1)
        }
    }

    @Test func `a body is handed over whole, with a length and in chunks`() async throws {
        let echo: HTTPListener.Handler = { .response(HTTPResponse(contentType: "text/plain", bytes: $0.body)) }
        try await withListener(handler: echo) { test in
            let body = String(repeating: "depot ", count: 20_000)
            let wire = try test.connect()
            try wire.send("POST / HTTP/1.1\r\nHost: d\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
            #expect(try wire.readAnswer().text == body)
            try wire.send("POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n")
            try wire.send("5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n")
            #expect(try wire.readAnswer().text == "abcdefgh")
        }
    }

    @Test func `a file is sent from the disk, whole and alike over TLS, and leaves nothing behind`() async throws {
        let folder = NSTemporaryDirectory() + "depotd-file-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let piece = (0..<100_003).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let handler: HTTPListener.Handler = { request in
            do {
                let file = try ExportFile(in: folder)
                if request.path != "/nothing" { for _ in 0..<30 { try file.append(piece) } }
                return .response(HTTPResponse(contentType: "text/csv", file: file))
            } catch { return .response(HTTPResponse(status: 500)) }
        }
        let whole = Array(repeatElement(piece, count: 30).joined())
        try await withListener(tls: TLSLimits(), handler: handler) { test in
            for wire in [try test.connect(), try test.connectSecurely()] {
                for _ in 0..<2 {
                    try wire.send("GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    let answer = try wire.readAnswer()
                    #expect(answer.status == 200 && answer.body == whole)
                }
                try wire.send("HEAD /file HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try wire.readAnswer(isHead: true)["content-length"] == "\(whole.count)")
                try wire.send("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try wire.readAnswer().body.isEmpty)
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }

    @Test func `HEAD and 304 have no body, and the connection goes on`() async throws {
        let handler: HTTPListener.Handler = { request in
            .response(
                request.path == "/same" ? HTTPResponse(status: 304).with("ETag", "\"1\"") : HTTPResponse(text: "12345"))
        }
        try await withListener(handler: handler) { test in
            let wire = try test.connect()
            try wire.send("HEAD / HTTP/1.1\r\nHost: d\r\n\r\n")
            let head = try wire.readAnswer(isHead: true)
            #expect(head.status == 200)
            #expect(head["content-length"] == "5")
            try wire.send("GET /same HTTP/1.1\r\nHost: d\r\n\r\n")
            let same = try wire.readAnswer(isHead: true)
            #expect(same.status == 304)
            #expect(same["etag"] == "\"1\"")
            try wire.send("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
            #expect(try wire.readAnswer().text == "12345")
        }
    }

    @Test func `pages in memory are answered on the loop without a handler`() async throws {
        var hooks = HTTPHooks()
        let page: StaticString = "<h1>Depot</h1>"
        let memory = UnsafeRawBufferPointer(start: page.utf8Start, count: page.utf8CodeUnitCount)
        let response = HTTPResponse(contentType: "text/html", forever: memory)
        hooks.immediate = { $0.path == "/" ? response : nil }
        try await withListener(hooks: hooks) { test in
            let page = try test.ask("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
            #expect(page.text == "<h1>Depot</h1>")
            #expect(try test.ask("GET /x HTTP/1.1\r\nHost: d\r\n\r\n").text == "hello /x")
        }
    }

    @Test func `thirty-two handlers wait at the same time and others are answered beside them`() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let arrived = Gathered<String>()
        let gateOpened = Task { for await _ in gate {} }
        let handler: HTTPListener.Handler = { request in
            guard request.path == "/wait" else { return .response(HTTPResponse(text: "quick")) }
            arrived.add(request.path)
            await gateOpened.value
            return .response(HTTPResponse(text: "waited"))
        }
        try await withListener(handler: handler) { test in
            let wires = try (0..<32).map { _ in try test.connect() }
            for wire in wires { try wire.send("GET /wait HTTP/1.1\r\nHost: d\r\n\r\n") }
            #expect(waits { arrived.count == 32 })
            #expect(try test.ask("GET /quick HTTP/1.1\r\nHost: d\r\n\r\n").text == "quick")
            #expect(test.counters.handlersRunning == 32)
            open.finish()
            for wire in wires { #expect(try wire.readAnswer().text == "waited") }
        }
    }

    @Test func `a client that leaves while its handler works does no harm`() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let arrived = Gathered<String>()
        let gateOpened = Task { for await _ in gate {} }
        let handler: HTTPListener.Handler = { request in
            guard request.path == "/wait" else { return .response(HTTPResponse(text: "quick")) }
            arrived.add(request.path)
            await gateOpened.value
            return .response(HTTPResponse(text: String(repeating: "x", count: 100_000)))
        }
        try await withListener(handler: handler) { test in
            for _ in 0..<20 {
                let wire = try test.connect()
                try wire.send("GET /wait HTTP/1.1\r\nHost: d\r\n\r\n")
            }
            #expect(waits { arrived.count == 20 })
            open.finish()
            #expect(waits { test.counters.connectionsOpen == 0 && test.counters.handlersRunning == 0 })
            #expect(try test.ask("GET /quick HTTP/1.1\r\nHost: d\r\n\r\n").text == "quick")
        }
    }

    @Test func `a handler that takes too long is cancelled and answered 503`() async throws {
        var limits = HTTPLimits()
        limits.handlerDeadline = .milliseconds(100)
        let cancelled = Gathered<Bool>()
        let handler: HTTPListener.Handler = { _ in
            try? await Task.sleep(for: .seconds(60))
            cancelled.add(Task.isCancelled)
            return .response(HTTPResponse(text: "late"))
        }
        try await withListener(limits: limits, handler: handler) { test in
            let answer = try test.ask("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
            #expect(answer.status == 503)
            #expect(answer["retry-after"] != nil)
            #expect(waits { cancelled.all == [true] })
            #expect(test.counters.handlersTimedOut == 1)
        }
    }

    @Test func `stopping lets a handler that answers finish and takes no new connections`() async throws {
        let arrived = Gathered<String>()
        let loop = try EventLoop(tick: .milliseconds(20))
        loop.start()
        let listener = HTTPListener(host: "127.0.0.1", port: 0, loop: loop) { request in
            arrived.add(request.path)
            // Until `stop` cancels it.
            try? await Task.sleep(for: .seconds(60))
            return .response(HTTPResponse(text: "goodbye"))
        }
        try await listener.start()
        let port = listener.port
        async let answer = onOwnThread {
            let wire = try Wire(port: port)
            try wire.send("GET /last HTTP/1.1\r\nHost: d\r\n\r\n")
            return try wire.readAnswer()
        }
        #expect(try await onOwnThread { waits { arrived.count == 1 } })
        await listener.stop()
        #expect(try await answer.text == "goodbye")
        #expect(throws: Wire.Ended.self) { try Wire(port: port) }
        try await onOwnThread { loop.stop() }
    }
}
