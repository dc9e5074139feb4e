// Moves clear bytes between a TLS session and a socketpair whose other end is libmicrohttpd's: the HTTP layer stays as
// it is and sees a socket. After an upgrade the session is handed over to the WebSocket, and the socketpair is gone.
import CLinux
import Core
import Glibc

/// A connection whose handshake is done. Loop-confined.
///
/// Bounds: towards HTTP at most one record waits here, and nothing more is read from the peer meanwhile; towards the
/// peer at most one record waits in the session, and nothing more is read from HTTP meanwhile.
final class TLSRelay {
    let peer: SocketAddress
    /// libmicrohttpd's end; whoever takes it closes it.
    let inner: CInt
    private let session: TLSSession
    private var outer: CInt { session.descriptor }
    private let clear: CInt
    private unowned let acceptor: TLSAcceptor

    /// What HTTP's end had no room for.
    private var toClear: [UInt8] = []
    /// Said goodbye, or HTTP takes no more: nothing is read from the peer for HTTP.
    private var isInputEnded = false
    /// HTTP has closed its end and all of it was read.
    private var isOutputEnded = false
    private var isGoodbyeSaid = false
    private var isPeerGone = false
    private var isClosed = false
    /// Set when the output has ended.
    private var deadline = UInt64.max

    private var outerEvents: UInt32 = 0
    /// Nil while the clear end is not watched.
    private var clearEvents: UInt32?
    private var clearWatcher: ClearEnd?

    /// The socketpair's end here, told apart from the peer's socket.
    private final class ClearEnd: DescriptorWatcher {
        unowned let relay: TLSRelay
        init(_ relay: TLSRelay) { self.relay = relay }
        func descriptorIsReady(_ events: UInt32) { relay.clearIsReady(events) }
    }

