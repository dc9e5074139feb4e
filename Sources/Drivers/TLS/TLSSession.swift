// One TLS session on one socket, behind calls that look like recv and send, so that whoever moves bytes need not care.
// It knows no HTTP and watches nothing: TLSHandshake and TLSRelay do, and a WebSocket after its upgrade.
import CGnuTLS
import Glibc

/// The server's end of a TLS session. Loop-confined; it frees GnuTLS' state and leaves the descriptor alone.
final class TLSSession {
    let descriptor: CInt
    private let session: gnutls_session_t
    // GnuTLS keeps pointers to both.
    private let credentials: TLSCredentials
    private let terms: TLSTerms
    /// A record that GnuTLS has encrypted and the kernel did not take: at most one, so at most 16 KiB.
    private(set) var hasUnsent = false

    /// The largest piece of clear bytes in one record (RFC 8446 §5.1).
    static let recordByteCountMax = 16_384

    /// Nil when there is no memory for a session.
    init?(descriptor: CInt, credentials: TLSCredentials, terms: TLSTerms, helloByteCountMax: Int) {
        var session: gnutls_session_t?
        guard depot_tls_init_server(&session) == 0, let session else { return nil }
        self.descriptor = descriptor
        self.session = session
        self.credentials = credentials
        self.terms = terms
        var ticketKey = terms.ticketKey
        let result = depot_tls_prepare(
            session, descriptor, credentials.handle, terms.priorities, &ticketKey,
            UInt32(clamping: helloByteCountMax))
        // From here on all members are set, so `deinit` frees the session.
        guard result == 0 else { return nil }
    }

    deinit { gnutls_deinit(session) }

    /// How far a handshake is.
    enum Progress {
        case done, waitsToRead, waitsToWrite
        /// The peer has been told why, as far as TLS has a word for it.
        case failed(TLSError)
    }

    /// Goes on with the handshake as far as the bytes that are there allow.
    func shakeHands() -> Progress {
        while true {
            let result = gnutls_handshake(session)
            if result == GNUTLS_E_SUCCESS { return .done }
            if result == GNUTLS_E_AGAIN {
                return depot_tls_waits_to_write(session) != 0 ? .waitsToWrite : .waitsToRead
            }
            guard gnutls_error_is_fatal(result) != 0 else { continue }
            // Without a word the client could only guess; a peer that reads nothing does not hold us up.
            gnutls_alert_send_appropriate(session, result)
            return .failed(TLSError("handshake", code: result))
        }
    }

    /// Whether the session goes on from a ticket.
    var isResumed: Bool { gnutls_session_is_resumed(session) != 0 }

    /// Clear bytes, as recv gives them: 0 after the peer's goodbye, -1 with errno otherwise. A stream that ends
    /// without a goodbye may have been cut by a stranger, so it is a reset and not an end.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            let count = gnutls_record_recv(session, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            switch CInt(count) {
            case GNUTLS_E_AGAIN: return Self.failing(EAGAIN)
            // A TLS 1.2 client that wants to negotiate again may come back with a new connection.
            case GNUTLS_E_REHANDSHAKE: return Self.failing(ECONNRESET)
            default:
                guard gnutls_error_is_fatal(CInt(count)) == 0 else { return Self.failing(ECONNRESET) }
            }
        }
    }

    /// The most that one record to this peer may hold.
    var recordByteCount: Int { min(Self.recordByteCountMax, gnutls_record_get_max_size(session)) }

    /// Whether clear bytes wait in GnuTLS, which epoll cannot see.
    var hasPending: Bool { gnutls_record_check_pending(session) > 0 }

    /// Takes up to one record of clear bytes, as send does. Bytes that are taken are the session's: when the kernel has
    /// no room, ``hasUnsent`` says so, and ``flush()`` must succeed before the next record.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard flush() else { return -1 }
        let count = min(bytes.count, recordByteCount)
        let sent = gnutls_record_send(session, bytes.baseAddress, count)
        if sent >= 0 { return sent }
        // GnuTLS holds the whole record now, and is asked for it without giving the bytes again.
        guard sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED else { return Self.failing(ECONNRESET) }
        hasUnsent = true
        return count
    }

    /// Sends the record that waits. - Returns: false with errno when it still waits or the connection is lost.
    func flush() -> Bool {
        while hasUnsent {
            let sent = gnutls_record_send(session, nil, 0)
            if sent >= 0 {
                hasUnsent = false
            } else if sent == GNUTLS_E_AGAIN {
                errno = EAGAIN
                return false
            } else if sent != GNUTLS_E_INTERRUPTED {
                errno = ECONNRESET
                return false
            }
        }
        return true
    }

    /// Says goodbye (close_notify), so that the peer knows that nothing was cut off. - Returns: false while it waits
    /// for room to write.
    func sayGoodbye() -> Bool {
        if hasUnsent, !flush() { return errno != EAGAIN }
        return gnutls_bye(session, GNUTLS_SHUT_WR) != GNUTLS_E_AGAIN
    }

    private static func failing(_ code: CInt) -> Int {
        errno = code
        return -1
    }
}
