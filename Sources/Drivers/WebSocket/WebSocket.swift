// One upgraded connection: what the application may do with it, and its life from open to closed. Bytes in are
// FrameReader's, bytes waiting are OutboundQueue's, the sockets of a listener together are WebSocketSet's.
import CLinux
import Core
import Glibc

/// The bounds of a WebSocket. What happens at each bound stands beside it.
package struct WebSocketLimits: Sendable {
    /// Longest message, before and after inflating; closed with 1009.
    package var messageByteCountMax = 64 << 10
    /// Bytes and frames waiting for a peer that reads slowly; beyond either the queue is dropped and the socket closed
    /// with ``WebSocket/CloseCode/slow``, after which the client comes back where it was.
    package var queueByteCountMax = 1 << 20
    /// See ``queueByteCountMax``.
    package var queueFrameCountMax = 4_096
    /// The kernel's buffer per socket, so that latest-wins works on what waits with us and not on what waits there.
    package var kernelSendByteCount = 256 << 10
    /// Between two pings.
    package var pingInterval = Duration.seconds(30)
    /// Pings in a row without any sign of life; then the connection is cut.
    package var missedPingCountMax = 2
    /// A peer that does not finish the closing within this is cut.
    package var closeDeadline = Duration.seconds(5)

    /// The defaults.
    package init() {}
}

/// How a request goes on as a WebSocket. All closures are called on the event loop and must not block it.
package struct WebSocketUpgrade: Sendable {
    /// The bounds of this socket.
    package var limits = WebSocketLimits()
    /// One of the subprotocols the client offered, when the application chose one.
    package var subprotocol: String?
    /// Whether permessage-deflate is agreed to; off by default, as a LAN has bandwidth and a box has not much CPU.
    package var offersDeflate = false
    /// Headers of the 101 answer.
    package var headers = HTTPHeaders()
    /// The socket is open; it may be sent to at once.
    package var onOpen: @Sendable (WebSocket) -> Void = { _ in }
    /// A whole text message, checked to be UTF-8.
    package var onText: @Sendable (WebSocket, String) -> Void = { _, _ in }
    /// Nil closes a socket that sends a binary message with 1003.
    package var onBinary: (@Sendable (WebSocket, [UInt8]) -> Void)?
    /// Called once, last. `code` is the one the closing began with, ours or the peer's, and 1006 for a lost
    /// connection; `isClean` says that both close frames went through.
    package var onClose: @Sendable (WebSocket, _ code: UInt16, _ isClean: Bool) -> Void = { _, _, _ in }

    /// The defaults.
    package init() {}
}

