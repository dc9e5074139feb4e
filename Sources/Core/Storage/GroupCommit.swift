// Many operations, one sync. The writer drains what is waiting into one transaction, a savepoint each, commits once,
// publishes, then answers all. On a card where a sync takes 4 ms this is the difference between 250 and 60,000 writes
// a second. Door work goes first.
private import DequeModule
import Foundation
import GRDB
private import Synchronization

/// Who goes first when the writer is busy.
package enum WriteLane: Sendable {
    /// Scans: always before everything else.
    case door
    /// What people and programs do on pages.
    case page
}

/// The writer's queue and its drain.
final class GroupCommit: Sendable {
    /// One waiting operation: run inside the group's transaction, answered after the commit.
    private struct Waiting: Sendable {
        let run: @Sendable (WriteTransaction) throws -> @Sendable () -> Void
        let refuse: @Sendable (any Error) -> Void
    }

    private struct State {
        var door: Deque<Waiting> = []
        var page: Deque<Waiting> = []
        var isDraining = false
        var publish: (@Sendable ([Change]) -> Void)?
        var position: LogPosition
        var figures = StoreFigures()
    }

    private let writer: DatabaseQueue
    private let clock: HybridClock
    private let options: Store.Options
    private let state: Mutex<State>
    // Confined to the writer queue: only `drain` and what it calls touch it.
    private nonisolated(unsafe) let log: LogWriter

    init(writer: DatabaseQueue, log: LogWriter, clock: HybridClock, options: Store.Options) {
        self.writer = writer
        self.log = log
        self.clock = clock
        self.options = options
        state = Mutex(State(position: log.position))
    }

    var committedPosition: LogPosition { state.withLock { $0.position } }

    var figures: StoreFigures {
        state.withLock { state in
            var figures = state.figures
            figures.waiting = state.door.count + state.page.count
            return figures
        }
    }

    func onCommit(_ publish: @escaping @Sendable ([Change]) -> Void) { state.withLock { $0.publish = publish } }

    func submit<T: Sendable>(
        lane: WriteLane, _ body: @escaping @Sendable (WriteTransaction) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                Waiting(
                    run: { transaction in
                        let value = try transaction.attempt { try body(transaction) }
                        return { continuation.resume(returning: value) }
                    },
                    refuse: { continuation.resume(throwing: $0) }),
                lane: lane)
        }
    }

    private func enqueue(_ waiting: Waiting, lane: WriteLane) {
        enum Verdict { case start, wait, full }
        let verdict: Verdict = state.withLock { state in
            guard state.door.count + state.page.count < options.waitingWritesMax else { return .full }
            switch lane {
            case .door: state.door.append(waiting)
            case .page: state.page.append(waiting)
            }
            defer { state.isDraining = true }
            return state.isDraining ? .wait : .start
        }
        switch verdict {
        case .start: writer.asyncWriteWithoutTransaction { [self] in drain($0) }
        case .wait: break
        case .full: waiting.refuse(Failure(.unavailable, "The box has too much to write at once. Try again."))
        }
    }

    private func drain(_ database: Database) {
        while true {
            let group = takeGroup()
            if group.isEmpty { return }
            commit(group, in: database)
            checkpointIfLong(database)
        }
    }

    /// The next operations, doors first; none ends the drain.
    private func takeGroup() -> [Waiting] {
        state.withLock { state in
            var group: [Waiting] = []
            while group.count < options.groupWritesMax, let next = state.door.popFirst() ?? state.page.popFirst() {
                group.append(next)
            }
            if group.isEmpty { state.isDraining = false }
            return group
        }
    }

    /// What came while the group ran goes with it. Whoever the last group answered asks again at once: without this
    /// the first few of them would be a group, the others would wait for its sync and then for their own.
    private func takeLate(_ count: Int, since started: UInt64) -> [Waiting] {
        guard clock.monotonic &- started < options.groupDuration.nanoseconds else { return [] }
        return state.withLock { state in
            var late: [Waiting] = []
            while count + late.count < options.groupWritesMax, let next = state.door.popFirst() ?? state.page.popFirst()
            {
                late.append(next)
            }
            return late
        }
    }

    private func commit(_ first: [Waiting], in database: Database) {
        let started = clock.monotonic
        var group = first
        var answers: [@Sendable () -> Void] = []
        var keptCount = 0
        let mark = log.mark
        do {
            try database.inTransaction(.immediate) {
                while answers.count < group.count {
                    answers.append(run(group[answers.count], in: database, keptCount: &keptCount))
                    if answers.count == group.count { group += takeLate(group.count, since: started) }
                }
                // A group of refusals has nothing to keep, so nobody waits for the disk.
                guard keptCount > 0 else { return .rollback }
                try persistClock(database)
                return .commit
            }
        } catch {
            log.rewind(to: mark)
            state.withLock { $0.figures.failedCommits += 1 }
            let refusal = Self.refusal(for: error)
            for waiting in group { waiting.refuse(refusal) }
            return
        }
        if keptCount > 0 { publish(group.count, since: started) }
        for answer in answers { answer() }
    }

    /// Runs one operation in its savepoint; its failure is its own and does not touch the group.
    private func run(_ waiting: Waiting, in database: Database, keptCount: inout Int) -> @Sendable () -> Void {
        do {
            let answer = try waiting.run(WriteTransaction(database: database, log: log, clock: clock))
            keptCount += 1
            return answer
        } catch {
            return { waiting.refuse(error) }
        }
    }

    private func persistClock(_ database: Database) throws {
        try database.cachedStatement(sql: "UPDATE node SET hlc = ?").execute(arguments: [clock.tick().rawValue])
    }

    private func publish(_ operations: Int, since started: UInt64) {
        let changes = log.takePending()
        let publish = state.withLock { state in
            state.position = log.position
            state.figures.commits += 1
            state.figures.operations += operations
            state.figures.commitNanoseconds += clock.monotonic &- started
            return state.publish
        }
        if !changes.isEmpty { publish?(changes) }
    }

    /// Copies the WAL back when it is long. Nobody waits for it but the next group, and no other connection may.
    private func checkpointIfLong(_ database: Database) {
        let pages = SpatiaLite.walPages(of: database)
        guard pages >= options.checkpointPages else { return state.withLock { $0.figures.walPages = pages } }
        do {
            let row = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(PASSIVE)")
            let left = (row?["log"] as Int? ?? 0) - (row?["checkpointed"] as Int? ?? 0)
            SpatiaLite.setWALPages(left, of: database)
            state.withLock { state in
                state.figures.checkpoints += 1
                state.figures.walPages = left
            }
        } catch {
            // A checkpoint that fails loses nothing: the WAL keeps the pages and the next group tries again.
            state.withLock { $0.figures.failedCommits += 1 }
        }
    }

    private static func refusal(for error: any Error) -> Failure {
        let code = (error as? DatabaseError)?.resultCode
        let message =
            code == .SQLITE_FULL
            ? "The box's disk is full. Nothing was kept of this; free space and try again."
            : "The box could not write to its disk. Nothing was kept of this; try again."
        return Failure(.unavailable, message, cause: "\(error)")
    }
}
