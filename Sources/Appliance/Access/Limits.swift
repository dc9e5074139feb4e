// How much one client may do. People and programs elsewhere have so many changes and so many check-outs a minute; a door,
// a program with the scope `door`, and scans that waited for the network are bounded by a queue instead, because turning
// one away would lose what somebody carries past.
import Core
import Drivers
import Foundation
import Synchronization

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
        _ exchange: Exchange, of route: Route, _ answer: @Sendable (Exchange) async throws -> HTTPReply
    ) async throws -> HTTPReply {
        guard route.method != "GET", let principal = exchange.principal else { return try await answer(exchange) }
        if route.isDoorWork, isAtDoor(exchange, principal) {
            return try await door.pass { try await answer(exchange) }
        }
        guard !isAtDoor(exchange, principal) else { return try await answer(exchange) }
        let name = principal.person?.rawValue ?? principal.key?.rawValue ?? principal.device ?? ""
        if let wait = events.take("\(name) \(exchange.request.peerAddress)") {
            throw Self.tooMany("You changed too much at once.", wait)
        }
        let ticket = CheckoutTicket(of: name, from: checkouts)
        if Self.asksForCheckout(exchange, route) { try ticket.take() }
        var exchange = exchange
        exchange.judge = { outcome in if Self.isCheckout(outcome) { try ticket.take() } }
        do {
            let reply = try await answer(exchange)
            if case .response(let response) = reply, response.status >= 300 { ticket.giveBack() }
            return reply
        } catch {
            ticket.giveBack()
            throw error
        }
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

    /// Whether it says itself that gear goes out. What a scan does is known when it is decided.
    /// A body that is no JSON asks for nothing; the route refuses it.
    private static func asksForCheckout(_ exchange: Exchange, _ route: Route) -> Bool {
        let body = { try? JSON(parsing: exchange.request.body) }
        return switch route.pattern {
        case "/api/v1/assets/{id}/status": body()?["status"] == "in_use"
        case "/api/v1/models/{id}/stock": body()?["kind"] == "out"
        default: false
        }
    }

    private static func isCheckout(_ outcome: JSON) -> Bool {
        outcome["action"] == "out" || outcome["action"] == "transfer"
    }

    fileprivate static func tooMany(_ message: String, _ seconds: Int) -> Failure {
        Failure(
            .tooMany, "\(message) Wait \(seconds) seconds and go on.", details: ["retryAfter": .int(Int64(seconds))])
    }
}

/// The one check-out that a request may be: taken when that is known, given back when it came to nothing.
private final class CheckoutTicket: Sendable {
    private let name: String
    private let allowance: Allowance
    private let isTaken = Mutex(false)

    init(of name: String, from allowance: Allowance) {
        self.name = name
        self.allowance = allowance
    }

    /// - Throws: `tooMany` when none is left.
    func take() throws {
        if let wait = allowance.take(name) { throw Limits.tooMany("You checked out too much at once.", wait) }
        isTaken.withLock { $0 = true }
    }

    func giveBack() {
        let wasTaken = isTaken.withLock { isTaken in
            defer { isTaken = false }
            return isTaken
        }
        if wasTaken { allowance.giveBack(name) }
    }
}
