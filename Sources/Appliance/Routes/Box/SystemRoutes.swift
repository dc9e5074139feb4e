// The box itself: the live socket, what it is, how it fares, and its own document.
import Core
import Drivers
private import Synchronization

extension RouteTable {
    static func liveRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "GET", "/api/v1/live",
                RouteDocument(
                    "live", "Changes as they happen, over a WebSocket. See Core.docc/Live.", answer: (101, nil))
            ) { exchange in
                let principal = try exchange.signedIn()
                return .upgrade(try exchange.tenant.hub.upgrade(for: principal, secret: exchange.secret ?? ""))
            },
            Route(
                "GET", "/api/v1/live/guest", access: .anyone,
                RouteDocument(
                    "live", "The same for programs that can not set a header: the first message says who they are",
                    answer: (101, nil))
            ) { exchange in
                .upgrade(appliance.guests.upgrade(from: exchange.request.peerAddress, before: try exchange.front))
            },
        ]
    }

    static func systemRoutes(_ appliance: Wiring) -> [Route] {
        [
            Route(
                "GET", "/api/v1/about",
                RouteDocument("system", "What box this is, and where its log stands", answer: (200, aboutSchema))
            ) { exchange in
                let tenant = try exchange.tenant
                let position = tenant.store.position
                return .response(
                    HTTPResponse([
                        "name": "Depotd", "version": .string(Version.current),
                        "organisation": .string(tenant.organisation.name),
                        "depot": .string(tenant.organisation.depot.name), "epoch": .string(position.epoch),
                        "seq": .int(position.seq), "demo": .bool(appliance.isDemo),
                    ]))
            },
            Route(
                "GET", "/healthz", access: .anyone, RouteDocument("system", "Whether the process answers")
            ) { _ in .response(HTTPResponse(text: "ok\n")) },
            Route(
                "GET", "/readyz", access: .anyone,
                RouteDocument("system", "Whether a write reached the disk lately", problems: [.unavailable])
            ) { _ in
                if let trouble = appliance.heartbeat.trouble { throw Failure(.unavailable, trouble) }
                return .response(HTTPResponse(text: "ready\n"))
            },
            Route(
                "GET", "/metrics", access: .anyone,
                RouteDocument("system", "Figures in Prometheus text, for this machine or whoever has a token")
            ) { exchange in
                let isLocal = ["127.0.0.1", "::1"].contains(exchange.request.head.peerAddress)
                guard isLocal || exchange.principal != nil else { throw Failure(.unauthorized, "Sign in first.") }
                return .response(
                    HTTPResponse(
                        contentType: "text/plain; version=0.0.4; charset=utf-8",
                        text: appliance.measures.text))
            },
        ]
    }

    /// The document is made from the routes before it, once, when it is asked for first: most boxes are never asked.
    static func documentRoute(describing routes: [Route]) -> Route {
        let made = Mutex<JSON?>(nil)
        return Route(
            "GET", "/api/v1/openapi.json", access: .anyone, RouteDocument("system", "This document")
        ) { _ in
            let document = made.withLock { made in
                let document = made ?? OpenAPI.document(of: routes)
                made = document
                return document
            }
            return .response(HTTPResponse(document))
        }
    }

    private static let aboutSchema = Schema.object([
        "name": Schema.text, "version": Schema.text, "organisation": Schema.text, "depot": Schema.text,
        "epoch": Schema.text, "seq": Schema.whole, "demo": Schema.flag,
    ])
}
