// The TLS side of a listener: it accepts, gives handshakes their turns, and keeps count of what came of them. Clear
// bytes are TLSRelay's; who gets them is the listener's affair.
import CLinux
import Core
import DequeModule
import Glibc
import Synchronization

/// Accepts connections and shakes hands with them, a bounded number per turn. Loop-confined.
final class TLSAcceptor {
    let limits: TLSLimits
    let loop: EventLoop
    let counters: HTTPCounters
    var credentials: TLSCredentials
    /// One buffer for all connections, as only one of them moves bytes at a time.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: TLSSession.recordByteCountMax, alignment: 16)
    private let terms: TLSTerms
    /// Takes a connection whose handshake is done.
    private let deliver: (TLSRelay) -> Void

    private var listening: CInt
    private var isPaused = false
    private var lastNumber: UInt64 = 0
    private var handshakes: [UInt64: TLSHandshake] = [:]
    private var countByAddress: [String: Int] = [:]
    /// In the order of accepting, so the first is the oldest; names that are done already are passed over.
    private var deadlines = Deque<(number: UInt64, at: UInt64)>()
    private var ready = Deque<TLSHandshake>()
    private var relays: [ObjectIdentifier: TLSRelay] = [:]
    private var hasNewcomers = false

    /// Takes the listening socket over. - Throws: ``TLSError`` or ``ListenerError``.
    init(
        listening: CInt, settings: TLSListening, loop: EventLoop, counters: HTTPCounters,
        deliver: @escaping (TLSRelay) -> Void
    ) throws {
        self.listening = listening
        limits = settings.limits
        credentials = settings.credentials
        self.loop = loop
        self.counters = counters
        self.deliver = deliver
        terms = try TLSTerms()
        try loop.watch(listening, events: UInt32(DEPOT_EPOLLIN), by: self)
    }

    deinit { scratch.deallocate() }

    func newSession(on descriptor: CInt) -> TLSSession? {
        TLSSession(
            descriptor: descriptor, credentials: credentials, terms: terms, helloByteCountMax: limits.helloByteCountMax)
    }

    func queue(_ handshake: TLSHandshake) {
        guard !handshake.isQueued else { return }
        handshake.isQueued = true
        ready.append(handshake)
    }

    func remove(_ relay: TLSRelay) {
        relays[ObjectIdentifier(relay)] = nil
        counters.tlsOpen.store(relays.count, ordering: .relaxed)
    }

    /// Whether the loop must not sleep.
    var hasWork: Bool { !ready.isEmpty }

    /// Whether every answer has left.
    var isQuiet: Bool { relays.values.allSatisfy(\.isQuiet) }
}

// Turns.
extension TLSAcceptor: DescriptorWatcher {
    func descriptorIsReady(_ events: UInt32) { hasNewcomers = true }

    func takeTurn() {
        if hasNewcomers { accept() }
        for _ in 0..<limits.handshakeStepCountPerTurnMax {
            guard let handshake = ready.popFirst() else { break }
            handshake.isQueued = false
            // It may have been cut while it waited.
            if handshakes[handshake.number] === handshake { step(handshake) }
        }
    }

    /// Cuts what is too slow.
    func tick(now: UInt64) {
        while let first = deadlines.first, now >= first.at || handshakes[first.number] == nil {
            deadlines.removeFirst()
            if let handshake = handshakes[first.number] { fail(handshake, counting: counters.tlsHandshakesCut) }
        }
        for relay in relays.values { relay.checkDeadline(now: now) }
        if isPaused {
            isPaused = false
            loop.rewatch(listening, events: UInt32(DEPOT_EPOLLIN))
        }
    }

    /// Takes no more connections, and lets go of those without a session.
    func stopAccepting() {
        guard listening >= 0 else { return }
        loop.unwatch(listening)
        Glibc.close(listening)
        listening = -1
        isPaused = false
        hasNewcomers = false
        for handshake in handshakes.values { forget(handshake, closing: true) }
    }

    /// Sends what can be sent at once and closes everything.
    func finish() {
        stopAccepting()
        for relay in relays.values { relay.finish() }
    }
}

extension TLSAcceptor {
    private func accept() {
        hasNewcomers = false
        for _ in 0..<limits.acceptCountPerTurnMax {
            var peer = SocketAddress()
            let descriptor = peer.accept(from: listening)
            guard descriptor >= 0 else { return pauseIfExhausted(errno) }
            admit(descriptor, peer)
        }
        // Level-triggered: what is left wakes the loop again.
    }

    /// Without a descriptor left, the waiting connection would wake the loop without end.
    private func pauseIfExhausted(_ code: CInt) {
        guard [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) else { return }
        isPaused = true
        loop.rewatch(listening, events: 0)
    }

    private func admit(_ descriptor: CInt, _ peer: SocketAddress) {
        let address = peer.name
        let isCrowded = countByAddress[address.text, default: 0] >= limits.handshakeCountPerAddressMax
        guard relays.count < limits.connectionCountMax, address.isLoopback || !isCrowded else {
            counters.connectionsRefused.add(1)
            Glibc.close(descriptor)
            return
        }
        if handshakes.count >= limits.handshakeCountMax { cutOldest() }
        lastNumber += 1
        let handshake = TLSHandshake(number: lastNumber, descriptor: descriptor, peer: peer, acceptor: self)
        do {
            try loop.watch(descriptor, events: UInt32(DEPOT_EPOLLIN), by: handshake)
        } catch {
            counters.connectionsRefused.add(1)
            Glibc.close(descriptor)
            return
        }
        handshakes[lastNumber] = handshake
        countByAddress[address.text, default: 0] += 1
        deadlines.append((lastNumber, bootClockNanoseconds() + limits.handshakeDeadline.nanoseconds))
    }

    private func cutOldest() {
        while let oldest = deadlines.popFirst() {
            guard let handshake = handshakes[oldest.number] else { continue }
            return fail(handshake, counting: counters.tlsHandshakesCut)
        }
    }

    private func step(_ handshake: TLSHandshake) {
        switch handshake.step(loop: loop) {
        case .waits: break
        case .failed: fail(handshake, counting: counters.tlsHandshakesFailed)
        case .done(let session):
            forget(handshake, closing: false)
            counters.tlsHandshakes.add(1)
            if session.isResumed { counters.tlsResumed.add(1) }
            guard let relay = TLSRelay(session: session, peer: handshake.peer, acceptor: self) else {
                Glibc.close(handshake.descriptor)
                return
            }
            relays[ObjectIdentifier(relay)] = relay
            counters.tlsOpen.store(relays.count, ordering: .relaxed)
            deliver(relay)
        }
    }

    private func fail(_ handshake: TLSHandshake, counting counter: borrowing Atomic<Int>) {
        counter.add(1)
        forget(handshake, closing: true)
    }

    private func forget(_ handshake: TLSHandshake, closing: Bool) {
        guard handshakes.removeValue(forKey: handshake.number) != nil else { return }
        let address = handshake.peer.name.text
        let left = countByAddress[address, default: 1] - 1
        countByAddress[address] = left > 0 ? left : nil
        loop.unwatch(handshake.descriptor)
        if closing { Glibc.close(handshake.descriptor) }
    }
}
