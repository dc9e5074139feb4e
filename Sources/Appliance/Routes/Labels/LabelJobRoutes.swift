// Labels that are to come out of a printer: asked for, held, given up, printed again, and found to be readable.
import Core
import Drivers

extension RouteTable {
    static func labelJobRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "GET", "/api/v1/labels/jobs",
                RouteDocument(
                    "labels", "Jobs of labels: those that are not done, then the last ones",
                    [.query("limit", Schema.whole(1...200), "Most items; 50 if absent.")],
                    answer: (200, Schema.items(Schema.ref("LabelJob"))), problems: [.invalid])
            ) { exchange in
                let limit = try exchange.number("limit", default: 50, in: 1...200)
                return .response(
                    HTTPResponse(["items": .array(try await exchange.tenant.labels.jobs(limit: limit))]))
            },
            orderRoute(appliance),
            Route(
                "GET", "/api/v1/labels/jobs/{id}",
                RouteDocument(
                    "labels", "A job with its labels, at most 500, those that need somebody first",
                    answer: (200, Schema.ref("LabelJobDetail")), problems: [.notFound])
            ) { exchange in
                .response(HTTPResponse(try await exchange.tenant.labels.job(exchange.id())))
            },
            Route(
                "PATCH", "/api/v1/labels/jobs/{id}",
                RouteDocument(
                    "labels", "Hold a job, let it go on, or give up what was not printed yet",
                    body: Schema.object(["state": Schema.one(of: ["printing", "paused", "cancelled"])]),
                    answer: (200, Schema.ref("LabelJob")), problems: [.notFound, .conflict])
            ) { exchange in
                struct Body: Decodable { var state: String }
                guard let state = LabelJob.State(rawValue: try exchange.body(Body.self).state), state != .done else {
                    throw Failure(.invalid, "A job is printing, paused or cancelled.", field: "state")
                }
                return .response(
                    HTTPResponse(
                        try await exchange.tenant.labels.set(state, of: exchange.id(), by: exchange.author)))
            },
            Route(
                "POST", "/api/v1/labels/jobs/{id}/again",
                RouteDocument(
                    "labels", "Print labels of a job again: one, or all that failed, are unsure or were given up",
                    body: Schema.object(["n?": Schema.whole]), answer: (201, Schema.ref("LabelJob")),
                    problems: [.notFound, .conflict])
            ) { exchange in
                struct Body: Decodable { var n: Int? }
                let n = try exchange.body(Body.self).n
                return .response(
                    HTTPResponse(
                        status: 201,
                        try await exchange.tenant.labels.again(exchange.id(), item: n, by: exchange.author)))
            },
            Route(
                "POST", "/api/v1/labels/jobs/{id}/verify",
                RouteDocument(
                    "labels", "Which label of a job a scanned code is on",
                    body: Schema.object(["code": Schema.someText]),
                    answer: (
                        200,
                        Schema.object(["n": Schema.whole, "name": Schema.text, "job": Schema.ref("LabelJob")])
                    ), problems: [.notFound])
            ) { exchange in
                struct Body: Decodable { var code: String }
                let code = try exchange.body(Body.self).code
                guard code.utf8.count <= Scan.byteCountMax else { throw Failure(.tooLarge, "That is no code.") }
                return .response(
                    HTTPResponse(try await exchange.tenant.labels.verify(code, in: exchange.id())))
            },
        ]
    }

    private static func orderRoute(_ appliance: Wiring) -> Route {
        Route(
            "POST", "/api/v1/labels/jobs",
            RouteDocument(
                "labels", "Print labels; without a printer on the one of the door, else on the first",
                [.idempotencyKey],
                body: Schema.object([
                    "items": Schema.list(Schema.ref("LabelSubject")), "printer?": Schema.text, "door?": Schema.text,
                    "design?": Schema.text, "code?": Schema.text, "copies?": Schema.whole(1...2_000),
                    "first?": Schema.whole(0...500),
                ]), answer: (201, Schema.ref("LabelJob")), problems: [.notFound, .conflict, .tooMany])
        ) { exchange in
            struct Body: Decodable {
                var items: [JSON]
                var printer: String?
                var door: String?
                var design: String?
                var code: String?
                var copies: Int?
                var first: Int?
            }
            let body = try exchange.body(Body.self)
            guard body.items.count <= LabelDesk.orderCountMax else {
                throw Failure(.tooMany, "An order is for at most \(LabelDesk.orderCountMax) labels.", field: "items")
            }
            let printer = try await exchange.tenant.labels.printer(body.printer, door: body.door)
            var order = LabelOrder(printer: printer, subjects: try body.items.map { try LabelSubject($0) })
            order.design = try body.design.map(DesignChoice.init)
            order.payload = try body.code.map { try LabelPayload(named: $0) }
            order.copies = body.copies ?? 1
            order.first = body.first ?? 0
            order.base = appliance.phoneAddress(for: exchange.request.head)
            return .response(
                HTTPResponse(
                    status: 201,
                    try await exchange.tenant.labels.order(
                        order, key: exchange.idempotencyKey(), by: exchange.author)))
        }
    }
}
