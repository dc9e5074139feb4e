// Many histories on all cores. What comes of them does not depend on how many cores there are.
import Dispatch
import Synchronization

/// What came of many histories.
package struct HistoryRun: Sendable {
    /// A history that went wrong.
    package struct Failure: Sendable {
        package let seed: UInt64
        package let complaints: [String]
    }

    /// Most failures that are kept, those with the lowest seeds.
    private static let failureCountMax = 10
    /// A worker takes so many seeds at once.
    private static let stride: UInt64 = 16

    package private(set) var count = 0
    package private(set) var faults = FaultCounts()
    package private(set) var failureCount = 0
    package private(set) var failures: [Failure] = []
    /// The sum of all histories' marks.
    package private(set) var mark: UInt64 = 0

    /// Runs the histories of these seeds to the last one.
    ///
    /// - Parameter tell: hears from time to time what came of those that are over.
    package init(seeds: Range<UInt64>, workerCount: Int, tell: @Sendable (HistoryRun) -> Void = { _ in }) {
        let next = Atomic(seeds.lowerBound)
        let all = Mutex(HistoryRun())
        DispatchQueue.concurrentPerform(iterations: workerCount) { _ in
            while true {
                let from = next.add(Self.stride, ordering: .relaxed).oldValue
                guard from < seeds.upperBound else { return }
                var some = HistoryRun()
                for seed in from..<min(from + Self.stride, seeds.upperBound) { some.take(History(seed: seed)) }
                let known = all.withLock { all in
                    all.take(some)
                    return all
                }
                tell(known)
            }
        }
        self = all.withLock { $0 }
    }

    private init() {}

    private mutating func take(_ history: History) {
        count += 1
        faults.add(history.faults)
        mark &+= history.mark
        guard !history.complaints.isEmpty else { return }
        failureCount += 1
        failures.append(Failure(seed: history.seed, complaints: history.complaints))
    }

    private mutating func take(_ others: HistoryRun) {
        count += others.count
        faults.add(others.faults)
        mark &+= others.mark
        failureCount += others.failureCount
        failures = Array((failures + others.failures).sorted { $0.seed < $1.seed }.prefix(Self.failureCountMax))
    }
}
