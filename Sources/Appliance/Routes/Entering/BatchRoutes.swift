// What was done to many at once, and its undo; and the edit of many.
import Core
import Drivers

extension RouteTable {
    static func batchRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/batches", access: .role(.manager),
                RouteDocument(
                    "batches", "Imports, bulk edits and undos, the newest first",
                    [
                        .query("limit", Schema.whole(1...BatchBook.limitMax), "Most items; 50 if absent."),
                        .query("cursor", Schema.someText, "`next` of the page before."),
                    ],
                    answer: (
                        200,
                        Schema.object(["items": Schema.list(Schema.ref("Batch")), "next": Schema.orNull(Schema.text)])
                    ), problems: [.invalid])
            ) { exchange in
                let limit = try exchange.number("limit", default: 50, in: 1...BatchBook.limitMax)
                return .response(
                    HTTPResponse(
                        try await exchange.tenant.batchBook.list(
                            limit: limit, cursor: exchange.request.query("cursor"))))
            },
            Route(
                "GET", "/api/v1/batches/{id}", access: .role(.manager),
                RouteDocument("batches", "One batch", answer: (200, Schema.ref("Batch")), problems: [.notFound])
            ) { exchange in
                .response(HTTPResponse(try await exchange.tenant.batchBook.find(exchange.id()).json))
            },
            Route(
                "POST", "/api/v1/batches/{id}/undo", access: .role(.manager),
                RouteDocument(
                    "batches", "Take a batch back as a batch of its own",
                    body: Schema.object(["skipChanged?": Schema.flag]), answer: (202, begunSchema),
                    problems: [.notFound, .conflict, .tooMany])
            ) { exchange in
                struct Body: Decodable { var skipChanged: Bool? }
                let body = try exchange.request.body.isEmpty ? nil : exchange.body(Body.self)
                let batch = try await exchange.tenant.batches.undo(
                    exchange.id(), skipsChanged: body?.skipChanged ?? false, by: exchange.author)
                return .response(HTTPResponse(status: 202, ["batch": .string(batch.rawValue)]))
            },
            Route(
                "PATCH", "/api/v1/assets", access: .role(.manager),
                RouteDocument(
                    "assets", "Edit many pieces at once",
                    body: Schema.object([
                        "ids?": Schema.list(Schema.text),
                        "query?": Schema.object([
                            "q?": Schema.text, "status?": Schema.text, "category?": Schema.text,
                        ]), "set": ["type": "object"],
                    ]), answer: (200, Schema.object(["batch": Schema.text, "count": Schema.whole])),
                    problems: [.notFound, .conflict, .tooMany])
            ) { exchange in try await editMany(exchange) },
        ]
    }

    static let begunSchema = Schema.object(["batch": Schema.text])

    private static func editMany(_ exchange: Exchange) async throws -> HTTPReply {
        struct Body: Decodable {
            var ids: [String]?
            var query: [String: String]?
            var set: JSON
        }
        let body = try exchange.body(Body.self)
        let ids: [Asset.ID]
        switch (body.ids, body.query) {
        case (let given?, nil): ids = given.map { Asset.ID($0) }
        case (nil, let query?):
            let query = try exchange.asking(query).assetQuery()
            ids = try await exchange.tenant.register.ids(query, atMost: BatchRunner.bulkCountMax)
        default: throw Failure(.invalid, "Name the gear by ids or by a query.", field: "ids")
        }
        let batch = try await exchange.tenant.batches.edit(ids, body.set, by: exchange.author)
        return .response(
            HTTPResponse(["batch": .string(batch.id.rawValue), "count": .int(Int64(batch.total))]))
    }
}

extension Exchange {
    /// The same exchange as if its address had these query items.
    func asking(_ items: [String: String]) -> Exchange {
        let query = items.sorted { $0.key < $1.key }.map { HTTPQueryItem(name: $0.key, value: $0.value) }
        let head = HTTPRequestHead(
            method: request.method, path: request.path, query: query, headers: request.head.headers)
        var asking = self
        asking.request = HTTPRequest(head: head)
        return asking
    }
}
