// Gear: lists, one piece, and its status set by hand.
import Core
import Drivers

extension RouteTable {
    static func assetRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "GET", "/api/v1/assets",
                RouteDocument(
                    "assets", "Gear by number", assetListParameters, answer: (200, assetListSchema),
                    problems: [.invalid])
            ) { exchange in
                .response(HTTPResponse(try await appliance.register.list(assetQuery(exchange))))
            },
            Route(
                "PATCH", "/api/v1/assets/{id}/status",
                RouteDocument(
                    "assets", "Set the status by hand", [.ifMatch],
                    body: Schema.object(["status": Schema.settableStatus, "note?": Schema.orNull(Schema.text)]),
                    answer: (200, Schema.ref("Asset")), problems: [.invalid, .notFound, .stale])
            ) { exchange in try await setStatus(exchange, appliance) },
        ]
    }

    private static func setStatus(_ exchange: Exchange, _ appliance: Wiring) async throws -> HTTPReply {
        struct Body: Decodable {
            var status: String
            var note: String?
        }
        let body = try exchange.body(Body.self)
        guard let status = AssetStatus(rawValue: body.status) else {
            let allowed = AssetStatus.allCases.filter { $0 != .reserved }.map(\.rawValue).joined(separator: ", ")
            throw Failure(.invalid, "The status is one of \(allowed).", field: "status")
        }
        let asset = try await appliance.register.setStatus(
            of: exchange.id(), to: status, note: body.note, ifVersion: exchange.ifMatch(),
            actor: exchange.principal?.person, device: exchange.principal?.device)
        return .response(HTTPResponse(asset.json).with("ETag", "\"\(asset.version)\""))
    }

    static func assetQuery(_ exchange: Exchange) throws -> AssetQuery {
        var query = AssetQuery()
        query.text = exchange.request.query("q") ?? ""
        query.category = exchange.request.query("category")
        query.cursor = exchange.request.query("cursor")
        query.limit = try exchange.number("limit", default: 50, in: 1...AssetQuery.limitMax)
        query.statuses = try (exchange.request.query("status") ?? "").split(separator: ",").map { word in
            guard let status = AssetStatus(rawValue: String(word)) else {
                throw Failure(.invalid, "There is no status \(word).", field: "status")
            }
            return status
        }
        return query
    }

    static let assetListParameters: [RouteDocument.Parameter] = [
        .query("limit", Schema.whole(1...AssetQuery.limitMax), "Most items; 50 if absent."),
        .query("cursor", Schema.someText, "`next` of the page before."),
        .query("q", Schema.text, "Words that must occur in number, name, serial, codes, holder or project."),
        .query("status", Schema.text, "One or more statuses, separated by commas."),
        .query("category", Schema.text, "A category."),
    ]

    private static let assetListSchema = Schema.object([
        "items": Schema.list(Schema.ref("Asset")), "next": Schema.orNull(Schema.text), "total": Schema.whole,
        "counts": ["type": "object", "additionalProperties": Schema.whole],
    ])
}
