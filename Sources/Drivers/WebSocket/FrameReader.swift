// libwslay behind a Swift face: bytes in, messages and control frames out. It is the reader only; what is sent goes
// through OutboundQueue, except that libwslay words its own pongs and close frames, which are picked up here.
import CWSLay
import Glibc

/// What a reader finds. Called on the loop, inside ``FrameReader/read(_:)``.
protocol FrameReaderDelegate: AnyObject {
    func readerFound(text: String)
    func readerFound(binary: [UInt8])
    func readerFoundPong()
    /// The peer's close frame; 1005 when it names no code.
    func readerFoundClose(code: UInt16)
    /// A ready pong frame.
    func readerAnswers(_ frame: SharedBytes)
    /// The peer broke the protocol or a bound; `code` is to be sent to it. Nothing more will be read.
    func readerFails(code: UInt16)
}

/// Reads one socket's frames. Loop-confined.
///
/// libwslay keeps 8 KiB per context, so a socket has a reader only from the first to the last byte of what it is
/// sent: a reader that ``isAtRest`` serves whoever comes next.
///
/// libwslay checks masks, reserved bits, opcodes, lengths, fragmentation and UTF-8. Ours is the bound over all
/// fragments of a message (libwslay looks at one frame only when it does not keep them), and inflating.
/// - Source: RFC 6455 §5, RFC 7692 §6.
final class FrameReader {
    private var context: wslay_event_context_ptr?
    private var inflater: MessageInflater?
    private var messageByteCountMax = 0
    // Strong, and let go of at rest and at the socket's end: a weak reference would give each socket a side table, and
    // every delivery to it a slower retain.
    private var delegate: (any FrameReaderDelegate)?

    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    private var output: [UInt8] = []
    private var message: [UInt8] = []
    private var isMessageDeflated = false
    private var isFrameControl = false
    /// Code and reason of the peer's close frame, at most 125 bytes; nil outside of one.
    private var closing: [UInt8]?
    private var isInMessage = false
    /// Bytes that libwslay took and that no frame's length accounts for yet: the beginning of a head, or less than
    /// nothing while a payload is under way.
    private var openByteCount = 0
    /// Set at the first failure or the peer's close; from then on bytes are thrown away.
    private(set) var isFinished = false

    /// Whether the last byte taken ended a frame and a message, so that nothing of one socket is left in here.
    var isAtRest: Bool { !isFinished && !isInMessage && openByteCount == 0 }

    /// Nil when there is no memory for libwslay.
    init?() {
        var callbacks = Self.callbacks
        let me = Unmanaged.passUnretained(self).toOpaque()
        guard wslay_event_context_server_init(&context, &callbacks, me) == 0, let context else { return nil }
        wslay_event_config_set_no_buffering(context, 1)
    }

    /// Reads for this socket from now on.
    func serve(_ delegate: any FrameReaderDelegate, messageByteCountMax: Int, inflater: MessageInflater?) {
        self.delegate = delegate
        self.messageByteCountMax = messageByteCountMax
        self.inflater = inflater
        wslay_event_config_set_max_recv_msg_length(context, UInt64(messageByteCountMax))
        // WSLAY_RSV1_BIT is a macro with a cast, which Swift does not import: bit 2.
        wslay_event_config_set_allowed_rsv_bits(context, inflater == nil ? 0 : 1 << 2)
    }

    deinit { wslay_event_context_free(context) }

    /// Lets go of the socket.
    func rest() { delegate = nil }

    /// Takes all of `bytes` in, and tells the delegate what they hold.
    func read(_ bytes: UnsafeRawBufferPointer) {
        guard !isFinished else { return }
        input = bytes
        let result = wslay_event_recv(context)
        input = UnsafeRawBufferPointer(start: nil, count: 0)
        // Our own receive callback only ever says "nothing more now", so a failure is a frame that breaks the protocol.
        if result == WSLAY_ERR_NOMEM.rawValue { return fail(1011) }
        if result != 0 { return fail(1002) }
        collectOutput()
    }

    private func fail(_ code: UInt16) {
        guard !isFinished else { return }
        isFinished = true
        wslay_event_shutdown_read(context)
        delegate?.readerFails(code: code)
    }

    /// Picks up the pongs, and the close frame by which libwslay says what was wrong.
    private func collectOutput() {
        output.removeAll(keepingCapacity: true)
        _ = wslay_event_send(context)
        var rest = output[...]
        // libwslay's control frames are unmasked and at most 125 bytes long.
        while rest.count >= 2, let opcode = rest.first {
            let length = Int(rest[rest.startIndex + 1])
            guard rest.count >= 2 + length else { break }
            let frame = rest.prefix(2 + length)
            rest = rest.dropFirst(2 + length)
            if opcode == 0x8A, !isFinished {
                delegate?.readerAnswers(SharedBytes(copying: frame))
            } else if opcode == 0x88 {
                let code =
                    length >= 2 ? UInt16(frame[frame.startIndex + 2]) << 8 | UInt16(frame[frame.startIndex + 3]) : 1002
                fail(code)
            }
        }
        if output.capacity > 4_096 { output = [] }
    }
}

