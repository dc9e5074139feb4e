// Files in: taken, looked at, tried out, carried out.
import Core
import Drivers

extension RouteTable {
    static func importRoutes() -> [Route] {
        [
            Route(
                "POST", "/api/v1/imports", access: .role(.manager),
                RouteDocument(
                    "imports", "Send a table",
                    [
                        .query("kind", Schema.one(of: ImportKind.allCases.map(\.rawValue)), "What its rows are."),
                        .query("name", Schema.text, "The file's name."),
                    ],
                    rawBody: .init(
                        types: ["text/csv", "text/plain", "text/tab-separated-values", "application/vnd.ms-excel"],
                        byteCountMax: ImportDesk.byteCountMax), answer: (201, Schema.ref("Import")),
                    problems: [.tooLarge])
            ) { exchange in
                guard let kind = ImportKind(rawValue: exchange.request.query("kind") ?? "") else {
                    let allowed = ImportKind.allCases.map(\.rawValue).joined(separator: ", ")
                    throw Failure(.invalid, "The kind is one of \(allowed).", field: "kind")
                }
                let json = try await exchange.tenant.imports.receive(
                    exchange.request.body, kind: kind, name: exchange.request.query("name") ?? "")
                return .response(HTTPResponse(status: 201, json))
            },
            Route(
                "GET", "/api/v1/imports/{id}", access: .role(.manager),
                RouteDocument(
                    "imports", "A table that was sent, and how far its import is", answer: (200, Schema.ref("Import")),
                    problems: [.notFound])
            ) { exchange in
                .response(HTTPResponse(try await exchange.tenant.imports.find(exchange.parameters["id"] ?? "")))
            },
            Route(
                "POST", "/api/v1/imports/{id}/check", access: .role(.manager),
                RouteDocument(
                    "imports", "Try an import out", body: Schema.ref("ImportOptions"),
                    answer: (200, Schema.ref("ImportReport")), problems: [.notFound])
            ) { exchange in
                let json = try await exchange.tenant.imports.check(
                    exchange.parameters["id"] ?? "", importOptions(exchange), by: exchange.author)
                return .response(HTTPResponse(json))
            },
            Route(
                "POST", "/api/v1/imports/{id}/run", access: .role(.manager),
                RouteDocument(
                    "imports", "Carry an import out, all of it or nothing", body: Schema.ref("ImportOptions"),
                    answer: (202, begunSchema), problems: [.notFound, .conflict, .tooMany])
            ) { exchange in
                let batch = try await exchange.tenant.imports.run(
                    exchange.parameters["id"] ?? "", importOptions(exchange), by: exchange.author)
                return .response(HTTPResponse(status: 202, ["batch": .string(batch.rawValue)]))
            },
        ]
    }

    private static func importOptions(_ exchange: Exchange) throws -> ImportOptions {
        struct Body: Decodable {
            var mapping: [String: String?]
            var existing: String?
            var makeMissing: Bool?
        }
        let body = try exchange.body(Body.self)
        var mapping: [Int: String] = [:]
        for (column, field) in body.mapping {
            guard let field, !field.isEmpty else { continue }
            guard let column = Int(column) else {
                throw Failure(.invalid, "A mapping goes from the index of a column to a field.", field: "mapping")
            }
            mapping[column] = field
        }
        guard let existing = ImportOptions.Existing(rawValue: body.existing ?? "update") else {
            let allowed = ImportOptions.Existing.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(.invalid, "existing is one of \(allowed).", field: "existing")
        }
        return ImportOptions(mapping: mapping, existing: existing, makesMissing: body.makeMissing ?? true)
    }
}
