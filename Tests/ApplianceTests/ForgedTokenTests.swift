// Tokens that nobody should send, against the mint itself on a clock that stands: none is believed, and none costs much.
import Core
import Foundation
import JWTKit
import Logging
import Synchronization
import Testing

@testable import Appliance

@Suite struct ForgedTokenTests {
    /// A clock that stands until it is moved.
    private final class Time: Sendable {
        private let seconds = Mutex<Int64>(1_795_000_000)

        var date: Date { Date(timeIntervalSince1970: Double(seconds.withLock { $0 })) }
        func advance(_ count: Int64) { seconds.withLock { $0 += count } }
    }

    /// A mint with one key, and what a forger may have: the public keys, and a signing key of its own.
    private final class Workshop: Sendable {
        let folder = NSTemporaryDirectory() + "depotd-mint-" + UUID().uuidString
        private let time: Time
        let ring: KeyRing
        let keys: SigningKeys
        let mint: TokenMint
        let key: APIKey
        let token: String
        let claims: TokenClaims
        private let store: Store

        init() async throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let time = Time()
            self.time = time
            let clock = HybridClock(wall: { time.date })
            store = try Store(path: folder + "/depot.sqlite", clock: clock)
            let organisation = try await Organisation.found(
                "Northlight", depot: "Hall 4", longitude: nil, latitude: nil, in: store)
            let box = try Box(path: folder + "/box.sqlite")
            ring = try await KeyRing(box: box, trail: AuditTrail(store: store), clock: clock)
            keys = try await SigningKeys(box: box, clock: clock)
            mint = try await TokenMint(ring: ring, keys: keys, organisation: organisation, clock: clock)
            key = try await ring.create("Shop", scopes: [.read], by: Author(device: "test")).key
            (token, claims) = try await mint.mint(for: key, scopes: nil)
        }

        deinit {
            try? store.close()
            try? FileManager.default.removeItem(atPath: folder)
        }

        func advance(_ seconds: Int64) { time.advance(seconds) }

        var kid: String { get async throws { try await keys.signing().kid } }

        /// A token signed with the box's own secret key, with whatever claims and header.
        func signed(
            _ change: (inout TokenClaims) -> Void = { _ in }, header: [String: JWTHeaderField] = [:],
            with secret: EdDSA.PrivateKey? = nil
        ) async throws -> String {
            var claims = claims
            change(&claims)
            let signing = try await keys.signing()
            let key = try secret ?? EdDSA.PrivateKey(d: Data(signing.seed).base64URL, curve: .ed25519)
            let fields: [String: JWTHeaderField] = ["alg": "EdDSA", "typ": "at+jwt", "kid": .string(signing.kid)]
            let collection = await JWTKeyCollection().add(eddsa: key, kid: JWKIdentifier(string: signing.kid))
            return try await collection.sign(
                claims, kid: nil, header: JWTHeader(fields: fields.merging(header) { $1 }))
        }

