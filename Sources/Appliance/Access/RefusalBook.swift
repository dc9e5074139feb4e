// What was refused, for the audit trail: the first refusal of a source is noted at once, further ones are counted and
// noted once a minute, so that a flood of wrong tokens is a line a minute and not a full disk.
import Core
import Foundation
import Logging
import Synchronization

/// Notes refusals in the audit trail of an organisation.
final class RefusalBook: Sendable {
    /// One refusal.
    struct Refusal: Sendable {
        var origin: Origin
        /// 401, 403 or 429.
        var code: Failure.Code
        /// What was asked for, such as `POST /api/v1/keys`.
        var asked: String
        var isSignIn = false
    }

    private struct Source: Hashable {
        let address: String
        let person: Person.ID?
        let device: String?
        let code: Failure.Code
        let isSignIn: Bool
    }

    private struct Tally {
        var last: Refusal
        /// Refusals that are not noted yet.
        var count: Int
        var isNoted = false
        /// Boot clock nanoseconds of the last note.
        var noted: UInt64
    }

    /// Most sources told apart; further ones are counted together.
    static let sourceCountMax = 200
    private static let minute: UInt64 = 60_000_000_000
    private static let turn = Duration.milliseconds(200)

    private let trail: AuditTrail
    private let clock: HybridClock
    private let logger: Logger
    private let tallies = Mutex<[Source: Tally]>([:])

    init(trail: AuditTrail, clock: HybridClock, logger: Logger) {
        self.trail = trail
        self.clock = clock
        self.logger = logger
    }

    /// Notes a refusal; returns at once.
    func note(_ refusal: Refusal) {
        let now = clock.monotonic
        tallies.withLock { tallies in
            var source = Source(
                address: refusal.origin.address, person: refusal.origin.person, device: refusal.origin.device,
                code: refusal.code, isSignIn: refusal.isSignIn)
            var refusal = refusal
            if tallies[source] == nil, tallies.count >= Self.sourceCountMax {
                source = Source(address: "others", person: nil, device: nil, code: refusal.code, isSignIn: false)
                refusal.origin = Origin(address: "others")
            }
            tallies[source, default: Tally(last: refusal, count: 0, noted: now)].count += 1
            tallies[source]?.last = refusal
        }
    }

    /// Writes what is due until the task is cancelled, and then the rest.
    func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.turn)
            await writeDue()
        }
        await writeDue(isLast: true)
    }

    /// Writes what is due: the first of each source, and the counts of those whose minute is over.
    func writeDue(isLast: Bool = false) async {
        for (refusal, count, isFirst) in takeDue(isLast: isLast) {
            let kind: AuditTrail.Kind = isFirst ? (refusal.isSignIn ? .signInFailed : .refused) : .refusedAgain
            do {
                try await Origin.$current.withValue(refusal.origin) {
                    try await trail.note(
                        kind, subject: refusal.origin.address,
                        [
                            "code": .string(refusal.code.rawValue), "asked": .string(refusal.asked),
                            "count": .int(Int64(count)),
                        ])
                }
            } catch {
                logger.error("a refusal is not in the audit trail", metadata: ["cause": "\(error)"])
            }
        }
    }

    private func takeDue(isLast: Bool) -> [(refusal: Refusal, count: Int, isFirst: Bool)] {
        let now = clock.monotonic
        return tallies.withLock { tallies in
            var due: [(Refusal, Int, Bool)] = []
            for (source, tally) in tallies {
                let isOver = isLast || now &- tally.noted >= Self.minute
                if !tally.isNoted {
                    // The first stands for itself; what came with it within the turn is counted on.
                    due.append((tally.last, 1, true))
                    tallies[source] = Tally(last: tally.last, count: tally.count - 1, isNoted: true, noted: now)
                } else if isOver {
                    if tally.count > 0 { due.append((tally.last, tally.count, false)) }
                    tallies[source] =
                        tally.count > 0 ? Tally(last: tally.last, count: 0, isNoted: true, noted: now) : nil
                }
            }
            return due
        }
    }
}
