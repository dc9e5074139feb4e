// The files of rooms when a backup is brought back. What a name stands for never changes, so those of the backup are laid
// among those that are there before the Store is changed over, and those that only the old Store knows are put aside
// after it: a power cut in between leaves some too many and none too few.
import Foundation

/// Brings files in and puts others aside.
struct RestoredFiles {
    private let folder: String
    private let shelf: String
    /// Where they lie until all of them are there.
    let arriving: String

    init(in folder: String) {
        self.folder = folder
        shelf = folder + "/files"
        arriving = folder + "/files.restoring"
        tidy()
    }

    func tidy() { try? FileManager.default.removeItem(atPath: arriving) }

    /// Takes those that a copy knows from a folder beside it, if there is one.
    func arrive(from other: String, knownTo store: String) throws {
        guard (other as NSString).standardizingPath != (shelf as NSString).standardizingPath,
            FileManager.default.fileExists(atPath: other)
        else { return }
        try Folder.make(arriving)
        for name in known(to: store) where FileManager.default.fileExists(atPath: "\(other)/\(name)") {
            try FileManager.default.copyItem(atPath: "\(other)/\(name)", toPath: "\(arriving)/\(name)")
        }
    }

    /// Lays them among those that are there.
    func takeIn() throws {
        guard FileManager.default.fileExists(atPath: arriving) else { return }
        try Folder.make(shelf)
        Folder.giveToOwner(of: folder, shelf)
        for name in try FileManager.default.contentsOfDirectory(atPath: arriving) {
            try Folder.sync(file: "\(arriving)/\(name)")
            guard rename("\(arriving)/\(name)", "\(shelf)/\(name)") == 0 else {
                throw Failure(
                    .unavailable, "A file of a room can not be put in place.", cause: String(cString: strerror(errno)))
            }
            Folder.giveToOwner(of: folder, "\(shelf)/\(name)")
        }
        try Folder.sync(file: shelf)
    }

    /// Puts aside those that are not known. - Returns: how many are, and how many of them are missing.
    func settle(_ names: [String], aside: String?) throws -> DepotArchive.Files {
        let known = Set(names)
        let there = Set((try? FileManager.default.contentsOfDirectory(atPath: shelf)) ?? [])
        if let aside, !there.subtracting(known).isEmpty {
            try Folder.make(aside + "/files")
            Folder.giveToOwner(of: folder, aside + "/files")
            for name in there.subtracting(known) { _ = rename("\(shelf)/\(name)", "\(aside)/files/\(name)") }
        }
        let missing = known.subtracting(there).count
        return DepotArchive.Files(count: known.count - missing, missing: missing)
    }

    /// None of a Store from before rooms had files.
    private func known(to store: String) -> [String] { (try? DepotArchive.names(in: store)) ?? [] }
}
