// Proof of life: now and then a write goes through each organisation's writer to the disk, and our own address is asked
// over HTTP as any browser would. Only when all answered is systemd's watchdog fed, and only then is the box ready. When
// the disk has failed for good the process ends, so that a new one opens the files and looks at them.
import Core
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Asks the writers and the listener now and then, and remembers how that went.
final class Heartbeat: Service {
    /// Asks our own address; throws when it does not answer.
    typealias Ask = @Sendable () async throws -> Void

    private struct State {
        var lastBeat: UInt64 = 0
        var trouble: String?
        var ask: Ask?
        var stores: [Store] = []
    }

    private let systemd: Systemd
    private let logger: Logger
    private let interval: Duration
    private let state = Mutex(State())
    private let (faults, faulty) = AsyncStream.makeStream(of: Failure.self, bufferingPolicy: .bufferingOldest(1))

    init(systemd: Systemd = Systemd(environment: ProcessInfo.processInfo.environment), logger: Logger) {
        self.systemd = systemd
        self.logger = logger
        interval = systemd.watchdog.map { $0 / 3 } ?? .seconds(15)
    }

    /// What is wrong with the last beat; nil when it reached the disk and came back over HTTP.
    var trouble: String? { state.withLock { $0.trouble } }

    /// Boot clock nanoseconds of the last beat that reached the disk; 0 before the first.
    var lastBeat: UInt64 { state.withLock { $0.lastBeat } }

    /// Says how our own address is asked, once it listens. Before, the watchdog is not fed.
    func listens(_ ask: @escaping Ask) { state.withLock { $0.ask = ask } }

    /// Asks this Store's writer too from the next beat on.
    func watch(_ store: Store) {
        state.withLock { $0.stores.append(store) }
        store.onFault { [weak self, weak store] fault in
            guard let self, let store, state.withLock({ $0.stores.contains { $0 === store } }) else { return }
            faulty.yield(fault)
        }
    }

    /// Asks this Store's writer no more.
    func letGo(of store: Store) { state.withLock { $0.stores.removeAll { $0 === store } } }

    /// - Throws: a Store's fault, which ends the process; systemd starts a new one.
    func run() async throws {
        defer { systemd.notify(.stopping) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.beatUntilStopped() }
            group.addTask { for await fault in self.faults { throw fault } }
            try await group.next()
            group.cancelAll()
        }
    }

    private func beatUntilStopped() async {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                await beat()
                try? await Task.sleep(for: interval)
            }
        }
    }

    private func beat() async {
        let refusal = await refusalOfWriters()
        let silence = await silenceOfListener()
        state.withLock { $0.trouble = refusal ?? silence }
        if let trouble = refusal ?? silence { systemd.notify(.status(trouble)) }
        if silence == nil { systemd.notify(.watchdog) }
    }

    /// A refusal such as a full disk is an answer too: the writer lives, and restarting it would help nobody. A writer
    /// that hangs never comes back from here.
    private func refusalOfWriters() async -> String? {
        var refusal: String?
        for store in state.withLock({ $0.stores }) {
            do {
                let at = try await store.write { $0.monotonic }
                state.withLock { $0.lastBeat = at }
            } catch  where state.withLock({ $0.stores.contains { $0 === store } }) {
                logger.error("the heartbeat was refused", metadata: ["cause": "\(error)", "file": "\(store.path)"])
                refusal = (error as? Failure)?.message ?? "The box can not write."
            } catch {
                // The organisation left meanwhile.
            }
        }
        return refusal
    }

    private func silenceOfListener() async -> String? {
        do {
            guard let ask = state.withLock({ $0.ask }) else { return "The box does not listen yet." }
            try await ask()
            return nil
        } catch {
            logger.error("our own address does not answer", metadata: ["cause": "\(error)"])
            return "The box does not answer over HTTP."
        }
    }
}
