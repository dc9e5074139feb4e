// What gear is worth and what it cost: for managers, and nowhere else in the API.
import Core
import Drivers

extension RouteTable {
    static func costRoutes() -> [Route] {
        costRoutes(Asset.self, at: "/api/v1/assets/{id}/cost")
            + costRoutes(Model.self, at: "/api/v1/models/{id}/cost")
    }

    private static func costRoutes<Record: RegistryRecord>(
        _ type: Record.Type, at path: String
    ) -> [Route] {
        let word = Record.table.word
        return [
            Route(
                "GET", path, access: .role(.manager),
                RouteDocument(
                    "costs", "What a \(word) is worth and cost", answer: (200, Schema.ref("Cost")),
                    problems: [.notFound])
            ) { exchange in
                let cost = try await exchange.tenant.costs.find(of: exchange.id() as Identifier<Record>)
                return .response(HTTPResponse(cost.json).with("ETag", "\"\(cost.version)\""))
            },
            Route(
                "PATCH", path, access: .role(.manager),
                RouteDocument(
                    "costs", "Say what a \(word) is worth and cost", [.ifMatch],
                    body: Schema.fields(of: Cost.table, isNew: false), answer: (200, Schema.ref("Cost")),
                    problems: [.notFound, .stale])
            ) { exchange in
                try .edited(
                    await exchange.tenant.costs.edit(
                        of: exchange.id() as Identifier<Record>, exchange.body(JSON.self),
                        ifVersion: exchange.ifMatch(), by: exchange.author))
            },
        ]
    }
}
