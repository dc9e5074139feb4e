// The cases of the Autobahn suite as tests of our own, as tables in its groups: where the suite itself cannot run
// (it needs Python 2.7; see `make conformance`), these say the same.
import Glibc
import TestSupport
import Testing

@testable import Drivers

/// Runs a listener that echoes text and binary.
private func withEcho(_ body: @escaping @Sendable (UInt16) throws -> Void) async throws {
    var echo = WebSocketUpgrade()
    echo.limits.messageByteCountMax = 1 << 20
    echo.onText = { socket, text in socket.send(SharedFrame(text: text)) }
    echo.onBinary = { socket, bytes in socket.send(SharedFrame(binary: bytes)) }
    let upgrade = echo
    try await withListener(handler: { _ in .upgrade(upgrade) }) { try body($0.port) }
}

private func frame(
    _ opcode: UInt8, _ text: String = "", isFinal: Bool = true, reserved: UInt8 = 0
) -> [UInt8] {
    WireSocket.bytes(opcode, Array(text.utf8), isFinal: isFinal, reserved: reserved)
}

@Suite(.serialized, .timeLimit(.minutes(15))) struct ConformanceTests {
    @Test func `1 - text and binary of every length form come back`() async throws {
        try await withEcho { port in
            let socket = try WireSocket(port: port)
            for opcode: UInt8 in [1, 2] {
                for count in [0, 1, 125, 126, 127, 128, 65_535, 65_536] {
                    let payload = [UInt8](repeating: opcode == 1 ? 0x2A : 0xFE, count: count)
                    try socket.send(opcode, payload)
                    #expect(try socket.readFrame() == .init(opcode: opcode, payload: payload), "\(opcode) \(count)")
                }
            }
        }
    }

    @Test func `2 - pings are answered with their bytes and in order, pongs with nothing`() async throws {
        try await withEcho { port in
            let socket = try WireSocket(port: port)
            let payloads: [[UInt8]] = [
                [], Array("Hello, world!".utf8), [0x00, 0xFF, 0xFE, 0xFD], [UInt8](repeating: 0xFE, count: 125),
            ]
            for payload in payloads {
                try socket.send(0x9, payload)
                #expect(try socket.readFrame() == .init(opcode: 0xA, payload: payload))
            }
            try socket.send(0xA)
            try socket.send(0xA, Array("unasked".utf8))
            for number: UInt8 in 0..<10 { try socket.send(0x9, [number]) }
            for number: UInt8 in 0..<10 { #expect(try socket.readFrame() == .init(opcode: 0xA, payload: [number])) }
        }
    }

    /// What a peer sends after a message of its own that was fine, and the code it is closed with.
    static let breaches: [(what: String, frames: [UInt8], code: Int)] =
        (1...7).map { ("3 - reserved bits \($0)", frame(0x1, "x", reserved: $0), 1002) }
        + (1...7).map { ("3 - reserved bits \($0) of a ping", frame(0x9, "x", reserved: $0), 1002) }
        + ([3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8]).map { ("4 - opcode \($0)", frame($0, "x"), 1002) }
        + [
            ("2 - a ping of 126 bytes", frame(0x9, String(repeating: "p", count: 126)), 1002),
            ("5 - a ping in fragments", frame(0x9, "a", isFinal: false) + frame(0x0, "b"), 1002),
            ("5 - a pong in fragments", frame(0xA, "a", isFinal: false) + frame(0x0, "b"), 1002),
            ("5 - a continuation of nothing", frame(0x0, "a"), 1002),
            ("5 - a continuation of nothing, not final", frame(0x0, "a", isFinal: false) + frame(0x1, "b"), 1002),
            ("5 - two beginnings", frame(0x1, "a", isFinal: false) + frame(0x1, "b"), 1002),
            ("5 - two beginnings, not final", frame(0x1, "a", isFinal: false) + frame(0x2, "b", isFinal: false), 1002),
            ("7 - a close frame of one byte", frame(0x8, "a"), 1002),
            ("7 - a close frame of 126 bytes", frame(0x8, "\u{3}\u{1}" + String(repeating: "r", count: 124)), 1002),
            ("7 - a reason that is not UTF-8", WireSocket.bytes(0x8, [0x03, 0xE8, 0xC3, 0x28]), 1007),
        ]

    @Test func `3 4 5 - what breaks the protocol fails at once, and what came before is answered`() async throws {
        try await withEcho { port in
            for breach in Self.breaches {
                let socket = try WireSocket(port: port)
                try socket.wire.send(frame(0x1, "before") + breach.frames + frame(0x1, "after"))
                #expect(try socket.readFrame().text == "before", "\(breach.what)")
                let close = try socket.readFrame()
                #expect(close.opcode == 0x8 && close.code == breach.code, "\(breach.what): \(close)")
                #expect(socket.wire.isEnded(), "\(breach.what)")
            }
        }
    }

    /// Frames, and the messages and pongs that answer them.
    static let fragments: [(what: String, frames: [UInt8], answers: [String])] = [
        ("two fragments", frame(0x1, "a", isFinal: false) + frame(0x0, "b"), ["1 ab"]),
        ("a ping between", frame(0x1, "a", isFinal: false) + frame(0x9, "p") + frame(0x0, "b"), ["10 p", "1 ab"]),
        ("empty fragments", frame(0x1, isFinal: false) + frame(0x0, isFinal: false) + frame(0x0), ["1 "]),
        ("a full one between", frame(0x1, isFinal: false) + frame(0x0, "m", isFinal: false) + frame(0x0), ["1 m"]),
        (
            "pings and pongs between five",
            (0..<5).flatMap { number in
                frame(number == 0 ? 0x2 : 0x0, "\(number)", isFinal: number == 4) + frame(0xA, "x")
            }, ["2 01234"]
        ),
        (
            "two messages one after the other",
            frame(0x1, "a", isFinal: false) + frame(0x0, "b") + frame(0x2, "c", isFinal: false) + frame(0x0, "d"),
            ["1 ab", "2 cd"]
        ),
    ]

    @Test func `5 - fragments are one message, cut anywhere in the stream`() async throws {
        try await withEcho { port in
            for row in Self.fragments {
                for pieceCount in [1, 7, row.frames.count] {
                    let socket = try WireSocket(port: port)
                    let step = max(1, row.frames.count / pieceCount)
                    for start in stride(from: 0, to: row.frames.count, by: step) {
                        try socket.wire.send(Array(row.frames[start...].prefix(step)))
                    }
                    let answers = try row.answers.map { _ in try socket.readFrame() }
                    // Pongs may overtake messages; messages keep their order.
                    #expect(
                        answers.map { "\($0.opcode) \($0.text)" }.sorted() == row.answers.sorted(), "\(row.what)")
                }
            }
        }
    }

    static let validUTF8 =
        ["Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", ""]
        // The ends of each length, beside the surrogates, and scalars that are no characters.
        + ([
            0x0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFDD0, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x1FFFE, 0x10FFFF,
        ] as [UInt32]).compactMap { Unicode.Scalar($0).map { String($0) } }

    @Test func `6 - valid UTF-8 comes back, also cut within a character`() async throws {
        try await withEcho { port in
            let socket = try WireSocket(port: port)
            for text in Self.validUTF8 {
                try socket.send(text: text)
                #expect(try socket.readFrame().text == text)
                let bytes = Array(text.utf8)
                for cut in 0...bytes.count {
                    try socket.send(0x1, Array(bytes[..<cut]), isFinal: false)
                    try socket.send(0x0, Array(bytes[cut...]))
                    #expect(try socket.readFrame().text == text, "\(text) at \(cut)")
                }
            }
        }
    }

    /// Bytes that no text holds: cut off, overlong, surrogates, beyond the last scalar, five and six bytes.
    static let invalidUTF8: [[UInt8]] = [
        [0x80], [0xBF], [0xC0], [0xC1, 0xBF], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xFE],
        [0xFF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80], [0xF4, 0x90, 0x80, 0x80],
        [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], [0xC3, 0x28], [0xE2, 0x28, 0xA1],
        [0xF0, 0x28, 0x8C, 0xBC], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
    ]

    @Test func `6 - invalid UTF-8 is closed with 1007, in one frame and in many`() async throws {
        try await withEcho { port in
            for bytes in Self.invalidUTF8 {
                let whole = try WireSocket(port: port)
                try whole.send(0x1, Array("κόσμε".utf8) + bytes)
                #expect(try whole.readCloseCode() == 1007, "\(bytes)")
                let parts = try WireSocket(port: port)
                let frames = bytes.enumerated().flatMap { index, byte in
                    WireSocket.bytes(index == 0 ? 0x1 : 0x0, [byte], isFinal: index == bytes.count - 1)
                }
                try? parts.wire.send(frames)
                #expect(try parts.readCloseCode() == 1007, "\(bytes) in parts")
            }
        }
    }

    @Test func `6 - invalid UTF-8 fails before the message is whole`() async throws {
        try await withEcho { port in
            let fragment = try WireSocket(port: port)
            // Nothing is final here, and yet the byte can never become text.
            try fragment.send(0x1, Array("κόσμε".utf8) + [0xF4, 0x90], isFinal: false)
            #expect(try fragment.readCloseCode() == 1007)
            let started = try WireSocket(port: port)
            // The frame is announced with more bytes than come.
            let whole = WireSocket.bytes(0x1, [0xED, 0xA0] + [UInt8](repeating: 0x61, count: 90))
            try started.wire.send(Array(whole.prefix(20)))
            #expect(try started.readCloseCode() == 1007)
        }
    }

    static let closings: [(payload: [UInt8], code: Int?)] =
        ([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] as [UInt16]).map { code in
            ([UInt8(code >> 8), UInt8(code & 0xFF)], Int(code))
        }
        + ([0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535] as [UInt16]).map { code in
            ([UInt8(code >> 8), UInt8(code & 0xFF)], 1002)
        }
        + [([], nil), ([0x03, 0xE8] + [UInt8](repeating: 0x2A, count: 123), 1000)]

    @Test func `7 - a close frame is answered with its code, a wrong one with 1002, and then the stream ends`()
        async throws
    {
        try await withEcho { port in
            for closing in Self.closings {
                let socket = try WireSocket(port: port)
                // What follows the close frame is not heard.
                try socket.wire.send(WireSocket.bytes(0x8, closing.payload) + frame(0x1, "late") + frame(0x9, "late"))
                let answer = try socket.readFrame()
                #expect(answer.opcode == 0x8 && answer.code == closing.code, "\(closing.payload.prefix(2)): \(answer)")
                #expect(throws: Wire.Ended.self, "\(closing.payload.prefix(2))") { try socket.readFrame() }
            }
        }
    }

    /// Writes down how a peer's stream ended.
    private final class Ending: FrameReaderDelegate {
        var code: UInt16?

        func readerFound(text: String) {}
        func readerFound(binary: [UInt8]) {}
        func readerFoundPong() {}
        func readerAnswers(_ frame: SharedBytes) {}
        func readerFoundClose(code: UInt16) { self.code = code }
        func readerFails(code: UInt16) { self.code = code }
    }

    @Test(arguments: [1, 2, 3, 11]) func `7 - a reason that is not UTF-8 is wrong in pieces too`(pieceCount: Int) {
        let ending = Ending()
        let reader = FrameReader()
        reader?.serve(ending, messageByteCountMax: 1_000, inflater: nil)
        let bytes = WireSocket.bytes(0x8, [0x03, 0xE9, 0x62, 0xC2, 0xC8])
        for start in stride(from: 0, to: bytes.count, by: pieceCount) {
            Array(bytes[start...].prefix(pieceCount)).withUnsafeBytes { reader?.read($0) }
        }
        #expect(ending.code == 1007)
    }
}
