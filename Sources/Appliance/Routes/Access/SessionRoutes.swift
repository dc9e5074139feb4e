// Signing in, in each of its ways, and out. What the ways are is SignInDesk's.
import Core
import Drivers

extension RouteTable {
    /// Longest wait for a badge; the page asks again.
    private static let badgeWait = Duration.seconds(20)

    static func sessionRoutes(_ tenants: Tenants) -> [Route] {
        [
            Route("GET", "/api/v1/session", RouteDocument("session", "Who is signed in", answer: (200, sessionSchema)))
            {
                .response(HTTPResponse(try await body(of: $0.signedIn(), $0.tenant)))
            },
            Route(
                "POST", "/api/v1/session", access: .anyone,
                RouteDocument(
                    "session", "Sign in by name or e-mail and passphrase, or at a trusted screen by PIN",
                    [.organisation],
                    body: [
                        "oneOf": [
                            Schema.object(["name": Schema.text, "passphrase": Schema.text]),
                            Schema.object(["person": Schema.text, "pin": Schema.text]),
                        ]
                    ], answer: (200, sessionSchema), problems: [.invalid, .unauthorized, .forbidden, .tooMany])
            ) { exchange in
                struct SignIn: Decodable { var name, passphrase, person, pin: String? }
                let wanted = try exchange.body(SignIn.self)
                let front = try exchange.front
                if let person = wanted.person, let pin = wanted.pin {
                    let signedIn = try await front.tenant.signIn.signIn(
                        Person.ID(front.name(person)), pin: pin, from: front.visitor(exchange.visitor))
                    return try await open(signedIn, exchange, front.tenant)
                }
                guard let name = wanted.name, let passphrase = wanted.passphrase else {
                    throw Failure(.invalid, "A name and a passphrase are needed.", field: "name")
                }
                let signedIn = try await front.tenant.signIn.signIn(
                    name: front.name(name), passphrase: passphrase, from: front.visitor(exchange.visitor))
                return try await open(signedIn, exchange, front.tenant)
            },
            Route(
                "DELETE", "/api/v1/session",
                RouteDocument("session", "Sign out; a program's token is not ended by this", answer: (204, nil))
            ) { exchange in
                end(exchange)
                if let person = exchange.principal?.person {
                    try await exchange.tenant.trail.note(.signedOut, subject: person.rawValue, [:])
                }
                return .response(HTTPResponse(status: 204).giving(.session, nil, to: exchange))
            },
        ] + doorSignInRoutes() + linkRoutes(tenants)
    }

    /// What a trusted screen may do: it shows who may sign in, and takes badges.
    private static func doorSignInRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/session/people", access: .anyone,
                RouteDocument(
                    "session", "The people who may sign in by PIN, for trusted screens only", [.organisation],
                    answer: (
                        200,
                        Schema.object(["items": Schema.list(Schema.ref("PersonBrief")), "screen": Schema.ref("Screen")])
                    ), problems: [.forbidden])
            ) { exchange in
                let front = try exchange.front
                guard let screen = front.visitor(exchange.visitor).screen else {
                    throw Failure(.forbidden, "This browser is no trusted screen.")
                }
                let people = try await front.tenant.roster.whoMaySignIn().map(\.brief)
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
                let tenant = try exchange.front.tenant
                let visitor = try exchange.front.visitor(exchange.visitor)
                let badged =
                    if let code = try exchange.body(Body.self).code {
                        Optional(try await tenant.signIn.signIn(badge: code, from: visitor))
                    } else {
                        try await tenant.signIn.awaitBadge(from: visitor, within: badgeWait)
                    }
                switch badged {
                case nil: return .response(HTTPResponse(["session": .null, "needsPIN": .null]))
                case .needsPIN(let person):
                    return .response(HTTPResponse(["session": .null, "needsPIN": person.brief]))
                case .signedIn(let signedIn):
                    let session = try await body(of: signedIn.principal, tenant)
                    return .response(
                        HTTPResponse(["session": session, "needsPIN": .null])
                            .giving(.session, signedIn.secret, to: exchange))
                }
            },
        ]
    }

    /// What the page of a one-time link asks.
    private static func linkRoutes(_ tenants: Tenants) -> [Route] {
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
                let secret = try exchange.body(Body.self).secret
                let tenant = tenants.inviting(secret, exchange.visitor)
                let (person, invitation, names) = try await tenant.signIn.look(at: secret, from: exchange.visitor)
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
                let tenant = tenants.inviting(wanted.secret, exchange.visitor)
                let signedIn = try await tenant.signIn.open(
                    wanted.secret, passphrase: wanted.passphrase, from: exchange.visitor)
                if wanted.passphrase != nil {
                    tenant.hub.end(person: signedIn.person.id, except: signedIn.principal.session)
                }
                return try await open(signedIn, exchange, tenant)
            },
        ]
    }

    private static let sessionSchema = Schema.object([
        "person": Schema.orNull(Schema.ref("Person")), "device": Schema.orNull(Schema.text), "role": Schema.role,
    ])

    /// Gives the browser its new session; the one it had is over.
    private static func open(
        _ signedIn: SignInDesk.SignedIn, _ exchange: Exchange, _ tenant: Tenant
    ) async throws -> HTTPReply {
        end(exchange)
        let body = try await body(of: signedIn.principal, tenant)
        return .response(HTTPResponse(body).giving(.session, signedIn.secret, to: exchange))
    }

    private static func end(_ exchange: Exchange) {
        guard let secret = exchange.secret, let principal = exchange.principal, principal.person != nil else { return }
        guard let tenant = try? exchange.tenant else { return }
        tenant.sessions.end(secret)
        tenant.hub.end(sessions: Set([principal.session].compactMap { $0 }))
    }

    private static func body(of principal: Principal, _ tenant: Tenant) async throws -> JSON {
        var person: Person?
        if let id = principal.person { person = try await tenant.roster.find(id) }
        return [
            "person": person?.json(for: principal.role) ?? .null, "device": .optional(principal.device),
            "role": .string(principal.role.rawValue),
        ]
    }
}

extension RouteDocument.Parameter {
    fileprivate static let organisation = query(
        "organisation", Schema.text, "Which organisation of the box; without it the one it was set up for.")
}
