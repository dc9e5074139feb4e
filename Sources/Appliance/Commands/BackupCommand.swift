// `depotd backup FILE` and `depotd restore FILE`: the organisation's Store as one file, and back.
import ArgumentParser
import Core
import Foundation

/// Makes a backup, through the daemon if one serves the folder.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the depot to one file, also while the daemon serves.",
        discussion: "The copy is examined before it takes the place of FILE. The box's own readers and sessions are "
            + "not in it. Keep it on another disk.")

    @Argument(help: "Where the copy goes; an older one there is replaced.") var file: String
    @OptionGroup var options: OrganisationOptions

    func run() async throws {
        try await options.carryOut { folder, data in
            let facts = try await copy(of: folder, in: data)
            print(
                "\(file) is good: \(facts.assets) assets, \(facts.people) people, \(facts.scans) scans, "
                    + "\(facts.changes) changes up to \(facts.seq).")
        }
    }

    private func copy(of folder: String, in data: String) async throws -> StoreFacts {
        if let made = try await RunningDaemon(data: folder)?.backup() {
            let facts = try StoreCopy.make(of: made, to: file)
            guard try facts == StoreCopy.examine(made) else {
                throw Failure(.unavailable, "The copy does not hold what the daemon's backup does: \(file)")
            }
            return facts
        }
        let lock = try FolderLock(folder: data)
        defer { lock.letGo() }
        return try BackupRecord.make(of: folder, to: file, at: Date()).facts
    }
}

/// Brings a backup back.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Bring a backup back; stop the daemon first.",
        discussion: "The backup is examined first, the depot's old file is kept under DATA/aside, and a new epoch "
            + "begins: every screen loads again.")

    @Argument(help: "A file that `depotd backup` made.") var file: String
    @OptionGroup var options: OrganisationOptions

    func run() async throws {
        try await options.carryOut { folder, data in
            let lock = try FolderLock(folder: data)
            defer { lock.letGo() }
            let (facts, aside) = try StoreRestore(into: folder, clock: HybridClock()).run(from: file)
            print(
                "\(folder) holds \(facts.assets) assets, \(facts.people) people, \(facts.scans) scans, "
                    + "\(facts.changes) changes. Its epoch is \(facts.epoch).")
            if let aside { print("What was there before is kept in \(aside).") }
        }
    }
}
