// A thread for work that is long at times, as sending a log of months. While it gives way, the kernel runs it when a core has
// nothing else to do, and takes the core away from it as soon as a scan wants one. Between threads alike the scan would wait
// for a slice of 3 ms, and twice or thrice on its way.
private import CLinux
private import DequeModule
import Foundation
private import Synchronization

/// Runs tasks and actors on one thread, by turns.
package final class BackgroundThread: TaskExecutor, SerialExecutor {
    /// What the thread holds of this, so that this can go while the thread waits.
    private final class Line: Sendable {
        private let jobs = Mutex(Deque<@Sendable () -> Void>())
        private let count = DispatchSemaphore(value: 0)

        func add(_ job: @escaping @Sendable () -> Void) {
            jobs.withLock { $0.append(job) }
            count.signal()
        }

        /// Ends the thread after all that was added before.
        func end() { count.signal() }

        func run() {
            while true {
                count.wait()
                guard let job = jobs.withLock({ $0.popFirst() }) else { return }
                job()
            }
        }
    }

    private let line = Line()

    package init(_ name: String) {
        Thread.detachNewThread { [line] in
            Thread.current.name = name
            line.run()
        }
    }

    deinit { line.end() }

    /// Whether the calling thread leaves the cores to every other one. Where it could not take one back it stays as it was,
    /// for threads begun meanwhile, as those that serve scans, would leave theirs for good.
    package static func giveWay(_ givesWay: Bool) {
        guard mayTakeBack else { return }
        _ = depot_run_when_idle(givesWay ? 1 : 0)
    }

    /// Whether this process may take cores back that it left to others.
    package static let mayTakeBack = depot_may_stop_being_idle() != 0

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        line.add {
            job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
        }
    }
}
