// Signing in, in each of its ways, and out. What the ways are is SignInDesk's.
import Core
import Drivers

extension RouteTable {
    /// Longest wait for a badge; the page asks again.
    private static let badgeWait = Duration.seconds(20)

    static func sessionRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route("GET", "/api/v1/session", RouteDocument("session", "Who is signed in", answer: (200, sessionSchema)))
            {
                .response(HTTPResponse(try await body(of: $0.signedIn(), appliance)))
            },
            Route(
                "POST", "/api/v1/session", access: .anyone,
                RouteDocument(
                    "session", "Sign in by name or e-mail and passphrase, or at a trusted screen by PIN",
                    body: [
                        "oneOf": [
                            Schema.object(["name": Schema.text, "passphrase": Schema.text]),
                            Schema.object(["person": Schema.text, "pin": Schema.text]),
                        ]
                    ], answer: (200, sessionSchema), problems: [.invalid, .unauthorized, .forbidden, .tooMany])
            ) { exchange in
                struct SignIn: Decodable { var name, passphrase, person, pin: String? }
                let wanted = try exchange.body(SignIn.self)
                if let person = wanted.person, let pin = wanted.pin {
                    let signedIn = try await appliance.signIn.signIn(
                        Person.ID(person), pin: pin, from: exchange.visitor)
                    return try await open(signedIn, exchange, appliance)
                }
                guard let name = wanted.name, let passphrase = wanted.passphrase else {
                    throw Failure(.invalid, "A name and a passphrase are needed.", field: "name")
                }
                let signedIn = try await appliance.signIn.signIn(
                    name: name, passphrase: passphrase, from: exchange.visitor)
                return try await open(signedIn, exchange, appliance)
            },
            Route(
                "DELETE", "/api/v1/session",
                RouteDocument("session", "Sign out; a program's token is not ended by this", answer: (204, nil))
            ) { exchange in
                end(exchange, appliance)
                return .response(HTTPResponse(status: 204).giving(.session, nil, to: exchange))
            },
        ] + doorSignInRoutes(appliance) + linkRoutes(appliance)
    }

    /// What a trusted screen may do: it shows who may sign in, and takes badges.
    private static func doorSignInRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "GET", "/api/v1/session/people", access: .anyone,
                RouteDocument(
                    "session", "The people who may sign in by PIN, for trusted screens only",
                    answer: (
                        200,
                        Schema.object(["items": Schema.list(Schema.ref("PersonBrief")), "screen": Schema.ref("Screen")])
                    ), problems: [.forbidden])
            ) { exchange in
                guard let screen = exchange.visitor.screen else {
                    throw Failure(.forbidden, "This browser is no trusted screen.")
                }
                let people = try await appliance.roster.whoMaySignIn().map(\.brief)
                return .response(HTTPResponse(["items": .array(people), "screen": screen.json]))
            },
            Route(
                "POST", "/api/v1/session/badge", access: .anyone,
                RouteDocument(
                    "session", "Sign in by a badge at a trusted screen: one that was typed, or the next its door reads",
                    body: Schema.object(["code?": Schema.text]),
                    answer: (
                        200,
                        Schema.object([
                            "session": Schema.orNull(sessionSchema),
                            "needsPIN": Schema.orNull(Schema.ref("PersonBrief")),
                        ])
                    ), problems: [.unauthorized, .forbidden, .tooMany])
            ) { exchange in
                struct Body: Decodable { var code: String? }
                let badged =
                    if let code = try exchange.body(Body.self).code {
                        Optional(try await appliance.signIn.signIn(badge: code, from: exchange.visitor))
                    } else {
                        try await appliance.signIn.awaitBadge(from: exchange.visitor, within: badgeWait)
                    }
                switch badged {
                case nil: return .response(HTTPResponse(["session": .null, "needsPIN": .null]))
                case .needsPIN(let person):
                    return .response(HTTPResponse(["session": .null, "needsPIN": person.brief]))
                case .signedIn(let signedIn):
                    let session = try await body(of: signedIn.principal, appliance)
                    return .response(
                        HTTPResponse(["session": session, "needsPIN": .null])
                            .giving(.session, signedIn.secret, to: exchange))
                }
            },
        ]
    }

    /// What the page of a one-time link asks.
    private static func linkRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "POST", "/api/v1/session/link/look", access: .anyone,
                RouteDocument(
                    "session", "Whom a one-time link is for", body: Schema.object(["secret": Schema.text]),
                    answer: (
                        200,
                        Schema.object([
                            "person": Schema.ref("PersonBrief"), "names": Schema.list(Schema.text),
                            "keepsPassphrase": Schema.flag, "expiresAt": Schema.time,
                        ])
                    ), problems: [.notFound])
            ) { exchange in
                struct Body: Decodable { var secret: String }
                let (person, invitation, names) = try await appliance.signIn.look(
                    at: exchange.body(Body.self).secret, from: exchange.visitor)
                return .response(
                    HTTPResponse([
                        "person": person.brief, "names": .array(names.map(JSON.string)),
                        "keepsPassphrase": .bool(invitation.keepsPassphrase), "expiresAt": .time(invitation.expires),
                    ]))
            },
            Route(
                "POST", "/api/v1/session/link", access: .anyone,
                RouteDocument(
                    "session", "Sign in by a one-time link, with the passphrase that one chooses",
                    body: Schema.object(["secret": Schema.text, "passphrase?": Schema.text]),
                    answer: (200, sessionSchema), problems: [.invalid, .notFound, .conflict, .tooMany])
            ) { exchange in
                struct Body: Decodable {
                    var secret: String
                    var passphrase: String?
                }
                let wanted = try exchange.body(Body.self)
                let signedIn = try await appliance.signIn.open(
                    wanted.secret, passphrase: wanted.passphrase, from: exchange.visitor)
                if wanted.passphrase != nil {
                    appliance.hub.end(person: signedIn.person.id, except: signedIn.principal.session)
                }
                return try await open(signedIn, exchange, appliance)
            },
        ]
    }

    private static let sessionSchema = Schema.object([
        "person": Schema.orNull(Schema.ref("Person")), "device": Schema.orNull(Schema.text), "role": Schema.role,
    ])

    /// Gives the browser its new session; the one it had is over.
    private static func open(
        _ signedIn: SignInDesk.SignedIn, _ exchange: Exchange, _ appliance: Wiring
    ) async throws -> HTTPReply {
        end(exchange, appliance)
        let body = try await body(of: signedIn.principal, appliance)
        return .response(HTTPResponse(body).giving(.session, signedIn.secret, to: exchange))
    }

    private static func end(_ exchange: Exchange, _ appliance: Wiring) {
        guard let secret = exchange.secret, let principal = exchange.principal, principal.person != nil else { return }
        appliance.sessions.end(secret)
        appliance.hub.end(sessions: Set([principal.session].compactMap { $0 }))
    }

    private static func body(of principal: Principal, _ appliance: Wiring) async throws -> JSON {
        var person: Person?
        if let id = principal.person { person = try await appliance.roster.find(id) }
        return [
            "person": person?.json(for: principal.role) ?? .null, "device": .optional(principal.device),
            "role": .string(principal.role.rawValue),
        ]
    }
}
