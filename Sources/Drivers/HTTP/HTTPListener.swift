// The listener: libmicrohttpd inside our loop, from the listening socket to the last answer. What libmicrohttpd calls
// back is in HTTPListener+Callbacks, one request in HTTPExchange, deadlines of a connection in HTTPConnection.
import CLinux
import CMicroHTTPD
import Core
import Glibc
package import Logging
import Synchronization

/// Serves HTTP/1.1 and WebSockets on one address.
///
/// Requests are answered by ``HTTPHooks/immediate`` on the loop or by the handler in a task of its own, while the
/// connection is suspended. Stopping waits for answers and close frames, then cuts what is left.
// Unchecked: `start`, `stop`, `port` and `counters` are for any thread and guard themselves; everything else is touched
// on the loop's thread only, by libmicrohttpd's callbacks and by posted jobs.
package final class HTTPListener: @unchecked Sendable {
    /// Decides on a request in a task of its own; it is cancelled at its deadline and at the stop.
    package typealias Handler = @Sendable (HTTPRequest) async -> HTTPReply

    /// What the listener has seen; any thread may read.
    package let counters = HTTPCounters()
    /// The port that is listened on; 0 before the start.
    package var port: UInt16 { boundPort.load(ordering: .acquiring) }

    let limits: HTTPLimits
    let hooks: HTTPHooks
    let loop: EventLoop
    let logger: Logger
    private let handler: Handler
    private let host: String
    private let wantedPort: UInt16
    private let boundPort = Atomic<UInt16>(0)
    let tls: TLSListening?
    let boundTLSPort = Atomic<UInt16>(0)

    // Loop-confined from here on.
    var daemon: OpaquePointer?
    private var epoll: CInt = -1
    let sockets: WebSocketSet
    var acceptor: TLSAcceptor?
    /// TLS connections on their way into libmicrohttpd, by the descriptor it will show.
    var arriving: [CInt: TLSRelay] = [:]
    var connections: [ObjectIdentifier: HTTPConnection] = [:]
    var connectionCountByAddress: [String: Int] = [:]
    var bodyByteCountTotal = 0
    private var lastExchange: UInt64 = 0
    private var waiting: [UInt64: HTTPExchange] = [:]
    private var tasks: [UInt64: Task<Void, Never>] = [:]
    private var stopWaiters: [CheckedContinuation<Void, Never>] = []
    private var stopDeadline: UInt64?
    var isStopping: Bool { stopDeadline != nil }

    /// - Parameters:
    ///   - host: a numeric address, such as `127.0.0.1`, `0.0.0.0` or `::` (which takes IPv4 too).
    ///   - port: 0 for any free port; ``port`` tells which.
    ///   - tls: where TLS is spoken besides; nil for nowhere.
    package init(
        limits: HTTPLimits = HTTPLimits(), host: String, port: UInt16, tls: TLSListening? = nil, loop: EventLoop,
        hooks: HTTPHooks = HTTPHooks(), logger: Logger = Logger(label: "http"), handler: @escaping Handler
    ) {
        self.tls = tls
        self.limits = limits
        self.host = host
        self.loop = loop
        self.hooks = hooks
        self.logger = logger
        self.handler = handler
        wantedPort = port
        sockets = WebSocketSet(loop: loop, counters: counters)
    }

    /// Binds and serves. Called once, with the loop running. - Throws: ``ListenerError`` or ``TLSError``.
    package func start() async throws {
        let listening = try ListeningSocket(host: host, port: wantedPort, backlog: limits.backlog)
        let secure: ListeningSocket?
        do {
            secure = try tls.map { try ListeningSocket(host: $0.host, port: $0.port, backlog: limits.backlog) }
        } catch {
            Glibc.close(listening.descriptor)
            throw error
        }
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            let isPosted = loop.post {
                do {
                    try self.begin(listening)
                    try self.beginTLS(secure)
                    done.resume()
                } catch {
                    done.resume(throwing: error)
                }
            }
            if !isPosted { done.resume(throwing: Self.loopHasEnded) }
        }
        boundPort.store(listening.port, ordering: .releasing)
        boundTLSPort.store(secure?.port ?? 0, ordering: .releasing)
        logger.info("listening", metadata: ["host": "\(host)", "port": "\(listening.port)"])
    }

    /// Takes no more connections, closes the WebSockets with `code`, waits for answers up to
    /// `HTTPLimits.stopDeadline`, and cuts the rest. Handlers still running are cancelled at once.
    package func stop(code: UInt16 = WebSocket.CloseCode.goingAway) async {
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            if !loop.post({ self.beginStopping(code: code, done) }) { done.resume() }
        }
    }

    /// Runs `body` on the loop with every open WebSocket, in no order.
    package func forEachWebSocket(_ body: @escaping @Sendable (WebSocket) -> Void) {
        loop.post { self.sockets.forEach(body) }
    }
}

