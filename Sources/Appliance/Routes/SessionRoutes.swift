// Signing in by PIN, and out.
import Core
import Drivers

extension RouteTable {
    static func sessionRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/session/people", access: .anyone,
                RouteDocument(
                    "session", "The people who may sign in",
                    answer: (
                        200,
                        Schema.items(
                            Schema.object([
                                "id": Schema.text, "name": Schema.text, "initials": Schema.text, "role": Schema.role,
                            ]))
                    ))
            ) { exchange in
                // Anybody may ask this: what a door's screen needs to let people pick their name, and no more.
                let front = try exchange.front(exchange.request.query("organisation"))
                guard front.unknown == nil else { return .response(HTTPResponse(["items": []])) }
                let people = try await front.tenant.roster.whoMaySignIn().map { person -> JSON in
                    [
                        "id": .string(person.id.rawValue), "name": .string(person.name),
                        "initials": .string(person.initials), "role": .string(person.role.rawValue),
                    ]
                }
                return .response(HTTPResponse(["items": .array(people)]))
            },
            Route(
                "GET", "/api/v1/session",
                RouteDocument("session", "Who is signed in", answer: (200, sessionSchema))
            ) { exchange in
                .response(HTTPResponse(try await body(of: exchange.signedIn(), exchange.tenant)))
            },
            Route(
                "POST", "/api/v1/session", access: .anyone,
                RouteDocument(
                    "session", "Sign in by PIN",
                    body: Schema.object([
                        "person": Schema.text, "pin": Schema.text, "organisation?": Schema.orNull(Schema.text),
                    ]),
                    answer: (200, sessionSchema), problems: [.invalid, .unauthorized, .tooMany])
            ) { exchange in
                struct SignIn: Decodable {
                    var person, pin: String
                    var organisation: String?
                }
                let wanted = try exchange.body(SignIn.self)
                let front = try exchange.front(wanted.organisation)
                let (secret, person) = try await front.tenant.sessions.signIn(
                    Person.ID(front.name(wanted.person)), pin: wanted.pin)
                let principal = Principal(person: person.id, role: person.role)
                try await tenant.trail.note(
                    .signedIn, subject: person.id.rawValue, by: Author(person: person.id),
                    ["name": .string(person.name)])
                return .response(
                    HTTPResponse(try await body(of: principal, front.tenant)).with(
                        "Set-Cookie", cookie(secret, exchange)))
            },
            Route(
                "DELETE", "/api/v1/session",
                RouteDocument("session", "Sign out; a program's token is not ended by this", answer: (204, nil))
            ) { exchange in
                if let secret = exchange.secret, let person = exchange.principal?.person {
                    try await exchange.tenant.sessions.end(secret)
                    try exchange.tenant.hub.end(secret: secret)
                    try await exchange.tenant.trail.note(.signedOut, subject: person.rawValue, [:])
                }
                return .response(HTTPResponse(status: 204).with("Set-Cookie", cookie("", exchange) + "; Max-Age=0"))
            },
        ]
    }

    private static let sessionSchema = Schema.object([
        "person": Schema.orNull(Schema.ref("Person")), "device": Schema.orNull(Schema.text), "role": Schema.role,
    ])

    private static func body(of principal: Principal, _ tenant: Tenant) async throws -> JSON {
        var person: Person?
        if let id = principal.person { person = try await tenant.roster.find(id) }
        return [
            "person": person?.json(for: principal.role) ?? .null, "device": .optional(principal.device),
            "role": .string(principal.role.rawValue),
        ]
    }

    /// Not readable by scripts, not sent by other sites, and over TLS never without it.
    private static func cookie(_ secret: String, _ exchange: Exchange) -> String {
        let isSecure = exchange.request.head.isSecure
        return "\(Router.cookieName(isSecure: isSecure))=\(secret); Path=/; HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }
}
