// Files out.
import Core
import Drivers

extension RouteTable {
    static func exportRoutes() -> [Route] {
        let assets = ExportFormat.allCases.map { format in
            Route(
                "GET", "/api/v1/export/assets.\(format.rawValue)",
                RouteDocument(
                    "export", "Gear as \(format.rawValue), filtered as the list",
                    RouteDocument.Parameter.assetFilters,
                    answer: (200, Schema.text), as: format.contentType, problems: [.tooLarge])
            ) { exchange in
                let query = try exchange.assetQuery()
                let role = try exchange.signedIn().role
                let exports = try exchange.tenant.exports
                return try await exchange.file("assets", format) { sink in
                    try await exports.assets(query, as: format, for: role, to: sink)
                }
            }
        }
        return assets + [
            Route(
                "GET", "/api/v1/export/models.csv",
                RouteDocument(
                    "export", "All models as csv", answer: (200, Schema.text), as: ExportFormat.csv.contentType,
                    problems: [.tooLarge])
            ) { exchange in
                let exports = try exchange.tenant.exports
                return try await exchange.file("models", .csv) { try await exports.models(to: $0) }
            },
            Route(
                "GET", "/api/v1/export/people.csv", access: .role(.manager),
                RouteDocument(
                    "export", "All people as csv", answer: (200, Schema.text), as: ExportFormat.csv.contentType,
                    problems: [.tooLarge])
            ) { exchange in
                let exports = try exchange.tenant.exports
                return try await exchange.file("people", .csv) { try await exports.people(to: $0) }
            },
        ]
    }
}

extension Exchange {
    /// An answer that is written to a file first: whoever reads slowly holds no memory and no snapshot, and what goes
    /// wrong in the middle is an error and not half a file.
    func file(
        _ name: String, _ format: ExportFormat, _ write: (@escaping ExportDesk.Sink) async throws -> Void
    ) async throws -> HTTPReply {
        let file = try ExportFile(in: tenant.folder)
        try await write { try file.append($0) }
        return .response(
            HTTPResponse(contentType: format.contentType, file: file)
                .with("Content-Disposition", "attachment; filename=\"\(name).\(format.rawValue)\"")
                .with("Cache-Control", "no-store"))
    }
}