    /// Nil when the kernel gives no socketpair or does not watch it.
    init?(session: TLSSession, peer: SocketAddress, acceptor: TLSAcceptor) {
        var pair: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, type, 0, &pair) == 0 else { return nil }
        self.session = session
        self.peer = peer
        self.acceptor = acceptor
        (inner, clear) = (pair[0], pair[1])
        clearWatcher = ClearEnd(self)
        do {
            outerEvents = UInt32(DEPOT_EPOLLIN)
            try acceptor.loop.watch(outer, events: outerEvents, by: self)
            rewatchClear()
        } catch {
            Glibc.close(inner)
            Glibc.close(clear)
            return nil
        }
    }

    /// Takes what came with the end of the handshake.
    func begin() {
        if session.hasPending { moveIn() }
        settle()
    }

    /// Whether nothing of an answer is left here.
    var isQuiet: Bool { isGoodbyeSaid || !session.hasUnsent && !isOutputEnded }

    /// Ends the connection now: the peer had its time.
    func cut() {
        guard !isClosed else { return }
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(outer, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Sends what HTTP has left, as far as there is room, and closes.
    func finish() {
        guard !isClosed else { return }
        moveOut()
        if !isClosed, !isGoodbyeSaid { _ = session.sayGoodbye() }
        close()
    }

    func checkDeadline(now: UInt64) {
        if now >= deadline { cut() }
    }

    private func close() {
        guard !isClosed else { return }
        isClosed = true
        unwatch()
        Glibc.close(clear)
        Glibc.close(outer)
        acceptor.remove(self)
    }

    private func unwatch() {
        acceptor.loop.unwatch(outer)
        if clearEvents != nil { acceptor.loop.unwatch(clear) }
        clearEvents = nil
    }
}

// The way in: from the peer to HTTP.
extension TLSRelay: DescriptorWatcher {
    func descriptorIsReady(_ events: UInt32) {
        if events & UInt32(DEPOT_EPOLLIN) != 0 { isGoodbyeSaid ? drain() : moveIn() }
        guard !isClosed else { return }
        if events & UInt32(DEPOT_EPOLLERR | DEPOT_EPOLLHUP) != 0 { return close() }
        if events & UInt32(DEPOT_EPOLLOUT) != 0 { moveOut() }
        settle()
    }

    /// Moves records until the peer has sent no more or HTTP takes no more. Called at the end of the handshake too.
    func moveIn() {
        for _ in 0..<acceptor.limits.recordCountPerTurnMax {
            guard !isClosed, !isInputEnded, toClear.isEmpty else { return }
            let count = session.receive(into: acceptor.scratch)
            if count == 0 {
                // Half closed: HTTP hears of it and may still answer.
                isInputEnded = true
                isPeerGone = true
                Glibc.shutdown(clear, CInt(SHUT_WR))
                return
            }
            guard count > 0 else { return errno == EAGAIN ? () : close() }
            give(UnsafeRawBufferPointer(rebasing: acceptor.scratch[..<count]))
        }
    }

    private func give(_ bytes: UnsafeRawBufferPointer) {
        let sent = Glibc.send(clear, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
        if sent == bytes.count { return }
        // HTTP has closed its end; its last words are still read.
        if sent < 0, errno != EAGAIN, errno != EINTR { return isInputEnded = true }
        toClear = Array(bytes[max(0, sent)...])
    }

    /// After our goodbye nothing that comes is of use, but a reset would take back what the peer has not read.
    private func drain() {
        let count = recv(outer, acceptor.scratch.baseAddress, acceptor.scratch.count, CInt(MSG_DONTWAIT))
        if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { close() }
    }
}

// The way out: from HTTP to the peer.
extension TLSRelay {
    private func clearIsReady(_ events: UInt32) {
        if events & UInt32(DEPOT_EPOLLOUT) != 0, !toClear.isEmpty {
            let rest = toClear
            toClear = []
            rest.withUnsafeBytes { give($0) }
            moveIn()
        }
        if events & UInt32(DEPOT_EPOLLIN | DEPOT_EPOLLHUP | DEPOT_EPOLLERR) != 0 { moveOut() }
        settle()
    }

    private func moveOut() {
        for _ in 0..<acceptor.limits.recordCountPerTurnMax {
            guard !isClosed, !isOutputEnded else { break }
            guard session.flush() else { return errno == EAGAIN ? () : close() }
            let count = recv(clear, acceptor.scratch.baseAddress, session.recordByteCount, CInt(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            guard count > 0 else {
                isOutputEnded = true
                isInputEnded = true
                toClear = []
                deadline = bootClockNanoseconds() + acceptor.limits.lingerDeadline.nanoseconds
                break
            }
            // Never more than one record, and none waits, so all of it is taken.
            guard session.send(UnsafeRawBufferPointer(rebasing: acceptor.scratch[..<count])) == count else {
                return close()
            }
        }
        if isOutputEnded { sayGoodbye() }
    }

    private func sayGoodbye() {
        guard !isClosed, !isGoodbyeSaid, session.sayGoodbye() else { return }
        isGoodbyeSaid = true
        if isPeerGone { return close() }
        Glibc.shutdown(outer, CInt(SHUT_WR))
        deadline = bootClockNanoseconds() + acceptor.limits.closeDeadline.nanoseconds
    }

    /// Watches for what can go on now, and for nothing else: an end that is ready and not served would spin the loop.
    private func settle() {
        guard !isClosed else { return }
        var wanted: UInt32 = 0
        if isGoodbyeSaid || !isInputEnded && toClear.isEmpty { wanted |= UInt32(DEPOT_EPOLLIN) }
        if session.hasUnsent || isOutputEnded && !isGoodbyeSaid { wanted |= UInt32(DEPOT_EPOLLOUT) }
        if wanted != outerEvents { acceptor.loop.rewatch(outer, events: wanted) }
        outerEvents = wanted
        rewatchClear()
        if !isClosed, session.hasPending, toClear.isEmpty, !isInputEnded { moveIn() }
    }

    private func rewatchClear() {
        var wanted: UInt32 = 0
        if !session.hasUnsent, !isOutputEnded { wanted |= UInt32(DEPOT_EPOLLIN) }
        if !toClear.isEmpty { wanted |= UInt32(DEPOT_EPOLLOUT) }
        // The end of HTTP's side shows itself unasked, so an end that is not to be read is not watched at all.
        if wanted == 0, clearEvents != nil {
            acceptor.loop.unwatch(clear)
            clearEvents = nil
        } else if wanted != 0, clearEvents == nil, let clearWatcher {
            guard (try? acceptor.loop.watch(clear, events: wanted, by: clearWatcher)) != nil else { return cut() }
            clearEvents = wanted
        } else if wanted != 0, wanted != clearEvents {
            acceptor.loop.rewatch(clear, events: wanted)
            clearEvents = wanted
        }
    }
}

// After the upgrade.
extension TLSRelay {
    /// A session that goes on without HTTP.
    struct HandedOver {
        let session: TLSSession
        /// What HTTP wrote last and the peer's socket had no room for; it goes first.
        let unsent: [UInt8]
        /// What came for HTTP and was not read by it.
        let unread: [UInt8]
    }

    /// Gives the session and the peer's socket away and closes this end of the socketpair; nil when the peer is gone.
    func handOver() -> HandedOver? {
        guard !isClosed, !isPeerGone else { return nil }
        let unread = Self.rest(of: inner, acceptor.scratch) + toClear
        var unsent = Self.rest(of: clear, acceptor.scratch)
        while !unsent.isEmpty, session.flush() {
            let taken = unsent.withUnsafeBytes { session.send($0) }
            guard taken > 0 else { break }
            unsent.removeFirst(taken)
        }
        isClosed = true
        unwatch()
        Glibc.close(clear)
        acceptor.remove(self)
        return HandedOver(session: session, unsent: unsent, unread: unread)
    }

    private static func rest(of descriptor: CInt, _ scratch: UnsafeMutableRawBufferPointer) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let count = recv(descriptor, scratch.baseAddress, scratch.count, CInt(MSG_DONTWAIT))
            guard count > 0 else { return bytes }
            bytes += scratch[..<count]
        }
    }
}
