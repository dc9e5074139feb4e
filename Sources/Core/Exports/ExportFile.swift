// A file on its way out: on the disk and not in memory, and sent from there. One that is written for it never has a name
// that anybody could open, and is gone with its last user or with the process.
import Foundation
private import Synchronization

/// A file that is open.
package final class ExportFile: Sendable {
    /// What a file may take of the disk.
    package struct Options: Sendable {
        /// Longest file: some five million entries of the audit trail.
        package var byteCountMax = 1 << 30
        /// What is left to the depot itself.
        package var freeByteCountMin = 512 << 20

        package init() {}
    }

    /// Open for reading, and for writing where it has no name.
    package let descriptor: CInt
    private let options: Options
    private let written = Mutex(0)

    /// - Parameter folder: on whose disk it is.
    /// - Throws: `unavailable` when nothing can be written there.
    package init(in folder: String, options: Options = Options()) throws {
        let path = "\(folder)/leaving-\(Hex.text(SecureRandom.bytes(8)))"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        self.options = options
        guard descriptor >= 0 else {
            throw Failure(.unavailable, "No file can be written.", cause: String(cString: strerror(errno)))
        }
        unlink(path)
    }

    /// A file that is kept, to be read.
    ///
    /// - Throws: `notFound` when it can not be opened.
    package init(at path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        options = Options()
        var facts = stat()
        guard descriptor >= 0, fstat(descriptor, &facts) == 0 else {
            throw Failure(.notFound, "The file is not on this box any more.", cause: String(cString: strerror(errno)))
        }
        let count = Int(facts.st_size)
        written.withLock { $0 = count }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Length in bytes.
    package var byteCount: Int { written.withLock { $0 } }

    /// Writes behind what is there. One writer at a time.
    ///
    /// - Throws: `tooLarge` beyond its longest; `unavailable` when the disk has too little room left.
    package func append(_ bytes: [UInt8]) throws {
        guard byteCount + bytes.count <= options.byteCountMax else {
            throw Failure(
                .tooLarge, "A file has at most \(options.byteCountMax >> 20) MiB. Ask for less, such as a shorter time."
            )
        }
        var facts = statvfs()
        guard fstatvfs(descriptor, &facts) == 0,
            Int(facts.f_bavail) * Int(facts.f_frsize) - bytes.count >= options.freeByteCountMin
        else { throw Self.full }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Self.full }
            rest = rest.dropFirst(count)
        }
        written.withLock { $0 += bytes.count }
    }

    private static let full = Failure(.unavailable, "The disk has no room for a file of this size.")
}
