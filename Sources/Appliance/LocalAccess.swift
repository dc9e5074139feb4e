// How programs on this machine reach the daemon: its address and a token, in a file in the data folder that only the
// daemon's user can read.
import Core
import Foundation

/// Address and token of a daemon that serves a data folder.
struct LocalAccess: Codable {
    let url: String
    let token: String

    static func file(in data: String) -> String { data + "/local-access.json" }

    init(url: String, token: String) {
        self.url = url
        self.token = token
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
