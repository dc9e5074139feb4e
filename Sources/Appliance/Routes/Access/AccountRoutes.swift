// What one signs in with, and where one is signed in: one's own, or that of somebody one looks after.
import Core
import Drivers

extension RouteTable {
    static func accountRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "GET", "/api/v1/people/{id}/sign-in",
                RouteDocument(
                    "people", "What a person signs in with and where: one's own, or that of somebody with a lower role",
                    answer: (
                        200,
                        Schema.object([
                            "hasPIN": Schema.flag, "hasPassphrase": Schema.flag, "names": Schema.list(Schema.text),
                            "sessions": Schema.list(sessionRowSchema),
                        ])
                    ), problems: [.notFound, .forbidden])
            ) { exchange in
                let id: Person.ID = exchange.id()
                let kept = try await exchange.tenant.signIn.secrets.kept(of: id, for: exchange.author)
                let here = exchange.principal?.session
                let sessions = try exchange.tenant.sessions.list(of: id)
                return .response(
                    HTTPResponse([
                        "hasPIN": .bool(kept.hasPIN), "hasPassphrase": .bool(kept.hasPassphrase),
                        "names": .array(kept.names.map(JSON.string)),
                        "sessions": .array(sessions.map { $0.json(isThis: $0.id == here) }),
                    ]))
            },
            passphraseRoute, pinRoute, invitationRoute(appliance),
        ] + endingRoutes
    }

    private static let sessionRowSchema = Schema.object([
        "id": Schema.text, "way": Schema.one(of: Session.Way.allCases.map(\.rawValue)), "since": Schema.time,
        "seenAt": Schema.time, "expiresAt": Schema.time, "address": Schema.text, "agent": Schema.text,
        "screen": Schema.orNull(Schema.text), "this": Schema.flag,
    ])

    /// Whoever asks stays signed in; the other sessions of the person end.
    private static var passphraseRoute: Route {
        Route(
            "PUT", "/api/v1/session/passphrase",
            RouteDocument(
                "session", "Change one's passphrase, with the present one, or with the PIN where there is none",
                body: Schema.object(["passphrase": Schema.text, "current": Schema.text]), answer: (204, nil),
                problems: [.invalid, .conflict, .tooMany])
        ) { exchange in
            struct Body: Decodable { var passphrase, current: String }
            let (body, principal) = (try exchange.body(Body.self), try exchange.signedIn())
            try await exchange.tenant.signIn.changePassphrase(
                body.passphrase, current: body.current, by: principal, from: exchange.visitor)
            if let person = principal.person {
                try exchange.tenant.hub.end(person: person, except: principal.session)
            }
            return .response(HTTPResponse(status: 204))
        }
    }

    /// Whoever asks stays signed in; the other sessions of the person end.
    private static var pinRoute: Route {
        Route(
            "PUT", "/api/v1/people/{id}/pin",
            RouteDocument(
                "people",
                "Set a PIN: one's own with the present one or the passphrase, or that of somebody with a lower role",
                body: Schema.object(["pin": Schema.text, "current?": Schema.text]), answer: (204, nil),
                problems: [.notFound, .tooMany])
        ) { exchange in
            struct Body: Decodable {
                var pin: String
                var current: String?
            }
            let body = try exchange.body(Body.self)
            let (id, here): (Person.ID, Session.ID?) = (exchange.id(), exchange.principal?.session)
            try await exchange.tenant.signIn.setPIN(
                body.pin, of: id, current: body.current, by: exchange.author, in: here, from: exchange.visitor)
            try exchange.tenant.hub.end(person: id, except: here)
            return .response(HTTPResponse(status: 204))
        }
    }

    private static func invitationRoute(_ appliance: Wiring) -> Route {
        Route(
            "POST", "/api/v1/people/{id}/link",
            RouteDocument(
                "people", "Make a one-time link that enrols a phone: for oneself, or for somebody with a lower role",
                body: Schema.object(["current?": Schema.text]),
                answer: (
                    201,
                    Schema.object([
                        "link": Schema.text, "qr": Schema.ref("QRCode"), "expiresAt": Schema.time,
                        "trust": Schema.orNull(Schema.object(["link": Schema.text, "qr": Schema.ref("QRCode")])),
                    ])
                ), problems: [.invalid, .notFound, .forbidden, .tooMany])
        ) { exchange in
            struct Body: Decodable { var current: String? }
            let (secret, invitation) = try await exchange.tenant.signIn.invite(
                exchange.id(), current: exchange.body(Body.self).current, by: exchange.author, from: exchange.visitor)
            let link = appliance.phoneAddress(for: exchange.request.head) + "/welcome#" + secret
            let trust = appliance.trustAddress(for: exchange.request.head)
            return .response(
                HTTPResponse(
                    status: 201,
                    [
                        "link": .string(link), "qr": try qr(link), "expiresAt": .time(invitation.expires),
                        "trust": try trust.map { ["link": .string($0), "qr": try qr($0)] } ?? .null,
                    ]))
        }
    }

    private static func qr(_ text: String) throws -> JSON {
        let code = try CodeMatrix.qr(text)
        return ["size": .int(Int64(code.width)), "path": .string(code.path)]
    }

    private static var endingRoutes: [Route] {
        [
            Route(
                "DELETE", "/api/v1/people/{id}/sessions",
                RouteDocument(
                    "people", "Sign a person out everywhere, here too: oneself, or somebody with a lower role",
                    answer: (204, nil), problems: [.notFound, .forbidden])
            ) { exchange in
                let id: Person.ID = exchange.id()
                _ = try await exchange.tenant.signIn.secrets.kept(of: id, for: exchange.author)
                try exchange.tenant.sessions.end(of: id)
                try exchange.tenant.signIn.invitations.revoke(of: id)
                try exchange.tenant.hub.end(person: id)
                return .response(HTTPResponse(status: 204))
            },
            Route(
                "DELETE", "/api/v1/people/{id}/sessions/{session}",
                RouteDocument(
                    "people", "End one session: one's own, or that of somebody with a lower role", answer: (204, nil),
                    problems: [.notFound, .forbidden])
            ) { exchange in
                let (id, session): (Person.ID, Session.ID) = (exchange.id(), exchange.id("session"))
                _ = try await exchange.tenant.signIn.secrets.kept(of: id, for: exchange.author)
                try exchange.tenant.sessions.end(session, of: id)
                try exchange.tenant.hub.end(sessions: [session])
                return .response(HTTPResponse(status: 204))
            },
        ]
    }
}
