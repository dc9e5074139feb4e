// By what somebody says who they are: access tokens, and certificates and keys as files.
import Core
import Foundation

@testable import Appliance
@testable import Core
@testable import Drivers

extension FuzzTarget {
    static let accessTargets = [
        FuzzTarget(name: "token", byteCountMax: 2_048, run: token),
        FuzzTarget(name: "certificate", byteCountMax: 4_096, run: certificate),
    ]

    private static func token(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let scopes = Scope.set(of: text) {
            claim(
                !scopes.isEmpty && Scope.set(of: Scope.text(of: scopes)) == scopes,
                "scopes are read as they are written")
            claim(Scope.role(of: scopes) < .admin, "no scopes make an admin")
        }
        guard let kid = TokenMint.kid(of: bytes) else { return }
        claim(bytes.count { $0 == UInt8(ascii: ".") } == 2, "a token has three parts: \(kid)")
        let head = Data(base64URL: bytes.prefix { $0 != UInt8(ascii: ".") })
        let names = head.flatMap { try? JSON(parsing: Array($0)) }?.members.map(\.key) ?? []
        claim(Set(names) == ["alg", "typ", "kid"], "a header has nothing more: \(names)")
    }

    /// A certificate, and behind a NUL its key.
    private static func certificate(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
        let facts = try? CertificateFacts(pem: parts[0])
        for name in facts?.names ?? [] { claim(name.description.utf8.count <= 4_096, "a name has an end") }
        claim(facts.map { $0.fingerprint.count == 32 } ?? true, "a fingerprint is a SHA-256")
        if let authority = try? CertificateAuthority(pem: bytes) {
            claim((try? authority.facts) != nil, "an authority has a certificate")
        }
        let credentials = try? TLSCredentials(certificate: parts[0], key: parts.count > 1 ? parts[1] : [])
        claim(credentials == nil || facts != nil, "what is shown can be read")
    }
}
