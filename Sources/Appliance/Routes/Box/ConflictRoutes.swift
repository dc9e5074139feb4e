// What two depots said side by side: listed with both sides, and decided with one press.
import Core
import Drivers

extension RouteTable {
    static func conflictRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/conflicts",
                RouteDocument(
                    "sync", "What two depots said side by side and somebody has to decide, the latest first",
                    answer: (200, Schema.items(conflictSchema)))
            ) { exchange in
                .response(HTTPResponse(["items": .array(try await exchange.tenant.conflicts.list())]))
            },
            Route(
                "POST", "/api/v1/conflicts/{id}/answer", access: .role(.manager),
                RouteDocument(
                    "sync", "Say which side is right; all depots take it over",
                    body: Schema.object(["side": Schema.text]), answer: (200, Schema.object(["change": Schema.whole])),
                    problems: [.invalid, .conflict])
            ) { exchange in
                struct Body: Decodable { var side: String }
                let change = try await exchange.tenant.conflicts.answer(
                    exchange.parameters["id"] ?? "", with: exchange.body(Body.self).side, by: exchange.author)
                return .response(HTTPResponse(["change": .int(change)]))
            },
        ]
    }

    private static let conflictSchema = Schema.object([
        "id": Schema.text, "topic": Schema.text, "record": Schema.text, "name": Schema.text, "field": Schema.text,
        "label": Schema.text, "title": Schema.text, "trouble": Schema.orNull(Schema.text), "since": Schema.time,
        "sides": Schema.list(
            Schema.object([
                "side": Schema.text, "words": Schema.text, "depot": Schema.text, "at": Schema.orNull(Schema.time),
                "stands": Schema.flag,
            ])),
    ])
}
