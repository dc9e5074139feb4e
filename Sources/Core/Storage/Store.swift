// The one SpatiaLite file of one organisation. One writer, which commits waiting operations together with one sync
// (GroupCommit.swift); a few readers, which can not write and so can not checkpoint. What a write returned is on disk.
package import Foundation
package import GRDB
private import Synchronization

/// The one SpatiaLite file of one organisation: many readers, one writer, and the log of Changes.
///
/// Open a file once. A second process that opens the same folder is refused by ``FolderLock``.
package final class Store: Sendable {
    /// Names and bounds of the file's handling.
    package struct Options: Sendable {
        /// Most operations committed together.
        package var groupWritesMax = 256
        /// How long a group takes in what comes while it runs and the disk is free; then it is committed.
        package var groupDuration = Duration.milliseconds(10)
        /// How long a piece of a batch waits for a moment in which nobody else writes.
        package var bulkPatience = Duration.milliseconds(250)
        /// Most operations that wait for the writer; more are refused as `unavailable`.
        package var waitingWritesMax = 10_000
        /// Pages in the WAL after which the writer checkpoints, off the acknowledged path: half of them within a batch,
        /// or a quarter after somebody was served, because the next group waits as long as pages are copied.
        package var checkpointPages = 4_000
        package var readerCount = 3
        /// The SQLite VFS to open with; nil is the system's. Tests cut the power of another one.
        package var vfs: String?
        /// What machine this is; when the file was written on another one, a new epoch begins. Nil: not known.
        package var machine = Machine.fingerprint
        /// Full but in the test that shows what is lost otherwise.
        var synchronous = Synchronous.full

        package init() {}
    }

    /// Whether a group is answered when it is on the disk, or when it is committed.
    enum Synchronous {
        case full
        case normal
    }

    package let path: String
    package let clock: HybridClock
    let writer: DatabaseQueue
    private let readers: [DatabaseQueue]
    /// How many reads each reader has to do.
    private let reading: Mutex<[Int]>
    /// Opened when it is first wanted.
    private let background = Mutex<DatabaseQueue?>(nil)
    private let options: Options
    private let commits: GroupCommit

    /// Opens the file, makes it if there is none, and migrates it.
    ///
    /// - Throws: `unavailable` when the file can not be opened or is not a Store; the cause says why.
    package init(path: String, clock: HybridClock, options: Options = Options()) throws {
        self.path = path
        self.clock = clock
        self.options = options
        do {
            let isUnclean = Self.endedUncleanly(path)
            writer = try StoreConnection.writer(path, options)
            // A new file's name is on the disk only when its folder was synced.
            if options.vfs == nil { try Folder.sync(file: (path as NSString).deletingLastPathComponent) }
            if isUnclean { try StoreConnection.check(writer, path) }
            try Migrations.migrate(writer, path: options.vfs == nil ? path : nil)
            let log = try LogWriter.open(writer, clock: clock, machine: options.machine)
            commits = try GroupCommit(writer: writer, log: log, clock: clock, options: options)
            reading = Mutex(Array(repeating: 0, count: options.readerCount))
            readers = try (0..<options.readerCount).map { _ in try StoreConnection.reader(path, options) }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw StoreConnection.refusal(of: path, for: error)
        }
    }

    /// Runs a read on one of the readers: a snapshot of what is committed, returned when that is on the disk.
    ///
    /// - Parameter isLong: whether it may take longer than a page may; such reads wait for each other on one reader, and
    ///   the others stay free.
    package func read<T: Sendable>(
        isLong: Bool = false, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws -> T {
        let reader = reading.withLock { reading in
            let last = reading.count - 1
            let free = isLong ? last : reading.indices.min { reading[$0] < reading[$1] } ?? last
            reading[free] += 1
            return free
        }
        defer { reading.withLock { $0[reader] -= 1 } }
        let value = try await readers[reader].read(body)
        // A group is visible before it is durable: what is shown may not be taken back by a power cut either.
        await commits.untilDurable()
        return value
    }

    /// Runs a long read on the thread that calls, which should be one that nobody else waits for, and on a connection that
    /// no page has to share with it.
    package func readInBackground<T: Sendable>(_ body: @Sendable (Database) throws -> T) async throws -> T {
        let value = try readHere(body)
        await commits.untilDurable()
        return value
    }

    private func readHere<T>(_ body: (Database) throws -> T) throws -> T {
        let reader = try background.withLock { background in
            let reader = try background ?? StoreConnection.reader(path, options)
            background = reader
            return reader
        }
        return try reader.read(body)
    }

    /// Runs an operation on the writer, in a savepoint of its own, and returns when its group is on disk.
    ///
    /// - Throws: what `body` threw, its writes undone; or `unavailable` when the disk refused the commit.
    package func write<T: Sendable>(
        lane: WriteLane = .page, _ body: @escaping @Sendable (WriteTransaction) throws -> T
    ) async throws -> T {
        try await commits.submit(lane: lane, body)
    }

    /// Calls `publish` with each group's Changes after they are durable, in order, beside those who were
    /// added before. Before writes.
    package func onCommit(_ publish: @escaping @Sendable ([Change]) -> Void) { commits.onCommit(publish) }

    /// The end of the log as committed.
    package var position: LogPosition { commits.committedPosition }

    /// Figures of the writer since the start.
    package var figures: StoreFigures { commits.figures }

    /// Whether somebody at a door or a page waits for the writer: then long work lets go of it.
    package var isAwaited: Bool { commits.isAwaited }

    /// Called once when a failing disk ended all writing. The file must be opened again, best by a new process.
    package func onFault(_ tell: @escaping @Sendable (Failure) -> Void) { commits.onFault(tell) }

    /// What ended all writing; nil while all is well.
    package var fault: Failure? { commits.fault }

    /// Closes the readers, then empties the WAL and closes the writer. After a fault the WAL is left as it is: the
    /// disk's word that a checkpoint went well would mean nothing.
    package func close() throws {
        for reader in readers + [background.withLock(\.self)].compactMap(\.self) {
            try SpatiaLite.closing { try reader.close() }
        }
        try commits.finish()
        if commits.fault == nil { try StoreConnection.emptyWAL(of: writer) }
        try SpatiaLite.closing { try writer.close() }
    }

    /// Whether the last one who wrote did not close: a kill, a crash or a power cut.
    private static func endedUncleanly(_ path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path + "-wal")
        return (attributes?[.size] as? Int ?? 0) > 0
    }
}

/// Figures of the writer since the start, for `/metrics`.
package struct StoreFigures: Sendable {
    package var commits = 0
    /// Syncs of groups: as many as commits.
    package var syncs = 0
    package var operations = 0
    package var failedCommits = 0
    package var waiting = 0
    package var checkpoints = 0
    package var walPages = 0
    package var lastCommit: Date?
    /// Nanoseconds spent in commits.
    package var commitNanoseconds: UInt64 = 0
}
