// How the engine rests: until something rings that ends this rest, or its time is over.
import Foundation
private import Synchronization

/// What ends a rest, from any thread; what rang while nobody rested ends the next one at once.
final class WakeUp: Sendable {
    enum Reason: Sendable { case needed, news, asked, lineUp, time, end }

    private struct State {
        var rung: Set<Reason> = []
        var wanted: Set<Reason> = []
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func ring(_ reason: Reason) {
        let waiter = state.withLock { state in
            state.rung.insert(reason)
            guard state.wanted.contains(reason) else { return nil as CheckedContinuation<Void, Never>? }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func wait(for reasons: Set<Reason>, atMost limit: Duration?) async -> SyncMachine.Waking {
        _ = state.withLock { $0.rung.remove(.time) }
        await withTaskGroup(of: Void.self) { group in
            if let limit {
                group.addTask { if (try? await Task.sleep(for: limit)) != nil { self.ring(.time) } }
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { suspend($0, until: reasons.union([.time, .end])) }
            } onCancel: {
                ring(.end)
            }
            group.cancelAll()
        }
        return state.withLock { state in
            let heard = state.rung.intersection(reasons)
            state.rung.subtract(heard)
            state.wanted = []
            if heard.contains(.lineUp) { return .lineUp }
            if heard.contains(.news) { return .news }
            return heard.isEmpty ? .time : .needed
        }
    }

    private func suspend(_ waiter: CheckedContinuation<Void, Never>, until reasons: Set<Reason>) {
        let isOver = state.withLock { state in
            state.wanted = reasons
            guard state.rung.isDisjoint(with: reasons) else { return true }
            state.waiter = waiter
            return false
        }
        if isOver { waiter.resume() }
    }
}
