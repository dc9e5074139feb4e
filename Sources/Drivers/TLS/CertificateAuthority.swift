// The box's own authority: a certificate that a phone is told to trust once, and that can vouch for nothing but boxes
// on a local network. It lives in memory here; files are the appliance's affair.
import CGnuTLS
package import Foundation

/// Makes certificates for the names of this box. All keys are ECDSA on P-256.
///
/// What a stolen key of this authority can do is bounded by the certificate itself, in critical extensions: it signs no
/// further authority (path length 0), only for TLS servers, and only for its own names, `.local`, and private
/// addresses.
/// - Source: RFC 5280 §4.2.1.9, §4.2.1.10, §4.2.1.12.
package struct CertificateAuthority: Sendable {
    /// The key and the certificate, one after the other, as they are kept in a file.
    package let pem: [UInt8]

    /// Addresses that it may vouch for: loopback, RFC 1918, link-local, and unique local ones of IPv6.
    package static let privateRanges = [
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128", "fc00::/7",
        "fe80::/10",
    ]
    /// Names that it may vouch for besides the box's own; a name stands for everything below it too.
    package static let localNames = ["local", "localhost"]

    /// Twenty years: whoever enrols a phone does not want to do it again.
    private static let lifetime = 20.0 * 365 * 86_400
    /// Under the 825 days that Apple and others allow for.
    package static let leafLifetime = 397.0 * 86_400
    /// What a certificate is renewed before.
    package static let renewalLead = 30.0 * 86_400
    /// Clocks in a depot differ.
    private static let clockSlack = 86_400.0
    /// No box was made before 2026: a box without a clock that starts in 1970 must not make an authority that has
    /// ended by the time the network tells it the date.
    private static let earliest = Date(timeIntervalSince1970: 1_767_225_600)

    /// Takes over what ``make(name:permitting:now:)`` has made before. - Throws: ``TLSError`` when it is broken.
    package init(pem: [UInt8]) throws(TLSError) {
        self.pem = pem
        // Together they must make credentials: a key of another certificate is found here and not by a browser.
        _ = try TLSCredentials(certificate: pem, key: pem)
    }

    /// What it says of itself. - Throws: ``TLSError``.
    package var facts: CertificateFacts {
        get throws(TLSError) { try CertificateFacts(pem: pem) }
    }

    /// Makes a new one.
    ///
    /// - Parameters:
    ///   - name: the common name, which phones show.
    ///   - hosts: host names of the box; they stay the ones it can vouch for.
    /// - Throws: ``TLSError``.
    package static func make(name: String, permitting hosts: [String], now: Date) throws(TLSError)
        -> CertificateAuthority
    {
        let key = try X509Key.generated()
        let certificate = try blank(name: name, key: key, now: now, lifetime: lifetime)
        try tlsCheck(gnutls_x509_crt_set_basic_constraints(certificate.handle, 1, 0), "limiting the authority")
        try tlsCheck(
            gnutls_x509_crt_set_key_usage(certificate.handle, UInt32(DEPOT_X509_AUTHORITY_USAGE)),
            "limiting the authority's key")
        try constrain(certificate, to: localNames + hosts.filter { !localNames.contains($0) })
        try tlsCheck(depot_x509_sign(certificate.handle, certificate.handle, key.handle), "signing the authority")
        return try CertificateAuthority(pem: key.pem() + certificate.exported(as: GNUTLS_X509_FMT_PEM))
    }

    /// Whether its constraints allow it to vouch for a name.
    package func mayVouch(for name: SubjectName) -> Bool {
        guard let certificate = try? X509Certificate(pem: pem) else { return false }
        var constraints: gnutls_x509_name_constraints_t?
        guard gnutls_x509_name_constraints_init(&constraints) == 0, let constraints else { return false }
        defer { gnutls_x509_name_constraints_deinit(constraints) }
        guard gnutls_x509_crt_get_name_constraints(certificate.handle, constraints, 0, nil) == 0 else { return false }
        let kind: gnutls_x509_subject_alt_name_t
        switch name {
        case .host: kind = GNUTLS_SAN_DNSNAME
        case .address: kind = GNUTLS_SAN_IPADDRESS
        }
        let isAllowed = try? withDatum(name.bytes) { (datum) throws(TLSError) in
            gnutls_x509_name_constraints_check(constraints, kind, &datum) != 0
        }
        return isAllowed ?? false
    }

    /// Whether a certificate was issued by this authority and not by one that was here before.
    package func hasIssued(_ pem: [UInt8]) -> Bool {
        guard let leaf = try? X509Certificate(pem: pem), let own = try? X509Certificate(pem: self.pem) else {
            return false
        }
        return gnutls_x509_crt_check_issuer(leaf.handle, own.handle) == 1
    }

    /// Makes a certificate for these names, with a key of its own: the key, then the certificate. The authority's own is
    /// left out, as whoever trusts it has it.
    ///
    /// - Throws: ``TLSError``.
    package func issue(for names: [SubjectName], now: Date) throws(TLSError) -> [UInt8] {
        let authority = try X509Certificate(pem: pem)
        let authorityKey = try X509Key.read(pem: pem)
        let key = try X509Key.generated()
        let first = names.first?.description ?? "depot"
        let leaf = try Self.blank(name: first, key: key, now: now, lifetime: Self.leafLifetime)
        try tlsCheck(gnutls_x509_crt_set_basic_constraints(leaf.handle, 0, -1), "limiting a certificate")
        try tlsCheck(
            gnutls_x509_crt_set_key_usage(leaf.handle, UInt32(DEPOT_X509_LEAF_USAGE)), "limiting its key")
        let authorityID = try authority.keyID
        try tlsCheck(
            gnutls_x509_crt_set_authority_key_id(leaf.handle, authorityID, authorityID.count), "naming the authority")
        for name in names { try Self.add(name, to: leaf) }
        try tlsCheck(depot_x509_sign(leaf.handle, authority.handle, authorityKey.handle), "signing a certificate")
        return try key.pem() + leaf.exported(as: GNUTLS_X509_FMT_PEM)
    }
}

