// Where PINs and passphrases are hashed: on a thread of its own, one after the other, so that people who sign in never
// take a core from the door. How dear a passphrase's hash is was measured on this machine once and is kept in the box.
import Foundation
import GRDB
private import Synchronization

/// Grinds secrets, one at a time.
package final class PassphraseMill: Sendable {
    /// Most that wait for their turn; at 150 ms each the last one waits two and a half seconds.
    static let waitingCountMax = 16

    private struct State {
        var waitingCount = 0
        var groundCount = 0
        var cost: SecretHash.Cost?
        var decoy: String?
    }

    private let box: Box
    private let queue = DispatchQueue(label: "passphrases")
    private let state: Mutex<State>

    /// - Parameter cost: of a passphrase; nil measures it at the first need.
    package init(box: Box, cost: SecretHash.Cost? = nil) {
        self.box = box
        state = Mutex(State(cost: cost))
    }

    /// How many secrets were ground since the start.
    package var groundCount: Int { state.withLock { $0.groundCount } }

    /// Does something dear in its turn, given the cost of a passphrase.
    ///
    /// - Throws: `tooMany` when too many wait already.
    func grind<Ground: Sendable>(
        _ work: @escaping @Sendable (SecretHash.Cost) throws -> Ground
    ) async throws -> Ground {
        let isLetIn = state.withLock { state in
            guard state.waitingCount < Self.waitingCountMax else { return false }
            state.waitingCount += 1
            state.groundCount += 1
            return true
        }
        guard isLetIn else { throw Failure(.tooMany, "Many people sign in just now. Try again in a moment.") }
        defer { state.withLock { $0.waitingCount -= 1 } }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work(self.cost()) }) }
        }
    }

    /// Whether a passphrase is the one hashed; takes as long for no hash as for one.
    func matches(_ secret: String, hash: String?) async throws -> Bool {
        try await grind { cost in
            let known = try hash ?? self.decoy(cost)
            return SecretHash.matches(secret, hash: known) && hash != nil
        }
    }

    /// A hash of a passphrase that nobody has.
    func decoy(_ cost: SecretHash.Cost) throws -> String {
        if let decoy = state.withLock({ $0.decoy }) { return decoy }
        let decoy = try SecretHash.make(Hex.text(SecureRandom.bytes(16)), cost)
        state.withLock { $0.decoy = decoy }
        return decoy
    }

    // On the queue only from here on.

    private func cost() throws -> SecretHash.Cost {
        if let cost = state.withLock({ $0.cost }) { return cost }
        let cost = try kept() ?? keep(Self.measure { try Self.seconds(of: $0) })
        state.withLock { $0.cost = cost }
        return cost
    }

    private func kept() throws -> SecretHash.Cost? {
        try box.database.read { database in
            try Row.fetchOne(database, sql: "SELECT passes, memory FROM passphrase_cost").map {
                SecretHash.Cost(passes: UInt64(clamping: $0["passes"] as Int64), memoryBytes: $0["memory"])
            }
        }
    }

    private func keep(_ cost: SecretHash.Cost) throws -> SecretHash.Cost {
        try box.database.write {
            try $0.execute(
                sql: "INSERT OR REPLACE INTO passphrase_cost (id, passes, memory) VALUES (1, ?, ?)",
                arguments: [Int64(cost.passes), cost.memoryBytes])
        }
        return cost
    }

    /// The cost that takes some 100 to 150 ms here, of at most 64 MiB and never less than OWASP's least (19 MiB, two
    /// passes), however slow the machine.
    ///
    /// - Parameter seconds: how long one hash of a cost takes.
    static func measure(_ seconds: (SecretHash.Cost) throws -> Double) rethrows -> SecretHash.Cost {
        let aim = 0.125
        let (most, least) = (64 << 20, 32 << 20)
        let onePass = try seconds(SecretHash.Cost(passes: 1, memoryBytes: most))
        if onePass <= aim * 1.2 {
            return SecretHash.Cost(passes: UInt64(max(1, min(10, (aim / onePass).rounded()))), memoryBytes: most)
        }
        return SecretHash.Cost(passes: 2, memoryBytes: least)
    }

    /// The shortest of three, so that what else the machine was doing counts least.
    private static func seconds(of cost: SecretHash.Cost) throws -> Double {
        try (0..<3).map { _ in
            let began = ContinuousClock.now
            _ = try SecretHash.make("measure", cost)
            return Double((ContinuousClock.now - began).nanoseconds) / 1e9
        }.min() ?? 1
    }
}
