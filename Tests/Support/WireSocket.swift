// A client's end of a WebSocket, frame by frame, so that tests can send what no library would.
import Glibc

/// A WebSocket client that builds every frame itself.
package final class WireSocket {
    package struct Frame: Equatable {
        package var isFinal = true
        package var reserved: UInt8 = 0
        package let opcode: UInt8
        package let payload: [UInt8]

        package init(isFinal: Bool = true, reserved: UInt8 = 0, opcode: UInt8, payload: [UInt8]) {
            self.isFinal = isFinal
            self.reserved = reserved
            self.opcode = opcode
            self.payload = payload
        }

        package var text: String { String(decoding: payload, as: UTF8.self) }
        /// The code of a close frame.
        package var code: Int? { payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
    }

    package let wire: Wire
    package let answer: Answer

    /// The request of a handshake as text.
    package static func request(path: String = "/live", headers: [String: String] = [:]) -> String {
        let fixed = [
            "Upgrade": "websocket", "Connection": "keep-alive, Upgrade",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13", "Host": "depot",
        ]
        let lines = fixed.merging(headers) { $1 }.map { "\($0.key): \($0.value)\r\n" }.joined()
        return "GET \(path) HTTP/1.1\r\n\(lines)\r\n"
    }

    /// Opens; `headers` are further ones, `bytes` are sent in the same packet as the request.
    package init(
        port: UInt16, path: String = "/live", headers: [String: String] = [:], followedBy bytes: [UInt8] = [],
        receiveByteCount: CInt? = nil, trusting authority: [UInt8]? = nil
    ) throws {
        wire =
            try authority.map { try Wire(port: port, receiveByteCount: receiveByteCount, trusting: $0) }
            ?? Wire(port: port, receiveByteCount: receiveByteCount)
        try wire.send(Array(Self.request(path: path, headers: headers).utf8) + bytes)
        answer = Answer(try wire.readHead())
    }

    package static func bytes(
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

    package func send(
        _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, reserved: UInt8 = 0, isMasked: Bool = true
    ) throws {
        try wire.send(Self.bytes(opcode, payload, isFinal: isFinal, reserved: reserved, isMasked: isMasked))
    }

    package func send(text: String) throws { try send(0x1, Array(text.utf8)) }

    package func sendClose(_ code: UInt16) throws { try send(0x8, [UInt8(code >> 8), UInt8(code & 0xFF)]) }

    package func readFrame(within seconds: Double = 60) throws -> Frame {
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
    package func readCloseCode() throws -> Int? {
        while true {
            guard let frame = try? readFrame() else { return nil }
            if frame.opcode == 0x8 { return frame.code }
        }
    }
}
