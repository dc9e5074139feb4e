// Every bound of the listener by name, and what the appliance may hook in. The bounds of WebSockets are in
// WebSocketLimits.

/// The bounds of a listener. What happens at each bound stands beside it.
package struct HTTPLimits: Sendable {
    /// Memory for one request's head and the answer's head; a longer head is answered 431 or 413 and closed. More than
    /// 32 KiB, for libmicrohttpd maps that and gives it back with the connection: what it takes from malloc stays with
    /// the process after a flood.
    package var connectionMemoryByteCount = 36 << 10
    /// Longest request target; 414.
    package var targetByteCountMax = 8 << 10
    /// Most header fields; 431. Each costs two strings.
    package var headerCountMax = 100
    /// Longest body where `HTTPHooks.bodyByteCountMax` has no other wish; 413 and close.
    package var bodyByteCountMax = 1 << 20
    /// Bodies being received or handled at the same time, all together; 503 and close.
    package var bodyByteCountTotalMax = 128 << 20
    /// Bytes of a body that is too long which are read and thrown away, so that the client reads the 413 and not a
    /// reset; beyond them the connection is cut.
    package var overlongBodyDrainByteCountMax = 256 << 10
    /// Connections in all, upgraded ones included; further ones are closed at once and counted as refused.
    package var connectionCountMax = 6_000
    /// HTTP connections from one address; further ones are closed at once. WebSockets have a bound of their own.
    package var connectionCountPerAddressMax = 64
    /// HTTP connections from 127.0.0.0/8 and ::1, where reverse proxies and measurements sit.
    package var connectionCountLoopbackMax = 6_000
    /// WebSockets from one address, loopback excepted; a further handshake is answered 503.
    package var webSocketCountPerAddressMax = 256
    /// Handlers running at the same time; beyond it 503.
    package var handlerCountMax = 1_024
    /// From accept to the end of the head; the connection is cut.
    package var headerDeadline = Duration.seconds(10)
    /// Between two requests on one connection; it is closed.
    package var idleKeepAlive = Duration.seconds(30)
    /// A body must come at this rate, bytes per second, after the grace, or the connection is cut.
    package var byteRateMin = 500
    /// An answer must be read at this rate, over its whole length, after the grace; the connection is cut.
    package var answerByteRateMin = 4_000
    /// How long no rate is asked for, at the start of a body or an answer.
    package var byteRateGrace = Duration.seconds(5)
    /// A handler that has not answered by then is cancelled and the client gets 503.
    package var handlerDeadline = Duration.seconds(30)
    /// How long `stop()` waits for answers and close frames before it cuts what is left.
    package var stopDeadline = Duration.seconds(5)
    /// The kernel's queue of connections not accepted yet; cut to net.core.somaxconn.
    package var backlog = 1_024

    /// The defaults.
    package init() {}
}

/// What the appliance decides on the loop, before and around its handler. None may block.
package struct HTTPHooks: Sendable {
    /// Looks at the head before the body is read; a response refuses the request (and closes if a body was coming).
    package var admit: @Sendable (HTTPRequestHead) -> HTTPResponse? = { _ in nil }
    /// Longest body for a method and a path; nil takes `HTTPLimits.bodyByteCountMax`.
    package var bodyByteCountMax: @Sendable (_ method: String, _ path: String) -> Int? = { _, _ in nil }
    /// Answers at once on the loop, for pages in memory and health; nil leaves it to the handler.
    package var immediate: @Sendable (HTTPRequest) -> HTTPResponse? = { _ in nil }
    /// Headers of every answer that goes out over TLS.
    package var secureHeaders: [(name: String, value: String)] = []
    /// Words the listener's own refusals; by default an RFC 9457 document without a type.
    package var refusal: @Sendable (HTTPRefusal) -> HTTPResponse = HTTPHooks.plainProblem

    /// The defaults.
    package init() {}

    /// An RFC 9457 problem document; `detail` is the listener's own words, so it needs no escaping.
    @Sendable private static func plainProblem(_ refusal: HTTPRefusal) -> HTTPResponse {
        HTTPResponse(
            status: refusal.status, contentType: "application/problem+json",
            text: #"{"status":\#(refusal.status),"detail":"\#(refusal.detail)"}"#)
    }
}
