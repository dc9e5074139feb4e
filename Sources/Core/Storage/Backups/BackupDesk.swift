// Backups while the daemon serves: one at a time, on a thread and a connection of its own, so the writer never waits for
// it. They are of the Store alone: what else a depot has lies on the same disk, and is put beside it when a backup is taken
// away (DepotArchive.swift). The last good one is noted beside the Store, for the doctor.
package import Foundation
private import Synchronization

/// A good backup, as it is noted in `last-backup.json`.
package struct BackupRecord: Sendable, Equatable, Codable {
    package let file: String
    package let at: Date
    package let bytes: Int
    package let facts: StoreFacts

    private static func place(in folder: String) -> URL { URL(filePath: folder + "/last-backup.json") }

    /// The last good backup of this data folder; nil if none was ever made.
    package static func last(in folder: String) -> BackupRecord? {
        guard let data = try? Data(contentsOf: place(in: folder)) else { return nil }
        return try? JSONDecoder().decode(BackupRecord.self, from: data)
    }

    /// Makes a copy of the folder's Store at `file`, examines it, and notes it.
    ///
    /// - Throws: `unavailable` when it can not be made or is not sound; `notFound` when the folder has no Store.
    package static func make(of folder: String, to file: String, at date: Date) throws -> BackupRecord {
        let facts = try copy(of: folder, to: file)
        return note(facts, of: folder, in: file, at: date)
    }

    /// The same with the files of rooms, as an archive.
    package static func archive(
        of folder: String, to file: String, at date: Date
    ) throws -> (record: BackupRecord, files: DepotArchive.Files) {
        let store = file + ".store"
        defer { try? FileManager.default.removeItem(atPath: store) }
        let facts = try copy(of: folder, to: store)
        let files = try DepotArchive.make(of: store, files: folder + "/files", to: file, at: date)
        return (note(facts, of: folder, in: file, at: date), files)
    }

    private static func copy(of folder: String, to file: String) throws -> StoreFacts {
        let path = folder + "/depot.sqlite"
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(.notFound, "There is no depot in \(folder).")
        }
        return try StoreCopy.make(of: path, to: file)
    }

    private static func note(_ facts: StoreFacts, of folder: String, in file: String, at date: Date) -> BackupRecord {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        let record = BackupRecord(file: file, at: date, bytes: attributes?[.size] as? Int ?? 0, facts: facts)
        try? JSONEncoder().encode(record).write(to: place(in: folder), options: .atomic)
        return record
    }
}

/// Makes backups of a running Store into `backups` in the data folder. Admins only: a backup holds everything.
package final class BackupDesk: Sendable {
    /// How the last backup that was asked for stands.
    package enum Progress: Sendable, Equatable {
        case none
        case running
        case done(BackupRecord)
        case failed(Failure)
    }

    /// Older ones are removed: they are on the same disk as the Store and are meant to be taken away.
    package static let keptCountMax = 3

    private let folder: String
    private let clock: HybridClock
    private let thread = DispatchQueue(label: "store.backup", qos: .utility)
    private let state = Mutex(Progress.none)

    package init(folder: String, clock: HybridClock) {
        self.folder = folder
        self.clock = clock
    }

    package var progress: Progress { state.withLock { $0 } }

    /// Begins a backup and returns at once.
    ///
    /// - Throws: `conflict` while another one runs.
    package func begin() throws {
        try state.withLock { progress in
            guard progress != .running else { throw Failure(.conflict, "A backup is being made already.") }
            progress = .running
        }
        thread.async { [self] in
            let result = make()
            state.withLock { $0 = result }
        }
    }

    private func make() -> Progress {
        do {
            let backups = folder + "/backups"
            try Folder.make(backups)
            let stamp = clock.now.formatted(.iso8601.timeSeparator(.omitted))
            let record = try BackupRecord.make(of: folder, to: "\(backups)/depot-\(stamp).sqlite", at: clock.now)
            let all = try FileManager.default.contentsOfDirectory(atPath: backups).filter { $0.hasSuffix(".sqlite") }
            for name in all.sorted().dropLast(Self.keptCountMax) {
                try? FileManager.default.removeItem(atPath: "\(backups)/\(name)")
            }
            return .done(record)
        } catch {
            return .failed(error as? Failure ?? Failure(.unavailable, "The backup failed.", cause: "\(error)"))
        }
    }
}
