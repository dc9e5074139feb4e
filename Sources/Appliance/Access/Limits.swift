// How much one client may do. People and programs elsewhere have so many changes and so many check-outs a minute; a door,
// a program with the scope `door`, and scans that waited for the network are bounded by a queue instead, because turning
// one away would lose what somebody carries past.
import Core
import Drivers
import Foundation

/// The limits that the router holds a request to.
struct Limits: Sendable {
    /// Changes by one person or program at one address, and messages on one live connection.
    let events: Allowance
    private let checkouts: Allowance
    private let door: WaitingRoom
    private let clock: HybridClock

    init(_ limits: Configuration.Limits, clock: HybridClock) {
        events = Allowance(perMinute: limits.eventsPerMinute, clock: clock)
        checkouts = Allowance(perMinute: limits.checkoutsPerMinute, clock: clock)
        door = WaitingRoom(countMax: limits.doorWaitingCountMax)
        self.clock = clock
    }

    /// Answers a request within the limits of who asks. Looking is free, and so is signing in, which guards itself.
    ///
    /// - Throws: `tooMany` and `unavailable`, each with the seconds to wait.
    func carryOut(
        _ exchange: Exchange, of route: Route, _ answer: @Sendable () async throws -> HTTPReply
    ) async throws -> HTTPReply {
        guard route.method != "GET", let principal = exchange.principal else { return try await answer() }
        if route.isDoorWork, isAtDoor(exchange, principal) { return try await door.pass(answer) }
        guard !isAtDoor(exchange, principal) else { return try await answer() }
        let name = principal.person?.rawValue ?? principal.key?.rawValue ?? principal.device ?? ""
        if let wait = events.take("\(name) \(exchange.request.peerAddress)") {
            throw Self.tooMany("You changed too much at once.", wait)
        }
        guard Self.mayCheckOut(exchange, route) else { return try await answer() }
        if let wait = checkouts.take(name) { throw Self.tooMany("You checked out too much at once.", wait) }
        // Only what went out counts.
        var isOut = false
        defer { if !isOut { checkouts.giveBack(name) } }
        let reply = try await answer()
        isOut = Self.isCheckOut(exchange, reply)
        return reply
    }

    /// How often each limit was met, as Prometheus lines.
    var lines: [String] {
        [
            "depotd_limited_total{limit=\"events\"} \(events.refusedCount)",
            "depotd_limited_total{limit=\"checkouts\"} \(checkouts.refusedCount)",
            "depotd_limited_total{limit=\"door\"} \(door.refusedCount)",
            "depotd_limited_names \(events.nameCount + checkouts.nameCount)", "depotd_door_waiting \(door.count)",
        ]
    }

    private func isAtDoor(_ exchange: Exchange, _ principal: Principal) -> Bool {
        if let scopes = principal.scopes { return scopes.contains(.door) }
        return principal.isAtDoor || principal.person == nil || isReplay(exchange)
    }

    /// A scan that a page kept while it had no connection: it has a key, so it counts once, and says when it was made.
    private func isReplay(_ exchange: Exchange) -> Bool {
        guard exchange.request.header("Idempotency-Key") != nil,
            let made = exchange.request.header("Depotd-Made-At").flatMap(RecordField.date(of:))
        else { return false }
        return clock.now.timeIntervalSince(made) > Self.replayAgeSeconds
    }

    /// A scan that is younger was not kept but sent.
    private static let replayAgeSeconds = 10.0

    /// Whether gear may go out by it. What a scan does is known when it is decided, so each has to find one left.
    private static func mayCheckOut(_ exchange: Exchange, _ route: Route) -> Bool {
        let body = { try? JSON(parsing: exchange.request.body) }
        return switch route.pattern {
        case "/api/v1/scans", "/api/v1/unknowns/{id}/link": true
        case "/api/v1/assets/{id}/status": body()?["status"] == "in_use"
        case "/api/v1/models/{id}/stock": body()?["kind"] == "out"
        default: false
        }
    }

    private static func isCheckOut(_ exchange: Exchange, _ reply: HTTPReply) -> Bool {
        guard case .response(let response) = reply, response.status < 300,
            let body = response.body.flatMap({ try? JSON(parsing: $0.withBytes(Array.init)) })
        else { return false }
        return body["action"] == "out" || body["action"] == "transfer" || body["status"] == "in_use"
            || (try? JSON(parsing: exchange.request.body))?["kind"] == "out"
    }

    private static func tooMany(_ message: String, _ seconds: Int) -> Failure {
        Failure(
            .tooMany, "\(message) Wait \(seconds) seconds and go on.", details: ["retryAfter": .int(Int64(seconds))])
    }
}
