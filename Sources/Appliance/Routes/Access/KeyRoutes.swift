// The keys of programs, and the tokens they are exchanged for.
import Core
import Drivers
import Foundation

extension RouteTable {
    static func keyRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "GET", "/api/v1/keys", access: .role(.admin),
                RouteDocument("keys", "The keys of programs", answer: (200, Schema.items(Schema.key)))
            ) { exchange in
                let keys = try exchange.tenant.credentials.keys.list
                return .response(HTTPResponse(["items": .array(keys.map(\.json))]))
            },
            Route(
                "POST", "/api/v1/keys", access: .role(.admin),
                RouteDocument(
                    "keys", "Make a key; its secret is in this answer and never again",
                    body: Schema.object([
                        "name": Schema.someText, "scopes": Schema.list(Schema.scope),
                        "expiresAt?": Schema.orNull(Schema.time),
                    ]), answer: (201, Schema.newKey), problems: [.conflict, .tooMany])
            ) { exchange in try await makeKey(exchange) },
            Route(
                "DELETE", "/api/v1/keys/{id}", access: .role(.admin),
                RouteDocument(
                    "keys", "Revoke a key and the tokens made of it", answer: (204, nil), problems: [.notFound])
            ) { exchange in
                let id: APIKey.ID = exchange.id()
                let tenant = try exchange.tenant
                try await tenant.credentials.keys.revoke(id, by: exchange.author)
                tenant.hub.end(key: id)
                return .response(HTTPResponse(status: 204))
            },
            Route(
                "POST", "/api/v1/tokens",
                RouteDocument(
                    "keys", "Exchange a key for a token of fifteen minutes; the key is the bearer",
                    body: Schema.object(["scope?": Schema.text]), answer: (201, Schema.token))
            ) { exchange in try await makeToken(exchange) },
            Route(
                "GET", "/api/v1/tokens/keys.json", access: .anyone,
                RouteDocument(
                    "keys", "The public keys of tokens (JWKS)",
                    answer: (200, Schema.object(["keys": Schema.list(["type": "object"])])))
            ) { _ in
                .response(HTTPResponse(["keys": .array(appliance.tenants.all.flatMap(\.credentials.mint.publicKeys))]))
            },
        ]
    }

    private static func makeKey(_ exchange: Exchange) async throws -> HTTPReply {
        struct Body: Decodable {
            var name: String
            var scopes: [String]
            var expiresAt: String?
        }
        let body = try exchange.body(Body.self)
        let scopes = body.scopes.compactMap(Scope.init(rawValue:))
        guard scopes.count == body.scopes.count else {
            throw Failure(.invalid, "Scopes are \(Scope.text(of: Set(Scope.allCases))).", field: "scopes")
        }
        let expires = try body.expiresAt.map { text in
            guard let date = RecordField.date(of: text) else {
                throw Failure(.invalid, "The end is a time such as 2027-01-31T08:00Z.", field: "expiresAt")
            }
            return date
        }
        let (key, secret) = try await exchange.tenant.credentials.keys.create(
            body.name, scopes: Set(scopes), expires: expires, by: exchange.author)
        return .response(HTTPResponse(status: 201, key.json.adding(["secret": .string(secret)])))
    }

    /// A token is not exchanged for another: who has no key has fifteen minutes.
    private static func makeToken(_ exchange: Exchange) async throws -> HTTPReply {
        struct Body: Decodable { var scope: String? }
        let body = exchange.request.body.isEmpty ? nil : try exchange.body(Body.self)
        let credentials = try exchange.tenant.credentials
        guard let secret = exchange.secret, let id = credentials.keys.principal(of: secret)?.key,
            let key = credentials.keys.find(id)
        else { throw Failure(.invalid, "Tokens are for keys. Send one as the bearer: Authorization: Bearer dk_….") }
        let scopes = try body?.scope.map { text in
            guard let scopes = Scope.set(of: text) else {
                throw Failure(.invalid, "Scopes are \(Scope.text(of: Set(Scope.allCases))).", field: "scope")
            }
            return scopes
        }
        let (token, claims) = try await credentials.mint.mint(for: key, scopes: scopes)
        try await exchange.tenant.trail.note(
            .tokenIssued, subject: id.rawValue,
            ["name": .string(key.name), "scopes": .string(claims.scope), "token": .string(claims.jti)])
        return .response(
            HTTPResponse(
                status: 201,
                [
                    "access_token": .string(token), "token_type": "Bearer", "expires_in": .int(claims.exp - claims.iat),
                    "scope": .string(claims.scope),
                ]))
    }
}

extension Schema {
    static let scope = one(of: Scope.allCases.map(\.rawValue))

    static let key = object(keyMembers)
    static let newKey = object(keyMembers.adding(["secret": text]))

    private static let keyMembers: JSON = [
        "id": text, "name": text, "prefix": text, "scopes": list(scope), "createdAt": time, "expiresAt": orNull(time),
        "lastUsedAt": orNull(time),
    ]

    /// In the words of RFC 6749 §5.1, which programs' libraries know.
    static let token = object(["access_token": text, "token_type": text, "expires_in": whole, "scope": text])
}
