// The client's end of TLS for tests: real GnuTLS, which trusts one authority and checks the name it asked for.
import CGnuTLS
import Glibc

/// A blocking TLS client on a connected socket. One thread at a time.
package final class SecureClient {
    package struct Refused: Error, CustomStringConvertible {
        package let description: String
    }

    private let session: gnutls_session_t
    private let credentials: gnutls_certificate_credentials_t
    /// GnuTLS keeps the pointer and reads it in the handshake.
    private let name: UnsafeMutablePointer<CChar>

    /// Shakes hands.
    ///
    /// - Parameters:
    ///   - authority: PEM of the only authority that is trusted.
    ///   - name: what the certificate must be for; no server name is sent for an address.
    ///   - priorities: in GnuTLS' words.
    ///   - ticket: session data of an earlier connection.
    package init(
        _ descriptor: CInt, trusting authority: [UInt8], name: String = "localhost", priorities: String = "NORMAL",
        protocols: [String] = ["http/1.1"], ticket: [UInt8]? = nil
    ) throws {
        var session: gnutls_session_t?
        var credentials: gnutls_certificate_credentials_t?
        guard depot_tls_init_client(&session) == 0, let session,
            gnutls_certificate_allocate_credentials(&credentials) == 0, let credentials
        else { throw Refused(description: "no memory") }
        self.session = session
        self.credentials = credentials
        self.name = strdup(name)
        try Self.withDatum(authority) { datum in
            try Self.check(gnutls_certificate_set_x509_trust_mem(credentials, &datum, GNUTLS_X509_FMT_PEM))
        }
        try Self.check(gnutls_priority_set_direct(session, priorities, nil))
        try Self.check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials)))
        for name in protocols {
            try Self.withDatum(Array(name.utf8)) { datum in
                try Self.check(gnutls_alpn_set_protocols(session, &datum, 1, 0))
            }
        }
        if let ticket { try Self.check(gnutls_session_set_data(session, ticket, ticket.count)) }
        gnutls_session_set_verify_cert(session, self.name, 0)
        gnutls_transport_set_int2(session, descriptor, descriptor)
        gnutls_handshake_set_timeout(session, 30_000)
        var result: CInt
        repeat { result = gnutls_handshake(session) } while result < 0 && gnutls_error_is_fatal(result) == 0
        try Self.check(result)
    }

    deinit {
        gnutls_deinit(session)
        gnutls_certificate_free_credentials(credentials)
        free(name)
    }

    private static func check(_ result: CInt) throws {
        guard result < 0 else { return }
        throw Refused(description: gnutls_strerror(result).map { String(cString: $0) } ?? "\(result)")
    }

    private static func withDatum(_ bytes: [UInt8], _ body: (inout gnutls_datum_t) throws -> Void) throws {
        var bytes = bytes
        try bytes.withUnsafeMutableBufferPointer { buffer in
            var datum = gnutls_datum_t(data: buffer.baseAddress, size: UInt32(buffer.count))
            try body(&datum)
        }
    }

    /// Whether bytes wait that poll does not know of.
    package var hasPending: Bool { gnutls_record_check_pending(session) > 0 }
    package var isResumed: Bool { gnutls_session_is_resumed(session) != 0 }
    /// Such as `TLS1.3`.
    package var version: String {
        gnutls_protocol_get_name(gnutls_protocol_get_version(session)).map { String(cString: $0) } ?? ""
    }
    /// The protocol that was agreed on by name; nil for none.
    package var agreedProtocol: String? {
        var datum = gnutls_datum_t()
        guard gnutls_alpn_get_selected_protocol(session, &datum) == 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: datum.data, count: Int(datum.size)), as: UTF8.self)
    }
    /// What a later connection can go on from.
    package var ticket: [UInt8] {
        var count = 0
        gnutls_session_get_data(session, nil, &count)
        var bytes = [UInt8](repeating: 0, count: count)
        gnutls_session_get_data(session, &bytes, &count)
        return bytes
    }
    /// The certificate that the other side showed, as DER.
    package var peerCertificate: [UInt8] {
        var count: UInt32 = 0
        guard let list = gnutls_certificate_get_peers(session, &count), count > 0 else { return [] }
        return Array(UnsafeBufferPointer(start: list[0].data, count: Int(list[0].size)))
    }

    /// Bytes taken, or a GnuTLS code below zero.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int { gnutls_record_send(session, bytes.baseAddress, bytes.count) }

    /// Bytes read; 0 after the peer's goodbye, a GnuTLS code below zero otherwise.
    func receive(_ buffer: inout [UInt8]) -> Int {
        while true {
            let count = gnutls_record_recv(session, &buffer, buffer.count)
            if count >= 0 || gnutls_error_is_fatal(CInt(count)) != 0 { return count }
        }
    }

    /// Says goodbye and reads on.
    package func endSending() { gnutls_bye(session, GNUTLS_SHUT_WR) }

    /// Asks to negotiate again, which TLS 1.3 does not have. - Returns: whether the other side went along.
    package func renegotiates() -> Bool { gnutls_handshake(session) == 0 }
}
