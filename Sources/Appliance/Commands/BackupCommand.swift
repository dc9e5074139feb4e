// `depotd backup FILE` and `depotd restore FILE`: an organisation's depot as one file, and back.
import ArgumentParser
import Core
import Foundation

/// Makes a backup, through the daemon if one serves the folder.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the depot to one file, also while the daemon serves.",
        discussion: "A tar archive of the depot and of the photos and files of its rooms, examined before it takes the "
            + "place of FILE. The box's own readers and sessions are not in it. Keep it on another disk.")

    @Argument(help: "Where the copy goes; an older one there is replaced.") var file: String
    @OptionGroup var options: OrganisationOptions

    func run() async throws {
        try await options.carryOut { folder, data in
            let (facts, files) = try await copy(of: folder, in: data)
            print(
                "\(file) is good: \(facts.assets) assets, \(facts.people) people, \(facts.scans) scans, "
                    + "\(facts.changes) changes up to \(facts.seq), \(files.count) photos and files.")
            if files.missing > 0 { print("\(files.missing) photos and files were not there any more.") }
        }
    }

    private func copy(of folder: String, in data: String) async throws -> (StoreFacts, DepotArchive.Files) {
        if let made = try await RunningDaemon(data: folder)?.backup() {
            let files = try DepotArchive.make(of: made, files: folder + "/files", to: file, at: Date())
            return (try StoreCopy.examine(made), files)
        }
        let lock = try FolderLock(folder: data)
        defer { lock.letGo() }
        let (record, files) = try BackupRecord.archive(of: folder, to: file, at: Date())
        return (record.facts, files)
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
            let restored = try StoreRestore(into: folder, clock: HybridClock()).run(from: file)
            let (facts, files) = (restored.facts, restored.files)
            print(
                "\(folder) holds \(facts.assets) assets, \(facts.people) people, \(facts.scans) scans, "
                    + "\(facts.changes) changes, \(files.count) photos and files. Its epoch is \(facts.epoch).")
            if files.missing > 0 { print("\(files.missing) photos and files of rooms are missing.") }
            if let aside = restored.aside { print("What was there before is kept in \(aside).") }
        }
    }
}
