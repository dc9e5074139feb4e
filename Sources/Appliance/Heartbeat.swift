// Proof of life: now and then a write goes through the writer to the disk. Only then is systemd's watchdog fed, and
// only then is the box ready.
import Core
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Writes now and then, and remembers how that went.
final class Heartbeat: Service {
    private struct State {
        var lastBeat: UInt64 = 0
        var trouble: String?
    }

    private let store: Store
    private let systemd: Systemd
    private let logger: Logger
    private let interval: Duration
    private let state = Mutex(State())

    init(store: Store, systemd: Systemd = Systemd(environment: ProcessInfo.processInfo.environment), logger: Logger) {
        self.store = store
        self.systemd = systemd
        self.logger = logger
        interval = systemd.watchdog.map { $0 / 3 } ?? .seconds(15)
    }

    /// What is wrong with the last beat; nil when it reached the disk.
    var trouble: String? { state.withLock { $0.trouble } }

    /// Boot clock nanoseconds of the last beat that reached the disk; 0 before the first.
    var lastBeat: UInt64 { state.withLock { $0.lastBeat } }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                await beat()
                try? await Task.sleep(for: interval)
            }
        }
        systemd.notify(.stopping)
    }

    /// A refusal such as a full disk is an answer too: the writer lives, and restarting it would help nobody.
    private func beat() async {
        do {
            let at = try await store.write { $0.monotonic }
            state.withLock { $0 = State(lastBeat: at, trouble: nil) }
        } catch {
            let message = (error as? Failure)?.message ?? "The box can not write."
            logger.error("the heartbeat was refused", metadata: ["cause": "\(error)"])
            state.withLock { $0.trouble = message }
            systemd.notify(.status(message))
        }
        systemd.notify(.watchdog)
    }
}
