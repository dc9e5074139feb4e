// One piece of gear: made, read, edited, its codes, what happened to it, and what a scanned code stands for.
import Core
import Drivers

extension RouteTable {
    static func assetRecordRoutes() -> [Route] {
        [
            Route(
                "POST", "/api/v1/assets", access: .role(.manager),
                RouteDocument(
                    "assets", "Make a piece of gear; without a name it is called what its model is called",
                    body: Schema.newAsset, answer: (201, Schema.ref("AssetDetail")), problems: [.conflict])
            ) { exchange in
                let (edited, json) = try await exchange.tenant.register.create(
                    exchange.body(JSON.self), by: exchange.author)
                return .edited(edited, json, status: 201)
            },
            Route(
                "GET", "/api/v1/assets/{id}",
                RouteDocument(
                    "assets", "One piece with its identifiers, accessories and what happened to it lately",
                    answer: (200, Schema.ref("AssetDetail")), problems: [.notFound])
            ) { exchange in
                let (asset, json) = try await exchange.tenant.register.find(exchange.id())
                return .response(HTTPResponse(json).with("ETag", "\"\(asset.version)\""))
            },
            editRoute(Asset.self, at: "/api/v1/assets/{id}", tag: "assets", answer: "Asset"),
            Route(
                "GET", "/api/v1/assets/{id}/history",
                RouteDocument(
                    "assets", "What happened to a piece, newest first",
                    [
                        .query("limit", Schema.whole(1...AssetRegister.historyCountMax), "Most entries; 50 if absent."),
                        .query("cursor", Schema.someText, "`next` of the page before."),
                    ],
                    answer: (
                        200,
                        Schema.object([
                            "items": Schema.list(Schema.ref("Happening")), "next": Schema.orNull(Schema.text),
                        ])
                    ), problems: [.notFound])
            ) { exchange in
                let limit = try exchange.number("limit", default: 50, in: 1...AssetRegister.historyCountMax)
                let cursor = exchange.request.query("cursor")
                return .response(
                    HTTPResponse(
                        try await exchange.tenant.register.history(of: exchange.id(), limit: limit, cursor: cursor)))
            },
        ] + identifierRoutes()
    }

    private static func identifierRoutes() -> [Route] {
        [
            Route(
                "POST", "/api/v1/assets/{id}/identifiers", access: .role(.manager),
                RouteDocument(
                    "assets", "Give a piece of gear one more code", body: Schema.object(["code": Schema.someText]),
                    answer: (201, Schema.ref("AssetDetail")), problems: [.notFound, .conflict])
            ) { exchange in
                struct Body: Decodable { var code: String }
                let code = try exchange.body(Body.self).code
                let (edited, json) = try await exchange.tenant.register.attach(
                    code: code, to: exchange.id(), by: exchange.author)
                return .edited(edited, json, status: 201)
            },
            Route(
                "DELETE", "/api/v1/assets/{id}/identifiers/{key}", access: .role(.manager),
                RouteDocument(
                    "assets", "Take a code off a piece of gear", answer: (204, nil), problems: [.notFound, .conflict])
            ) { exchange in
                let edited = try await exchange.tenant.register.detach(
                    key: exchange.parameters["key"] ?? "", from: exchange.id(), by: exchange.author)
                let response = HTTPResponse(status: 204).with("ETag", "\"\(edited.record.version)\"")
                return .response(response.with("Depotd-Change", edited.change.map(String.init) ?? ""))
            },
        ]
    }

    static func lookupRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/lookup",
                RouteDocument(
                    "assets", "What a code stands for; nothing is moved by it",
                    [.query("code", Schema.someText, "The code as a reader reads it.")],
                    answer: (200, Schema.ref("Lookup")), problems: [.tooLarge])
            ) { exchange in
                .response(HTTPResponse(try await exchange.tenant.lookup.find(exchange.request.query("code") ?? "")))
            }
        ]
    }
}

extension HTTPReply {
    /// The edited record in another shape than its own, with its ETag and its Change.
    static func edited<Record: RegistryRecord>(
        _ edited: Edited<Record>, _ json: JSON, status: Int = 200
    ) -> HTTPReply {
        let response = HTTPResponse(status: status, json).with("ETag", "\"\(edited.record.version)\"")
        guard let change = edited.change else { return .response(response) }
        return .response(response.with("Depotd-Change", String(change)))
    }
}
