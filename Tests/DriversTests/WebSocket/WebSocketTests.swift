// The opening handshake, messages, and how a socket ends, over real sockets.
import Glibc
import TestSupport
import Testing

@testable import Drivers

@Suite(.serialized, .timeLimit(.minutes(15))) struct WebSocketTests {
    @Test func `a message comes back, short, long and longer`() async throws {
        try await withSockets { test, log in
            let socket = try WireSocket(port: test.port)
            #expect(socket.answer.status == 101)
            // The key and its answer are the example of RFC 6455 §1.3.
            #expect(socket.answer["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            for length in [0, 1, 125, 126, 127, 65_535, 65_536] {
                let text = String(repeating: "d", count: length)
                try socket.send(text: text)
                #expect(try socket.readFrame() == .init(opcode: 1, payload: Array(text.utf8)))
            }
            try socket.sendClose(1000)
            #expect(try socket.readFrame().code == 1000)
            #expect(socket.wire.isEnded())
            #expect(waits { log.closed.count == 1 })
            #expect(log.closed.all.first?.code == 1000)
            #expect(log.closed.all.first?.isClean == true)
            #expect(waits { test.counters.webSocketsOpen == 0 && test.counters.connectionsOpen == 0 })
        }
    }

    @Test func `a message in the packet of the handshake is not lost`() async throws {
        try await withSockets { test, _ in
            let early = WireSocket.bytes(0x1, Array("early".utf8)) + WireSocket.bytes(0x1, Array("bird".utf8))
            for cut in [early.count, 3, 1] {
                let socket = try WireSocket(port: test.port, followedBy: Array(early.prefix(cut)))
                try socket.wire.send(Array(early.dropFirst(cut)))
                #expect(try socket.readFrame().text == "early")
                #expect(try socket.readFrame().text == "bird")
            }
        }
    }

    @Test func `a fragmented message is put together around control frames`() async throws {
        try await withSockets { test, log in
            let socket = try WireSocket(port: test.port)
            try socket.send(0x1, Array("dé".utf8.dropLast()), isFinal: false)
            try socket.send(0x9, Array("are you there".utf8))
            // The second half of the é, which was cut in two.
            try socket.send(0x0, [0xA9], isFinal: false)
            try socket.send(0xA, [])
            try socket.send(0x0, Array("pot".utf8))
            #expect(try socket.readFrame() == .init(opcode: 0xA, payload: Array("are you there".utf8)))
            #expect(try socket.readFrame().text == "dépot")
            #expect(log.texts.all == ["dépot"])
        }
    }

    @Test func `what has come of one socket in part never meets another's`() async throws {
        try await withSockets { test, _ in
            let words = ["one", "two"]
            // Fragmented, so that a cut is in a head, in a payload, or between two frames of a message.
            let messages = words.map { word in
                WireSocket.bytes(0x1, Array(word.utf8), isFinal: false) + WireSocket.bytes(0x0, Array("!".utf8))
            }
            let sockets = try words.map { _ in try WireSocket(port: test.port) }
            let whole = try WireSocket(port: test.port)
            for cut in 1..<messages[0].count {
                for (socket, bytes) in zip(sockets, messages) { try socket.wire.send(Array(bytes.prefix(cut))) }
                try whole.send(text: "between")
                #expect(try whole.readFrame().text == "between")
                for (socket, bytes) in zip(sockets, messages) { try socket.wire.send(Array(bytes.dropFirst(cut))) }
                #expect(try sockets.map { try $0.readFrame().text } == ["one!", "two!"])
            }
        }
    }

    @Test func `a message byte by byte is the same message`() async throws {
        try await withSockets { test, _ in
            let socket = try WireSocket(port: test.port)
            for byte in WireSocket.bytes(0x1, Array("slow".utf8)) {
                try socket.wire.send([byte])
                usleep(500)
            }
            #expect(try socket.readFrame().text == "slow")
        }
    }

    /// What breaks the protocol, the frames that do it, and the code it is closed with.
    static let breaches: [(name: String, frames: [UInt8], code: Int)] = [
        ("invalid UTF-8", WireSocket.bytes(0x1, [0x64, 0xFF]), 1007),
        ("a surrogate", WireSocket.bytes(0x1, [0xED, 0xA0, 0x80]), 1007),
        ("UTF-8 cut off at the end", WireSocket.bytes(0x1, [0xC3]), 1007),
        ("no mask", WireSocket.bytes(0x1, [0x64], isMasked: false), 1002),
        ("RSV1 without an extension", WireSocket.bytes(0x1, [0x64], reserved: 4), 1002),
        ("RSV2", WireSocket.bytes(0x1, [0x64], reserved: 2), 1002),
        ("RSV3", WireSocket.bytes(0x1, [0x64], reserved: 1), 1002),
        ("opcode 3", WireSocket.bytes(0x3, []), 1002),
        ("opcode 11", WireSocket.bytes(0xB, []), 1002),
        ("a continuation of nothing", WireSocket.bytes(0x0, [0x64]), 1002),
        ("a message within a message", WireSocket.bytes(0x1, [], isFinal: false) + WireSocket.bytes(0x1, []), 1002),
        ("a fragmented ping", WireSocket.bytes(0x9, [], isFinal: false), 1002),
        ("a ping of 126 bytes", WireSocket.bytes(0x9, [UInt8](repeating: 1, count: 126)), 1002),
        ("a close frame of one byte", WireSocket.bytes(0x8, [3]), 1002),
        ("a close code that may not be sent", WireSocket.bytes(0x8, [0x03, 0xED]), 1002),
        ("a length of 2^63", [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], 1002),
        ("a length of 2^63 - 1", [0x81, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7) + [1, 2, 3, 4, 5], 1009),
        ("a message that is too big", WireSocket.bytes(0x1, [UInt8](repeating: 0x64, count: 65_537)), 1009),
        (
            "fragments that are too big together",
            WireSocket.bytes(0x1, [UInt8](repeating: 0x64, count: 40_000), isFinal: false)
                + WireSocket.bytes(0x0, [UInt8](repeating: 0x64, count: 40_000)), 1009
        ),
        ("a binary message", WireSocket.bytes(0x2, [0]), 1003),
    ]

    @Test(arguments: breaches)
    func `what breaks the protocol is closed with its code`(_ breach: (name: String, frames: [UInt8], code: Int))
        async throws
    {
        try await withSockets { test, log in
            let socket = try WireSocket(port: test.port)
            try socket.wire.send(breach.frames)
            #expect(try socket.readCloseCode() == breach.code, "\(breach.name)")
            #expect(log.texts.all.isEmpty)
        }
    }

    @Test func `a peer that does not answer the close frame is cut`() async throws {
        var limits = WebSocketLimits()
        limits.closeDeadline = .milliseconds(100)
        try await withSockets(limits: limits) { test, log in
            let socket = try WireSocket(port: test.port)
            try socket.send(0x1, [0xFF])
            #expect(try socket.readCloseCode() == 1007)
            #expect(socket.wire.isEnded())
            #expect(waits { log.closed.count == 1 })
            #expect(log.closed.all.first?.isClean == false)
        }
    }

    @Test func `a peer that answers no ping is cut after two`() async throws {
        var limits = WebSocketLimits()
        limits.pingInterval = .milliseconds(60)
        try await withSockets(limits: limits) { test, log in
            let socket = try WireSocket(port: test.port)
            #expect(try socket.readFrame() == .init(opcode: 0x9, payload: []))
            try socket.send(0xA)
            // The answer starts the count again.
            #expect(try socket.readFrame().opcode == 0x9)
            #expect(try socket.readFrame().opcode == 0x9)
            #expect(socket.wire.isEnded())
            #expect(waits { log.closed.all.first?.code == WebSocket.CloseCode.lost })
        }
    }

    /// A handshake that is not one, and its status.
    static let refusals: [(change: (old: String, new: String), status: Int)] = [
        (("Version: 13", "Version: 8"), 426), (("Upgrade: websocket", "Upgrade: h2c"), 426),
        (("Connection: keep-alive, Upgrade", "Connection: keep-alive"), 426),
        (("Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: dGhl"), 400), (("Sec-WebSocket-Key", "X-Key"), 400),
        (("GET", "POST"), 405),
    ]

    @Test(arguments: refusals.map(\.change), refusals.map(\.status))
    func `a wrong handshake is refused`(_ change: (old: String, new: String), _ status: Int) async throws {
        guard Self.refusals.contains(where: { $0.change == change && $0.status == status }) else { return }
        try await withSockets { test, _ in
            let (old, new) = change
            let request = WireSocket.request().split(separator: "\r\n").map { line in
                line.contains(old)
                    ? line.split(separator: old, omittingEmptySubsequences: false).joined(separator: new) : String(line)
            }
            let answer = try test.ask(request.joined(separator: "\r\n") + "\r\n\r\n")
            #expect(answer.status == status)
            if status == 426 { #expect(answer["sec-websocket-version"] == "13") }
        }
    }

    @Test func `stopping says 1001 to every socket and waits for the answers`() async throws {
        let log = SocketLog()
        let upgrade = log.upgrade()
        let codes = Gathered<Int?>()
        try await withListener(handler: { _ in .upgrade(upgrade) }) { test in
            let sockets = try (0..<20).map { _ in try WireSocket(port: test.port) }
            #expect(waits { log.opened.count == 20 })
            Task { await test.listener.stop(code: WebSocket.CloseCode.goingAway) }
            for socket in sockets {
                codes.add(try socket.readCloseCode())
                try socket.sendClose(1001)
                #expect(socket.wire.isEnded())
            }
        }
        #expect(codes.all == [Int?](repeating: 1001, count: 20))
        #expect(log.closed.all.allSatisfy { $0.code == 1001 && $0.isClean })
        #expect(log.closed.count == 20)
    }
}
