// The sync of a group, beside the writer: while the disk takes what one group wrote, the writer decides the next. SQLite's
// own FULL does both by turns, and on a card where a sync takes 4 ms the writer idles half its time.
import Foundation
import GRDB
private import GRDBSQLite
private import Synchronization

/// What a writer committed, on its way to the disk, in order: one group is synced and one more may wait.
///
/// A commit makes a group visible to readers before it is durable, so ``untilDurable()`` holds back what they read.
final class DiskSync: Sendable {
    private struct Reader {
        let visible: UInt64
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        /// Groups that readers may see.
        var visible: UInt64 = 0
        /// Groups that are on the disk, or never will be.
        var durable: UInt64 = 0
        var syncs = 0
        var readers: [Reader] = []
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "store.sync")
    private let places = DispatchSemaphore(value: 2)

    /// Whether a group is on its way.
    var isBusy: Bool { state.withLock { $0.visible != $0.durable } }

    /// Syncs that groups waited for, since the start.
    var syncs: Int { state.withLock { $0.syncs } }

    /// Waits until no group is on its way.
    func wait() { queue.sync {} }

    /// Waits for a place and takes it, before the commit: readers see the group from then on.
    func begin() {
        places.wait()
        state.withLock { $0.visible += 1 }
    }

    /// Gives the place back: the group is durable and told, or lost.
    func end() {
        let readers = state.withLock { state in
            state.durable += 1
            let count = state.readers.prefix { $0.visible <= state.durable }.count
            defer { state.readers.removeFirst(count) }
            return state.readers.prefix(count)
        }
        places.signal()
        for reader in readers { reader.continuation.resume() }
    }

    /// Runs `body`, which syncs a group and says ``end()``, beside the writer and after the groups before.
    func start(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

    /// Returns when what can be read by now is on the disk.
    func untilDurable() async {
        guard isBusy else { return }
        await withCheckedContinuation { continuation in
            let isDurable = state.withLock { state in
                guard state.visible != state.durable else { return true }
                state.readers.append(Reader(visible: state.visible, continuation: continuation))
                return false
            }
            if isDurable { continuation.resume() }
        }
    }

    /// The WAL of the writer's connection, as SQLite opened it.
    struct Log: @unchecked Sendable {
        // Outlives its uses: the connection is closed after `wait`, and SQLite keeps the WAL open until then. A sync
        // touches nothing that writing the same file beside it does.
        fileprivate let file: UnsafeMutablePointer<sqlite3_file>
    }

    static func log(of database: Database) throws -> Log {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let code = withUnsafeMutablePointer(to: &file) {
            sqlite3_file_control(database.sqliteConnection, "main", SQLITE_FCNTL_JOURNAL_POINTER, $0)
        }
        guard code == SQLITE_OK, let file, file.pointee.pMethods != nil else {
            throw DatabaseError(resultCode: .SQLITE_IOERR, message: "the WAL is not open")
        }
        return Log(file: file)
    }

    /// Puts what was written to the log on the disk.
    ///
    /// - Throws: `SQLITE_IOERR` when the disk refused: then nothing more may be written on this connection.
    func sync(_ log: Log) throws {
        // Without the times of the file, which nobody reads: its length goes to the disk where it grew.
        let code = log.file.pointee.pMethods.pointee.xSync(log.file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY)
        guard code == SQLITE_OK else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: "a sync failed")
        }
        state.withLock { $0.syncs += 1 }
    }
}
