// Frames built once for many: order, latest wins, the bound on what waits, and permessage-deflate.
import Glibc
import TestSupport
import Testing

@testable import Drivers

@Suite(.serialized, .timeLimit(.minutes(2))) struct BroadcastTests {
    @Test func `three hundred sockets receive every frame in order`() async throws {
        // A box that takes half a minute for this would ping in between.
        var limits = WebSocketLimits()
        limits.pingInterval = .seconds(600)
        try await withSockets(limits: limits) { test, log in
            let sockets = try (0..<300).map { _ in try WireSocket(port: test.port) }
            #expect(waits { log.opened.count == 300 })
            for number in 0..<50 {
                let frame = SharedFrame(text: "change \(number)")
                test.listener.forEachWebSocket { $0.send(frame) }
            }
            for socket in sockets {
                for number in 0..<50 { #expect(try socket.readFrame().text == "change \(number)") }
            }
            #expect(test.counters.framesSent == 300 * 50)
        }
    }

    @Test func `frames of one turn leave in one system call`() async throws {
        try await withSockets { test, log in
            let socket = try WireSocket(port: test.port)
            #expect(waits { log.opened.count == 1 })
            let calls = test.counters.sendCalls
            test.listener.forEachWebSocket { socket in
                for number in 0..<100 { socket.send(SharedFrame(text: "\(number)")) }
            }
            for number in 0..<100 { #expect(try socket.readFrame().text == "\(number)") }
            #expect(test.counters.sendCalls == calls + 1)
        }
    }

    @Test func `only the newest frame of a key is sent`() async throws {
        try await withSockets { test, log in
            let socket = try WireSocket(port: test.port)
            #expect(waits { log.opened.count == 1 })
            let (van, truck) = (LatestWinsKey("van"), LatestWinsKey("truck"))
            for round in 0..<3 {
                test.listener.forEachWebSocket { socket in
                    for number in 0...9 {
                        socket.send(SharedFrame(text: "van \(round) \(number)"), latestWins: van)
                        if number == 4 { socket.send(SharedFrame(text: "change \(round)")) }
                        socket.send(SharedFrame(text: "truck \(round) \(number)"), latestWins: truck)
                    }
                }
                #expect(try socket.readFrame().text == "van \(round) 9")
                #expect(try socket.readFrame().text == "truck \(round) 9")
                #expect(try socket.readFrame().text == "change \(round)")
            }
        }
    }

    @Test func `a slow reader is closed with 4000 and the others are served`() async throws {
        var limits = WebSocketLimits()
        limits.kernelSendByteCount = 16 << 10
        limits.closeDeadline = .milliseconds(500)
        try await withSockets(limits: limits) { test, log in
            let slow = try WireSocket(port: test.port, receiveByteCount: 4_096)
            let quick = try WireSocket(port: test.port)
            #expect(waits { log.opened.count == 2 })
            let frame = SharedFrame(text: String(repeating: "x", count: 10_000))
            for _ in 0..<200 {
                test.listener.forEachWebSocket { $0.send(frame) }
                #expect(try quick.readFrame().payload.count == 10_000)
            }
            #expect(waits { log.closed.count == 1 })
            #expect(log.closed.all.first?.code == WebSocket.CloseCode.slow)
            #expect(log.closed.all.first?.isClean == false)
            #expect(test.counters.slowClosed == 1)
            #expect(test.counters.webSocketsOpen == 1)
            withExtendedLifetime(slow) {}
        }
    }

    @Test func `a slow reader that wakes up finds whole frames and then 4000`() async throws {
        var limits = WebSocketLimits()
        limits.kernelSendByteCount = 16 << 10
        try await withSockets(limits: limits) { test, log in
            let slow = try WireSocket(port: test.port, receiveByteCount: 4_096)
            #expect(waits { log.opened.count == 1 })
            let frame = SharedFrame(text: String(repeating: "x", count: 10_000))
            test.listener.forEachWebSocket { socket in
                for _ in 0..<200 { socket.send(frame) }
            }
            #expect(waits { test.counters.slowClosed == 1 })
            var last = try slow.readFrame()
            while last.opcode == 1 {
                #expect(last.payload.count == 10_000)
                last = try slow.readFrame()
            }
            #expect(last.code == 4000)
            try slow.sendClose(4000)
            #expect(waits { log.closed.all.first?.isClean == true })
        }
    }

    @Test func `a deflated message round trips and large frames are deflated once for all`() async throws {
        try await withSockets(offersDeflate: true) { test, log in
            let offer = ["Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"]
            let packed = try WireSocket(port: test.port, headers: offer)
            let plain = try WireSocket(port: test.port)
            #expect(packed.answer["sec-websocket-extensions"] == WebSocketHandshake.deflateAnswer)
            #expect(plain.answer["sec-websocket-extensions"] == nil)
            let text = (0..<200).map { "{\"asset\":\($0)}" }.joined(separator: ",")
            let bytes = try #require(
                text.utf8.withContiguousStorageIfAvailable { raw in
                    MessageDeflater().deflate(UnsafeRawBufferPointer(raw))
                } ?? nil)
            try packed.send(0x1, Array(bytes.prefix(10)), isFinal: false, reserved: 4)
            try packed.send(0x0, Array(bytes.dropFirst(10)))
            let frame = try packed.readFrame()
            #expect(log.texts.all == [text])
            #expect(frame.reserved == 4)
            #expect(frame.payload.count < text.utf8.count / 2)
            #expect(MessageInflater().inflate(frame.payload, byteCountMax: 10_000) == .message(Array(text.utf8)))
            try plain.send(text: text)
            #expect(try plain.readFrame() == .init(opcode: 1, payload: Array(text.utf8)))
            // Short ones are not worth it.
            try packed.send(text: "short")
            #expect(try packed.readFrame() == .init(opcode: 1, payload: Array("short".utf8)))
        }
    }

    @Test func `an inflate bomb is closed with 1009 and broken deflate with 1007`() async throws {
        try await withSockets(offersDeflate: true) { test, _ in
            let zeros = [UInt8](repeating: 0x61, count: 10_000_000)
            let bomb = try #require(zeros.withUnsafeBytes { MessageDeflater().deflate($0) })
            #expect(bomb.count < 64 << 10)
            for (payload, code) in [(bomb, 1009), ([0xFF, 0xFF, 0xFF], 1007)] {
                let socket = try WireSocket(
                    port: test.port, headers: ["Sec-WebSocket-Extensions": "permessage-deflate"])
                try socket.send(0x1, payload, reserved: 4)
                #expect(try socket.readCloseCode() == code)
            }
        }
    }

    @Test(arguments: [
        ("permessage-deflate", true), ("PerMessage-Deflate; client_max_window_bits=10", true),
        ("x-webkit-deflate-frame, permessage-deflate; server_no_context_takeover", true),
        ("permessage-deflate; server_max_window_bits=10", false),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", true),
        ("permessage-deflate; server_max_window_bits=15", true),
        ("permessage-deflate; client_max_window_bits=16", false), ("permessage-deflate; unheard_of", false),
        ("permessage-deflate; client_max_window_bits; client_max_window_bits", false), ("", false),
    ])
    func `an offer of deflate is kept as it stands or declined`(_ offer: String, _ isKept: Bool) {
        #expect(WebSocketHandshake.agreesOnDeflate([offer]) == isKept)
    }

    @Test func `SHA-1 gives the digests of its standard`() {
        func hex(_ text: String) -> String {
            sha1(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        // RFC 3174 §7.3.
        #expect(hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(
            hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(
            hex(String(repeating: "01234567", count: 80)) == "dea356a2cddd90c7a7ecedc5ebb563934f460452")
    }
}
