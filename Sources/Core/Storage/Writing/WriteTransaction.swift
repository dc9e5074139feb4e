// What a desk's operation gets inside the writer: the database, one clock reading, and `append`, the only way to
// make a Change. Numbers of a rolled-back operation are given back, so the log has no gaps.
package import Foundation
package import GRDB

/// One operation's view of the write that is under way. Lives on the writer only, until the operation returns.
package final class WriteTransaction {
    package let database: Database
    /// One clock reading for the whole operation.
    package let time: HybridTime
    package let monotonic: UInt64
    package let bootID: String
    private let log: LogWriter
    private let origin: Origin?

    init(database: Database, log: LogWriter, clock: HybridClock, origin: Origin?) {
        self.database = database
        self.log = log
        self.origin = origin
        time = clock.tick()
        monotonic = clock.monotonic
        bootID = clock.bootID
    }

    /// The wall clock part of ``time``.
    package var now: Date { time.date }

    /// Unix milliseconds of ``time``, as times are stored.
    package var milliseconds: Int64 { time.rawValue >> 16 }

    /// The place of the last Change that was appended, by this operation or before it.
    var lastSeq: Int64 { log.position.seq }

    /// A new identifier made now.
    package func newID<Named>() -> Identifier<Named> { Identifier(at: now) }

    /// Appends a Change; it is published after the commit. Who did it is whom the caller names, else whose request it is.
    @discardableResult
    package func append(
        _ topic: Topic, _ kind: String, subject: String, actor: String? = nil, device: String? = nil, _ body: JSON
    ) throws -> Change {
        try log.append(
            topic, kind, subject: subject, actor: actor ?? origin?.person?.rawValue, device: device ?? origin?.device,
            address: origin?.address, body: body.bytes, time: time, monotonic: monotonic, in: database)
    }

    /// Shows members beside those of the Change that was just appended, and keeps them out of the log.
    func show(_ members: JSON) { log.show(members.bytes) }

    /// Begins a new epoch while the box runs, because what was numbered here is known with other contents elsewhere.
    func beginEpoch() throws -> String {
        let machine = try String.fetchOne(database, sql: "SELECT machine FROM node")
        let epoch = try Epoch.begin(because: .restored, machine: machine, at: now, in: database)
        log.begin(epoch: epoch)
        return epoch
    }

    /// Runs `body` in a savepoint of its own. If it throws, what it wrote and the Changes it made are undone, and
    /// what the operation did before stays.
    package func attempt<T>(_ body: () throws -> T) throws -> T {
        // SQLite ends the whole transaction when the disk is full; a savepoint would begin one of its own then.
        guard database.isInsideTransaction else { throw Failure(.unavailable, "The write was given up.") }
        let mark = log.mark
        // Three statements that are kept: GRDB's `inSavepoint` prepares its SQL anew each time.
        try run("SAVEPOINT operation")
        do {
            let result = try body()
            try run("RELEASE operation")
            return result
        } catch {
            log.rewind(to: mark)
            // SQLite ends the transaction itself when a disk is full or fails: then the whole group is lost.
            guard database.isInsideTransaction else {
                log.lose(error)
                throw error
            }
            try run("ROLLBACK TO operation")
            try run("RELEASE operation")
            throw error
        }
    }

    /// As ``attempt(_:)``, for what may be refused here; nil when it was.
    ///
    /// - Throws: what concerns the whole group: a disk that is full or fails.
    package func unlessRefused<T>(_ body: () throws -> T) throws -> T? {
        do { return try attempt(body) } catch  where StoreFault.isOwn(error, in: database) { return nil }
    }

    private func run(_ sql: String) throws { try database.cachedStatement(sql: sql).execute() }
}

/// The growing end of the log. Confined to the writer queue.
final class LogWriter {
    /// A point of the group under way to go back to.
    struct Mark {
        fileprivate let seq: Int64
        fileprivate let n: Int64
        fileprivate let epoch: String
        fileprivate let count: Int
    }

    let node: String
    private(set) var epoch: String
    private let bootID: String
    private var seq: Int64
    private var n: Int64
    /// The Changes of the group under way, in order.
    private(set) var pending: [Change] = []
    /// Why the transaction of the group under way ended before its time.
    private var loss: (any Error)?

    init(node: String, epoch: String, bootID: String, seq: Int64, n: Int64) {
        self.node = node
        self.epoch = epoch
        self.bootID = bootID
        self.seq = seq
        self.n = n
    }

    var position: LogPosition { LogPosition(epoch: epoch, seq: seq) }
    var mark: Mark { Mark(seq: seq, n: n, epoch: epoch, count: pending.count) }

    func rewind(to mark: Mark) {
        seq = mark.seq
        n = mark.n
        epoch = mark.epoch
        pending.removeLast(pending.count - mark.count)
    }

    /// Numbers what comes from now on anew, under another epoch.
    func begin(epoch: String) {
        self.epoch = epoch
        n = 0
    }

    /// Notes the first error that ended the group's transaction.
    func lose(_ error: any Error) { loss = loss ?? error }

    func takeLoss() -> (any Error)? {
        defer { loss = nil }
        return loss
    }

    func show(_ members: [UInt8]) {
        guard !pending.isEmpty else { return }
        pending[pending.count - 1].shown = members
    }

    /// Hands over the group's Changes, which are durable now.
    func takePending() -> [Change] {
        defer { pending.removeAll(keepingCapacity: true) }
        return pending
    }

    func append(
        _ topic: Topic, _ kind: String, subject: String, actor: String?, device: String?, address: String?,
        body: [UInt8], time: HybridTime, monotonic: UInt64, in database: Database
    ) throws -> Change {
        let hash = Change.hash(
            node: node, epoch: epoch, n: n + 1, time: time, actor: actor, device: device, address: address,
            topic: topic.rawValue, kind: kind, subject: subject, body: body)
        let change = Change(
            position: LogPosition(epoch: epoch, seq: seq + 1), node: node, n: n + 1, time: time, bootID: bootID,
            monotonic: monotonic, actor: actor, device: device, address: address, topic: topic, kind: kind,
            subject: subject, body: body, hash: hash)
        try insert(change, in: database)
        seq += 1
        n += 1
        pending.append(change)
        return change
    }

    private func insert(_ change: Change, in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO change
                  (seq, epoch, node, n, hlc, boot, monotonic, actor, device, address, topic, kind, subject, body, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            change.position.seq, change.position.epoch, change.node, change.n, change.time.rawValue, change.bootID,
            Int64(bitPattern: change.monotonic), change.actor, change.device, change.address, change.topic.rawValue,
            change.kind, change.subject, String(decoding: change.body, as: UTF8.self), Data(change.hash),
        ])
    }
}
