// What the listener has seen, for /metrics. Written on the loop, read anywhere.
import Synchronization

/// Counts since the start. Any thread may read; each number is exact by itself, not all of them at one instant.
package final class HTTPCounters: Sendable {
    /// The numbers at one moment.
    package struct Snapshot: Sendable, Equatable {
        /// Connections that are open now, WebSockets not included.
        package var connectionsOpen = 0
        /// Connections that were taken.
        package var connectionsTotal = 0
        /// Closed at accept because a bound was reached.
        package var connectionsRefused = 0
        /// Cut because a head, a body, or the reading of an answer was too slow.
        package var connectionsReaped = 0
        /// Answers by the first digit of their status; index 0 is 1xx.
        package var responses = [0, 0, 0, 0, 0]
        /// Handlers that have not answered yet, those past their deadline included.
        package var handlersRunning = 0
        /// Handlers that were cancelled at their deadline.
        package var handlersTimedOut = 0
        /// WebSockets that are open or closing now.
        package var webSocketsOpen = 0
        /// WebSockets that were opened.
        package var webSocketsTotal = 0
        /// Messages from WebSockets, whole ones.
        package var messagesReceived = 0
        /// Frames that left for good, control frames included.
        package var framesSent = 0
        /// Bytes of frames that left, parts of frames included.
        package var bytesSent = 0
        /// System calls that sent frames; `framesSent` over this is how well they were gathered.
        package var sendCalls = 0
        /// WebSockets closed because their queue was full.
        package var slowClosed = 0
        /// Frames that went out deflated.
        package var framesDeflated = 0
        /// Waiting frames that a newer one of the same key took the place of.
        package var framesReplaced = 0
        /// TLS connections that are open now and serve HTTP; WebSockets are counted with the others.
        package var tlsOpen = 0
        /// TLS handshakes that were done.
        package var tlsHandshakes = 0
        /// Of those, the ones that went on from a session ticket.
        package var tlsResumed = 0
        /// Handshakes that failed: garbage, or nothing in common.
        package var tlsHandshakesFailed = 0
        /// Handshakes that were cut for being slow, or the oldest when there were too many.
        package var tlsHandshakesCut = 0
    }

    let connectionsOpen = Atomic(0)
    let connectionsTotal = Atomic(0)
    let connectionsRefused = Atomic(0)
    let connectionsReaped = Atomic(0)
    private let responses1 = Atomic(0)
    private let responses2 = Atomic(0)
    private let responses3 = Atomic(0)
    private let responses4 = Atomic(0)
    private let responses5 = Atomic(0)
    let handlersRunning = Atomic(0)
    let handlersTimedOut = Atomic(0)
    let webSocketsOpen = Atomic(0)
    let webSocketsTotal = Atomic(0)
    let messagesReceived = Atomic(0)
    let framesSent = Atomic(0)
    let bytesSent = Atomic(0)
    let sendCalls = Atomic(0)
    let slowClosed = Atomic(0)
    let framesDeflated = Atomic(0)
    let framesReplaced = Atomic(0)
    let tlsOpen = Atomic(0)
    let tlsHandshakes = Atomic(0)
    let tlsResumed = Atomic(0)
    let tlsHandshakesFailed = Atomic(0)
    let tlsHandshakesCut = Atomic(0)

    func countResponse(_ status: Int) {
        switch status {
        case ..<200: responses1.add(1)
        case ..<300: responses2.add(1)
        case ..<400: responses3.add(1)
        case ..<500: responses4.add(1)
        default: responses5.add(1)
        }
    }

    /// The numbers now.
    package var snapshot: Snapshot {
        Snapshot(
            connectionsOpen: connectionsOpen.now, connectionsTotal: connectionsTotal.now,
            connectionsRefused: connectionsRefused.now, connectionsReaped: connectionsReaped.now,
            responses: [responses1.now, responses2.now, responses3.now, responses4.now, responses5.now],
            handlersRunning: handlersRunning.now, handlersTimedOut: handlersTimedOut.now,
            webSocketsOpen: webSocketsOpen.now, webSocketsTotal: webSocketsTotal.now,
            messagesReceived: messagesReceived.now, framesSent: framesSent.now, bytesSent: bytesSent.now,
            sendCalls: sendCalls.now, slowClosed: slowClosed.now,
            framesDeflated: framesDeflated.now, framesReplaced: framesReplaced.now,
            tlsOpen: tlsOpen.now, tlsHandshakes: tlsHandshakes.now, tlsResumed: tlsResumed.now,
            tlsHandshakesFailed: tlsHandshakesFailed.now, tlsHandshakesCut: tlsHandshakesCut.now)
    }
}

extension Atomic where Value == Int {
    /// Plain load and store: only the loop writes, so no locked instruction is needed.
    borrowing func add(_ count: Int) { store(load(ordering: .relaxed) &+ count, ordering: .relaxed) }
    fileprivate var now: Int { load(ordering: .relaxed) }
}
