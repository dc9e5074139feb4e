// The names that a certificate is for: host names and addresses, as certificates and people write them.
import CLinux
import Glibc

/// A host name or an IP address.
package enum SubjectName: Sendable, Hashable, CustomStringConvertible {
    /// In lower case.
    case host(String)
    /// Four or sixteen bytes, in network order.
    case address([UInt8])

    /// Reads an address where the text is one, else a host name.
    package init(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self = .address(Array(bytes[..<4]))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self = .address(bytes)
        } else {
            self = .host(text.lowercased())
        }
    }

    /// As people write it, an IPv6 address without brackets.
    package var description: String {
        switch self {
        case .host(let name): return name
        case .address(let bytes):
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
            return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    /// As the `Host` of a request has it, an IPv6 address in brackets.
    package var hostField: String {
        if case .address(let bytes) = self, bytes.count == 16 { "[\(description)]" } else { description }
    }

    /// The bytes as certificates hold them.
    var bytes: [UInt8] {
        switch self {
        case .host(let name): Array(name.utf8)
        case .address(let bytes): bytes
        }
    }
}
