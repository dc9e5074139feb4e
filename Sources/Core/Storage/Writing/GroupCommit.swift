// Many operations, one sync. The writer drains what is waiting into one transaction, a savepoint each, and commits once;
// when that is on the disk it is published, then all are answered. Meanwhile the writer decides the next group
// (DiskSync.swift). On a card where a sync takes 4 ms this is the difference between 250 and thousands of writes a second.
// Door work goes first.
import Foundation
import GRDB
private import Synchronization

/// The writer's queue and its drain.
final class GroupCommit: Sendable {
    /// A piece of a batch that was refused: the transaction that it began goes with it.
    private struct RefusedPiece: Error {
        let cause: any Error
    }

    private struct State {
        var waiting = WaitingWrites()
        var isDraining = false
        var publish: [@Sendable ([Change]) -> Void] = []
        var tellFault: (@Sendable (Failure) -> Void)?
        /// Set once and for good: nothing is written on these connections any more.
        var fault: Failure?
        var position: LogPosition
        var figures = StoreFigures()
    }

    private let writer: DatabaseQueue
    private let clock: HybridClock
    private let options: Store.Options
    private let disk = DiskSync()
    private let state: Mutex<State>
    // Confined to the writer queue: only `drain` and what it calls touch it.
    private nonisolated(unsafe) let log: LogWriter
    // Confined to the writer queue too. How many operations the last group had.
    private nonisolated(unsafe) var lastCount = 0
    // Confined to the writer queue too. Whether somebody at a door or a page was in it.
    private nonisolated(unsafe) var lastServed = false
    // Confined to the writer queue too.
    private nonisolated(unsafe) var dueTexts = DueTexts()

    init(writer: DatabaseQueue, log: LogWriter, clock: HybridClock, options: Store.Options) throws {
        // From here on the groups' syncs are ours; SQLite syncs what a checkpoint needs.
        try writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
        self.writer = writer
        self.log = log
        self.clock = clock
        self.options = options
        state = Mutex(State(position: log.position))
    }

    /// Returns when what can be read by now is on the disk.
    func untilDurable() async { await disk.untilDurable() }

    /// Returns when nothing is on its way to the disk. Nobody writes after it.
    func finish() throws { try writer.writeWithoutTransaction { _ in disk.wait() } }

    /// Whether somebody at a door or a page waits for the writer.
    var isAwaited: Bool { state.withLock { $0.waiting.countOfPeople > 0 } }

    var committedPosition: LogPosition { state.withLock { $0.position } }

