// A real listener on a free port for one test, and the thread on which the test's blocking client runs.
import Foundation
import Synchronization

@testable import Drivers

/// Runs blocking client code on a thread of its own: the pool that runs the handlers must stay free.
func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withTaskExecutorPreference(OwnThreads()) { try body() }
}

/// Starts a thread for every job; the task stays the test's, so that a failed expectation is told under its name.
private final class OwnThreads: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }.start()
    }
}

/// Waits until `condition` holds. - Returns: whether it did in time.
func waits(upTo seconds: Double = 10, _ condition: () -> Bool) -> Bool {
    let deadline = bootClockNanoseconds() + UInt64(seconds * 1e9)
    while !condition() {
        guard bootClockNanoseconds() < deadline else { return false }
        usleep(2_000)
    }
    return true
}

/// A running loop and listener.
struct TestListener {
    let loop: EventLoop
    let listener: HTTPListener
    var port: UInt16 { listener.port }
    var counters: HTTPCounters.Snapshot { listener.counters.snapshot }

    func connect() throws -> Wire { try Wire(port: port) }

    /// Sends a request's head and body as they stand and reads the answer.
    func ask(_ text: String) throws -> Answer {
        let wire = try connect()
        try wire.send(text)
        return try wire.readAnswer()
    }
}

/// Runs a listener around `body`, which gets a thread of its own, and stops it afterwards.
func withListener<Result: Sendable>(
    limits: HTTPLimits = HTTPLimits(), hooks: HTTPHooks = HTTPHooks(),
    handler: @escaping HTTPListener.Handler = { .response(HTTPResponse(text: "hello \($0.path)")) },
    _ body: @escaping @Sendable (TestListener) throws -> Result
) async throws -> Result {
    let loop = try EventLoop(tick: .milliseconds(20))
    loop.start()
    let listener = HTTPListener(limits: limits, host: "127.0.0.1", port: 0, loop: loop, hooks: hooks, handler: handler)
    try await listener.start()
    let test = TestListener(loop: loop, listener: listener)
    let result = await Swift.Result { try await onOwnThread { try body(test) } }
    await listener.stop()
    try await onOwnThread { loop.stop() }
    return try result.get()
}

extension Result where Failure == any Error {
    /// What an asynchronous call returns or throws.
    init(catching body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// A value that several threads fill.
final class Gathered<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    var all: [Element] { elements.withLock { $0 } }
    var count: Int { all.count }
    func add(_ element: Element) { elements.withLock { $0.append(element) } }
}
