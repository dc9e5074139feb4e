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
    /// A piece of a batch: when nobody else waits, or when it has waited for ``Store/Options/bulkPatience``.
    case bulk
}

/// The writer's queue and its drain.
final class GroupCommit: Sendable {
    /// One waiting operation: run inside the group's transaction, answered after the commit.
    private struct Waiting: Sendable {
        let run: @Sendable (WriteTransaction) throws -> @Sendable () -> Void
        let refuse: @Sendable (any Error) -> Void
        let lane: WriteLane
        /// Whose request it is.
        let origin: Origin?
        var since: UInt64 = 0
    }

    /// A piece of a batch that was refused: the transaction that it began goes with it.
    private struct RefusedPiece: Error {
        let cause: any Error
    }

    private struct State {
        var door: Deque<Waiting> = []
        var page: Deque<Waiting> = []
        var bulk: Deque<Waiting> = []
        var isDraining = false
        var publish: [@Sendable ([Change]) -> Void] = []
        var tellFault: (@Sendable (Failure) -> Void)?
        /// Set once and for good: nothing is written on these connections any more.
        var fault: Failure?
        var position: LogPosition
        var figures = StoreFigures()

        var waitingCount: Int { door.count + page.count + bulk.count }
    }

    private let writer: DatabaseQueue
    private let clock: HybridClock
    private let options: Store.Options
    private let state: Mutex<State>
    // Confined to the writer queue: only `drain` and what it calls touch it.
    private nonisolated(unsafe) let log: LogWriter
    // Confined to the writer queue too. How many operations the last group had.
    private nonisolated(unsafe) var lastCount = 0
    // Confined to the writer queue too. Whether texts of gear are left to be written when nobody waits.
    private nonisolated(unsafe) var isTextDue = false

    init(writer: DatabaseQueue, log: LogWriter, clock: HybridClock, options: Store.Options) {
        self.writer = writer
        self.log = log
        self.clock = clock
        self.options = options
        state = Mutex(State(position: log.position))
    }

    /// Whether somebody at a door or a page waits for the writer.
    var isAwaited: Bool { state.withLock { !$0.door.isEmpty || !$0.page.isEmpty } }

    var committedPosition: LogPosition { state.withLock { $0.position } }

    var figures: StoreFigures {
        state.withLock { state in
            var figures = state.figures
            figures.waiting = state.waitingCount
            return figures
        }
    }

    func onCommit(_ publish: @escaping @Sendable ([Change]) -> Void) {
        state.withLock { $0.publish.append(publish) }
    }

    /// What ended all writing; nil while all is well.
    var fault: Failure? { state.withLock { $0.fault } }

    /// Calls `tell` when writing has ended, at once if it has already.
    func onFault(_ tell: @escaping @Sendable (Failure) -> Void) {
        let fault = state.withLock { state in
            state.tellFault = tell
            return state.fault
        }
        if let fault { tell(fault) }
    }

