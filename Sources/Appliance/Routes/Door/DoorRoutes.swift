// The doors: how they are set and what went through them last.
import Core
import Drivers

extension RouteTable {
    static func doorRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/doors",
                RouteDocument("doors", "All doors", answer: (200, Schema.items(Schema.ref("Door"))))
            ) { exchange in
                .response(HTTPResponse(["items": .array(try await exchange.tenant.door.doors())]))
            },
            Route(
                "GET", "/api/v1/doors/{id}",
                RouteDocument("doors", "One door", answer: (200, Schema.ref("Door")), problems: [.notFound])
            ) { exchange in
                .response(HTTPResponse(try await exchange.tenant.door.door(exchange.id())))
            },
            Route(
                "PATCH", "/api/v1/doors/{id}",
                RouteDocument(
                    "doors", "Set a door: direction, project, who acts", body: doorEditSchema,
                    answer: (200, Schema.ref("Door")), problems: [.invalid, .notFound])
            ) { exchange in
                let edit = try exchange.body(DoorEditBody.self).edit
                let actor = exchange.principal?.person
                return .response(HTTPResponse(try await exchange.tenant.door.edit(exchange.id(), edit, actor: actor)))
            },
            Route(
                "GET", "/api/v1/doors/{id}/visit",
                RouteDocument(
                    "doors", "The last outcomes at a door, newest first",
                    [.query("limit", Schema.whole(1...200), "Most outcomes; 30 if absent.")],
                    answer: (200, Schema.items(Schema.ref("Outcome"))), problems: [.invalid, .notFound])
            ) { exchange in
                let limit = try exchange.number("limit", default: 30, in: 1...200)
                let outcomes = try await exchange.tenant.door.visit(at: exchange.id(), limit: limit)
                return .response(HTTPResponse(["items": .array(outcomes)]))
            },
        ]
    }

    private static let doorEditSchema = Schema.object([
        "direction?": Schema.direction, "actingMinutes?": Schema.whole(1...480),
        "project?": Schema.orNull(Schema.text), "acting?": Schema.orNull(Schema.text),
    ])
}

/// A door's edit as it comes in.
private struct DoorEditBody: Decodable {
    var direction: Direction?
    var actingMinutes: Int?
    var project: Patch<String>
    var acting: Patch<String>

    var edit: DoorDesk.DoorEdit {
        var edit = DoorDesk.DoorEdit()
        edit.direction = direction
        edit.actingMinutes = actingMinutes
        edit.project = project.map { Project.ID($0) }
        edit.acting = acting.map { Person.ID($0) }
        return edit
    }
}
