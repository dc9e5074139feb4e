// How much goes at once and how soon again: as much as the line carries in a few seconds, and after trouble less and later.
import Foundation

/// The size of the next batch.
package struct SyncPace: Sendable, Equatable {
    /// Most rows and bytes of a batch: what the box holds in memory, and what the hub takes in a second or two while other
    /// depots wait. Only a box that is far behind has that many.
    package static let rowCountMax = 10_000
    package static let byteCountMax = 4 * 1024 * 1024
    /// Eleven seconds of the line and one of waiting for the answer and for what the hub does: on a line of 256 kb/s and 0.6 s
    /// that is nine tenths of what one long copy uses, also with losses; more would only be lost when the line breaks.
    private static let aim = Duration.seconds(12)
    /// Most that a batch grows by at once. Four steps lead from the first one to the largest.
    private static let growthMax = 4.0

    package private(set) var rowCount = 64
    package private(set) var byteCount = 64 * 1024

    package init() {}

    /// Learns from a batch that arrived. One that was small because there was no more to send says nothing of the line.
    package mutating func took(_ duration: Duration, rowCount rows: Int, byteCount bytes: Int) {
        let factor = duration > .zero ? Self.aim / duration : Self.growthMax
        let wasFull = rows * 2 > rowCount || bytes * 2 > byteCount
        if factor > 1.05, wasFull {
            scale(by: min(factor, Self.growthMax))
        } else if factor < 2.0 / 3 {
            scale(by: max(factor, 1 / Self.growthMax))
        }
    }

    /// Learns from a batch that did not arrive in time. A single row is always tried.
    package mutating func slow() { scale(by: 1 / Self.growthMax) }

    private mutating func scale(by factor: Double) {
        rowCount = min(Self.rowCountMax, max(1, Int(Double(rowCount) * factor)))
        byteCount = min(Self.byteCountMax, max(4 * 1024, Int(Double(byteCount) * factor)))
    }
}

/// How long to wait after trouble: up to twice as long each time, from a second to five minutes, and by chance, so that
/// depots that lost the hub together do not come back together.
package struct SyncBackOff: Sendable {
    private static let longest = Duration.seconds(300)

    private var ceiling = Duration.seconds(1)
    private var chance: UInt64

    package init(seed: UInt64) { chance = seed }

    package mutating func reset() { ceiling = .seconds(1) }

    /// The next wait: anything up to the ceiling, at least a tenth of it.
    package mutating func next() -> Duration {
        defer { ceiling = min(ceiling * 2, Self.longest) }
        // The generator of PCG, one step; its high bits are as good as a wait needs.
        chance = chance &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return ceiling / 10 + ceiling * 9 / 10_000 * Int((chance >> 33) % 1_000)
    }
}