    var figures: StoreFigures {
        state.withLock { state in
            var figures = state.figures
            figures.waiting = state.waiting.count
            figures.syncs = disk.syncs
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
                WaitingWrite(
                    run: { transaction in
                        // SQLite keeps each page as it was for a savepoint, and looks through them at every statement:
                        // a piece, which writes hundreds, has the transaction itself.
                        let value =
                            lane == .bulk
                            ? try body(transaction) : try transaction.attempt { try body(transaction) }
                        return { continuation.resume(returning: value) }
                    },
                    refuse: { continuation.resume(throwing: $0) }, lane: lane, origin: Origin.current,
                    since: clock.monotonic))
        }
    }

    private func enqueue(_ waiting: WaitingWrite) {
        enum Verdict {
            case start, wait
            case refused(Failure)
        }
        let verdict: Verdict = state.withLock { state in
            if let fault = state.fault { return .refused(fault) }
            guard state.waiting.count < options.waitingWritesMax else {
                return .refused(Failure(.unavailable, "The box has too much to write at once. Try again."))
            }
            state.waiting.append(waiting)
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
            switch takeFirst() {
            case .operation(let first): commit(first, in: database)
            case .texts: commit(nil, in: database)
            case .nothing: return
            }
            checkpointIfLong(database)
        }
    }

    /// What begins a group.
    private enum First {
        case operation(WaitingWrite)
        case texts, nothing
    }

    /// What begins the next group, doors first; nothing ends the drain. A piece of a batch begins a group only, so that
    /// what is behind it waits for one piece at most, and joins none, so that no scan's group grows by it. Texts, then a
    /// piece, go when nobody else waits, or when they have waited long; between pieces texts go many at a time.
    private func takeFirst() -> First {
        state.withLock { state in
            let isQuiet = state.waiting.countOfPeople == 0
            func isDue(since: UInt64) -> Bool {
                isQuiet || clock.monotonic &- since >= options.bulkPatience.nanoseconds
            }
            let isWorthGroup = !state.waiting.hasPieces || dueTexts.areMany
            if let since = dueTexts.since, isQuiet ? isWorthGroup : isDue(since: since) { return .texts }
            if let piece = state.waiting.popPiece(if: isDue) { return .operation(piece) }
            if let first = state.waiting.popPerson() { return .operation(first) }
            state.isDraining = false
            return .nothing
        }
    }

    /// The operation that goes with the group; nil when it is to be committed.
    ///
    /// While the disk is busy the group takes whatever comes. When it is free and many wait, half of them go: the others
    /// are decided while these are synced. Whoever the last group answered asks again at once, so a group that is small
    /// beside it looks out for them as long as the disk is busy, or for 0.3 ms: else the first few would be a group, and
    /// the others wait for two syncs.
    private func takeNext(after count: Int, since started: UInt64) -> WaitingWrite? {
        guard count < options.groupWritesMax else { return nil }
        for look in 0... {
            let isDiskFree = !disk.isBusy
            if isDiskFree, clock.monotonic &- started >= options.groupDuration.nanoseconds { return nil }
            let (next, isHalf) = state.withLock { state in
                let waitingCount = state.waiting.countOfPeople
                let isHalf = isDiskFree && waitingCount >= Self.halfMin && count >= waitingCount
                return (isHalf ? nil : state.waiting.popPerson(), isHalf)
            }
            // A lone scan never looks out: the last group was as small.
            let isLookingOut = !isHalf && count * 2 < lastCount && (!isDiskFree || look < Self.looksMax)
            if next != nil || !isLookingOut { return next }
            usleep(20)
        }
        return nil
    }

    private static let looksMax = 15
    /// Fewer than this are not worth a group of their own.
    private static let halfMin = 16

    /// A group while it is decided.
    private struct Group {
        let started: UInt64
        var operations: [WaitingWrite]
        var answers: [@Sendable () -> Void] = []
        var keptCount = 0
    }

    /// A group that was committed: what is to be done when it is on the disk.
    private struct Committed: Sendable {
        let operations: [WaitingWrite]
        let answers: [@Sendable () -> Void]
        let changes: [Change]
        let position: LogPosition
        let started: UInt64
        let log: DiskSync.Log
    }

    /// Decides and commits a group, and has it brought to the disk: beside the writer when that has more to do.
    private func commit(_ first: WaitingWrite?, in database: Database) {
        var group = Group(started: clock.monotonic, operations: first.map { [$0] } ?? [])
        let mark = log.mark
        var (wasFree, isVisible) = (false, false)
        do {
            try database.inTransaction(.immediate) {
                try decide(&group, in: database)
                // A group of refusals has nothing to keep.
                guard group.keptCount > 0 || group.operations.isEmpty else { return .rollback }
                try settleTexts(of: group.operations, in: database)
                try persistClock(database)
                wasFree = !disk.isBusy
                disk.begin()
                isVisible = true
                if let fault { throw fault }
                return .commit
            }
            lastCount = group.operations.count
            lastServed = group.operations.contains { $0.lane != .bulk }
            guard isVisible else {
                disk.wait()
                for answer in group.answers { answer() }
                return
            }
            let committed = Committed(
                operations: group.operations, answers: group.answers, changes: log.takePending(),
                position: log.position, started: group.started, log: try DiskSync.log(of: database))
            let isAlone = wasFree && state.withLock { $0.waiting.count == 0 }
            if isAlone { return sync(committed) }
            disk.start { [self] in sync(committed) }
        } catch {
            if isVisible {
                // In the order of the commits: readers of the group before must not be let go.
                disk.wait()
                disk.end()
            }
            let cause = log.takeLoss() ?? error
            log.rewind(to: mark)
            if let refused = error as? RefusedPiece { return group.operations[0].refuse(refused.cause) }
            dueTexts.postpone()
            refuse(group.operations, because: cause)
        }
    }

    private func decide(_ group: inout Group, in database: Database) throws {
        while group.answers.count < group.operations.count {
            let operation = group.operations[group.answers.count]
            group.answers.append(try run(operation, in: database, keptCount: &group.keptCount))
            if let next = takeNext(after: group.operations.count, since: group.started) {
                group.operations.append(next)
            }
        }
    }

    private func sync(_ committed: Committed) {
        do {
            // After a sync that failed the kernel calls all later ones well.
            if let fault { throw fault }
            if options.synchronous == .full { try disk.sync(committed.log) }
            publish(committed)
            disk.end()
            for answer in committed.answers { answer() }
        } catch {
            refuse(committed.operations, because: error)
            disk.end()
        }
    }

    /// What a page or a door wrote is found when it is answered. What a piece wrote has a group of its own, so that a
    /// scan waits for one of the two.
    private func settleTexts(of group: [WaitingWrite], in database: Database) throws {
        let hasPage = group.contains { $0.lane == .page }
        let hasPiece = group.contains { $0.lane == .bulk }
        guard hasPage || group.isEmpty || (!hasPiece && dueTexts.since == nil) else {
            return dueTexts.add(hasPiece ? log.pending.count : 0, at: clock.monotonic)
        }
        let areLeft = try GearText.settle(in: database, mergesIndex: group.isEmpty)
        dueTexts.wrote(areLeft: areLeft, at: clock.monotonic)
    }

    /// Runs one operation in its savepoint; its failure is its own and does not touch the group.
    ///
    /// - Throws: when the whole group is lost: a disk that is full or fails may end the transaction under the savepoint.
    private func run(
        _ waiting: WaitingWrite, in database: Database, keptCount: inout Int
    ) throws -> @Sendable () -> Void {
        do {
            let answer = try waiting.run(
                WriteTransaction(database: database, log: log, clock: clock, origin: waiting.origin))
            keptCount += 1
            return answer
        } catch  where StoreFault.isOwn(error, in: database) {
            if waiting.lane == .bulk { throw RefusedPiece(cause: error) }
            return { waiting.refuse(error) }
        }
    }

    private func refuse(_ group: [WaitingWrite], because error: any Error) {
        let refusal = StoreFault.refusal(for: error)
        state.withLock { $0.figures.failedCommits += 1 }
        if StoreFault.isFault(error) { stop(refusal) }
        for waiting in group { waiting.refuse(refusal) }
    }

    /// Ends all writing. What waits is refused; nothing is tried again on this connection.
    private func stop(_ fault: Failure) {
        let (waiting, tell) = state.withLock { state in
            if state.fault == nil { state.fault = fault }
            return (state.waiting.popAll(), state.tellFault)
        }
        for waiting in waiting { waiting.refuse(fault) }
        tell?(fault)
    }

    private func persistClock(_ database: Database) throws {
        try database.cachedStatement(sql: "UPDATE node SET hlc = ?").execute(arguments: [clock.tick().rawValue])
    }

    private func publish(_ committed: Committed) {
        let publish = state.withLock { state in
            state.position = committed.position
            state.figures.commits += 1
            state.figures.lastCommit = clock.now
            state.figures.operations += committed.operations.count
            state.figures.commitNanoseconds += clock.monotonic &- committed.started
            return state.publish
        }
        if !committed.changes.isEmpty { for publish in publish { publish(committed.changes) } }
    }

    /// Copies the WAL back when it is long. Nobody waits for it but the next group, and no other connection may.
    private func checkpointIfLong(_ database: Database) {
        let pages = SpatiaLite.walPages(of: database)
        // A batch fills the WAL all the time, and scans come in between. Who was just served does not come again at once, so
        // then is a good time to copy; and who waits already goes before it.
        let isBatch = dueTexts.since != nil || lastCount == 0
        let pagesMax = isBatch ? options.checkpointPages / (lastServed ? 4 : 2) : options.checkpointPages
        guard pages >= pagesMax, pages >= options.checkpointPages || !isAwaited else {
            return state.withLock { $0.figures.walPages = pages }
        }
        // One sync at a time: the kernel tells of a failure once, and the group must hear of its own.
        disk.wait()
        guard fault == nil else { return }
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
