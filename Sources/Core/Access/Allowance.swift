// How much of something somebody may do in a minute: token buckets by name. A bucket that is full again is forgotten, so
// only those who were busy lately cost memory, and there is a bound on them too.
private import Synchronization

/// So much a minute for each of many.
package final class Allowance: Sendable {
    private struct Bucket {
        var left: Double
        /// Boot clock nanoseconds.
        var at: UInt64
    }

    private struct State {
        var buckets: [String: Bucket] = [:]
        var swept: UInt64 = 0
        var refusedCount = 0
    }

    /// Most names at once; when there are more, the fullest bucket goes, whose owner has used least.
    package static let nameCountMax = 10_000
    private static let minute = 60_000_000_000.0

    private let perMinute: Double
    private let clock: HybridClock
    private let state = Mutex(State())

    /// - Parameter perMinute: how much may be done at once, and how much comes back in a minute.
    package init(perMinute: Int, clock: HybridClock) {
        self.perMinute = Double(perMinute)
        self.clock = clock
    }

    /// Takes one of what `name` may do.
    ///
    /// - Returns: nil when it was there, else the seconds until it will be.
    package func take(_ name: String) -> Int? {
        let now = clock.monotonic
        return state.withLock { state in
            sweep(&state, at: now)
            var bucket = filled(state.buckets[name] ?? Bucket(left: perMinute, at: now), at: now)
            guard bucket.left >= 1 else {
                state.refusedCount += 1
                state.buckets[name] = bucket
                return max(1, Int(((1 - bucket.left) * 60 / perMinute).rounded(.up)))
            }
            bucket.left -= 1
            state.buckets[name] = bucket
            return nil
        }
    }

    /// Gives one back that turned out not to count.
    package func giveBack(_ name: String) {
        state.withLock { state in
            guard let bucket = state.buckets[name] else { return }
            state.buckets[name]?.left = min(perMinute, bucket.left + 1)
        }
    }

    /// How often somebody had none left.
    package var refusedCount: Int { state.withLock { $0.refusedCount } }
    /// How many names are remembered.
    package var nameCount: Int { state.withLock { $0.buckets.count } }

    private func filled(_ bucket: Bucket, at now: UInt64) -> Bucket {
        let passed = now > bucket.at ? Double(now - bucket.at) : 0
        return Bucket(left: min(perMinute, bucket.left + passed * perMinute / Self.minute), at: now)
    }

    /// Forgets full buckets, once in ten seconds or when there are too many.
    private func sweep(_ state: inout State, at now: UInt64) {
        let isDue = now &- state.swept >= 10_000_000_000
        guard isDue || state.buckets.count >= Self.nameCountMax else { return }
        state.swept = now
        state.buckets = state.buckets.filter { filled($0.value, at: now).left < perMinute }
        guard state.buckets.count >= Self.nameCountMax else { return }
        // A tenth at once, so that a flood of names does not sort them all each time.
        let byFullness = state.buckets.sorted { filled($0.value, at: now).left > filled($1.value, at: now).left }
        for (name, _) in byFullness.prefix(Self.nameCountMax / 10) { state.buckets[name] = nil }
    }
}

/// A bounded number of things under way at once: what is taken in is carried out, and the rest is told to come back.
package final class WaitingRoom: Sendable {
    private struct State {
        var count = 0
        var refusedCount = 0
    }

    private let countMax: Int
    private let state = Mutex(State())

    package init(countMax: Int) { self.countMax = countMax }

    /// How many were told to come back, and how many are in.
    package var refusedCount: Int { state.withLock { $0.refusedCount } }
    package var count: Int { state.withLock { $0.count } }

    /// Carries something out once it is let in.
    ///
    /// - Throws: `unavailable` when the room is full; nothing was begun.
    package func pass<Result: Sendable>(_ work: () async throws -> Result) async throws -> Result {
        let isLetIn = state.withLock { state in
            guard state.count < countMax else {
                state.refusedCount += 1
                return false
            }
            state.count += 1
            return true
        }
        guard isLetIn else {
            throw Failure(.unavailable, "\(countMax) scans wait already. Nothing was lost: send it again.")
        }
        defer { state.withLock { $0.count -= 1 } }
        return try await work()
    }
}
