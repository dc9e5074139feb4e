// Scans that are typed, posted, or sent by a program, and their undo.
import Core
import Drivers
import Foundation

extension RouteTable {
    static func scanRoutes() -> [Route] {
        [
            Route(
                "POST", "/api/v1/scans",
                RouteDocument(
                    "scans", "Scan a code at a door", [.idempotencyKey],
                    body: Schema.object([
                        "code": Schema.someText, "door?": Schema.orNull(Schema.text),
                        "symbology?": Schema.orNull(Schema.text),
                    ]), answer: (201, Schema.ref("Outcome")),
                    problems: [.invalid, .notFound, .conflict, .tooLarge, .unavailable])
            ) { exchange in try await scan(exchange) },
            Route(
                "POST", "/api/v1/scans/{id}/undo",
                RouteDocument(
                    "scans", "Undo what a scan did", answer: (201, Schema.ref("Outcome")),
                    problems: [.notFound, .conflict])
            ) { exchange in
                let body = try await exchange.tenant.door.undo(exchange.id(), actor: exchange.principal?.person)
                return .response(HTTPResponse(status: 201, body))
            },
        ]
    }

    private static func scan(_ exchange: Exchange) async throws -> HTTPReply {
        struct Body: Decodable {
            var code: String
            var door: String?
            var symbology: String?
        }
        let body = try exchange.body(Body.self)
        let tenant = try exchange.tenant
        let clock = tenant.store.clock
        let scan = Scan(
            key: try exchange.idempotencyKey() ?? UUIDv7.text(at: clock.now), reader: nil, raw: Array(body.code.utf8),
            symbology: body.symbology, at: clock.now, monotonic: clock.monotonic)
        let answer = try await tenant.door.take(
            scan, at: body.door.map { Door.ID($0) }, by: exchange.principal?.person, judge: exchange.judge)
        return .response(HTTPResponse(status: answer.isReplay ? 200 : 201, answer.body))
    }

    static func unknownRoutes() -> [Route] {
        [
            Route(
                "GET", "/api/v1/unknowns",
                RouteDocument(
                    "unknowns", "Codes that wait to be linked, newest first",
                    answer: (200, Schema.items(Schema.ref("Unknown"))))
            ) { exchange in
                .response(HTTPResponse(["items": .array(try await exchange.tenant.door.unknowns())]))
            },
            Route(
                "POST", "/api/v1/unknowns/{id}/link",
                RouteDocument(
                    "unknowns", "Say which gear a code is, and carry out what was meant",
                    body: Schema.object(["asset": Schema.text]), answer: (200, Schema.ref("Outcome")),
                    problems: [.invalid, .notFound, .conflict])
            ) { exchange in
                struct Body: Decodable { var asset: String }
                let asset = Asset.ID(try exchange.body(Body.self).asset)
                let outcome = try await exchange.tenant.door.link(
                    exchange.id(), to: asset, actor: exchange.principal?.person, judge: exchange.judge)
                return .response(HTTPResponse(outcome))
            },
            Route(
                "POST", "/api/v1/unknowns/{id}/create", access: .role(.manager),
                RouteDocument(
                    "unknowns", "Make a piece of gear that has a code, and carry out what was meant",
                    body: Schema.newAssetForCode, answer: (201, Schema.ref("Outcome")),
                    problems: [.notFound, .conflict])
            ) { exchange in
                let (outcome, change) = try await exchange.tenant.door.create(
                    exchange.id(), exchange.body(JSON.self), by: exchange.author)
                let response = HTTPResponse(status: 201, outcome)
                return .response(change.map { response.with("Depotd-Change", String($0)) } ?? response)
            },
            Route(
                "POST", "/api/v1/unknowns/{id}/dismiss",
                RouteDocument(
                    "unknowns", "Take a code out of the inbox", answer: (204, nil), problems: [.notFound])
            ) { exchange in
                try await exchange.tenant.door.dismiss(exchange.id())
                return .response(HTTPResponse(status: 204))
            },
            Route(
                "POST", "/api/v1/unknowns/{id}/restore",
                RouteDocument(
                    "unknowns", "Bring a dismissed code back into the inbox", answer: (204, nil),
                    problems: [.notFound, .conflict])
            ) { exchange in
                try await exchange.tenant.door.restore(exchange.id())
                return .response(HTTPResponse(status: 204))
            },
        ]
    }
}