// Start, turns and stop, on the loop.
extension HTTPListener: DescriptorWatcher, TurnTaker {
    private func begin(_ listening: ListeningSocket) throws {
        daemon = startDaemon(listening: listening.descriptor)
        guard let daemon else {
            Glibc.close(listening.descriptor)
            throw ListenerError(operation: "MHD_start_daemon", code: 0, text: "libmicrohttpd did not start", hint: nil)
        }
        epoll = depot_mhd_epoll_fd(daemon)
        try loop.watch(epoll, events: UInt32(DEPOT_EPOLLIN), by: self)
        loop.addTurnTaker(self)
    }

    // libmicrohttpd runs in every turn; its descriptor need only wake us.
    func descriptorIsReady(_ events: UInt32) {}

    func takeTurn() {
        guard let daemon else { return }
        acceptor?.takeTurn()
        MHD_run(daemon)
    }

    func endTurn() {
        sockets.flush()
        finishStoppingIfDone()
    }

    var sleepMillisecondsMax: Int32? {
        guard let daemon else { return nil }
        if sockets.hasDirty || acceptor?.hasWork == true { return 0 }
        let wish = depot_mhd_timeout(daemon)
        return wish < 0 ? nil : Int32(clamping: wish)
    }

    /// Cuts connections that are too slow, and answers for handlers that are.
    func tick() {
        guard daemon != nil else { return }
        let now = bootClockNanoseconds()
        for connection in connections.values where connection.isOverdue(now: now, limits: limits) {
            counters.connectionsReaped.add(1)
            connection.cut()
        }
        for (number, exchange) in waiting {
            guard case .handler(let deadline) = exchange.connection.phase, now >= deadline else { continue }
            counters.handlersTimedOut.add(1)
            tasks[number]?.cancel()
            resume(number, with: .response(busy("This took too long.")))
        }
        sockets.checkDeadlines()
        acceptor?.tick(now: now)
    }

    private static var loopHasEnded: ListenerError {
        ListenerError(operation: "start", code: 0, text: "the event loop has ended", hint: nil)
    }

    private func beginStopping(code: UInt16, _ done: CheckedContinuation<Void, Never>) {
        guard let daemon else { return done.resume() }
        stopWaiters.append(done)
        guard stopDeadline == nil else { return }
        stopDeadline = bootClockNanoseconds() + limits.stopDeadline.nanoseconds
        let listening = MHD_quiesce_daemon(daemon)
        if listening >= 0 { Glibc.close(listening) }
        acceptor?.stopAccepting()
        for task in tasks.values { task.cancel() }
        sockets.closeAll(code: code, reason: "the appliance stops")
    }

    private func finishStoppingIfDone() {
        guard let stopDeadline, let daemon else { return }
        let isQuiet =
            sockets.count == 0 && waiting.isEmpty && connections.values.allSatisfy(\.isIdle)
            && acceptor?.isQuiet != false
        if isQuiet || bootClockNanoseconds() >= stopDeadline { finishStopping(daemon) }
    }

    func loopEnds() {
        if let daemon { finishStopping(daemon) }
    }

    private func finishStopping(_ daemon: OpaquePointer) {
        // libmicrohttpd must not be stopped while it holds a suspended connection: each gets its answer first.
        for number in waiting.keys { resume(number, with: .response(busy("The appliance stops."))) }
        MHD_run(daemon)
        sockets.cutAll()
        self.daemon = nil
        loop.unwatch(epoll)
        loop.removeTurnTaker(self)
        MHD_stop_daemon(daemon)
        acceptor?.finish()
        acceptor = nil
        for done in stopWaiters { done.resume() }
        stopWaiters = []
    }
}

// Handlers.
extension HTTPListener {
    func nextExchangeNumber() -> UInt64 {
        lastExchange += 1
        return lastExchange
    }

    /// Suspends the connection and lets the handler decide. - Returns: whether the connection goes on.
    func startHandler(_ request: HTTPRequest, for exchange: HTTPExchange) -> Bool {
        guard tasks.count < limits.handlerCountMax, stopDeadline == nil else {
            return exchange.answer(busy("Too much to do."))
        }
        let number = exchange.number
        exchange.phase = .waiting
        exchange.connection.phase = .handler(deadline: request.receivedAt + limits.handlerDeadline.nanoseconds)
        waiting[number] = exchange
        MHD_suspend_connection(exchange.handle)
        counters.handlersRunning.add(1)
        // The one place where tasks begin: each handler is kept in `tasks` until it ends, and cancelled by `stop`.
        tasks[number] = Task { [handler] in
            let reply = await handler(request)
            self.loop.post { self.handlerEnded(number, reply) }
        }
        return true
    }

    private func handlerEnded(_ number: UInt64, _ reply: HTTPReply) {
        counters.handlersRunning.add(-1)
        tasks[number] = nil
        resume(number, with: reply)
    }

    /// Gives a waiting exchange its reply; one that has its answer already, for lack of time, is left alone.
    private func resume(_ number: UInt64, with reply: HTTPReply) {
        guard let exchange = waiting.removeValue(forKey: number) else { return }
        exchange.phase = .ready(reply)
        MHD_resume_connection(exchange.handle)
    }

    /// A 503 in the appliance's words.
    func busy(_ detail: String) -> HTTPResponse {
        hooks.refusal(HTTPRefusal(status: 503, detail: detail)).with("Retry-After", "5")
    }
}
