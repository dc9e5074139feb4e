// One request and its answer: the state machine behind libmicrohttpd's access callback. The rules that a request's
// head must keep before anybody else sees it are in HTTPHeadRules; the listener around it is HTTPListener.
import CMicroHTTPD

/// One request on its way through. Loop-confined.
///
/// libmicrohttpd calls once when the head is there, then for each piece of the body, then once more when it is whole;
/// after a suspension it calls again, and finds the answer.
final class HTTPExchange {
    enum Phase {
        case head
        case body(HTTPRequestHead)
        /// A body that is refused is read and thrown away first, or the client would see a reset and not the answer.
        case draining(HTTPResponse, byteCountLeft: Int)
        case waiting
        case ready(HTTPReply)
        case answered
    }

    /// Names the exchange where it cannot be carried along, such as in a handler's task.
    let number: UInt64
    /// As it came, undecoded.
    let target: String
    let handle: OpaquePointer
    let connection: HTTPConnection
    var phase = Phase.head
    var head: HTTPRequestHead?
    var body: [UInt8] = []
    private(set) var receivedByteCount = 0
    private var bodyByteCountMax = 0
    unowned let listener: HTTPListener
    /// What the 101 promised, for when the socket is handed over.
    var agreed: (upgrade: WebSocketUpgrade, isDeflateAgreed: Bool)?

    init(number: UInt64, target: String, handle: OpaquePointer, connection: HTTPConnection, listener: HTTPListener) {
        self.number = number
        self.target = target
        self.handle = handle
        self.connection = connection
        self.listener = listener
    }

    /// One call of libmicrohttpd's. - Returns: whether the connection goes on.
    func step(method: String, version: String, upload: UnsafeRawBufferPointer) -> Bool {
        switch phase {
        case .head: return takeHead(method: method, version: version)
        case .body(let head): return upload.isEmpty ? bodyIsWhole(head) : takeBody(upload)
        case .draining(let response, let left):
            if upload.isEmpty { return answer(response, closing: true) }
            receivedByteCount += upload.count
            phase = .draining(response, byteCountLeft: left - upload.count)
            return left > upload.count
        case .waiting: return true
        case .ready(let reply): return answer(reply)
        case .answered: return false
        }
    }

    // MARK: The head

    private func takeHead(method: String, version: String) -> Bool {
        let headers = listener.headers(of: handle)
        let framing: HTTPHeadRules.Framing
        let head: HTTPRequestHead
        do throws(HTTPRefusal) {
            framing = try HTTPHeadRules.framing(
                method: method, version: version, target: target, headers: headers, limits: listener.limits)
            guard let parts = HTTPTarget(target) else {
                throw HTTPRefusal(status: 400, detail: "The request target is not a path that can be served.")
            }
            head = HTTPRequestHead(
                method: method, path: parts.path, query: parts.query, headers: headers,
                peerAddress: connection.peer.text, isSecure: connection.tls != nil,
                receivedAt: bootClockNanoseconds())
        } catch {
            // The bounds of this request are in doubt, so nothing more is read from the connection.
            return answer(listener.hooks.refusal(error), closing: true)
        }
        self.head = head
        return admit(head, framing)
    }

    private func admit(_ head: HTTPRequestHead, _ framing: HTTPHeadRules.Framing) -> Bool {
        if let response = listener.hooks.admit(head) { return refuse(response, framing) }
        bodyByteCountMax =
            listener.hooks.bodyByteCountMax(head.method, head.path) ?? listener.limits.bodyByteCountMax
        if framing.byteCount ?? 0 > bodyByteCountMax { return refuse(tooLarge, framing) }
        if listener.bodyByteCountTotal + (framing.byteCount ?? 0) > listener.limits.bodyByteCountTotalMax {
            return refuse(listener.busy("Too many uploads at the same time."), framing)
        }
        phase = .body(head)
        if framing.hasBody { connection.phase = .body(since: bootClockNanoseconds()) }
        return true
    }

    /// Answers at once where no body comes or the client waits for leave to send it; otherwise after a short drain.
    private func refuse(_ response: HTTPResponse, _ framing: HTTPHeadRules.Framing) -> Bool {
        guard framing.hasBody else {
            // The end of the head is called for once more before a connection can be kept.
            phase = .ready(.response(response))
            return true
        }
        let drain = listener.limits.overlongBodyDrainByteCountMax
        if framing.expectsContinue || framing.byteCount ?? 0 > drain { return answer(response, closing: true) }
        phase = .draining(response, byteCountLeft: drain)
        connection.phase = .body(since: bootClockNanoseconds())
        return true
    }

    private var tooLarge: HTTPResponse {
        listener.hooks.refusal(
            HTTPRefusal(status: 413, detail: "The body may be \(bodyByteCountMax) bytes long at most."))
    }

    // MARK: The body

    private func takeBody(_ piece: UnsafeRawBufferPointer) -> Bool {
        receivedByteCount += piece.count
        guard body.count + piece.count <= bodyByteCountMax else { return drain(tooLarge, after: piece.count) }
        let total = listener.bodyByteCountTotal + piece.count
        guard total <= listener.limits.bodyByteCountTotalMax else {
            return drain(listener.busy("Too many uploads at the same time."), after: piece.count)
        }
        listener.bodyByteCountTotal = total
        body.append(contentsOf: piece)
        return true
    }

    private func drain(_ response: HTTPResponse, after count: Int) -> Bool {
        forgetBody()
        phase = .draining(response, byteCountLeft: listener.limits.overlongBodyDrainByteCountMax - count)
        return true
    }

    /// Gives the bytes back to the listener's account.
    func forgetBody() {
        listener.bodyByteCountTotal -= body.count
        body = []
    }

    private func bodyIsWhole(_ head: HTTPRequestHead) -> Bool {
        let request = HTTPRequest(head: head, body: body)
        if let response = listener.hooks.immediate(request) { return answer(response) }
        return listener.startHandler(request, for: self)
    }

    // MARK: The answer

    private func answer(_ reply: HTTPReply) -> Bool {
        switch reply {
        case .response(let response): return answer(response)
        case .upgrade(let upgrade):
            guard let head else { return false }
            do {
                guard listener.hasRoomForWebSocket(from: connection.peer) else {
                    return answer(listener.busy("Too many screens from one address."))
                }
                let handshake = try WebSocketHandshake(head, offersDeflate: upgrade.offersDeflate)
                phase = .answered
                return listener.queueUpgrade(upgrade, handshake, for: self)
            } catch {
                let refusal = listener.hooks.refusal(HTTPRefusal(status: error.status, detail: error.detail))
                let hints = refusal.with("Sec-WebSocket-Version", "13").with("Upgrade", "websocket")
                return answer(error.status == 426 ? hints : refusal)
            }
        }
    }

    func answer(_ response: HTTPResponse, closing: Bool = false) -> Bool {
        let answer = head.map { part(of: response, for: $0) } ?? response
        phase = .answered
        connection.phase = .answer(since: bootClockNanoseconds(), byteCount: answer.bodyByteCount)
        return listener.queue(answer, for: self, closing: closing || answer.closesConnection)
    }

    private func part(of response: HTTPResponse, for head: HTTPRequestHead) -> HTTPResponse {
        if let part = response.part(for: head) { return part }
        let count = response.bodyByteCount
        let detail = "The file has \(count) bytes; the range that is asked for begins behind them."
        return listener.hooks.refusal(HTTPRefusal(status: 416, detail: detail))
            .with("Content-Range", "bytes */\(count)").with("Accept-Ranges", "bytes")
    }
}
