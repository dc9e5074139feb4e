// Copies of a Store: whole, of one moment, looked through before they are called good. Pages are copied as they are;
// VACUUM INTO would give rows without a whole-number key new rowids, and the spatial index points to rowids.
import Foundation
import GRDB

/// What a copy holds; two files with the same facts and a sound inside hold the same depot.
package struct StoreFacts: Sendable, Equatable, Codable {
    package let epoch: String
    package let seq: Int64
    package let changes: Int
    package let scans: Int
    package let assets: Int
    package let people: Int

    init(_ database: Database) throws {
        func count(_ table: String) throws -> Int {
            try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
        }
        epoch = try String.fetchOne(database, sql: "SELECT epoch FROM node") ?? ""
        seq = try Int64.fetchOne(database, sql: "SELECT max(seq) FROM change") ?? 0
        changes = try count("change")
        scans = try count("scan")
        assets = try count("asset")
        people = try count("person")
    }
}

/// Makes and examines copies.
package enum StoreCopy {
    /// How a copy is paced, so that the writer gets the disk in between.
    struct Pace: Sendable {
        var pagesPerStep: Int32 = 256
        var pause: @Sendable () -> Void = { usleep(500) }
    }

    /// Copies the file of a Store, which may be written meanwhile, to a new file, and examines it.
    ///
    /// - Throws: `unavailable` when either file can not be read or written, or the copy is not sound.
    package static func make(of path: String, to file: String) throws -> StoreFacts {
        try wording("The copy could not be made: \(file)") {
            let source = try StoreConnection.looking(at: path)
            defer { try? source.close() }
            return try make(from: source, to: file)
        }
    }

    /// One snapshot is read from first page to last, so the copy is of one moment and never starts over.
    static func make(from source: DatabaseQueue, to file: String, pace: Pace = Pace()) throws -> StoreFacts {
        let part = file + ".part"
        try? FileManager.default.removeItem(atPath: part)
        defer { try? FileManager.default.removeItem(atPath: part) }
        // It holds everything, PIN hashes too, so it is its owner's alone before there is anything in it.
        guard FileManager.default.createFile(atPath: part, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw Failure(.unavailable, "The file can not be written: \(file)") }
        let copy = try DatabaseQueue(path: part)
        let facts = try source.read { database in
            let facts = try StoreFacts(database)
            try copy.writeWithoutTransaction { target in
                try database.backup(to: target, pagesPerStep: pace.pagesPerStep) { _ in pace.pause() }
            }
            return facts
        }
        // One file, with no WAL beside it.
        try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        try copy.close()
        guard try examine(part) == facts else {
            throw Failure(.unavailable, "The copy does not hold what the depot does: \(file)")
        }
        try Folder.rename(part, to: file)
        return facts
    }

    /// Looks through a copy from end to end.
    ///
    /// - Throws: `invalid` when it is not a depot's file, `unavailable` when it is damaged.
    package static func examine(_ file: String) throws -> StoreFacts {
        guard FileManager.default.fileExists(atPath: file) else {
            throw Failure(.notFound, "There is no file \(file).")
        }
        let database: DatabaseQueue
        let isDepot: Bool
        do {
            database = try StoreConnection.looking(at: file)
            isDepot = try database.read { try $0.tableExists("node") && $0.tableExists("change") }
        } catch {
            throw Failure(.invalid, "This is not a depot's file: \(file)", cause: "\(error)")
        }
        defer { try? database.close() }
        guard isDepot else { throw Failure(.invalid, "This is not a depot's file: \(file)") }
        return try wording("The file is damaged: \(file)") {
            try database.read { database in
                let trouble = try String.fetchOne(database, sql: "PRAGMA integrity_check(1)")
                guard trouble == "ok" else {
                    throw Failure(.unavailable, "The file is damaged: \(file)", cause: trouble)
                }
                return try StoreFacts(database)
            }
        }
    }

    /// Turns SQLite's words into ours.
    static func wording<T>(_ message: String, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.unavailable, message, cause: "\(error)")
        }
    }
}

/// Folders, whose entries are on disk only after they were synced.
enum Folder {
    /// Renames and syncs, so that a power cut leaves the old file or the new one, whole.
    static func rename(_ from: String, to file: String) throws {
        try sync(file: from)
        guard Foundation.rename(from, file) == 0 else {
            throw Failure(
                .unavailable, "The file can not be put in place: \(file)", cause: String(cString: strerror(errno)))
        }
        try sync(file: (file as NSString).deletingLastPathComponent)
    }

    /// Syncs a file, or a folder's entries.
    static func sync(file: String) throws {
        let descriptor = open(file.isEmpty ? "." : file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(.unavailable, "The disk refused: \(file)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Failure(.unavailable, "The disk refused: \(file)") }
    }

    /// Gives a file that root made to whoever has the folder, so that the daemon can open it.
    static func giveToOwner(of folder: String, _ file: String) {
        var facts = stat()
        guard geteuid() == 0, stat(folder, &facts) == 0 else { return }
        _ = chown(file, facts.st_uid, facts.st_gid)
    }

    static func make(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        } catch {
            throw Failure(.unavailable, "The folder can not be made: \(path)", cause: "\(error)")
        }
    }
}

/// The copies taken before a migration, in `snapshots` beside the file.
struct Snapshots {
    /// Older ones are removed.
    static let countMax = 3
    private let folder: String

    init(beside path: String) {
        folder = ((path as NSString).deletingLastPathComponent as NSString).appendingPathComponent("snapshots")
    }

    /// Copies what `writer` holds to `before-MIGRATION.sqlite`.
    ///
    /// - Throws: when there is no room: then the migration is not begun, and the old version still serves.
    func take(of writer: DatabaseQueue, before migration: String) throws {
        try Folder.make(folder)
        let name = "before-" + migration.replacingOccurrences(of: " ", with: "-") + ".sqlite"
        _ = try StoreCopy.make(from: writer, to: folder + "/" + name)
        for old in try byAge().dropLast(Self.countMax) {
            try? FileManager.default.removeItem(atPath: folder + "/" + old)
        }
    }

    /// The names, oldest first.
    private func byAge() throws -> [String] {
        func made(_ name: String) -> Date {
            let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
            return attributes?[.modificationDate] as? Date ?? .distantPast
        }
        return try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasPrefix("before-") && $0.hasSuffix(".sqlite") }
            .sorted { (made($0), $0) < (made($1), $1) }
    }
}
