// GnuTLS' certificates and keys as objects that free themselves. Nothing here decides anything: the rules are
// CertificateAuthority's.
import CGnuTLS
package import Foundation

/// A certificate in GnuTLS' hands.
final class X509Certificate {
    let handle: gnutls_x509_crt_t

    init() throws(TLSError) {
        var fresh: gnutls_x509_crt_t?
        try tlsCheck(gnutls_x509_crt_init(&fresh), "making room for a certificate")
        guard let fresh else { throw TLSError("making room for a certificate", code: GNUTLS_E_MEMORY_ERROR) }
        handle = fresh
    }

    /// Reads the first certificate of a PEM text.
    convenience init(pem: [UInt8]) throws(TLSError) {
        try self.init()
        try withDatum(pem) { (datum) throws(TLSError) in
            try tlsCheck(
                gnutls_x509_crt_import(handle, &datum, GNUTLS_X509_FMT_PEM), "reading a certificate",
                hint: "It must be PEM: text that begins with -----BEGIN CERTIFICATE-----.")
        }
    }

    deinit { gnutls_x509_crt_deinit(handle) }

    func exported(as format: gnutls_x509_crt_fmt_t) throws(TLSError) -> [UInt8] {
        try bytesFromGnuTLS("writing a certificate") { gnutls_x509_crt_export2(handle, format, &$0) }
    }

    /// The hash of the public key, by which a certificate names who vouches for it.
    var keyID: [UInt8] {
        get throws(TLSError) {
            var bytes = [UInt8](repeating: 0, count: 64)
            var count = bytes.count
            try tlsCheck(gnutls_x509_crt_get_key_id(handle, 0, &bytes, &count), "hashing a public key")
            return Array(bytes[..<count])
        }
    }

    var names: [SubjectName] {
        var names: [SubjectName] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        for index in 0..<256 {
            var count = buffer.count
            let kind = gnutls_x509_crt_get_subject_alt_name(handle, UInt32(index), &buffer, &count, nil)
            if kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { break }
            if kind == CInt(bitPattern: GNUTLS_SAN_DNSNAME.rawValue) {
                names.append(.host(String(decoding: buffer[..<count], as: UTF8.self).lowercased()))
            } else if kind == CInt(bitPattern: GNUTLS_SAN_IPADDRESS.rawValue) {
                names.append(.address(Array(buffer[..<count])))
            }
        }
        return names
    }

    /// The common name; what iOS shows.
    var commonName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        var count = buffer.count
        guard gnutls_x509_crt_get_dn_by_oid(handle, GNUTLS_OID_X520_COMMON_NAME, 0, 0, &buffer, &count) == 0 else {
            return ""
        }
        return String(decoding: buffer[..<count].prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    var notBefore: Date { Date(timeIntervalSince1970: Double(gnutls_x509_crt_get_activation_time(handle))) }
    var notAfter: Date { Date(timeIntervalSince1970: Double(gnutls_x509_crt_get_expiration_time(handle))) }

    /// SHA-256 over the DER bytes.
    var fingerprint: [UInt8] {
        get throws(TLSError) {
            var bytes = [UInt8](repeating: 0, count: 32)
            var count = bytes.count
            try tlsCheck(
                gnutls_x509_crt_get_fingerprint(handle, GNUTLS_DIG_SHA256, &bytes, &count), "hashing a certificate")
            return bytes
        }
    }
}

/// A private key in GnuTLS' hands.
final class X509Key {
    let handle: gnutls_x509_privkey_t

    private init(_ fill: (gnutls_x509_privkey_t) throws(TLSError) -> Void) throws(TLSError) {
        var fresh: gnutls_x509_privkey_t?
        try tlsCheck(gnutls_x509_privkey_init(&fresh), "making room for a key")
        guard let fresh else { throw TLSError("making room for a key", code: GNUTLS_E_MEMORY_ERROR) }
        handle = fresh
        try fill(fresh)
    }

    deinit { gnutls_x509_privkey_deinit(handle) }

    /// A new ECDSA key on P-256, which every client knows.
    static func generated() throws(TLSError) -> X509Key {
        try X509Key { (handle) throws(TLSError) in try tlsCheck(depot_x509_generate_p256(handle), "making a key") }
    }

    /// Reads the first key of a PEM text.
    static func read(pem: [UInt8]) throws(TLSError) -> X509Key {
        try X509Key { (handle) throws(TLSError) in
            try withDatum(pem) { (datum) throws(TLSError) in
                try tlsCheck(
                    gnutls_x509_privkey_import2(handle, &datum, GNUTLS_X509_FMT_PEM, nil, 0), "reading a key",
                    hint: "It must be PEM without a passphrase.")
            }
        }
    }

    /// PKCS #8 as PEM, not encrypted: the file's mode protects it.
    func pem() throws(TLSError) -> [UInt8] {
        try bytesFromGnuTLS("writing a key") {
            gnutls_x509_privkey_export2_pkcs8(handle, GNUTLS_X509_FMT_PEM, nil, UInt32(GNUTLS_PKCS_PLAIN.rawValue), &$0)
        }
    }
}

/// What there is to know of a certificate without using it.
package struct CertificateFacts: Sendable {
    /// The common name of its subject.
    package let commonName: String
    /// The names it is for.
    package let names: [SubjectName]
    /// Holds from then on.
    package let notBefore: Date
    /// Holds until then.
    package let notAfter: Date
    /// SHA-256 of its DER bytes.
    package let fingerprint: [UInt8]
    /// The certificate as DER.
    package let der: [UInt8]
    /// The certificate as PEM, without what follows it in the text it was read from.
    package let pem: [UInt8]

    /// Reads the first certificate of a PEM text. - Throws: ``TLSError``.
    package init(pem: [UInt8]) throws(TLSError) {
        let certificate = try X509Certificate(pem: pem)
        commonName = certificate.commonName
        names = certificate.names
        notBefore = certificate.notBefore
        notAfter = certificate.notAfter
        fingerprint = try certificate.fingerprint
        der = try certificate.exported(as: GNUTLS_X509_FMT_DER)
        self.pem = try certificate.exported(as: GNUTLS_X509_FMT_PEM)
    }
}
