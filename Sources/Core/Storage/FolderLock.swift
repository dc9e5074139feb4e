// One daemon per data folder. The lock is the kernel's, so a daemon that was killed leaves none behind.
import Foundation
private import Synchronization

/// An exclusive lock on a data folder, held until it is let go of.
package final class FolderLock: Sendable {
    private let descriptor: Int32
    private let isHeld = Atomic(true)

    /// Makes the folder, readable by its owner only, and locks it.
    ///
    /// - Throws: `conflict` when another process has it, `unavailable` when the folder can not be made or written.
    package init(folder: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        } catch {
            throw Failure(.unavailable, "The data folder can not be made: \(folder)", cause: "\(error)")
        }
        let descriptor = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw Failure(
                .unavailable, "The data folder can not be written: \(folder)", cause: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Failure(
                .conflict, "Another depotd already serves \(folder). Stop it first, or choose another --data folder.")
        }
        self.descriptor = descriptor
    }

    deinit { letGo() }

    /// Lets another process have the folder.
    package func letGo() {
        if isHeld.exchange(false, ordering: .acquiringAndReleasing) { close(descriptor) }
    }
}
