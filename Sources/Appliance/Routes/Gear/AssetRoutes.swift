// Gear: lists, one piece, and its status set by hand.
import Core
import Drivers

extension RouteTable {
    static func assetRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/assets",
                RouteDocument(
                    "assets", "Find gear", RouteDocument.Parameter.assetFilters + RouteDocument.Parameter.assetPages,
                    answer: (200, Schema.assetList), problems: [.invalid])
            ) { exchange in
                .response(HTTPResponse(try await exchange.tenant.register.list(exchange.assetQuery())))
            },
            Route(
                "PATCH", "/api/v1/assets/{id}/status",
                RouteDocument(
                    "assets", "Set the status by hand", [.ifMatch],
                    body: Schema.object(["status": Schema.settableStatus, "note?": Schema.orNull(Schema.text)]),
                    answer: (200, Schema.ref("Asset")), problems: [.invalid, .notFound, .stale])
            ) { exchange in try await setStatus(exchange) },
        ]
    }

    private static func setStatus(_ exchange: Exchange) async throws -> HTTPReply {
        struct Body: Decodable {
            var status: String
            var note: String?
        }
        let body = try exchange.body(Body.self)
        guard let status = AssetStatus(rawValue: body.status) else {
            let allowed = AssetStatus.allCases.filter { $0 != .reserved }.map(\.rawValue).joined(separator: ", ")
            throw Failure(.invalid, "The status is one of \(allowed).", field: "status")
        }
        let asset = try await exchange.tenant.register.setStatus(
            of: exchange.id(), to: status, note: body.note, ifVersion: exchange.ifMatch(),
            actor: exchange.principal?.person, device: exchange.principal?.device)
        return .response(HTTPResponse(asset.json).with("ETag", "\"\(asset.version)\""))
    }
}
