// Carries batches out, one after the other, in pieces of a few milliseconds in the lane below everybody else's. All or
// nothing: a step that fails has everything before it taken back, and so has a daemon that died in the middle, when it
// starts again. The cursor and the names of the Changes are written with the Changes.
import Foundation
import GRDB
package import Logging
private import Synchronization

/// One batch that is to be carried out.
package struct BatchOrder: Sendable {
    /// One step of a batch, and the row of the file that it came from.
    package struct Step: Sendable {
        var row: Int?
        let run: @Sendable (WriteTransaction) throws -> Void
    }

    let kind: Batch.Kind
    let title: String
    let author: Author
    let steps: [Step]
    var undoes: Batch.ID?
}

/// Carries batches out, one after the other.
package final class BatchRunner: Sendable {
    /// Bounds of a piece and of what waits.
    package struct Options: Sendable {
        /// A piece ends with the step that passes this, or that somebody waits for and that passes
        /// ``pieceDurationAwaited``: a scan waits for a step and the commit, some 3 ms. The longer, the less is written:
        /// a step touches pages of many indexes, and each is written once for all steps of a piece.
        package var pieceDuration = Duration.milliseconds(25)
        package var pieceDurationAwaited = Duration.milliseconds(1)
        package var pieceStepsMax = 500
        /// Most batches that wait for the one under way; more are refused as `tooMany`.
        package var waitingMax = 8
        /// Least time between two signals of one batch.
        package var signalInterval = Duration.milliseconds(250)

        package init() {}
    }

    private struct Job: Sendable {
        let id: Batch.ID
        let order: BatchOrder
        let ended: (@Sendable () -> Void)?
    }

    /// A step that was refused.
    struct Stumble: Error {
        let index: Int
        let failure: Failure
    }

    let store: Store
    private let options: Options
    private let logger: Logger
    private let signal: @Sendable (JSON) -> Void
    private let jobs: AsyncStream<Job>
    private let inbox: AsyncStream<Job>.Continuation
    private let lastSignal = Mutex<UInt64>(0)
    /// Batches of this life: what is unfinished and none of these was left by a death.
    private let ours = Mutex<Set<Batch.ID>>([])

    /// - Parameter signal: called with ``Batch/progress`` while one goes on, at most four times a second, and at its end.
    package init(
        store: Store, options: Options = Options(), logger: Logger, signal: @escaping @Sendable (JSON) -> Void
    ) {
        self.store = store
        self.options = options
        self.logger = logger
        self.signal = signal
        (jobs, inbox) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(options.waitingMax))
    }

    /// Takes back what a death left unfinished, then carries out what comes, until the task is cancelled.
    package func run() async {
        await revertUnfinished()
        for await job in jobs {
            if !Task.isCancelled { await carryOut(job) }
            job.ended?()
        }
        inbox.finish()
    }

    /// Queues a batch. - Throws: `tooMany` when too many wait.
    package func start(_ order: BatchOrder) async throws -> Batch.ID {
        let id = try await open(order)
        try await enqueue(Job(id: id, order: order, ended: nil))
        return id
    }

    /// Queues a batch and waits for its end.
    ///
    /// - Throws: `tooMany`; `conflict` with what stopped it, when nothing of it stands; `unavailable` when the box is
    ///   told to stop before it is done.
    package func finish(_ order: BatchOrder) async throws -> Batch {
        let id = try await open(order)
        let (ended, end) = AsyncStream<Void>.makeStream()
        try await enqueue(Job(id: id, order: order, ended: { end.finish() }))
        for await _ in ended {}
        let batch = try await BatchBook(store: store).find(id)
        switch batch.state {
        case .done, .undone: return batch
        case .running:
            throw Failure(.unavailable, "The box was told to stop before that was done. Nothing of it will stand.")
        case .reverting, .reverted:
            let trouble = try batch.trouble.map { try JSON(parsing: Array($0.utf8)) }
            throw Failure(
                .conflict, trouble?["message"]?.string ?? "That could not be done.",
                details: ["trouble": trouble ?? .null])
        }
    }

    private func enqueue(_ job: Job) async throws {
        if case .enqueued = inbox.yield(job) { return }
        try await store.write { try $0.database.execute(sql: "DELETE FROM batch WHERE id = ?", arguments: [job.id]) }
        throw Failure(.tooMany, "Too many batches wait already. Try again when one is done.")
    }

    private func open(_ order: BatchOrder) async throws -> Batch.ID {
        try await store.write { [self] transaction in
            let id: Batch.ID = transaction.newID()
            ours.withLock { _ = $0.insert(id) }
            try transaction.database.execute(
                sql: """
                    INSERT INTO batch (id, kind, title, state, person, device, at, total, undoes)
                    VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, order.kind.rawValue, order.title, order.author.person, order.author.device,
                    transaction.milliseconds, order.steps.count, order.undoes,
                ])
            if order.steps.isEmpty { try Self.finish(id, in: transaction) }
            return id
        }
    }

    private func carryOut(_ job: Job) async {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.piecesUnderWay { group.addTask { try await self.carryOutPieces(of: job) } }
                try await group.waitForAll()
            }
        } catch let stumble as Stumble {
            await revert(job.id, because: stumble, row: job.order.steps[stumble.index].row, by: job.order.author)
        } catch {
            logger.error("a batch was not finished", metadata: ["batch": "\(job.id.rawValue)", "cause": "\(error)"])
            await revert(
                job.id, because: Stumble(index: 0, failure: StoreFault.refusal(for: error)), row: nil,
                by: job.order.author)
        }
    }

    /// One piece is decided while the one before is brought to the disk.
    private static let piecesUnderWay = 2

    /// Carries out pieces until none is left, beside another that does. What is told to stop is taken back at the next
    /// start.
    private func carryOutPieces(of job: Job) async throws {
        let total = job.order.steps.count
        while !Task.isCancelled {
            let done = try await store.write(lane: .bulk) { [self] in try piece(of: job, in: $0) }
            guard let done else { return }
            let progress: JSON = [
                "id": .string(job.id.rawValue), "state": done < total ? "running" : "done", "done": .int(Int64(done)),
                "total": .int(Int64(total)),
            ]
            tell(progress, isLast: done == total)
        }
    }

    /// Carries out steps for as long as a piece may take, from where the batch stands in this transaction: what of it
    /// was lost is not passed over.
    ///
    /// - Returns: the steps done by now; nil when none was left.
    private func piece(of job: Job, in transaction: WriteTransaction) throws -> Int? {
        let standing = try Int.fetchOne(
            transaction.database.cachedStatement(sql: "SELECT done FROM batch WHERE id = ? AND state = 'running'"),
            arguments: [job.id])
        guard let first = standing, first < job.order.steps.count else { return nil }
        let seq = transaction.lastSeq
        var next = first
        repeat {
            do { try job.order.steps[next].run(transaction) } catch let failure as Failure {
                throw Stumble(index: next, failure: failure)
            }
            next += 1
        } while next < job.order.steps.count && next - first < options.pieceStepsMax && goesOn(transaction)
        if transaction.lastSeq > seq {
            try transaction.database.cachedStatement(
                sql: "INSERT INTO batch_piece (batch, first, last) VALUES (?, ?, ?)"
            ).execute(arguments: [job.id, seq + 1, transaction.lastSeq])
        }
        try transaction.database.cachedStatement(sql: "UPDATE batch SET done = ? WHERE id = ?")
            .execute(arguments: [next, job.id])
        if next == job.order.steps.count { try Self.finish(job.id, in: transaction) }
        return next
    }

    /// Whether the piece that this transaction is may take longer.
    private func goesOn(_ transaction: WriteTransaction) -> Bool {
        let elapsed = store.clock.monotonic &- transaction.monotonic
        return elapsed < options.pieceDurationAwaited.nanoseconds
            || (elapsed < options.pieceDuration.nanoseconds && !store.isAwaited)
    }

    /// Marks a batch as done, and along the chain of undos that ends with it each one as what it is now.
    private static func finish(_ id: Batch.ID, in transaction: WriteTransaction) throws {
        let database = transaction.database
        try database.execute(sql: "UPDATE batch SET state = 'done' WHERE id = ?", arguments: [id])
        var state = Batch.State.undone
        var undone = try Batch.find(id, in: database).undoes
        while let next = undone {
            try database.execute(sql: "UPDATE batch SET state = ? WHERE id = ?", arguments: [state.rawValue, next])
            state = state == .undone ? .done : .undone
            undone = try Batch.find(next, in: database).undoes
        }
    }

    private func tell(_ progress: JSON, isLast: Bool) {
        let now = store.clock.monotonic
        let isDue = lastSignal.withLock { last in
            guard isLast || now &- last >= options.signalInterval.nanoseconds else { return false }
            last = now
            return true
        }
        if isDue { signal(progress) }
    }
}

// Taking back what could not be finished.
extension BatchRunner {
    private func revertUnfinished() async {
        do {
            let unfinished = try await store.read { database in
                try Row.fetchAll(
                    database, sql: "SELECT * FROM batch WHERE state IN ('running', 'reverting') ORDER BY place DESC"
                ).map { row in
                    (
                        id: row["id"] as Batch.ID, author: Author(person: row["person"], device: row["device"]),
                        hasTrouble: (row["trouble"] as String?) != nil
                    )
                }
            }
            for batch in unfinished where !ours.withLock({ $0.contains(batch.id) }) {
                let failure = Failure(.unavailable, "The box stopped in the middle, so nothing of it was kept.")
                let stumble = batch.hasTrouble ? nil : Stumble(index: 0, failure: failure)
                await revert(batch.id, because: stumble, row: nil, by: batch.author)
            }
        } catch {
            logger.error("unfinished batches can not be read", metadata: ["cause": "\(error)"])
        }
    }

    /// Takes back the Changes of a batch, the last first, in pieces. What was made by it and used since is archived;
    /// what was edited again since stays, and both are named.
    private func revert(_ id: Batch.ID, because stumble: Stumble?, row: Int?, by author: Author) async {
        do {
            try await store.write(lane: .bulk) { transaction in
                var trouble: JSON?
                if let stumble {
                    let message = row.map { "Row \($0): \(stumble.failure.message)" } ?? stumble.failure.message
                    trouble = ["message": .string(message)]
                    if let row { trouble = trouble?.adding(["row": .int(Int64(row))]) }
                    if let details = stumble.failure.details { trouble = trouble?.adding(["details": details]) }
                }
                try transaction.database.execute(
                    sql: "UPDATE batch SET state = 'reverting', trouble = coalesce(?, trouble) WHERE id = ?",
                    arguments: [trouble?.text, id])
            }
            while try await store.write(lane: .bulk, { [self] in try revertPiece(of: id, by: author, in: $0) }) {
                guard !Task.isCancelled else { return }
                tell(try await BatchBook(store: store).find(id).progress, isLast: false)
            }
            tell(try await BatchBook(store: store).find(id).progress, isLast: true)
        } catch {
            // It is tried again at the next start.
            logger.error("a batch was not taken back", metadata: ["batch": "\(id.rawValue)", "cause": "\(error)"])
        }
    }

    /// Takes back the last few Changes that stand. - Returns: whether some are left.
    private func revertPiece(of id: Batch.ID, by author: Author, in transaction: WriteTransaction) throws -> Bool {
        let database = transaction.database
        let piece = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT first, last FROM batch_piece WHERE batch = ? ORDER BY first DESC LIMIT 1"),
            arguments: [id])
        guard let piece else {
            try database.execute(
                sql: "UPDATE batch SET state = 'reverted', done = 0 WHERE id = ?", arguments: [id])
            return false
        }
        let first: Int64 = piece["first"]
        var last: Int64 = piece["last"]
        var left: [String] = []
        repeat {
            if let name = try Self.takeBack(last, by: author, in: transaction) { left.append(name) }
            last -= 1
        } while last >= first && goesOn(transaction)
        if last < first {
            try database.cachedStatement(sql: "DELETE FROM batch_piece WHERE batch = ? AND first = ?")
                .execute(arguments: [id, first])
        } else {
            try database.cachedStatement(sql: "UPDATE batch_piece SET last = ? WHERE batch = ? AND first = ?")
                .execute(arguments: [last, id, first])
        }
        for name in left {
            try database.execute(
                sql: """
                    UPDATE batch SET trouble = json_insert(
                      json_insert(coalesce(trouble, '{"message": ""}'), '$.left', json('[]')), '$.left[#]', ?)
                    WHERE id = ?
                    """, arguments: [name, id])
        }
        return true
    }

    /// - Returns: the name of what could not be taken back.
    private static func takeBack(_ seq: Int64, by author: Author, in transaction: WriteTransaction) throws -> String? {
        guard let change = try Change.find(seq, in: transaction.database) else { return nil }
        do {
            _ = try transaction.attempt { try ChangeUndo.reverse(change, by: author, in: transaction) }
            return nil
        } catch is Failure {
            // Best effort: what stays is named.
            _ = try transaction.unlessRefused { try ChangeUndo.archive(change, by: author, in: transaction) }
            return change.name
        }
    }
}
