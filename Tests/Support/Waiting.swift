// Waiting on conditions, and threads for blocking clients.
import Drivers
import Foundation
import Synchronization

/// Runs blocking client code on a thread of its own: the pool that runs the handlers must stay free.
package func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withTaskExecutorPreference(OwnThreads()) { try body() }
}

/// Starts a thread for every job; the task stays the test's, so that a failed expectation is told under its name.
private final class OwnThreads: TaskExecutor {
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }.start()
    }
}

/// Waits until `condition` holds. - Returns: whether it did in time.
package func waits(upTo seconds: Double = 60, _ condition: () -> Bool) -> Bool {
    let deadline = bootClockNanoseconds() + UInt64(seconds * 1e9)
    while !condition() {
        guard bootClockNanoseconds() < deadline else { return false }
        usleep(2_000)
    }
    return true
}

/// Waits until `condition` holds, without a thread of its own. - Returns: whether it did in time.
package func comes(upTo seconds: Double = 60, _ condition: () async -> Bool) async -> Bool {
    let deadline = bootClockNanoseconds() + UInt64(seconds * 1e9)
    while await !condition() {
        guard bootClockNanoseconds() < deadline else { return false }
        try? await Task.sleep(for: .milliseconds(1))
    }
    return true
}

extension Result where Failure == any Error {
    /// What an asynchronous call returns or throws.
    package init(catching body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// A value that several threads fill.
package final class Gathered<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    package init() {}

    package var all: [Element] { elements.withLock { $0 } }
    package var count: Int { all.count }
    package func add(_ element: Element) { elements.withLock { $0.append(element) } }
}

/// Lets so many in at a time and the rest wait in line: all tests start at once, and two cores can not run two hundred
/// boxes side by side.
package actor Turns {
    private var free: Int
    private var line: [CheckedContinuation<Void, Never>] = []

    package init(_ count: Int) { free = count }

    /// Runs `body` when it is its turn.
    package func take<Result: Sendable>(_ body: @Sendable () async throws -> Result) async rethrows -> Result {
        if free > 0 { free -= 1 } else { await withCheckedContinuation { line.append($0) } }
        defer { if line.isEmpty { free += 1 } else { line.removeFirst().resume() } }
        return try await body()
    }
}
