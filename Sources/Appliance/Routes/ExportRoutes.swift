// Files out.
import Core
import Drivers
import Synchronization

extension RouteTable {
    static func exportRoutes() -> [Route] {
        let assets = ExportFormat.allCases.map { format in
            Route(
                "GET", "/api/v1/export/assets.\(format.rawValue)",
                RouteDocument(
                    "export", "Gear as \(format.rawValue), filtered as the list",
                    RouteDocument.Parameter.assetFilters,
                    answer: (200, Schema.text), as: format.contentType)
            ) { exchange in
                let query = try exchange.assetQuery()
                let role = try exchange.signedIn().role
                let exports = try exchange.tenant.exports
                return try await file("assets", format) { sink in
                    try await exports.assets(query, as: format, for: role, to: sink)
                }
            }
        }
        return assets + [
            Route(
                "GET", "/api/v1/export/models.csv",
                RouteDocument(
                    "export", "All models as csv", answer: (200, Schema.text), as: ExportFormat.csv.contentType)
            ) { exchange in try await file("models", .csv) { try await exchange.tenant.exports.models(to: $0) } },
            Route(
                "GET", "/api/v1/export/people.csv", access: .role(.manager),
                RouteDocument(
                    "export", "All people as csv", answer: (200, Schema.text), as: ExportFormat.csv.contentType)
            ) { exchange in try await file("people", .csv) { try await exchange.tenant.exports.people(to: $0) } },
        ]
    }

    /// The answer is in memory as a whole, once: 100,000 pieces of gear are some 20 MB.
    static func file(
        _ name: String, _ format: ExportFormat, _ write: (@escaping ExportDesk.Sink) async throws -> Void
    ) async throws -> HTTPReply {
        let bytes = Mutex<[UInt8]>([])
        try await write { piece in bytes.withLock { $0 += piece } }
        let body = bytes.withLock { bytes in
            defer { bytes = [] }
            return bytes
        }
        return .response(
            HTTPResponse(contentType: format.contentType, bytes: body)
                .with("Content-Disposition", "attachment; filename=\"\(name).\(format.rawValue)\"")
                .with("Cache-Control", "no-store"))
    }
}