/// One WebSocket, server side. Every call belongs on its event loop, as do all calls it makes.
// Unchecked: it may be carried to other threads as a name for the connection, but every member that changes checks
// that it runs on the loop.
package final class WebSocket: @unchecked Sendable {
    /// Close codes of our own beside those of RFC 6455 §7.4.1.
    package enum CloseCode {
        /// Going away: the appliance stops.
        package static let goingAway: UInt16 = 1001
        /// The client read too slowly; it may come back and resume.
        package static let slow: UInt16 = 4000
        /// The appliance restarts; come back with a pause.
        package static let restart: UInt16 = 4001
        /// No close frame came: reported, never sent.
        package static let lost: UInt16 = 1006
    }

    private enum State { case open, closing, closed }

    // What a broadcast touches at each of thousands of sockets comes first, so that it lies in few cache lines.
    private var state = State.open
    private var isDirty = false
    private var isWaitingToWrite = false
    /// Whether permessage-deflate was agreed on.
    package let isDeflateAgreed: Bool
    private let transport: SocketTransport
    // Strong: the set lets go of a socket when it closes, so this is no lasting cycle, and a socket that the application
    // keeps for longer can still be asked.
    private let set: WebSocketSet
    private var queue = OutboundQueue()

    /// Unique among the sockets of a listener since its start.
    package let id: UInt64
    private var upgrade: WebSocketUpgrade
    /// The peer's address as in ``HTTPRequestHead/peerAddress``.
    package let peerAddress: String
    /// The subprotocol that was agreed on.
    package let subprotocol: String?

    /// Only while a message has come in part.
    private var reader: FrameReader?
    private var closeCode = CloseCode.lost
    private var isCloseReceived = false
    private var hasPeerFailed = false
    private var deadline: UInt64
    private var missedPingCount = 0
    private var storedUserInfo: AnyObject?

    /// A place for the application's state of this connection.
    package var userInfo: AnyObject? {
        get { onLoop { storedUserInfo } }
        set { onLoop { storedUserInfo = newValue } }
    }

    /// Whether a message sent now may still reach the peer.
    package var isOpen: Bool { onLoop { state == .open } }

    init(
        id: UInt64, transport: SocketTransport, peerAddress: String, isDeflateAgreed: Bool, upgrade: WebSocketUpgrade,
        set: WebSocketSet
    ) {
        self.id = id
        self.transport = transport
        self.peerAddress = peerAddress
        self.isDeflateAgreed = isDeflateAgreed
        self.upgrade = upgrade
        self.set = set
        subprotocol = upgrade.subprotocol
        // Spread over a tenth of the interval, or all clients of a reconnect storm would be pinged in one turn for ever.
        let interval = upgrade.limits.pingInterval.nanoseconds
        deadline = bootClockNanoseconds() + interval - (id &* 0x9E37_79B9) % max(1, interval / 10)
    }

    private func onLoop<Result>(_ body: () -> Result) -> Result {
        set.loop.preconditionOnLoop("WebSocket")
        return body()
    }

    /// Queues a message; it leaves at the end of this turn of the loop, together with what else waits.
    ///
    /// With `latestWins`, a waiting message of the same key is replaced at its place in the queue. A socket that is
    /// closing or closed ignores the call. Over the bounds of ``WebSocketLimits`` the socket is closed with 4000.
    package func send(_ frame: SharedFrame, latestWins key: LatestWinsKey? = nil) {
        set.loop.preconditionOnLoop()
        guard state == .open else { return }
        let bytes = frame.bytes(deflating: isDeflateAgreed)
        if bytes !== frame.plain { set.counters.framesDeflated.add(1) }
        if queue.append(bytes, key: key) { set.counters.framesReplaced.add(1) }
        if queue.frameCount > upgrade.limits.queueFrameCountMax || queue.byteCount > upgrade.limits.queueByteCountMax {
            set.counters.slowClosed.add(1)
            queue.dropWaiting()
            close(code: CloseCode.slow, reason: "read too slowly")
        } else {
            markDirty()
        }
    }

    /// Says goodbye after what is queued, and cuts the connection if the peer does not answer in time. Later calls do
    /// nothing.
    package func close(code: UInt16, reason: String = "") {
        set.loop.preconditionOnLoop()
        guard state == .open else { return }
        beginClosing(code: code, frame: .closeFrame(code: code, reason: reason))
    }

    private func beginClosing(code: UInt16, frame: SharedBytes) {
        state = .closing
        closeCode = code
        deadline = bootClockNanoseconds() + upgrade.limits.closeDeadline.nanoseconds
        queue.append(frame, key: nil)
        markDirty()
    }

    private func markDirty() {
        // A socket that waits to become writable is flushed then.
        guard !isDirty, !isWaitingToWrite else { return }
        isDirty = true
        set.markDirty(self)
    }
}

// The life of the socket, driven by its set.
extension WebSocket {
    /// Starts watching, and takes what came in the packet of the handshake. `unsent` is what is left of our answer to
    /// it. - Throws: ``ListenerError`` from epoll.
    func open(extraInput: [UInt8], unsent: [UInt8]) throws {
        try set.loop.watch(transport.descriptor, events: Self.readEvents, by: self)
        if !unsent.isEmpty { queue.append(SharedBytes(copying: unsent), key: nil) }
        if !unsent.isEmpty || transport.hasUnsent { markDirty() }
        upgrade.onOpen(self)
        if !extraInput.isEmpty { extraInput.withUnsafeBytes { read($0) } }
        if state != .closed, transport.hasPending { receive() }
        finishIfDone()
    }

    private static let readEvents = UInt32(DEPOT_EPOLLIN | DEPOT_EPOLLRDHUP)
    private static let bothEvents = readEvents | UInt32(DEPOT_EPOLLOUT)

    /// Pings, or cuts a peer that gives no sign of life or does not finish the closing.
    func checkDeadline(now: UInt64) {
        guard now >= deadline else { return }
        guard state == .open, missedPingCount < upgrade.limits.missedPingCountMax else {
            return finish(isClean: false)
        }
        missedPingCount += 1
        deadline = now + upgrade.limits.pingInterval.nanoseconds
        queue.appendControl(Self.pingFrame)
        markDirty()
    }

    private static let pingFrame = SharedBytes(copying: [0x89, 0x00])

