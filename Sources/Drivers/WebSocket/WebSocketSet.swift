// The sockets of one listener together: who is open, who has something to send at the end of the turn, and the buffers
// they share because only one of them works at a time.
import CLinux
import Glibc

/// All WebSockets of a listener. Loop-confined.
final class WebSocketSet {
    let loop: EventLoop
    let counters: HTTPCounters
    let inflater = MessageInflater()
    /// One read buffer for all sockets: 64 KiB is what a socket may hand in per turn.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    /// Well below IOV_MAX (1,024); more entries per call gain nothing for frames of a few hundred bytes.
    private let vectors = UnsafeMutableBufferPointer<iovec>.allocate(capacity: 256)

    private var sockets: [UInt64: WebSocket] = [:]
    private var countByAddress: [String: Int] = [:]
    private var dirty: [WebSocket] = []
    private var spareReader: FrameReader?
    private var lastID: UInt64 = 0

    init(loop: EventLoop, counters: HTTPCounters) {
        self.loop = loop
        self.counters = counters
    }

    deinit {
        scratch.deallocate()
        vectors.deallocate()
    }

    var count: Int { sockets.count }
    func count(from address: String) -> Int { countByAddress[address, default: 0] }
    var hasDirty: Bool { !dirty.isEmpty }

    /// Takes over a connected socket, which is closed here in any case. `extraInput` came behind the handshake,
    /// `unsent` is the end of our answer to it.
    func adopt(
        _ transport: SocketTransport, peerAddress: String, isDeflateAgreed: Bool, upgrade: WebSocketUpgrade,
        extraInput: [UInt8], unsent: [UInt8] = []
    ) {
        prepare(transport.descriptor, limits: upgrade.limits)
        lastID += 1
        let socket = WebSocket(
            id: lastID, transport: transport, peerAddress: peerAddress, isDeflateAgreed: isDeflateAgreed,
            upgrade: upgrade, set: self)
        sockets[lastID] = socket
        countByAddress[peerAddress, default: 0] += 1
        counters.webSocketsOpen.add(1)
        counters.webSocketsTotal.add(1)
        do {
            try socket.open(extraInput: extraInput, unsent: unsent)
        } catch {
            socket.finish(isClean: false)
        }
    }

    private func prepare(_ descriptor: CInt, limits: WebSocketLimits) {
        _ = depot_set_nonblocking(descriptor)
        var one: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
        var size = CInt(clamping: limits.kernelSendByteCount)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    }

    func remove(_ socket: WebSocket) {
        guard sockets.removeValue(forKey: socket.id) != nil else { return }
        let left = countByAddress[socket.peerAddress, default: 1] - 1
        countByAddress[socket.peerAddress] = left > 0 ? left : nil
        counters.webSocketsOpen.add(-1)
    }

    /// A reader for what a socket is sent; nil when there is no memory for one.
    func takeReader() -> FrameReader? {
        defer { spareReader = nil }
        return spareReader ?? FrameReader()
    }

    /// Keeps a reader that is at rest for the next socket.
    func giveBack(_ reader: FrameReader) {
        reader.rest()
        spareReader = reader
    }

    func markDirty(_ socket: WebSocket) { dirty.append(socket) }

    /// Sends what the turn has queued. Closing a socket may queue news of it for others, so a few rounds are made;
    /// what is left after them waits for the next turn.
    func flush() {
        for _ in 0..<4 where !dirty.isEmpty {
            let batch = dirty
            dirty.removeAll(keepingCapacity: true)
            for socket in batch { socket.flush() }
        }
    }

    func checkDeadlines() {
        let now = bootClockNanoseconds()
        for socket in sockets.values { socket.checkDeadline(now: now) }
    }

    func forEach(_ body: (WebSocket) -> Void) {
        for socket in sockets.values { body(socket) }
    }

    func closeAll(code: UInt16, reason: String) {
        for socket in sockets.values { socket.close(code: code, reason: reason) }
    }

    func cutAll() {
        for socket in sockets.values { socket.finish(isClean: false) }
    }

    /// One system call with as many frames as fit. - Returns: the bytes sent, or -1 with errno.
    func send(from queue: borrowing OutboundQueue, through transport: SocketTransport) -> Int {
        let count = queue.fill(vectors)
        counters.sendCalls.add(1)
        return transport.send(UnsafeMutableBufferPointer(rebasing: vectors[..<count]), gatheringIn: scratch)
    }

    func count(frames: Int, bytes: Int) {
        counters.framesSent.add(frames)
        counters.bytesSent.add(bytes)
    }
}