// What libwslay calls back.
extension FrameReader {
    private static let callbacks = wslay_event_callbacks(
        recv_callback: { context, buffer, length, _, user in
            guard let reader = FrameReader.from(user), let buffer else { return -1 }
            return reader.give(buffer, length, context)
        },
        send_callback: { _, data, length, _, user in
            guard let reader = FrameReader.from(user), let data else { return -1 }
            reader.output.append(contentsOf: UnsafeBufferPointer(start: data, count: length))
            return length
        },
        genmask_callback: nil,
        on_frame_recv_start_callback: { _, frame, user in
            guard let reader = FrameReader.from(user), let frame else { return }
            reader.frameStarts(frame.pointee)
        },
        on_frame_recv_chunk_callback: { _, chunk, user in
            guard let reader = FrameReader.from(user), let chunk = chunk?.pointee else { return }
            reader.append(UnsafeBufferPointer(start: chunk.data, count: chunk.data_length))
        },
        on_frame_recv_end_callback: nil,
        on_msg_recv_callback: { _, message, user in
            guard let reader = FrameReader.from(user), let message else { return }
            reader.messageEnds(opcode: message.pointee.opcode, status: message.pointee.status_code)
        })

    // Unretained: the reader frees the context in its deinit, so no callback outlives it.
    private static func from(_ user: UnsafeMutableRawPointer?) -> FrameReader? {
        user.map { Unmanaged<FrameReader>.fromOpaque($0).takeUnretainedValue() }
    }

    private func give(_ buffer: UnsafeMutablePointer<UInt8>, _ length: Int, _ context: wslay_event_context_ptr?) -> Int
    {
        let count = min(length, input.count)
        guard count > 0, let base = input.baseAddress else {
            wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK.rawValue)
            return -1
        }
        UnsafeMutableRawPointer(buffer).copyMemory(from: base, byteCount: count)
        input = UnsafeRawBufferPointer(rebasing: input.dropFirst(count))
        openByteCount += count
        return count
    }

    private func frameStarts(_ frame: wslay_event_on_frame_recv_start_arg) {
        isFrameControl = frame.opcode & 0x8 != 0
        closing = frame.opcode == 0x8 ? [] : nil
        if !isFrameControl { isInMessage = true }
        openByteCount -= Self.byteCount(ofPayload: Int(clamping: frame.payload_length))
        // libwslay 1.1 takes half a close code for none.
        if frame.opcode == 0x8, frame.payload_length == 1 { fail(1002) }
        guard !isFrameControl, !isFinished else { return }
        if frame.opcode != 0 {
            message.removeAll(keepingCapacity: message.capacity <= 4_096)
            isMessageDeflated = frame.rsv != 0
        }
        if frame.payload_length > UInt64(messageByteCountMax - message.count) { fail(1009) }
    }

    /// A client's frame with its masked head; libwslay refuses a length that is not in its shortest form.
    private static func byteCount(ofPayload count: Int) -> Int {
        let lengthByteCount = count < 126 ? 0 : count < 65_536 ? 2 : 8
        return (2 + lengthByteCount + 4).addingReportingOverflow(count).partialValue
    }

    private func append(_ chunk: UnsafeBufferPointer<UInt8>) {
        closing?.append(contentsOf: chunk)
        guard !isFrameControl, !isFinished, chunk.count > 0 else { return }
        message.append(contentsOf: chunk)
    }

    private func messageEnds(opcode: UInt8, status: UInt16) {
        if opcode & 0x8 == 0 { isInMessage = false }
        guard !isFinished else { return }
        switch UInt32(opcode) {
        case WSLAY_TEXT_FRAME.rawValue: deliver(isText: true)
        case WSLAY_BINARY_FRAME.rawValue: deliver(isText: false)
        case WSLAY_PONG.rawValue: delegate?.readerFoundPong()
        case WSLAY_CONNECTION_CLOSE.rawValue:
            // libwslay 1.1 overlooks the first two bytes of every piece of a reason, not of the first piece only.
            guard String(validating: closing?.dropFirst(2) ?? [], as: UTF8.self) != nil else { return fail(1007) }
            isFinished = true
            delegate?.readerFoundClose(code: status == 0 ? 1005 : status)
        default: break
        }
    }

    private func deliver(isText: Bool) {
        var whole = message
        if isMessageDeflated {
            switch inflater?.inflate(message, byteCountMax: messageByteCountMax) {
            case .message(let inflated): whole = inflated
            case .tooBig: return fail(1009)
            case .broken, nil: return fail(1007)
            }
        }
        message.removeAll(keepingCapacity: message.capacity <= 4_096)
        guard isText else { delegate?.readerFound(binary: whole); return }
        guard let text = String(validating: whole, as: UTF8.self) else { return fail(1007) }
        delegate?.readerFound(text: text)
    }
}
