// One accepted connection as the listener keeps it beside libmicrohttpd: who is at the other end, and by when the next
// thing must have happened. libmicrohttpd's own time-out is for inactivity only, which one byte every few seconds
// defeats, so the deadlines are ours.
import CLinux
import Core
import Glibc

/// The address of a peer, without its port.
struct PeerAddress {
    /// Such as `192.168.4.20` or `fe80::1`; an IPv4 peer on a dual-stack socket is shown as IPv4.
    let text: String
    let isLoopback: Bool

    init(_ address: UnsafePointer<sockaddr>?) {
        text = Self.text(of: address)
        isLoopback = text.hasPrefix("127.") || text == "::1"
    }

    private static func text(of address: UnsafePointer<sockaddr>?) -> String {
        guard let address else { return "unknown" }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let raw = UnsafeRawPointer(address)
        switch CInt(address.pointee.sa_family) {
        case AF_INET:
            var host = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            inet_ntop(AF_INET, &host, &buffer, socklen_t(buffer.count))
        case AF_INET6:
            var host = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            inet_ntop(AF_INET6, &host, &buffer, socklen_t(buffer.count))
        default: return "unknown"
        }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
    }
}

/// A connection that libmicrohttpd holds. Loop-confined.
final class HTTPConnection {
    /// What the connection is waiting for; each phase has its own deadline.
    enum Phase {
        /// The head of the next request, complete by then.
        case head(deadline: UInt64)
        /// A body, at the least rate since then.
        case body(since: UInt64)
        /// The handler, until then.
        case handler(deadline: UInt64)
        /// The peer to read an answer of so many bytes, at the least rate since then.
        case answer(since: UInt64, byteCount: Int)
    }

    let descriptor: CInt
    let peer: PeerAddress
    /// Set when the descriptor is the near end of a TLS connection.
    let tls: TLSRelay?
    var phase: Phase
    weak var exchange: HTTPExchange?

    init(descriptor: CInt, peer: PeerAddress, tls: TLSRelay?, headDeadline: UInt64) {
        self.descriptor = descriptor
        self.peer = peer
        self.tls = tls
        phase = .head(deadline: headDeadline)
    }

    var isIdle: Bool {
        if case .head = phase { true } else { false }
    }

    /// Whether the peer has had its time. A waiting handler is judged elsewhere: it is answered, not cut.
    func isOverdue(now: UInt64, limits: HTTPLimits) -> Bool {
        switch phase {
        case .head(let deadline): now >= deadline
        case .body(let since): isTooSlow(exchange?.receivedByteCount ?? 0, limits.byteRateMin, since, now, limits)
        case .handler: false
        // How much of an answer the peer has read is not known, so the whole answer gets its time.
        case .answer(let since, let byteCount): isTooSlow(byteCount, limits.answerByteRateMin, since, now, limits)
        }
    }

    /// Whether so many bytes should have needed less time than has passed.
    private func isTooSlow(
        _ byteCount: Int, _ byteRateMin: Int, _ since: UInt64, _ now: UInt64, _ limits: HTTPLimits
    ) -> Bool {
        // Nanoseconds of a file of many gigabytes are more than a whole number holds.
        let needed = 1e9 * Double(byteCount) / Double(max(1, byteRateMin))
        return Double(now) - Double(since) > Double(limits.byteRateGrace.nanoseconds) + needed
    }

    /// Cuts the connection; libmicrohttpd sees the end of the stream and cleans up.
    func cut() {
        tls?.cut()
        Glibc.shutdown(descriptor, CInt(SHUT_RDWR))
    }
}