        /// Header and claims as they stand, and any signature.
        func unsigned(_ header: JSON, signature: String) throws -> String {
            let claims = try JSONEncoder().encode(claims)
            return "\(Data(header.bytes).base64URL).\(claims.base64URL).\(signature)"
        }
    }

    @Test func `a token of ours is believed while it lasts, and its signature is checked`() async throws {
        let shop = try await Workshop()
        #expect(shop.mint.principal(of: shop.token)?.key == shop.key.id)
        #expect(shop.mint.principal(of: try await shop.signed())?.device == "Shop")
        shop.advance(899)
        #expect(shop.mint.principal(of: shop.token) != nil)
        shop.advance(1)
        #expect(shop.mint.principal(of: shop.token) == nil)
    }

    @Test(arguments: ["none", "None", "NONE", "HS256", "RS256", "ES256", "eddsa", "Ed25519", ""])
    func `another algorithm is not believed, even over a right signature`(algorithm: String) async throws {
        let shop = try await Workshop()
        let right = try await shop.signed(header: ["alg": .string(algorithm)])
        #expect(shop.mint.principal(of: right) == nil)
        let header: JSON = ["alg": .string(algorithm), "typ": "at+jwt", "kid": .string(try await shop.kid)]
        for signature in ["", "AAAA", shop.token.split(separator: ".").last.map(String.init) ?? ""] {
            #expect(shop.mint.principal(of: try shop.unsigned(header, signature: signature)) == nil)
        }
    }

    @Test func `a signature by HS256 with the public key as its secret is not believed`() async throws {
        let shop = try await Workshop()
        let kid = JWKIdentifier(string: try await shop.kid)
        let x = try #require(shop.mint.publicKeys.first?["x"]?.string)
        for secret in [Data(x.utf8), try #require(Data(base64URL: x.utf8))] {
            let forger = await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256, kid: kid)
            for algorithm in ["HS256", "EdDSA"] {
                let header = JWTHeader(fields: ["alg": .string(algorithm), "typ": "at+jwt"])
                #expect(shop.mint.principal(of: try await forger.sign(shop.claims, kid: kid, header: header)) == nil)
            }
        }
    }

    @Test func `a token signed by another key under our name is not believed`() async throws {
        let shop = try await Workshop()
        #expect(shop.mint.principal(of: try await shop.signed(with: EdDSA.PrivateKey())) == nil)
        let other = try await Workshop()
        #expect(shop.mint.principal(of: other.token) == nil)
    }

    @Test func `a key that nobody knows, and one that a token brings along, are not believed`() async throws {
        let shop = try await Workshop()
        #expect(shop.mint.principal(of: try await shop.signed(header: ["kid": "0123456789abcdef"])) == nil)
        #expect(shop.mint.principal(of: try await shop.signed(header: ["kid": "../../etc/passwd"])) == nil)
        let forged = try EdDSA.PrivateKey()
        let jwk: JWTHeaderField = .object([
            "kty": "OKP", "crv": "Ed25519", "x": .string(forged.publicKey.rawRepresentation.base64URL),
        ])
        for field in ["jwk", "jku", "x5u", "x5c", "crit"] {
            #expect(
                shop.mint.principal(of: try await shop.signed(header: [field: jwk], with: forged)) == nil, "\(field)")
            #expect(shop.mint.principal(of: try await shop.signed(header: [field: "x"])) == nil, "\(field)")
        }
        #expect(shop.mint.principal(of: try await shop.signed(header: ["typ": "JWT"])) == nil)
    }

    @Test func `claims that are not for here or not for now are not believed over a right signature`() async throws {
        let shop = try await Workshop()
        let wrong: [(String, (inout TokenClaims) -> Void)] = [
            ("expired", { $0.exp = $0.iat }), ("of the future", { $0.nbf += 1 }),
            ("too long", { $0.exp += 1 }), ("for ever", { $0.exp = .max }), ("of the past", { $0.exp = .min }),
            ("for another", { $0.aud = "urn:depotd:api:other" }), ("by another", { $0.iss = "urn:depotd:box:other" }),
            ("audience as issuer", { $0.aud = $0.iss }),
            ("of no key", { $0.sub = "00000000-0000-7000-8000-000000000000" }),
            ("of an empty key", { $0.sub = "" }), ("with no scope", { $0.scope = "" }),
            ("with a scope nobody knows", { $0.scope = "root" }),
            ("with a scope its key has not", { $0.scope = "manage" }),
        ]
        for (word, change) in wrong {
            #expect(shop.mint.principal(of: try await shop.signed(change)) == nil, "\(word)")
        }
    }

    @Test func `what is cut, changed, huge or no text is not believed`() async throws {
        let shop = try await Workshop()
        for count in 0..<shop.token.count { #expect(shop.mint.principal(of: String(shop.token.prefix(count))) == nil) }
        let bytes = Array(shop.token.utf8)
        // The last character of a part may carry bits that are not read.
        for index in bytes.indices.dropLast(2) {
            var changed = bytes
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "Q") : UInt8(ascii: "A")
            let text = String(decoding: changed, as: UTF8.self)
            #expect(shop.mint.verified(changed) == nil || text == shop.token, "\(index)")
        }
        let parts = shop.token.split(separator: ".").map(String.init)
        for text in [
            shop.token + ".", "." + shop.token, shop.token + ".x", parts.joined(separator: ".."), "...", "..",
            String(repeating: "A", count: 3_000), shop.token + String(repeating: "A", count: 3_000),
            String(repeating: ".", count: 100_000), "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).",
            "\(Data([0xFF, 0xFE]).base64URL).\(parts[1]).\(parts[2])", "é.é.é",
            "\(Data("{}".utf8).base64URL).\(parts[1]).\(parts[2])",
            "\(Data("[[[[".utf8).base64URL).\(parts[1]).\(parts[2])",
        ] { #expect(shop.mint.principal(of: text) == nil, "\(text.prefix(60))") }
        #expect(shop.mint.verified([0xFF, 0x2E, 0xC3, 0x2E, 0x28]) == nil)
    }

    @Test func `revoked is revoked, and an old signing key verifies only as long as its tokens last`() async throws {
        let shop = try await Workshop()
        let signing = SigningKeys.Options().signing.components.seconds
        let first = try await shop.kid
        shop.advance(signing - 60)
        let (late, _) = try await shop.mint.mint(for: shop.key, scopes: nil)
        shop.advance(120)
        let (fresh, _) = try await shop.mint.mint(for: shop.key, scopes: nil)
        #expect(try await shop.kid != first)
        #expect(shop.mint.principal(of: late) != nil && shop.mint.principal(of: fresh) != nil)
        #expect(shop.mint.publicKeys.count == 2)
        try await shop.ring.revoke(shop.key.id, by: Author(device: "test"))
        #expect(shop.mint.principal(of: late) == nil && shop.mint.principal(of: fresh) == nil)
    }
}
