// Counted stock: how much there is, movements by hand, its codes, and how many pieces a scan was of.
import Core
import Drivers

extension RouteTable {
    static func stockRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/models/{id}/stock",
                RouteDocument(
                    "stock", "How much there is, and who has some", answer: (200, Schema.ref("Stock")),
                    problems: [.notFound])
            ) { exchange in
                let (stock, json) = try await exchange.tenant.stock.stock(of: exchange.id())
                return .response(HTTPResponse(json).with("ETag", "\"\(stock.version)\""))
            },
            Route(
                "PATCH", "/api/v1/models/{id}/stock", access: .role(.manager),
                RouteDocument(
                    "stock", "Say how much there is and where", [.ifMatch],
                    body: Schema.fields(of: Stock.table, isNew: false), answer: (200, Schema.ref("Stock")),
                    problems: [.notFound, .conflict, .stale])
            ) { exchange in
                try .edited(
                    await exchange.tenant.stock.edit(
                        exchange.id(), exchange.body(JSON.self), ifVersion: exchange.ifMatch(), by: exchange.author))
            },
            Route(
                "POST", "/api/v1/models/{id}/stock",
                RouteDocument(
                    "stock", "Move pieces by hand", body: moveSchema, answer: (200, Schema.ref("Stock")),
                    problems: [.notFound, .conflict])
            ) { exchange in
                let move = try exchange.body(StockMoveBody.self)
                return try .edited(await exchange.tenant.stock.move(exchange.id(), move.move, by: exchange.author))
            },
            Route(
                "POST", "/api/v1/models/{id}/codes", access: .role(.manager),
                RouteDocument(
                    "stock", "Give counted stock a code", body: Schema.object(["code": Schema.someText]),
                    answer: (201, Schema.ref("Stock")), problems: [.notFound, .conflict])
            ) { exchange in
                struct Body: Decodable { var code: String }
                let code = try exchange.body(Body.self).code
                let json = try await exchange.tenant.stock.attach(code: code, to: exchange.id(), by: exchange.author)
                return .response(HTTPResponse(status: 201, json))
            },
            Route(
                "DELETE", "/api/v1/models/{id}/codes", access: .role(.manager),
                RouteDocument(
                    "stock", "Take a code off counted stock",
                    [.query("key", Schema.someText, "The `key` of the code; it may hold slashes.")],
                    answer: (204, nil), problems: [.notFound])
            ) { exchange in
                try await exchange.tenant.stock.detach(
                    key: exchange.request.query("key") ?? "", from: exchange.id(), by: exchange.author)
                return .response(HTTPResponse(status: 204))
            },
            Route(
                "POST", "/api/v1/scans/{id}/quantity",
                RouteDocument(
                    "scans", "Say how many pieces a scan of counted stock was of",
                    body: Schema.object(["quantity": Schema.whole(1...Int(Stock.countMax))]),
                    answer: (200, Schema.ref("Outcome")), problems: [.notFound, .conflict])
            ) { exchange in
                struct Body: Decodable { var quantity: Int64 }
                let quantity = try exchange.body(Body.self).quantity
                let outcome = try await exchange.tenant.door.setQuantity(
                    quantity, of: exchange.id(), actor: exchange.principal?.person)
                return .response(HTTPResponse(outcome))
            },
        ]
    }

    private static let moveSchema = Schema.object([
        "kind": Schema.one(of: ["out", "in"]), "quantity": Schema.whole(1...Int(Stock.countMax)),
        "project?": Schema.orNull(Schema.text), "person?": Schema.orNull(Schema.text),
    ])
}

/// A movement of stock as it comes in.
private struct StockMoveBody: Decodable {
    enum Kind: String, Decodable { case out, `in` }

    var kind: Kind
    var quantity: Int64
    var project: String?
    var person: String?

    var move: StockDesk.Move {
        StockDesk.Move(
            isOut: kind == .out, quantity: quantity, person: person.map { Person.ID($0) },
            project: project.map { Project.ID($0) })
    }
}

extension Schema {
    static let stockComponents: JSON = [
        "Stock": object([
            "id": text, "name": text, "total": whole, "out": whole, "here": whole, "place": orNull(ref("Reference")),
            "version": whole, "updatedAt": time,
            "holders?": list(
                object([
                    "person": orNull(ref("Reference")), "project": orNull(ref("Reference")), "quantity": whole,
                    "since": time,
                ])),
            "codes?": list(object(["key": text, "scheme": text, "value": text])),
        ])
    ]
}