    /// Sends what waits, as much as the kernel takes now. Called at the end of a turn.
    func flush() {
        isDirty = false
        guard state != .closed else { return }
        var callsLeft = Self.sendCallCountPerTurnMax
        while !queue.isEmpty || transport.hasUnsent {
            guard callsLeft > 0 else { return waitToWrite(true) }
            callsLeft -= 1
            let sent = queue.isEmpty ? (transport.flush() ? 0 : -1) : set.send(from: queue, through: transport)
            guard sent >= 0 else {
                if errno == EINTR { continue }
                return errno == EAGAIN ? waitToWrite(true) : finish(isClean: false)
            }
            let finished = queue.consume(sent)
            set.count(frames: finished, bytes: sent)
        }
        waitToWrite(false)
        finishIfDone()
    }

    /// A peer with much to catch up on gets this many calls of 256 frames each, then the others have their turn.
    private static let sendCallCountPerTurnMax = 4

    private func waitToWrite(_ isWaiting: Bool) {
        guard isWaiting != isWaitingToWrite else { return }
        isWaitingToWrite = isWaiting
        set.loop.rewatch(transport.descriptor, events: isWaiting ? Self.bothEvents : Self.readEvents)
    }

    /// After both close frames went through there is nothing left to wait for. A peer that broke the protocol is not
    /// heard any more: it sees our end of the stream after our close frame, and its end or the deadline finishes it.
    private func finishIfDone() {
        guard state == .closing, queue.isEmpty, !transport.hasUnsent else { return }
        if isCloseReceived { return finish(isClean: true) }
        if hasPeerFailed { transport.endSending() }
    }

    /// Closes the descriptor and tells the application; once.
    func finish(isClean: Bool) {
        guard state != .closed else { return }
        state = .closed
        queue.dropWaiting()
        reader?.rest()
        reader = nil
        set.loop.unwatch(transport.descriptor)
        transport.close(isClean: isClean)
        set.remove(self)
        upgrade.onClose(self, closeCode, isClean)
        // The application's closures may lead back to this socket; a closed one holds nothing.
        upgrade = WebSocketUpgrade()
        storedUserInfo = nil
    }
}

extension WebSocket: DescriptorWatcher {
    func descriptorIsReady(_ events: UInt32) {
        if events & UInt32(DEPOT_EPOLLIN | DEPOT_EPOLLRDHUP) != 0 { receive() }
        guard state != .closed else { return }
        if events & UInt32(DEPOT_EPOLLERR | DEPOT_EPOLLHUP) != 0 { return finish(isClean: false) }
        if events & UInt32(DEPOT_EPOLLOUT) != 0 { flush() }
    }

    /// Reads once; what is left wakes the loop again, so a flood of one peer does not hold up the others.
    private func receive() {
        let count = transport.receive(into: set.scratch)
        guard count != 0 else { return finish(isClean: false) }
        guard count > 0 else {
            return errno == EAGAIN || errno == EINTR ? () : finish(isClean: false)
        }
        missedPingCount = 0
        read(UnsafeRawBufferPointer(rebasing: set.scratch[..<count]))
        finishIfDone()
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        guard state != .closed else { return }
        guard let reader = reader ?? newReader() else { return close(code: 1011) }
        reader.read(bytes)
        self.reader = reader.isAtRest || state == .closed ? nil : reader
        if reader.isAtRest { set.giveBack(reader) } else if state == .closed { reader.rest() }
    }

    private func newReader() -> FrameReader? {
        let reader = set.takeReader()
        reader?.serve(
            self, messageByteCountMax: upgrade.limits.messageByteCountMax,
            inflater: isDeflateAgreed ? set.inflater : nil)
        return reader
    }
}

extension WebSocket: FrameReaderDelegate {
    func readerFound(text: String) {
        guard state == .open else { return }
        set.counters.messagesReceived.add(1)
        upgrade.onText(self, text)
    }

    func readerFound(binary: [UInt8]) {
        guard state == .open else { return }
        set.counters.messagesReceived.add(1)
        if let onBinary = upgrade.onBinary {
            onBinary(self, binary)
        } else {
            close(code: 1003, reason: "text only")
        }
    }

    // Any byte is a sign of life and was counted in `receive`.
    func readerFoundPong() {}

    func readerFoundClose(code: UInt16) {
        isCloseReceived = true
        // The code is echoed; a close frame without a code gets one without.
        let echo = code == 1005 ? SharedBytes(copying: [0x88, 0x00]) : .closeFrame(code: code, reason: "")
        if state == .open { beginClosing(code: code, frame: echo) }
    }

    func readerAnswers(_ frame: SharedBytes) {
        guard state == .open else { return }
        queue.appendControl(frame)
        markDirty()
    }

    func readerFails(code: UInt16) {
        hasPeerFailed = true
        close(code: code)
    }
}
