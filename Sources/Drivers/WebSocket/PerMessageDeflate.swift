// zlib for permessage-deflate without context takeover: every message stands alone, so one deflater serves all frames
// and one inflater all sockets of a loop.
import CZlib

/// Deflates whole messages. Not thread-safe: its owner guards it.
final class MessageDeflater {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let isReady: Bool

    init() {
        stream.initialize(to: z_stream())
        // Raw deflate with the full window; level 3 costs half of the default 6 and loses some 5 % on JSON.
        isReady =
            deflateInit2_(
                stream, 3, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            == Z_OK
    }

    deinit {
        if isReady { deflateEnd(stream) }
        stream.deallocate()
    }

    /// The deflated message without its 00 00 FF FF; nil when that would not be shorter, or zlib has no memory.
    /// - Source: RFC 7692 §7.2.1.
    func deflate(_ message: UnsafeRawBufferPointer) -> [UInt8]? {
        guard isReady, !message.isEmpty, deflateReset(stream) == Z_OK else { return nil }
        // Whoever needs more than the input's length is not worth it: the buffer is no larger.
        let packed = [UInt8](unsafeUninitializedCapacity: message.count) { out, count in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: message.bindMemory(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = UInt32(message.count)
            stream.pointee.next_out = out.baseAddress
            stream.pointee.avail_out = UInt32(out.count)
            let result = CZlib.deflate(stream, Z_SYNC_FLUSH)
            let isWhole = result == Z_OK && stream.pointee.avail_in == 0 && stream.pointee.avail_out > 0
            count = isWhole ? out.count - Int(stream.pointee.avail_out) : 0
        }
        guard packed.count > 4, packed.suffix(4) == [0, 0, 0xFF, 0xFF] else { return nil }
        return packed.dropLast(4)
    }
}

/// Inflates whole messages, never beyond a bound. Loop-confined.
final class MessageInflater {
    /// What came of a message.
    enum Outcome: Equatable {
        case message([UInt8])
        /// It would be longer than the bound; inflating stopped there.
        case tooBig
        case broken
    }

    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let isReady: Bool
    private var piece = [UInt8](repeating: 0, count: 16 << 10)

    init() {
        stream.initialize(to: z_stream())
        isReady = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        if isReady { inflateEnd(stream) }
        stream.deallocate()
    }

    /// Inflates one message of at most `byteCountMax` bytes.
    /// - Source: RFC 7692 §7.2.2.
    func inflate(_ message: [UInt8], byteCountMax: Int) -> Outcome {
        guard isReady, inflateReset(stream) == Z_OK else { return .broken }
        let input = message + [0, 0, 0xFF, 0xFF]
        return input.withUnsafeBufferPointer { inflate($0, byteCountMax: byteCountMax) }
    }

    private func inflate(_ input: UnsafeBufferPointer<UInt8>, byteCountMax: Int) -> Outcome {
        var output: [UInt8] = []
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        while true {
            let (result, count) = step()
            guard output.count + count <= byteCountMax else { return .tooBig }
            output += piece[..<count]
            let isInputUsed = stream.pointee.avail_in == 0
            switch result {
            case Z_OK where isInputUsed && count < piece.count: return .message(output)
            case Z_BUF_ERROR where isInputUsed: return .message(output)
            case Z_OK: continue
            // A final block may be followed by more (RFC 7692 §7.2.3.4).
            case Z_STREAM_END where !isInputUsed: guard inflateReset(stream) == Z_OK else { return .broken }
            case Z_STREAM_END: return .message(output)
            default: return .broken
            }
        }
    }

    private func step() -> (result: Int32, count: Int) {
        piece.withUnsafeMutableBufferPointer { out in
            stream.pointee.next_out = out.baseAddress
            stream.pointee.avail_out = UInt32(out.count)
            let result = CZlib.inflate(stream, Z_SYNC_FLUSH)
            return (result, out.count - Int(stream.pointee.avail_out))
        }
    }
}
