// A client's end of a WebSocket, frame by frame, so that tests can send what no library would.
import Glibc

@testable import Drivers

/// A WebSocket client that builds every frame itself.
final class WireSocket {
    struct Frame: Equatable {
        var isFinal = true
        var reserved: UInt8 = 0
        let opcode: UInt8
        let payload: [UInt8]
        var text: String { String(decoding: payload, as: UTF8.self) }
        /// The code of a close frame.
        var code: Int? { payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
    }

    let wire: Wire
    let answer: Answer

    static let request = """
        GET /live HTTP/1.1\r\nHost: depot\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n
        """

    /// Opens; `with` are further header lines, `followedBy` are bytes sent in the same packet as the request.
    init(port: UInt16, with lines: String = "", followedBy bytes: [UInt8] = [], receiveByteCount: CInt? = nil) throws {
        wire = try Wire(port: port, receiveByteCount: receiveByteCount)
        try wire.send(Array((Self.request + lines + "\r\n").utf8) + bytes)
        answer = Answer(try wire.readHead())
    }

    static func bytes(
        _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, reserved: UInt8 = 0, isMasked: Bool = true
    ) -> [UInt8] {
        var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
        let bit: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ..<126: bytes.append(bit | UInt8(payload.count))
        case ..<65_536: bytes += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: bytes += [bit | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        guard isMasked else { return bytes + payload }
        let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    func send(
        _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, reserved: UInt8 = 0, isMasked: Bool = true
    ) throws {
        try wire.send(Self.bytes(opcode, payload, isFinal: isFinal, reserved: reserved, isMasked: isMasked))
    }

    func send(text: String) throws { try send(0x1, Array(text.utf8)) }

    func sendClose(_ code: UInt16) throws { try send(0x8, [UInt8(code >> 8), UInt8(code & 0xFF)]) }

    func readFrame(within seconds: Double = 10) throws -> Frame {
        let head = try wire.read(2, within: seconds)
        var count = Int(head[1] & 0x7F)
        if count == 126 || count == 127 {
            count = try wire.read(count == 126 ? 2 : 8, within: seconds).reduce(0) { $0 << 8 | Int($1) }
        }
        return Frame(
            isFinal: head[0] & 0x80 != 0, reserved: head[0] >> 4 & 0x7, opcode: head[0] & 0x0F,
            payload: try wire.read(count, within: seconds))
    }

    /// Reads until the close frame. - Returns: its code; nil when it has none or the stream ends without one.
    func readCloseCode() throws -> Int? {
        while true {
            guard let frame = try? readFrame() else { return nil }
            if frame.opcode == 0x8 { return frame.code }
        }
    }
}

/// What the server's side of a WebSocket saw.
final class SocketLog: Sendable {
    let opened = Gathered<WebSocket>()
    let texts = Gathered<String>()
    let closed = Gathered<(code: UInt16, isClean: Bool)>()

    /// An upgrade that writes everything down and sends back every message.
    func upgrade(limits: WebSocketLimits = WebSocketLimits(), offersDeflate: Bool = false) -> WebSocketUpgrade {
        var upgrade = WebSocketUpgrade()
        upgrade.limits = limits
        upgrade.offersDeflate = offersDeflate
        upgrade.onOpen = { self.opened.add($0) }
        upgrade.onText = { socket, text in
            self.texts.add(text)
            socket.send(SharedFrame(text: text))
        }
        upgrade.onClose = { _, code, isClean in self.closed.add((code, isClean)) }
        return upgrade
    }
}

/// Runs a listener that upgrades every request.
func withSockets<Result: Sendable>(
    limits: WebSocketLimits = WebSocketLimits(), offersDeflate: Bool = false,
    _ body: @escaping @Sendable (TestListener, SocketLog) throws -> Result
) async throws -> Result {
    let log = SocketLog()
    let upgrade = log.upgrade(limits: limits, offersDeflate: offersDeflate)
    return try await withListener(handler: { _ in .upgrade(upgrade) }) { try body($0, log) }
}
