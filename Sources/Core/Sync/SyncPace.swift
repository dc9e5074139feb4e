// How much goes at once and how soon again: as much as the line carries in a few seconds, and after trouble less and later.
import Foundation

/// The size of the next batch.
package struct SyncPace: Sendable, Equatable {
    /// Most rows and bytes of a batch; what a call may hold of the hub's memory and of one transaction's time.
    package static let rowCountMax = 1_000
    package static let byteCountMax = 512 * 1024
    /// A batch should take this long. On a line with a round trip of 0.6 s nine tenths of it are then used; more would
    /// only be lost when the line breaks.
    private static let aim = Duration.seconds(8)

    package private(set) var rowCount = 64
    package private(set) var byteCount = 64 * 1024

    package init() {}

    /// Learns from a batch that arrived.
    package mutating func took(_ duration: Duration) {
        if duration < Self.aim / 2 {
            rowCount = min(Self.rowCountMax, rowCount * 2)
            byteCount = min(Self.byteCountMax, byteCount * 2)
        } else if duration > Self.aim * 2 {
            slow()
        }
    }

    /// Learns from a batch that did not arrive in time. A single row is always tried.
    package mutating func slow() {
        rowCount = max(1, rowCount / 2)
        byteCount = max(4 * 1024, byteCount / 2)
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
