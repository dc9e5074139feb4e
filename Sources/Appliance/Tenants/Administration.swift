// Who administers the box itself, and so may found and erase organisations: local administration and nobody else. It is
// no session of any organisation, so no role in one, not even an admin's, comes near it.
import Core
import Foundation

/// Lets in whoever can read a file that only the daemon's user can read, on this machine.
struct Administration: Sendable {
    /// Made anew at each start and kept nowhere but in the file.
    private let secret = Hex.text(SecureRandom.bytes(32))
    private let listen: String

    /// - Parameter listen: the address that is listened on, which the kernel takes from nobody else.
    init(listen: String) { self.listen = listen }

    static func file(in data: String) -> String { data + "/box-access.json" }

    /// Writes down how to get in.
    func open(at address: String, in data: String) throws {
        try LocalAccess(url: address, token: secret).write(to: Self.file(in: data))
    }

    /// Whether a request comes from it.
    func sent(_ secret: String?, from peer: String) -> Bool {
        let isHere = ["127.0.0.1", "::1", listen].contains(peer)
        return isHere && secret.map { SHA256.digest(Array($0.utf8)) } == SHA256.digest(Array(self.secret.utf8))
    }
}
