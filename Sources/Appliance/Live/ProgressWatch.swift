// Tells the screens how far a project is when gear moved or its sheet was edited. What moved is in the log; this is only
// what it adds up to, so it is a Signal, counted anew a few times a second at most however much moves.
import Core
import Synchronization

/// Signals `progress` on the topic of projects: `{"id", "progress", "lines": [{"id", "out", "back"}]}`.
final class ProgressWatch: Sendable {
    /// Changes that wait to be looked at; of more, the oldest are left out: the next movement of a project is counted
    /// together with all before it.
    private static let waitingCountMax = 4_096
    /// Between two countings, so that a pallet of scans is some numbers and not hundreds.
    private static let pause = Duration.milliseconds(150)

    private let projects: ProjectBoard
    private let hub: LiveHub
    private let waiting = Mutex<[Change]>([])
    private let (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(projects: ProjectBoard, hub: LiveHub) {
        self.projects = projects
        self.hub = hub
    }

    /// Takes note of committed Changes. The disk waits for it, so it only keeps them.
    func heed(_ changes: [Change]) {
        let telling = changes.filter(ProjectBoard.mayMove)
        guard !telling.isEmpty else { return }
        waiting.withLock { $0 = ($0 + telling).suffix(Self.waitingCountMax) }
        waker.yield()
    }

    /// Counts until the task is cancelled.
    func run() async {
        for await _ in wakes {
            let changes = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            // What can not be read now is counted at the next movement.
            for progress in (try? await projects.progress(after: changes)) ?? [] {
                hub.signal(.projects, "progress", progress)
            }
            try? await Task.sleep(for: Self.pause)
        }
    }
}
