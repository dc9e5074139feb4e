// Bringing a copy back. It becomes the depot's file under a new epoch, because what was numbered since the copy was made
// is known elsewhere and may not be numbered again. The old file is kept aside.
import Foundation
import GRDB

/// Puts a copy in the place of a depot's file. Nobody may have the folder: hold its ``FolderLock``.
package struct StoreRestore {
    private let folder: String
    private let clock: HybridClock
    private let machine: String?

    package init(into folder: String, clock: HybridClock, machine: String? = Machine.fingerprint) {
        self.folder = folder
        self.clock = clock
        self.machine = machine
    }

    private var path: String { folder + "/depot.sqlite" }

    /// What a restore did.
    package struct Outcome: Sendable {
        /// What the depot holds now.
        package let facts: StoreFacts
        /// Where the old files are; nil when there were none.
        package let aside: String?
        package let files: DepotArchive.Files
    }

    /// Checks the backup, prepares it beside the old file, puts the old one aside, and changes them over in one rename.
    ///
    /// - Parameter file: an archive, or a bare copy of a Store; the files of rooms are then those in `files` beside it and
    ///   those that are here.
    /// - Throws: `invalid` for a file that is no depot's or is a newer version's; `unavailable` for a damaged one.
    package func run(from file: String) throws -> Outcome {
        let new = path + ".restoring"
        let shelf = RestoredFiles(in: folder)
        defer {
            for end in ["", "-wal", "-shm", "-journal"] { try? FileManager.default.removeItem(atPath: new + end) }
            shelf.tidy()
        }
        guard FileManager.default.fileExists(atPath: file) else {
            throw Failure(.notFound, "There is no file \(file).")
        }
        return try StoreCopy.wording("The copy could not be brought back: \(file)") {
            if DepotArchive.isOne(file) {
                try DepotArchive.unpack(file, store: new, files: shelf.arriving)
                _ = try StoreCopy.examine(new)
            } else {
                _ = try StoreCopy.examine(file)
                _ = try StoreCopy.make(of: file, to: new)
                try shelf.arrive(from: (file as NSString).deletingLastPathComponent + "/files", knownTo: new)
            }
            let facts = try prepare(new)
            // Names never come twice, so new ones may lie among the old ones, whichever Store is there in the end.
            try shelf.takeIn()
            let known = try DepotArchive.names(in: new)
            let aside = try putAside()
            try Folder.rename(new, to: path)
            let files = try shelf.settle(known, aside: aside)
            for file in [path, folder + "/lock"] + (aside.map { ["\(folder)/aside", $0, $0 + "/depot.sqlite"] } ?? []) {
                Folder.giveToOwner(of: folder, file)
            }
            return Outcome(facts: facts, aside: aside, files: files)
        }
    }

    /// Brings the copy up to date and begins its new epoch.
    private func prepare(_ new: String) throws -> StoreFacts {
        let writer = try StoreConnection.writer(new, Store.Options())
        let known = Set(Migrations.names)
        let isNewer = try writer.read { database in
            try !String.fetchSet(database, sql: "SELECT identifier FROM grdb_migrations").isSubset(of: known)
        }
        guard !isNewer else {
            throw Failure(.invalid, "This copy was made by a newer depotd. Install that version, or a later one.")
        }
        try Migrations.migrate(writer, path: nil)
        let facts = try writer.write { database in
            try Epoch.begin(because: .restored, machine: machine, at: clock.now, in: database)
            return try StoreFacts(database)
        }
        try StoreConnection.emptyWAL(of: writer)
        try SpatiaLite.closing { try writer.close() }
        for end in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: new + end) }
        return facts
    }

    /// Keeps the old file and its WAL. The WAL is emptied first where the file can be opened, so that a power cut in
    /// the middle of this leaves a file that is whole by itself.
    private func putAside() throws -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        if let old = try? StoreConnection.writer(path, Store.Options()) {
            try? StoreConnection.emptyWAL(of: old)
            try? SpatiaLite.closing { try old.close() }
        }
        let stamp = clock.now.formatted(.iso8601.timeSeparator(.omitted))
        let aside = "\(folder)/aside/\(stamp)"
        try Folder.make(aside)
        try FileManager.default.copyItem(atPath: path, toPath: aside + "/depot.sqlite")
        if FileManager.default.fileExists(atPath: path + "-wal") {
            try FileManager.default.copyItem(atPath: path + "-wal", toPath: aside + "/depot.sqlite-wal")
        }
        try Folder.sync(file: aside)
        for end in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
        try Folder.sync(file: folder)
        return aside
    }
}
