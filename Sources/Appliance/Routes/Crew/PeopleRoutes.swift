// The people of the organisation: who they are, and their badges. What they sign in with is in AccountRoutes.swift.
import Core
import Drivers

extension RouteTable {
    private static let people = "/api/v1/people"

    static func peopleRoutes() -> [Route] {
        [
            Route(
                "GET", people,
                RouteDocument(
                    "people", "The people by name",
                    [
                        .query("q", Schema.text, "Words that must occur in name, e-mail or phone."),
                        .query(
                            "archived", Schema.one(of: ["false", "true", "all"]), "Whether the inactive are meant."),
                    ], answer: (200, Schema.items(Schema.ref("Person"))))
            ) { exchange in
                var query = Roster.Query()
                query.text = exchange.request.query("q") ?? ""
                query.archived = try exchange.flag("archived", default: false)
                let items = try await exchange.tenant.roster.list(query, for: exchange.signedIn().role)
                return .response(HTTPResponse(["items": .array(items), "total": .int(Int64(items.count))]))
            },
            Route(
                "GET", people + "/{id}",
                RouteDocument(
                    "people", "One person with what they hold, their projects and their last movements",
                    answer: (200, Schema.ref("Person")), problems: [.notFound])
            ) { exchange in
                let (person, json) = try await exchange.tenant.roster.detail(
                    exchange.id(), for: exchange.signedIn().role)
                return .response(HTTPResponse(json).with("ETag", "\"\(person.version)\""))
            },
            createRoute(Person.self, at: people, tag: "people", answer: "Person"),
            editRoute(Person.self, at: people + "/{id}", tag: "people", answer: "Person"),
        ] + badgeRoutes()
    }

    private static func badgeRoutes() -> [Route] {
        [
            Route(
                "POST", people + "/{id}/badges", access: .role(.manager),
                RouteDocument(
                    "people", "Give a badge by its code", body: Schema.object(["code": Schema.someText]),
                    answer: (201, Schema.ref("Person")), problems: [.notFound, .conflict])
            ) { exchange in
                struct Body: Decodable { var code: String }
                let code = try exchange.body(Body.self).code
                return try .edited(
                    await exchange.tenant.roster.assign(code, to: exchange.id(), by: exchange.author), status: 201)
            },
            Route(
                "DELETE", people + "/{id}/badges/{key}", access: .role(.manager),
                RouteDocument(
                    "people", "Take a badge away", answer: (200, Schema.ref("Person")), problems: [.notFound])
            ) { exchange in
                let key = exchange.parameters["key"] ?? ""
                return try .edited(await exchange.tenant.roster.unassign(key, from: exchange.id(), by: exchange.author))
            },
        ]
    }
}
