// WebSockets over TLS: after the upgrade frames go through the session itself, without libmicrohttpd and a socketpair.
import TestSupport
import Testing

@testable import Drivers

@Suite(.serialized, .timeLimit(.minutes(15))) struct SecureWebSocketTests {
    private func withSecureSockets(
        limits: WebSocketLimits = WebSocketLimits(),
        _ body: @escaping @Sendable (TestListener, SocketLog, [UInt8]) throws -> Void
    ) async throws {
        let log = SocketLog()
        let upgrade = log.upgrade(limits: limits)
        try await withListener(tls: TLSLimits(), handler: { _ in .upgrade(upgrade) }) { test in
            try body(test, log, test.authority?.pem ?? [])
        }
    }

    @Test func `a message comes back, short, long and longer`() async throws {
        var limits = WebSocketLimits()
        limits.messageByteCountMax = 1 << 20
        try await withSecureSockets(limits: limits) { test, log, authority in
            let socket = try WireSocket(port: test.listener.tlsPort, trusting: authority)
            #expect(socket.answer.status == 101)
            #expect(waits { test.counters.tlsOpen == 0 && test.counters.connectionsOpen == 0 })
            for length in [0, 1, 125, 126, 16_380, 16_384, 65_536, 1 << 20] {
                let text = String(repeating: "d", count: length)
                try socket.send(text: text)
                #expect(try socket.readFrame() == .init(opcode: 1, payload: Array(text.utf8)))
            }
            try socket.sendClose(1000)
            #expect(try socket.readFrame().code == 1000)
            #expect(socket.wire.isEnded())
            #expect(socket.wire.hasGoodbye)
            #expect(waits { log.closed.count == 1 })
            #expect(log.closed.all.first?.isClean == true)
        }
    }

    @Test func `a message behind the handshake is not lost`() async throws {
        try await withSecureSockets { test, _, authority in
            let early = WireSocket.bytes(0x1, Array("early".utf8)) + WireSocket.bytes(0x1, Array("bird".utf8))
            for cut in [early.count, 3, 1, 0] {
                let socket = try WireSocket(
                    port: test.listener.tlsPort, followedBy: Array(early.prefix(cut)), trusting: authority)
                try socket.wire.send(Array(early.dropFirst(cut)))
                #expect(try socket.readFrame().text == "early")
                #expect(try socket.readFrame().text == "bird")
            }
        }
    }

    @Test func `one hundred sockets receive every frame in order, gathered into records`() async throws {
        try await withSecureSockets { test, log, authority in
            let sockets = try (0..<100).map { _ in
                try WireSocket(port: test.listener.tlsPort, trusting: authority)
            }
            #expect(waits { log.opened.count == 100 })
            test.listener.forEachWebSocket { socket in
                for number in 0..<200 { socket.send(SharedFrame(text: "change \(number)")) }
            }
            for socket in sockets {
                for number in 0..<200 { #expect(try socket.readFrame().text == "change \(number)") }
            }
            // 200 frames of some 12 bytes fill one record.
            #expect(test.counters.sendCalls == 100)
        }
    }

    @Test func `a slow reader is closed with 4000 and the others are served`() async throws {
        var limits = WebSocketLimits()
        limits.kernelSendByteCount = 16 << 10
        limits.closeDeadline = .milliseconds(500)
        try await withSecureSockets(limits: limits) { test, log, authority in
            let port = test.listener.tlsPort
            let slow = try WireSocket(port: port, receiveByteCount: 4_096, trusting: authority)
            let quick = try WireSocket(port: port, trusting: authority)
            #expect(waits { log.opened.count == 2 })
            let frame = SharedFrame(text: String(repeating: "x", count: 10_000))
            for _ in 0..<200 {
                test.listener.forEachWebSocket { $0.send(frame) }
                #expect(try quick.readFrame().payload.count == 10_000)
            }
            #expect(waits { log.closed.count == 1 })
            #expect(log.closed.all.first?.code == WebSocket.CloseCode.slow)
            #expect(test.counters.slowClosed == 1)
            #expect(test.counters.webSocketsOpen == 1)
            withExtendedLifetime(slow) {}
        }
    }

    @Test func `a slow reader that wakes up finds whole frames and then 4000`() async throws {
        var limits = WebSocketLimits()
        limits.kernelSendByteCount = 16 << 10
        try await withSecureSockets(limits: limits) { test, log, authority in
            let slow = try WireSocket(port: test.listener.tlsPort, receiveByteCount: 4_096, trusting: authority)
            #expect(waits { log.opened.count == 1 })
            let frame = SharedFrame(text: String(repeating: "x", count: 10_000))
            test.listener.forEachWebSocket { socket in
                for _ in 0..<200 { socket.send(frame) }
            }
            #expect(try slow.readCloseCode() == Int(WebSocket.CloseCode.slow))
        }
    }

    @Test func `a socket is open while its certificate is renewed`() async throws {
        try await withSecureSockets { test, log, authority in
            let socket = try WireSocket(port: test.listener.tlsPort, trusting: authority)
            #expect(waits { log.opened.count == 1 })
            if let issuer = test.authority { test.listener.show(try testCredentials(issuer)) }
            _ = try WireSocket(port: test.listener.tlsPort, trusting: authority)
            try socket.send(text: "still here")
            #expect(try socket.readFrame().text == "still here")
        }
    }
}