// The parts of a certificate.
extension CertificateAuthority {
    /// What both kinds have in common: version, serial number, dates, name, key, and that it is for TLS servers.
    private static func blank(name: String, key: X509Key, now: Date, lifetime: Double) throws(TLSError)
        -> X509Certificate
    {
        let certificate = try X509Certificate()
        let handle = certificate.handle
        try tlsCheck(gnutls_x509_crt_set_version(handle, 3), "setting a version")
        try tlsCheck(gnutls_x509_crt_set_key(handle, key.handle), "setting a key")
        let serial = try serialNumber()
        try tlsCheck(gnutls_x509_crt_set_serial(handle, serial, serial.count), "setting a serial number")
        let start = max(now, earliest).addingTimeInterval(-clockSlack)
        try tlsCheck(gnutls_x509_crt_set_activation_time(handle, Int(start.timeIntervalSince1970)), "setting a date")
        let end = start.addingTimeInterval(lifetime)
        try tlsCheck(gnutls_x509_crt_set_expiration_time(handle, Int(end.timeIntervalSince1970)), "setting a date")
        // A common name has 64 characters at most (RFC 5280, appendix A.1, ub-common-name).
        let shown = String(name.prefix(64))
        try tlsCheck(
            gnutls_x509_crt_set_dn_by_oid(
                handle, GNUTLS_OID_X520_COMMON_NAME, 0, shown, UInt32(clamping: shown.utf8.count)), "setting a name")
        try tlsCheck(gnutls_x509_crt_set_key_purpose_oid(handle, GNUTLS_KP_TLS_WWW_SERVER, 0), "setting a purpose")
        let keyID = try certificate.keyID
        try tlsCheck(gnutls_x509_crt_set_subject_key_id(handle, keyID, keyID.count), "naming a key")
        return certificate
    }

    /// Sixteen random bytes, positive and not zero (RFC 5280 §4.1.2.2).
    private static func serialNumber() throws(TLSError) -> [UInt8] {
        var serial = [UInt8](repeating: 0, count: 16)
        try tlsCheck(gnutls_rnd(GNUTLS_RND_NONCE, &serial, serial.count), "drawing a serial number")
        serial[0] = serial[0] & 0x3F | 0x40
        return serial
    }

    private static func constrain(_ certificate: X509Certificate, to hosts: [String]) throws(TLSError) {
        var constraints: gnutls_x509_name_constraints_t?
        try tlsCheck(gnutls_x509_name_constraints_init(&constraints), "limiting names")
        guard let constraints else { throw TLSError("limiting names", code: GNUTLS_E_MEMORY_ERROR) }
        defer { gnutls_x509_name_constraints_deinit(constraints) }
        for host in hosts {
            try withDatum(Array(host.utf8)) { (datum) throws(TLSError) in
                try tlsCheck(
                    gnutls_x509_name_constraints_add_permitted(constraints, GNUTLS_SAN_DNSNAME, &datum),
                    "limiting names to \(host)")
            }
        }
        for range in privateRanges {
            let bytes = try bytesFromGnuTLS("reading \(range)") { gnutls_x509_cidr_to_rfc5280(range, &$0) }
            try withDatum(bytes) { (datum) throws(TLSError) in
                try tlsCheck(
                    gnutls_x509_name_constraints_add_permitted(constraints, GNUTLS_SAN_IPADDRESS, &datum),
                    "limiting addresses to \(range)")
            }
        }
        try tlsCheck(gnutls_x509_crt_set_name_constraints(certificate.handle, constraints, 1), "limiting names")
    }

    private static func add(_ name: SubjectName, to leaf: X509Certificate) throws(TLSError) {
        let kind: gnutls_x509_subject_alt_name_t
        switch name {
        case .host: kind = GNUTLS_SAN_DNSNAME
        case .address: kind = GNUTLS_SAN_IPADDRESS
        }
        let bytes = name.bytes
        try tlsCheck(
            gnutls_x509_crt_set_subject_alt_name(
                leaf.handle, kind, bytes, UInt32(clamping: bytes.count), UInt32(GNUTLS_FSAN_APPEND)),
            "naming \(name)")
    }
}
