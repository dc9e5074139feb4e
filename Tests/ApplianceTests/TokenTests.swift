// Access tokens against the whole box: what a key is exchanged for, and everything that only looks like it.
import Core
import Foundation
import JWTKit
import Synchronization
import TestSupport
import Testing

@testable import Appliance

@Suite struct TokenTests {
    /// The parts of a token as JSON.
    private static func parts(of token: String) throws -> (header: JSON, claims: JSON) {
        let parts = token.split(separator: ".")
        func part(_ index: Int) throws -> JSON {
            try JSON(parsing: Array(#require(Data(base64URL: parts[index].utf8))))
        }
        return (try part(0), try part(1))
    }

    @Test func `a key is exchanged for a token that says who, for what, by whom and how long`() async throws {
        try await TestBox.run { box in
            let (id, key) = try box.makeKey("Shop", [.read, .door])
            let answer = try box.ask(
                "POST", "/api/v1/tokens", headers: ["Authorization": "Bearer \(key)"], authorization: nil)
            #expect(answer.status == 201 && answer["cache-control"] == "no-store")
            let told = try answer.fields()
            #expect(told.text("token_type") == "Bearer" && told.number("expires_in") == 900)
            #expect(told.text("scope") == "read door")
            let token = try #require(told.text("access_token"))
            let (header, claims) = try Self.parts(of: token)
            #expect(header["alg"] == "EdDSA" && header["typ"] == "at+jwt" && header.members.count == 3)
            #expect(claims["sub"] == .string(id) && claims["scope"] == "read door" && claims.members.count == 8)
            let published = try JSON(parsing: box.ask("GET", "/api/v1/tokens/keys.json", authorization: nil).body)
            guard case .array(let keys)? = published["keys"] else { throw Failure(.internal, "no keys") }
            #expect(keys.contains { $0["kid"] == header["kid"] && $0["crv"] == "Ed25519" && $0["d"] == nil })
            let session = try box.ask(
                "GET", "/api/v1/session", headers: ["Authorization": "Bearer \(token)"], authorization: nil)
            #expect(try session.fields().text("device") == "Shop" && session.fields().text("role") == "crew")
        }
    }

    @Test func `whoever has the public keys verifies a token without us`() async throws {
        let (token, jwks) = try await TestBox.run { box in
            (
                try box.exchange(try box.makeKey("Shop", [.read]).secret),
                try box.ask("GET", "/api/v1/tokens/keys.json", authorization: nil).text
            )
        }
        let keys = try await JWTKeyCollection().add(jwksJSON: jwks)
        #expect(try await keys.verify(token, as: TokenClaims.self).scope == "read")
    }

    @Test func `a token may have fewer scopes than its key and never more`() async throws {
        try await TestBox.run { box in
            let key = try box.makeKey("Office", [.manage]).secret
            let token = try box.exchange(key, scope: "read")
            let bearer = ["Authorization": "Bearer \(token)"]
            #expect(try box.ask("GET", "/api/v1/assets", headers: bearer, authorization: nil).status == 200)
            let made = try box.ask("POST", "/api/v1/models", ["name": "X"], headers: bearer, authorization: nil)
            #expect(made.status == 403)
            for scope in ["read export", "admin", "", "door"] {
                let answer = try box.ask(
                    "POST", "/api/v1/tokens", ["scope": .string(scope)], headers: ["Authorization": "Bearer \(key)"],
                    authorization: nil)
                #expect([400, 403].contains(answer.status), "\(scope)")
            }
        }
    }

    @Test func `a token is not exchanged for another, and neither is a session`() async throws {
        try await TestBox.run { box in
            let token = try box.exchange(try box.makeKey("Shop", [.read]).secret)
            let cookie = try box.signIn("Ana Vidal", pin: "1111")
            for headers in [["Authorization": "Bearer \(token)"], ["Cookie": cookie]] {
                let answer = try box.ask("POST", "/api/v1/tokens", headers: headers, authorization: nil)
                #expect(answer.status == 400)
            }
        }
    }

    @Test func `revoking a key ends it, its tokens and their live connections at once`() async throws {
        try await TestBox.run { box in
            let (id, key) = try box.makeKey("Shop", [.read])
            let token = try box.exchange(key)
            let screens = try [key, token].map { bearer in
                let screen = try box.live(["Authorization": "Bearer \(bearer)"], authorization: nil)
                try screen.subscribe(["assets"])
                return screen
            }
            #expect(try box.askAsAdmin("DELETE", "/api/v1/keys/\(id)").status == 204)
            for bearer in [key, token] {
                let answer = try box.ask(
                    "GET", "/api/v1/assets", headers: ["Authorization": "Bearer \(bearer)"], authorization: nil)
                #expect(answer.status == 401)
            }
            for screen in screens { #expect(try screen.socket.readCloseCode() == 4401) }
            #expect(try box.askAsAdmin("DELETE", "/api/v1/keys/\(id)").status == 404)
        }
    }

    @Test func `a live connection ends with its key`() async throws {
        try await TestBox.run { box in
            let key = try box.makeKey("Short", [.read], expires: Date(timeIntervalSinceNow: 2)).secret
            let screen = try box.live(["Authorization": "Bearer \(try box.exchange(key))"], authorization: nil)
            try screen.subscribe(["assets"])
            #expect(try screen.socket.readCloseCode() == 4401)
            let bearer = ["Authorization": "Bearer \(key)"]
            // A token counts whole seconds, so it may be over a moment before its key.
            #expect(
                waits { (try? box.ask("GET", "/api/v1/assets", headers: bearer, authorization: nil).status) == 401 })
        }
    }

    @Test func `a program that can set no header says who it is in its first message`() async throws {
        try await TestBox.run { box in
            let token = try box.exchange(try box.makeKey("Shop", [.read]).secret)
            func guest() throws -> LiveClient {
                LiveClient(
                    socket: try WireSocket(
                        port: box.port, path: "/api/v1/live/guest", headers: ["Host": "127.0.0.1:\(box.port)"]))
            }
            let screen = try guest()
            try screen.send(["type": "authorize", "token": .string(token)])
            #expect(try screen.next().text("type") == "authorized")
            try screen.subscribe(["scans"])
            try box.scan("CAM-7")
            #expect(try screen.change().text("topic") == "scans")
            let wrong: [JSON] = [
                ["type": "authorize", "token": "nothing"], ["type": "subscribe", "topics": ["scans"]],
                ["type": "subscribe", "token": .string(token)],
                ["type": "authorize", "token": .string(try box.exchange(try box.makeKey("Files", [.export]).secret))],
            ]
            for message in wrong {
                let stranger = try guest()
                try stranger.send(message)
                #expect(try stranger.socket.readCloseCode() == 4401, "\(message.text)")
            }
            // One who says nothing is not kept.
            #expect(try guest().socket.readCloseCode() == 4401)
        }
    }

    @Test func `no secret is taken from an address`() async throws {
        try await TestBox.run { box in
            let token = try box.exchange(try box.makeKey("Shop", [.read]).secret)
            for name in ["token", "access_token", "key", "authorization"] {
                #expect(try box.ask("GET", "/api/v1/assets?\(name)=\(token)", authorization: nil).status == 401)
                #expect(try box.ask("GET", "/api/v1/live?\(name)=\(token)", authorization: nil).status == 401)
            }
        }
    }
}
