// The sync with the hub: how it stands, pause and go on, and whether both sides hold the same.
import Core
import Drivers
import Foundation

extension RouteTable {
    private static let sync = "/api/v1/sync"

    static func syncRoutes() -> [Route] {
        [
            Route(
                "GET", sync, access: .role(.manager),
                RouteDocument("sync", "How the sync with the hub stands", answer: (200, syncSchema))
            ) { exchange in .response(HTTPResponse(try await standing(of: exchange.tenant))) },
            Route(
                "GET", "/api/v1/distant/assets",
                RouteDocument(
                    "sync", "Gear of the other depots, as the hub told it: those in which every word of q is found",
                    [
                        .query(
                            "q", Schema.text, "Words that must occur in number, name, model, serial, holder or depot.")
                    ],
                    answer: (200, distantSchema))
            ) { exchange in
                let words = exchange.request.query("q") ?? ""
                let (items, count) = try await exchange.tenant.sync?.gear.list(words, limit: 200) ?? ([], 0)
                return .response(HTTPResponse(["items": .array(items), "count": .int(Int64(count))]))
            },
            Route(
                "GET", sync + "/verification", access: .role(.admin),
                RouteDocument(
                    "sync", "Compares what this box and the hub hold, topic by topic",
                    answer: (200, verificationSchema),
                    problems: [.conflict, .unavailable])
            ) { exchange in
                let (count, differences) = try await running(exchange.tenant).verify()
                let items = differences.map { one -> JSON in
                    [
                        "lane": .string(one.lane), "topic": .string(one.topic), "here": .int(one.here),
                        "there": .int(one.there),
                    ]
                }
                return .response(HTTPResponse(["compared": .int(count), "differences": .array(items)]))
            },
            Route(
                "POST", sync + "/pause", access: .role(.admin),
                RouteDocument(
                    "sync", "Stop sending, also over a restart", answer: (200, syncSchema), problems: [.conflict])
            ) { exchange in .response(HTTPResponse(try await pause(true, exchange.tenant))) },
            Route(
                "POST", sync + "/resume", access: .role(.admin),
                RouteDocument(
                    "sync", "Send again, at once; also ends a wait after trouble", answer: (200, syncSchema),
                    problems: [.conflict])
            ) { exchange in .response(HTTPResponse(try await pause(false, exchange.tenant))) },
        ]
    }

    private static func pause(_ isPaused: Bool, _ tenant: Tenant) async throws -> JSON {
        let running = try running(tenant)
        try await running.book.pause(isPaused)
        running.engine.wake()
        return try await standing(of: tenant)
    }

    private static func running(_ tenant: Tenant) throws -> TenantSync {
        guard let sync = tenant.sync else {
            throw Failure(.conflict, "No hub is configured: upstream.url in depotd.yaml says where it is.")
        }
        return sync
    }

    private static func standing(of tenant: Tenant) async throws -> JSON {
        guard let sync = tenant.sync else { return off }
        let figures = try await sync.book.figures()
        let standing = sync.engine.standing
        let age = TenantSync.age(of: figures, at: tenant.store.clock.now)
        return [
            "state": .string(figures.isPaused ? "paused" : standing.state.rawValue), "hub": .string(sync.address),
            "organisation": .optional(standing.tenant), "trouble": .optional(standing.trouble?.message),
            "retryAt": standing.retryAt.map(JSON.time) ?? .null, "backlog": .int(figures.backlog),
            "oldestAt": figures.oldest.map(JSON.time) ?? .null, "isStale": .bool(age > TenantSync.staleAge),
            "ackedAt": figures.ackedAt.map(JSON.time) ?? .null, "heardAt": standing.heardAt.map(JSON.time) ?? .null,
            "sentChanges": .int(standing.sentChangeCount), "sentBytes": .int(standing.sentByteCount),
            "roundTripMilliseconds": standing.lastRoundTrip.map { .int(Int64($0 / .milliseconds(1))) } ?? .null,
            "pictures": .int(Int64(figures.pictureCount)),
            "refusedCount": .int(Int64(figures.refusedCount)), "refused": try await sync.book.refusals(),
        ]
    }

    private static let off: JSON = [
        "state": "off", "hub": .null, "organisation": .null, "trouble": .null, "retryAt": .null, "backlog": 0,
        "oldestAt": .null, "isStale": false, "ackedAt": .null, "heardAt": .null, "sentChanges": 0, "sentBytes": 0,
        "roundTripMilliseconds": .null, "pictures": 0, "refusedCount": 0, "refused": [],
    ]

    private static let syncSchema = Schema.object([
        "state": Schema.one(of: ["off"] + SyncEngine.Standing.State.allCases.map(\.rawValue)),
        "hub": Schema.orNull(Schema.text), "organisation": Schema.orNull(Schema.text),
        "trouble": Schema.orNull(Schema.text), "retryAt": Schema.orNull(Schema.time), "backlog": Schema.whole,
        "oldestAt": Schema.orNull(Schema.time), "isStale": Schema.flag, "ackedAt": Schema.orNull(Schema.time),
        "heardAt": Schema.orNull(Schema.time), "sentChanges": Schema.whole, "sentBytes": Schema.whole,
        "roundTripMilliseconds": Schema.orNull(Schema.whole), "pictures": Schema.whole, "refusedCount": Schema.whole,
        "refused": Schema.list(
            Schema.object([
                "n": Schema.whole, "reason": Schema.text, "at": Schema.time, "topic": Schema.orNull(Schema.text),
                "kind": Schema.orNull(Schema.text), "subject": Schema.orNull(Schema.text),
            ])),
    ])

    private static let distantSchema = Schema.object([
        "items": Schema.list(
            Schema.object([
                "depot": Schema.text, "number": Schema.orNull(Schema.text), "name": Schema.orNull(Schema.text),
                "model": Schema.orNull(Schema.text), "category": Schema.orNull(Schema.text),
                "status": Schema.orNull(Schema.status), "person": Schema.orNull(Schema.text),
                "project": Schema.orNull(Schema.text), "since": Schema.orNull(Schema.time),
                "home": Schema.orNull(Schema.text),
            ])), "count": Schema.whole,
    ])

    private static let verificationSchema = Schema.object([
        "compared": Schema.whole,
        "differences": Schema.list(
            Schema.object([
                "lane": Schema.text, "topic": Schema.text, "here": Schema.whole, "there": Schema.whole,
            ])),
    ])
}
