// Frames built once and shared by every socket: the reason why a broadcast to thousands is cheap.
import Synchronization

/// One text message as the bytes that go on the wire, built once. Any thread may build one.
///
/// Byte layout: a server's frame is not masked, so the header is 2, 4 or 10 bytes and the payload follows as it is.
/// - Source: RFC 6455 §5.2.
package final class SharedFrame: Sendable {
    /// Messages up to this length are never deflated: they fit one packet anyway.
    package static let deflateThresholdByteCount = 1_024

    let plain: SharedBytes
    /// Length of the message before any deflating.
    package let payloadByteCount: Int

    private enum Packed {
        case notTried
        case done(SharedBytes?)
    }
    private let packed = Mutex(Packed.notTried)

    /// One deflater for all frames, as it keeps 260 KiB.
    // Unsafe: it is touched only in `deflated(_:)`, under its lock.
    private nonisolated(unsafe) static let deflater = MessageDeflater()
    private static let deflaterLock = Mutex(())

    private static func deflated(_ payload: UnsafeRawBufferPointer) -> [UInt8]? {
        deflaterLock.withLock { _ in deflater.deflate(payload) }
    }

    /// Builds the frame of a text message.
    package convenience init(text: String) {
        var text = text
        self.init(
            frame: text.withUTF8 { SharedBytes.frame(opcode: 0x1, payload: UnsafeRawBufferPointer($0)) },
            payload: text.utf8.count)
    }

    /// Builds the frame of a text message from bytes that are UTF-8; whoever encodes JSON has them already.
    package convenience init(utf8: [UInt8]) {
        self.init(frame: utf8.withUnsafeBytes { SharedBytes.frame(opcode: 0x1, payload: $0) }, payload: utf8.count)
    }

    /// Builds the frame of a binary message.
    package convenience init(binary: [UInt8]) {
        self.init(frame: binary.withUnsafeBytes { SharedBytes.frame(opcode: 0x2, payload: $0) }, payload: binary.count)
    }

    private init(frame: SharedBytes, payload: Int) {
        plain = frame
        payloadByteCount = payload
    }

    /// Deflates now, on the caller's thread, what would otherwise be deflated on the loop at the first socket that
    /// agreed to permessage-deflate.
    package func prepareDeflated() { _ = bytes(deflating: true) }

    /// The bytes for a socket.
    func bytes(deflating: Bool) -> SharedBytes {
        guard deflating, payloadByteCount > Self.deflateThresholdByteCount else { return plain }
        return deflated ?? plain
    }

    /// The same message with RSV1; nil when deflating does not make it shorter.
    private var deflated: SharedBytes? {
        packed.withLock { packed in
            if case .done(let bytes) = packed { return bytes }
            let payload = UnsafeRawBufferPointer(rebasing: plain.bytes.suffix(payloadByteCount))
            let opcode = (plain.bytes.first ?? 0) & 0x0F
            let bytes = Self.deflated(payload).map { deflated in
                deflated.withUnsafeBytes { SharedBytes.frame(opcode: opcode | 0x40, payload: $0) }
            }
            packed = .done(bytes)
            return bytes
        }
    }
}

extension SharedBytes {
    /// An unmasked final frame; `opcode` may carry RSV1 as 0x40.
    static func frame(opcode: UInt8, payload: UnsafeRawBufferPointer) -> SharedBytes {
        var header: [UInt8] = [0x80 | opcode]
        switch payload.count {
        case ..<126: header.append(UInt8(payload.count))
        case ..<65_536: header += [126, UInt8(payload.count >> 8), UInt8(truncatingIfNeeded: payload.count)]
        default: header += [127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        return SharedBytes(byteCount: header.count + payload.count) { memory in
            memory.copyBytes(from: header)
            UnsafeMutableRawBufferPointer(rebasing: memory[header.count...]).copyMemory(from: payload)
        }
    }

    /// A close frame; the reason is cut to what fits a control frame, at a character's edge.
    /// - Source: RFC 6455 §5.5.1.
    static func closeFrame(code: UInt16, reason: String) -> SharedBytes {
        var payload: [UInt8] = [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)]
        for character in reason {
            guard payload.count + character.utf8.count <= 125 else { break }
            payload += Array(character.utf8)
        }
        return payload.withUnsafeBytes { frame(opcode: 0x8, payload: $0) }
    }
}

/// Names frames of which only the newest matters, such as the position of one asset.
///
/// A class with its hash kept, because it is looked up once per socket; build it once per name.
package final class LatestWinsKey: Hashable, Sendable {
    /// What the application calls it, such as `position:van`.
    package let name: String
    private let nameHash: Int

    /// A key for a name.
    package init(_ name: String) {
        self.name = name
        nameHash = name.hashValue
    }

    /// Keys are equal when their names are.
    package static func == (one: LatestWinsKey, other: LatestWinsKey) -> Bool {
        one === other || (one.nameHash == other.nameHash && one.name == other.name)
    }

    /// Feeds the kept hash.
    package func hash(into hasher: inout Hasher) { hasher.combine(nameHash) }
}
