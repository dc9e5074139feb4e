// Access tokens: what a program gets for its key, shows for a quarter of an hour, and loses with the key. jwt-kit signs,
// verifies and reads; what may stand in a token is said here, because jwt-kit takes the algorithm from the key and looks
// at neither `alg` nor `typ`, and falls back to another key for a `kid` it does not know.
import Core
import Foundation
import JWTKit
import Synchronization

/// What a token says; nothing in it is optional.
struct TokenClaims: JWTPayload, Equatable {
    /// The box, and the interface of its organisation.
    var iss, aud: String
    /// The key it was made of.
    var sub: String
    /// Scopes as OAuth writes them.
    var scope: String
    /// Unix seconds.
    var iat, nbf, exp: Int64
    var jti: String

    /// Nothing: ``TokenMint`` judges the claims by the box's own clock.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

/// Makes tokens and says whose one is.
///
/// - Source: RFC 7519, RFC 8037 (EdDSA), RFC 9068 (`at+jwt`), RFC 8725 (what not to believe).
final class TokenMint: Sendable {
    /// A token has some 500 bytes; what is longer is not read.
    static let tokenByteCountMax = 2_048
    static let type = "at+jwt"
    /// The one algorithm.
    static let algorithm = "EdDSA"

    private struct Signer {
        let algorithm: any JWTAlgorithm
        /// The public half, in base64url.
        let x: String
    }

    private let ring: KeyRing
    private let keys: SigningKeys
    private let clock: HybridClock
    private let lifetime: Duration
    private let issuer: String
    private let audience: String
    private let collection = JWTKeyCollection()
    private let signers = Mutex<[String: Signer]>([:])

    /// - Parameter organisation: whose programs the tokens are for.
    init(
        ring: KeyRing, keys: SigningKeys, organisation: Organisation, clock: HybridClock,
        lifetime: Duration = SigningKeys.Options().token
    ) async throws {
        self.ring = ring
        self.keys = keys
        self.clock = clock
        self.lifetime = lifetime
        issuer = "urn:depotd:box:\(organisation.depot.id.rawValue)"
        audience = "urn:depotd:api:\(organisation.depot.id.rawValue)"
        for key in keys.verifying { try await load(key) }
    }

    /// A token for a key, with all of its scopes or some.
    ///
    /// - Throws: `forbidden` for scopes that the key has not.
    func mint(for key: APIKey, scopes wanted: Set<Scope>?) async throws -> (token: String, claims: TokenClaims) {
        let scopes = wanted ?? key.scopes
        guard scopes.allSatisfy({ Scope.isCovered([$0], by: key.scopes) }) else {
            throw Failure(.forbidden, "The key has \(Scope.text(of: key.scopes)) and no more.", field: "scope")
        }
        let signing = try await keys.signing()
        try await load(signing)
        let now = Int64(clock.now.timeIntervalSince1970)
        let end = key.expires.map { Int64($0.timeIntervalSince1970) } ?? .max
        let claims = TokenClaims(
            iss: issuer, aud: audience, sub: key.id.rawValue, scope: Scope.text(of: scopes), iat: now, nbf: now,
            exp: min(now + lifetime.components.seconds, end), jti: UUIDv7.text(at: clock.now))
        let header = JWTHeader(fields: ["typ": .string(Self.type), "alg": .string(Self.algorithm)])
        return (try await collection.sign(claims, kid: JWKIdentifier(string: signing.kid), header: header), claims)
    }

    /// Who shows this token; nil when it is none of ours, over, not begun, or of a key that was revoked.
    func principal(of token: String) -> Principal? {
        guard let claims = verified(Array(token.utf8)), let key = ring.find(APIKey.ID(claims.sub)) else { return nil }
        let scopes = (Scope.set(of: claims.scope) ?? []).filter { Scope.isCovered([$0], by: key.scopes) }
        guard !scopes.isEmpty else { return nil }
        return key.principal(with: scopes, until: Date(timeIntervalSince1970: Double(claims.exp)))
    }

    /// The claims of a token that is ours and holds now.
    func verified(_ token: [UInt8]) -> TokenClaims? {
        guard token.count <= Self.tokenByteCountMax, let kid = Self.kid(of: token),
            let signer = signers.withLock({ $0[kid] }), keys.verifying.contains(where: { $0.kid == kid }),
            let parsed = try? DefaultJWTParser().parse(token, as: TokenClaims.self),
            let end = token.lastIndex(of: UInt8(ascii: ".")),
            (try? signer.algorithm.verify(parsed.signature, signs: Data(token[..<end]))) == true
        else { return nil }
        let claims = parsed.payload
        let now = Int64(clock.now.timeIntervalSince1970)
        guard claims.iss == issuer, claims.aud == audience, claims.nbf <= now, now < claims.exp,
            claims.exp <= now + lifetime.components.seconds
        else { return nil }
        return claims
    }

    /// The public keys, for whoever wants to verify tokens: those that sign now or did lately.
    ///
    /// - Source: RFC 7517 §5, RFC 8037 §2.
    var publicKeys: [JSON] {
        let verifying = keys.verifying
        return signers.withLock { signers in
            verifying.compactMap { key in
                signers[key.kid].map { signer in
                    [
                        "kty": "OKP", "crv": "Ed25519", "alg": .string(Self.algorithm), "use": "sig",
                        "kid": .string(key.kid), "x": .string(signer.x),
                    ]
                }
            }
        }
    }

    /// The signer that a token names, if its header is exactly as ours are: no other algorithm, no other type, and none
    /// of the fields by which a token could bring a key along.
    static func kid(of token: [UInt8]) -> String? {
        struct Kept: Decodable {
            var alg, typ, kid: String
        }
        guard let parts = try? DefaultJWTParser().getTokenParts(token), !parts.signature.isEmpty,
            let bytes = Data(base64URL: parts.header),
            let header = try? JSONDecoder().decode(JWTHeader.self, from: bytes),
            Set(header.fields.keys) == ["alg", "typ", "kid"],
            let kept = try? JSONDecoder().decode(Kept.self, from: bytes),
            kept.alg == algorithm, kept.typ == type
        else { return nil }
        return kept.kid
    }

    private func load(_ key: SigningKey) async throws {
        guard signers.withLock({ $0[key.kid] }) == nil else { return }
        let secret = try EdDSA.PrivateKey(d: Data(key.seed).base64URL, curve: .ed25519)
        let kid = JWKIdentifier(string: key.kid)
        await collection.add(eddsa: secret, kid: kid)
        let signer = Signer(
            algorithm: try await collection.getKey(for: kid), x: secret.publicKey.rawRepresentation.base64URL)
        signers.withLock { $0[key.kid] = signer }
    }
}

extension Data {
    /// RFC 4648 §5 without padding.
    var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Nil for what is not base64url.
    init?(base64URL text: some Collection<UInt8>) {
        let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
        let base64 = String(decoding: text, as: UTF8.self).replacing("-", with: "+").replacing("_", with: "/")
        self.init(base64Encoded: base64 + padding)
    }
}