    func submit<T: Sendable>(
        lane: WriteLane, _ body: @escaping @Sendable (WriteTransaction) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                Waiting(
                    run: { transaction in
                        // SQLite keeps each page as it was for a savepoint, and looks through them at every statement:
                        // a piece, which writes hundreds, has the transaction itself.
                        let value =
                            lane == .bulk
                            ? try body(transaction) : try transaction.attempt { try body(transaction) }
                        return { continuation.resume(returning: value) }
                    },
                    refuse: { continuation.resume(throwing: $0) }, lane: lane, origin: Origin.current))
        }
    }

    private func enqueue(_ waiting: Waiting) {
        enum Verdict {
            case start, wait
            case refused(Failure)
        }
        let verdict: Verdict = state.withLock { state in
            if let fault = state.fault { return .refused(fault) }
            guard state.waitingCount < options.waitingWritesMax else {
                return .refused(Failure(.unavailable, "The box has too much to write at once. Try again."))
            }
            switch waiting.lane {
            case .door: state.door.append(waiting)
            case .page: state.page.append(waiting)
            case .bulk:
                var waiting = waiting
                waiting.since = clock.monotonic
                state.bulk.append(waiting)
            }
            defer { state.isDraining = true }
            return state.isDraining ? .wait : .start
        }
        switch verdict {
        case .start: writer.asyncWriteWithoutTransaction { [self] in drain($0) }
        case .wait: break
        case .refused(let failure): waiting.refuse(failure)
        }
    }

    private func drain(_ database: Database) {
        while true {
            let group = takeGroup()
            if group.isEmpty, !isTextDue { return }
            commit(group, in: database)
            checkpointIfLong(database)
        }
    }

    /// The next operations, doors first; none ends the drain. A piece of a batch begins a group only, so that what is
    /// behind it waits for one piece at most, and joins none, so that no scan's group grows by it.
    private func takeGroup() -> [Waiting] {
        state.withLock { state in
            var group: [Waiting] = []
            if let piece = state.bulk.first, isDue(piece, state) { group.append(state.bulk.removeFirst()) }
            while group.count < options.groupWritesMax, let next = state.door.popFirst() ?? state.page.popFirst() {
                group.append(next)
            }
            if group.isEmpty, !isTextDue { state.isDraining = false }
            return group
        }
    }

    private func isDue(_ piece: Waiting, _ state: State) -> Bool {
        let isAlone = state.door.isEmpty && state.page.isEmpty && !isTextDue
        return isAlone || clock.monotonic &- piece.since >= options.bulkPatience.nanoseconds
    }

    /// What came while the group ran goes with it. Whoever the last group answered asks again at once: without this
    /// the first few of them would be a group, the others would wait for its sync and then for their own.
    private func takeLate(_ count: Int, since started: UInt64) -> [Waiting] {
        guard clock.monotonic &- started < options.groupDuration.nanoseconds else { return [] }
        var late: [Waiting] = []
        for _ in 0..<Self.lateLooksMax {
            state.withLock { state in
                while count + late.count < options.groupWritesMax,
                    let next = state.door.popFirst() ?? state.page.popFirst()
                {
                    late.append(next)
                }
            }
            // A lone scan never waits here: the last group was as small.
            guard late.isEmpty, count * 2 < lastCount else { break }
            usleep(20)
        }
        return late
    }

    /// How often a group that is small beside the last one looks for those whom that one answered: for 0.3 ms.
    private static let lateLooksMax = 15

    private func commit(_ first: [Waiting], in database: Database) {
        guard let refused = attempt(first, in: database) else { return }
        // The piece went first. What was to go with it goes without it.
        first[0].refuse(refused.cause)
        if first.count > 1 { _ = attempt(Array(first.dropFirst()), in: database) }
    }

    /// Runs and commits a group, and answers it.
    ///
    /// - Returns: why nothing was kept and nobody answered yet: the piece that the group begins with was refused.
    private func attempt(_ first: [Waiting], in database: Database) -> RefusedPiece? {
        let started = clock.monotonic
        var group = first
        var answers: [@Sendable () -> Void] = []
        var keptCount = 0
        let mark = log.mark
        do {
            try database.inTransaction(.immediate) {
                while answers.count < group.count {
                    answers.append(try run(group[answers.count], in: database, keptCount: &keptCount))
                    if answers.count == group.count { group += takeLate(group.count, since: started) }
                }
                // A group of refusals has nothing to keep, so nobody waits for the disk.
                guard keptCount > 0 || group.isEmpty else { return .rollback }
                try settleTexts(of: group, in: database)
                try persistClock(database)
                return .commit
            }
        } catch let refused as RefusedPiece {
            log.rewind(to: mark)
            return refused
        } catch {
            // They are tried again with the next group.
            isTextDue = false
            let cause = log.takeLoss() ?? error
            log.rewind(to: mark)
            refuse(group, because: cause)
            return nil
        }
        lastCount = group.count
        if keptCount > 0 { publish(group.count, since: started) }
        for answer in answers { answer() }
        return nil
    }

    /// What a page or a door wrote is found when it is answered. What a piece wrote has a group of its own, so that a
    /// scan waits for one of the two.
    private func settleTexts(of group: [Waiting], in database: Database) throws {
        let hasPage = group.contains { $0.lane == .page }
        if !hasPage, group.contains(where: { $0.lane == .bulk }) {
            isTextDue = true
        } else if hasPage || group.isEmpty || !isTextDue {
            isTextDue = try GearText.settle(in: database, mergesIndex: group.isEmpty)
        }
    }

    /// Runs one operation in its savepoint; its failure is its own and does not touch the group.
    ///
    /// - Throws: when the whole group is lost: a disk that is full or fails may end the transaction under the savepoint.
    private func run(
        _ waiting: Waiting, in database: Database, keptCount: inout Int
    ) throws -> @Sendable () -> Void {
        do {
            let answer = try waiting.run(
                WriteTransaction(database: database, log: log, clock: clock, origin: waiting.origin))
            keptCount += 1
            return answer
        } catch  where database.isInsideTransaction && !StoreFault.isFault(error) {
            if waiting.lane == .bulk { throw RefusedPiece(cause: error) }
            return { waiting.refuse(error) }
        }
    }

    private func refuse(_ group: [Waiting], because error: any Error) {
        let refusal = StoreFault.refusal(for: error)
        state.withLock { $0.figures.failedCommits += 1 }
        if StoreFault.isFault(error) { stop(refusal) }
        for waiting in group { waiting.refuse(refusal) }
    }

    /// Ends all writing. What waits is refused; nothing is tried again on this connection.
    private func stop(_ fault: Failure) {
        let (waiting, tell) = state.withLock { state in
            defer {
                state.door.removeAll()
                state.page.removeAll()
                state.bulk.removeAll()
            }
            if state.fault == nil { state.fault = fault }
            return (Array(state.door) + Array(state.page) + Array(state.bulk), state.tellFault)
        }
        for waiting in waiting { waiting.refuse(fault) }
        tell?(fault)
    }

    private func persistClock(_ database: Database) throws {
        try database.cachedStatement(sql: "UPDATE node SET hlc = ?").execute(arguments: [clock.tick().rawValue])
    }

    private func publish(_ operations: Int, since started: UInt64) {
        let changes = log.takePending()
        let publish = state.withLock { state in
            state.position = log.position
            state.figures.commits += 1
            state.figures.lastCommit = clock.now
            state.figures.operations += operations
            state.figures.commitNanoseconds += clock.monotonic &- started
            return state.publish
        }
        if !changes.isEmpty { for publish in publish { publish(changes) } }
    }

    /// Copies the WAL back when it is long. Nobody waits for it but the next group, and no other connection may.
    private func checkpointIfLong(_ database: Database) {
        let pages = SpatiaLite.walPages(of: database)
        // A batch fills the WAL all the time, and scans come in between: they wait for short copying more easily.
        let pagesMax = isTextDue || lastCount == 0 ? options.checkpointPages / 4 : options.checkpointPages
        guard pages >= pagesMax else {
            return state.withLock { $0.figures.walPages = pages }
        }
        do {
            let row = try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(PASSIVE)")
            let left = (row?["log"] as Int? ?? 0) - (row?["checkpointed"] as Int? ?? 0)
            SpatiaLite.setWALPages(left, of: database)
            state.withLock { state in
                state.figures.checkpoints += 1
                state.figures.walPages = left
            }
        } catch {
            // The WAL keeps the pages. When the disk is full the next group tries again. After a sync that failed
            // it must not: the kernel would say that all is well and the WAL would be written over.
            state.withLock { $0.figures.failedCommits += 1 }
            if StoreFault.isFault(error) { stop(StoreFault.refusal(for: error)) }
        }
    }
}
