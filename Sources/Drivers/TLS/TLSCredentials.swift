// What the box shows of itself in a handshake, and what all handshakes have in common. Where certificates come from is
// CertificateAuthority's and the appliance's affair.
import CGnuTLS

/// A certificate chain with its key, ready for handshakes. Sessions keep the one they began with, so that a renewed
/// certificate never ends a connection.
// Unchecked: GnuTLS only reads credentials once they are in use, and nothing here changes them after `init`.
package final class TLSCredentials: @unchecked Sendable {
    let handle: gnutls_certificate_credentials_t

    /// - Parameters:
    ///   - certificate: PEM, the box's own certificate first, then what vouches for it.
    ///   - key: PEM, without a passphrase.
    /// - Throws: ``TLSError`` in words: what is no PEM, what does not fit together.
    package init(certificate: [UInt8], key: [UInt8]) throws(TLSError) {
        var fresh: gnutls_certificate_credentials_t?
        try tlsCheck(gnutls_certificate_allocate_credentials(&fresh), "making room for a certificate")
        guard let fresh else { throw TLSError("making room for a certificate", code: GNUTLS_E_MEMORY_ERROR) }
        handle = fresh
        try withDatum(certificate) { (certificate) throws(TLSError) in
            try withDatum(key) { (key) throws(TLSError) in
                let result = gnutls_certificate_set_x509_key_mem2(
                    handle, &certificate, &key, GNUTLS_X509_FMT_PEM, nil, 0)
                try tlsCheck(result, "taking the certificate and its key", hint: Self.hint(for: result))
            }
        }
    }

    deinit { gnutls_certificate_free_credentials(handle) }

    private static func hint(for code: CInt) -> String {
        switch code {
        case GNUTLS_E_CERTIFICATE_KEY_MISMATCH: "The key is not the one that this certificate was made for."
        case GNUTLS_E_DECRYPTION_FAILED: "The key has a passphrase; take it off, as nobody is there to type it."
        default: "Both files must be PEM: text that begins with -----BEGIN."
        }
    }
}

/// What all sessions of a listener share: the priorities, and the key of its session tickets. Loop-confined.
final class TLSTerms {
    let priorities: gnutls_priority_t
    /// GnuTLS derives the keys of tickets from it and changes them by itself; it dies with the process.
    private(set) var ticketKey = gnutls_datum_t()

    /// TLS 1.3 and 1.2, forward secret and authenticated only. The client's order holds: a phone without AES in
    /// hardware asks for ChaCha20 first.
    static let priorityText = """
        NONE:+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM:+AEAD:\
        +GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256:\
        +SIGN-ECDSA-SHA384:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-EDDSA-ED25519:+SIGN-RSA-PSS-RSAE-SHA256:\
        +SIGN-RSA-SHA256:+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-SHA384:+SIGN-RSA-PSS-RSAE-SHA512:+SIGN-RSA-SHA512:\
        +CTYPE-X509
        """

    init() throws(TLSError) {
        var priorities: gnutls_priority_t?
        try tlsCheck(gnutls_priority_init(&priorities, Self.priorityText, nil), "setting the priorities of TLS")
        guard let priorities else { throw TLSError("setting the priorities of TLS", code: GNUTLS_E_MEMORY_ERROR) }
        self.priorities = priorities
        try tlsCheck(gnutls_session_ticket_key_generate(&ticketKey), "making a key for session tickets")
    }

    deinit {
        gnutls_priority_deinit(priorities)
        depot_gnutls_free(ticketKey.data)
    }
}
