// Actors over C libraries that block: each on a queue of its own, where it holds up nobody else.
import Foundation

/// Runs an actor on a dispatch queue of its own; `DispatchSerialQueue` is missing on Linux.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(_ label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
