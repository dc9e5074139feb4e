// Where the appliance listens: an address, not a name, so that nothing depends on a resolver at start.
import CLinux
import Foundation

/// An IP address and a port, as `127.0.0.1:8080`, `[::1]:8080` or `localhost:0`.
package struct ListenAddress: Sendable, Equatable {
    /// The address without brackets; `localhost` stands for 127.0.0.1.
    package let host: String
    /// 0 takes a free port.
    package let port: UInt16

    /// Whether the address is IPv6.
    package var isIPv6: Bool { host.contains(":") }

    /// Whether only this machine reaches it: 127.0.0.0/8, ::1, and 127.0.0.0/8 mapped into IPv6.
    package let isLoopback: Bool

    /// Reads the address; nil for anything else, also for host names and for IPv6 without brackets.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
            return nil
        }
        let written = String(text[..<colon])
        if written.hasPrefix("["), written.hasSuffix("]") {
            let inside = String(written.dropFirst().dropLast())
            guard let bytes = Self.bytes(of: inside, family: AF_INET6, count: 16) else { return nil }
            let isMapped = bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] && bytes[12] == 127
            isLoopback = isMapped || bytes == Array(repeating: 0, count: 15) + [1]
            host = inside
        } else {
            host = written.lowercased() == "localhost" ? "127.0.0.1" : written
            guard let bytes = Self.bytes(of: host, family: AF_INET, count: 4) else { return nil }
            isLoopback = bytes[0] == 127
        }
        self.port = port
    }

    /// Digits only: `UInt16("+80")` would be a number.
    private static func port(_ text: Substring) -> UInt16? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt16(text) : nil
    }

    private static func bytes(of text: String, family: Int32, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        // A NUL would end the text for C and let the rest pass.
        guard !text.utf8.contains(0), inet_pton(family, text, &bytes) == 1 else { return nil }
        return bytes
    }
}

extension ListenAddress: CustomStringConvertible {
    package var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
