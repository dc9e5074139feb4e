// People and projects, to read.
import Core
import Drivers

extension RouteTable {
    static func peopleRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "GET", "/api/v1/people",
                RouteDocument("people", "The active people", answer: (200, Schema.items(Schema.ref("Person"))))
            ) { _ in
                let people = try await appliance.roster.active()
                return .response(HTTPResponse(["items": .array(people.map(\.json))]))
            }
        ]
    }

    static func projectRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "GET", "/api/v1/projects",
                RouteDocument(
                    "projects", "All projects by start", answer: (200, Schema.items(Schema.ref("Project"))))
            ) { _ in
                .response(HTTPResponse(["items": .array(try await appliance.projects.all())]))
            },
            Route(
                "GET", "/api/v1/projects/{id}",
                RouteDocument(
                    "projects", "One project with its pull sheet", answer: (200, Schema.ref("Project")),
                    problems: [.notFound])
            ) { exchange in
                .response(HTTPResponse(try await appliance.projects.find(exchange.id())))
            },
        ]
    }
}
