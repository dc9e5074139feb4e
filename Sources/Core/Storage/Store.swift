// The one SpatiaLite file of one organisation. One writer, which commits waiting operations together with one sync
// (GroupCommit.swift); a few readers, which can not write and so can not checkpoint. What a write returned is on disk.
import Foundation
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
        /// How long a group takes in what comes while it runs; then it is committed.
        package var groupDuration = Duration.milliseconds(10)
        /// Most operations that wait for the writer; more are refused as `unavailable`.
        package var waitingWritesMax = 10_000
        /// Pages in the WAL after which the writer checkpoints, off the acknowledged path.
        package var checkpointPages = 1_000
        package var readerCount = 3

        package init() {}
    }

    package let path: String
    package let clock: HybridClock
    let writer: DatabaseQueue
    private let readers: [DatabaseQueue]
    private let nextReader = Atomic<Int>(0)
    private let commits: GroupCommit

    /// Opens the file, makes it if there is none, and migrates it.
    ///
    /// - Throws: `unavailable` when the file can not be opened or is not a Store; the cause says why.
    package init(path: String, clock: HybridClock, options: Options = Options()) throws {
        self.path = path
        self.clock = clock
        do {
            writer = try SpatiaLite.open { try DatabaseQueue(path: path, configuration: Self.writerConfiguration) }
            try Migrations.migrate(writer)
            let log = try Self.openLog(writer, clock: clock)
            commits = GroupCommit(writer: writer, log: log, clock: clock, options: options)
            readers = try (0..<options.readerCount).map { _ in
                try SpatiaLite.open { try DatabaseQueue(path: path, configuration: Self.readerConfiguration) }
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.unavailable, "The depot's file can not be opened: \(path)", cause: "\(error)")
        }
    }

    /// Runs a read on one of the readers: a snapshot of what is committed.
    package func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws -> T {
        let turn = nextReader.wrappingAdd(1, ordering: .relaxed).oldValue
        return try await readers[abs(turn % readers.count)].read(body)
    }

    /// Runs an operation on the writer, in a savepoint of its own, and returns when its group is on disk.
    ///
    /// - Throws: what `body` threw, its writes undone; or `unavailable` when the disk refused the commit.
    package func write<T: Sendable>(
        lane: WriteLane = .page, _ body: @escaping @Sendable (WriteTransaction) throws -> T
    ) async throws -> T {
        try await commits.submit(lane: lane, body)
    }

    /// Called on the writer with each group's Changes after they are durable, in order. Set once, before writes.
    package func onCommit(_ publish: @escaping @Sendable ([Change]) -> Void) { commits.onCommit(publish) }

    /// The end of the log as committed.
    package var position: LogPosition { commits.committedPosition }

    /// Figures of the writer since the start.
    package var figures: StoreFigures { commits.figures }

    /// Closes the readers, then the writer, whose last checkpoint empties the WAL.
    package func close() throws {
        for reader in readers { try SpatiaLite.closing { try reader.close() } }
        try writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try SpatiaLite.closing { try writer.close() }
    }

    private static var writerConfiguration: GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "store.writer"
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try SpatiaLite.load(into: database)
            try database.execute(
                sql: """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = FULL;
                    PRAGMA foreign_keys = ON;
                    PRAGMA wal_autocheckpoint = 0;
                    PRAGMA journal_size_limit = 33554432;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cache_size = -16000;
                    """)
            SpatiaLite.watchWAL(of: database)
        }
        return configuration
    }

    private static var readerConfiguration: GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "store.reader"
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try SpatiaLite.load(into: database)
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8000;")
        }
        return configuration
    }

    /// Reads where the log ends and who we are; mints both on the first start.
    private static func openLog(_ writer: DatabaseQueue, clock: HybridClock) throws -> LogWriter {
        try writer.write { database in
            if try Row.fetchOne(database, sql: "SELECT 1 FROM node") == nil {
                try database.execute(
                    sql: "INSERT INTO node (id, node, epoch, hlc) VALUES (1, ?, ?, 0)",
                    arguments: [UUIDv7.text(at: clock.now), UUIDv7.text(at: clock.now)])
            }
            guard let node = try Row.fetchOne(database, sql: "SELECT node, epoch, hlc FROM node") else {
                throw Failure(.internal, "The depot's file has no node.")
            }
            clock.observe(HybridTime(rawValue: node["hlc"]))
            let epoch: String = node["epoch"]
            let name: String = node["node"]
            return LogWriter(
                node: name, epoch: epoch, bootID: clock.bootID,
                seq: try Int64.fetchOne(database, sql: "SELECT max(seq) FROM change") ?? 0,
                n: try Int64.fetchOne(
                    database, sql: "SELECT max(n) FROM change WHERE node = ? AND epoch = ?",
                    arguments: [name, epoch]) ?? 0)
        }
    }
}

/// Figures of the writer since the start, for `/metrics`.
package struct StoreFigures: Sendable {
    package var commits = 0
    package var operations = 0
    package var failedCommits = 0
    package var waiting = 0
    package var checkpoints = 0
    package var walPages = 0
    /// Nanoseconds spent in commits.
    package var commitNanoseconds: UInt64 = 0
}
