// How programs on this machine reach the daemon: its address and a token, in a file in the data folder that only the
// daemon's user can read.
import Core
import Foundation

/// Address and token of a daemon that serves a data folder.
struct LocalAccess: Codable {
    let url: String
    let token: String
    /// For what only admins may do, such as backups; in the file and printed nowhere.
    var adminToken: String?

    static func file(in data: String) -> String { data + "/local-access.json" }

    init(url: String, token: String, adminToken: String? = nil) {
        self.url = url
        self.token = token
        self.adminToken = adminToken
    }

    /// The same daemon, asked as an admin.
    var asAdmin: LocalAccess { LocalAccess(url: url, token: adminToken ?? token) }

    /// The address by which this machine reaches what listens on every address.
    static func loopback(_ address: String) -> String {
        address.replacingOccurrences(of: "//0.0.0.0:", with: "//127.0.0.1:")
            .replacingOccurrences(of: "//[::]:", with: "//[::1]:")
    }

    /// - Throws: `notFound` when no daemon has served the folder yet, or the file is somebody else's.
    init(readingFrom file: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw Failure(
                .notFound, "No daemon's address in \(file). Is depotd running, and are you its user? Try --data.")
        }
        self = try JSONDecoder().decode(LocalAccess.self, from: data)
    }

    func write(to file: String) throws {
        let text = String(decoding: try JSONEncoder().encode(self), as: UTF8.self)
        try PrivateFile.write(text, to: file)
    }
}
