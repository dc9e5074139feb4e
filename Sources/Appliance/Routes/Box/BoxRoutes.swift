// The organisations of the box, for local administration only: the command line on this machine (OrganisationCommand).
import Core
import Drivers

extension RouteTable {
    private static let organisations = "/api/v1/box/organisations"

    static func boxRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "GET", organisations, access: .box,
                RouteDocument(
                    "box", "The organisations of the box", answer: (200, Schema.items(organisationSchema)))
            ) { _ in
                let all = try await TenancyBook(box: appliance.box).all()
                return .response(HTTPResponse(["items": .array(all.map(\.json))]))
            },
            Route(
                "POST", organisations, access: .box,
                RouteDocument(
                    "box", "Found an organisation; `link` lets its first administrator in, on this machine",
                    body: Schema.object(["name": Schema.someText]),
                    answer: (201, foundedSchema),
                    problems: [.conflict])
            ) { exchange in
                struct Body: Decodable { var name: String }
                let (tenant, link) = try await appliance.tenants.found(exchange.body(Body.self).name)
                return .response(
                    HTTPResponse(status: 201, tenant.tenancy.json.adding(["link": .optional(link)])))
            },
            Route(
                "DELETE", organisations + "/{id}", access: .box,
                RouteDocument(
                    "box", "Erase an organisation with all that is its own", answer: (204, nil),
                    problems: [.notFound, .conflict])
            ) { exchange in
                let id: Tenancy.ID = exchange.id()
                try await appliance.tenants.erase(id)
                await appliance.readers.forgetAll(of: id)
                return .response(HTTPResponse(status: 204))
            },
            Route(
                "PUT", organisations + "/{id}/readers", access: .box,
                RouteDocument(
                    "box", "Give a reader to an organisation; it serves that one's first door",
                    body: Schema.object(["port": Schema.someText]), answer: (204, nil), problems: [.notFound])
            ) { exchange in
                struct Body: Decodable { var port: String }
                let port = try exchange.body(Body.self).port
                guard let tenant = appliance.tenants.all.first(where: { $0.tenancy.id == exchange.id() }) else {
                    throw Failure(.notFound, "There is no such organisation.")
                }
                try await appliance.readers.give(port, to: tenant.readerHome)
                return .response(HTTPResponse(status: 204))
            },
        ]
    }

    private static let organisationSchema = Schema.object([
        "id": Schema.identifier, "slug": Schema.text, "name": Schema.text, "first": Schema.flag, "since": Schema.time,
    ])

    private static let foundedSchema = Schema.object([
        "id": Schema.identifier, "slug": Schema.text, "name": Schema.text, "first": Schema.flag, "since": Schema.time,
        "link": Schema.orNull(Schema.text),
    ])
}
