// The trusted screens: a manager trusts the browser they ask from, and takes trust back from any.
import Core
import Drivers

extension RouteTable {
    private static let screens = "/api/v1/screens"

    static func screenRoutes() -> [Route] {
        [
            Route(
                "GET", screens, access: .role(.manager),
                RouteDocument(
                    "screens", "The trusted screens by name; the one asked from is marked",
                    answer: (200, Schema.items(Schema.ref("Screen"))))
            ) { exchange in
                let here = exchange.visitor.screen?.id
                let items = try exchange.tenant.screens.all.map { $0.json.adding(["this": .bool($0.id == here)]) }
                return .response(HTTPResponse(["items": .array(items)]))
            },
            Route(
                "POST", screens, access: .role(.manager),
                RouteDocument(
                    "screens", "Trust the browser this is asked from: PINs and badges sign in there",
                    body: Schema.object(["name": Schema.text, "door?": Schema.orNull(Schema.text)]),
                    answer: (201, Schema.ref("Screen")), problems: [.invalid, .notFound, .conflict])
            ) { exchange in
                struct Body: Decodable { var name: String, door: String? }
                let wanted = try exchange.body(Body.self)
                let person = exchange.principal?.person
                guard let person, let manager = try await exchange.tenant.roster.find(person) else {
                    throw Failure(.invalid, "A screen is trusted from its own browser, by a person.")
                }
                let door = try await door(wanted.door, exchange.tenant)
                // It may be another organisation's; then that one keeps it in its list, and its cookie goes all the same.
                if let old = exchange.visitor.screen { try? await exchange.tenant.screens.remove(old.id) }
                let (secret, screen) = try await exchange.tenant.screens.trust(wanted.name, at: door, by: manager.name)
                return .response(HTTPResponse(status: 201, screen.json).giving(.device, secret, to: exchange))
            },
            Route(
                "PATCH", screens + "/{id}", access: .role(.manager),
                RouteDocument(
                    "screens", "Name a trusted screen, say at which door it stands, and what a badge does there",
                    body: Schema.object([
                        "name?": Schema.text, "door?": Schema.orNull(Schema.text), "badge?": Schema.badgeRule,
                    ]), answer: (200, Schema.ref("Screen")), problems: [.invalid, .notFound])
            ) { exchange in
                struct Body: Decodable {
                    var name: String?
                    var door: Patch<String>
                    var badge: TrustedScreen.BadgeRule?
                }
                let edit = try exchange.body(Body.self)
                let wanted: String?? = edit.door.map { $0 }
                let door: Door.ID?? = if let wanted { .some(try await door(wanted, exchange.tenant)) } else { .none }
                let screen = try await exchange.tenant.screens.edit(
                    exchange.id(), name: edit.name, door: door, badge: edit.badge)
                return .response(HTTPResponse(screen.json))
            },
            Route(
                "DELETE", screens + "/{id}", access: .role(.manager),
                RouteDocument("screens", "Trust a screen no more", answer: (204, nil), problems: [.notFound])
            ) { exchange in
                try await exchange.tenant.screens.remove(exchange.id())
                return .response(HTTPResponse(status: 204))
            },
        ]
    }

    /// - Throws: `notFound` for a door that is not there.
    private static func door(_ id: String?, _ tenant: Tenant) async throws -> Door.ID? {
        guard let id else { return nil }
        _ = try await tenant.door.door(Door.ID(id))
        return Door.ID(id)
    }
}
