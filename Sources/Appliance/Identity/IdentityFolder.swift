// The folder of the box's own secrets: its authority and its certificate, each with its key in one file, so that no
// power cut can leave a key without its certificate.
import Core
import Drivers
import Foundation

/// `box/` in the data folder; only the daemon's user enters it.
struct IdentityFolder: Sendable {
    let path: String

    init(data: String) { path = data + "/box" }

    var authorityFile: String { path + "/authority.pem" }
    var certificateFile: String { path + "/certificate.pem" }

    /// What doctors look at.
    static let secrets = ["box/authority.pem", "box/certificate.pem"]

    func make() throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure(.unavailable, "The folder can not be made: \(path)", cause: "\(error)")
        }
    }

    /// The bytes of a file; nil when there is none.
    ///
    /// - Throws: `unavailable` for one that can not be read.
    static func read(_ file: String) throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw Failure(.unavailable, "The file can not be read by the daemon's user: \(file)")
        }
        return Array(data)
    }

    /// Replaces a file as a whole, on the disk before it has its name, readable by the daemon's user only.
    func write(_ bytes: [UInt8], to file: String) throws {
        let fresh = file + ".new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.unwritable(file) }
        defer { close(descriptor) }
        let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count, fsync(descriptor) == 0, rename(fresh, file) == 0 else {
            throw Self.unwritable(file)
        }
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private static func unwritable(_ file: String) -> Failure {
        Failure(.unavailable, "The file can not be written: \(file)", cause: String(cString: strerror(errno)))
    }
}
