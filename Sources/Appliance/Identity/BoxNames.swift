// The names and addresses by which other machines may find this box, asked anew each time: addresses change.
import CLinux
import Drivers
import Foundation

/// What this box is called and where it is.
enum BoxNames {
    /// The host's name without what follows a dot; `depot` where it is none that certificates could hold.
    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "depot" }
        let name = buffer.prefix { $0 != 0 && $0 != 0x2E }.map { UInt8(bitPattern: $0) }
        let text = String(decoding: name, as: UTF8.self).lowercased()
        let isName =
            !text.isEmpty && text.utf8.count <= 63
            && text.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".contains($0) }
        return isName ? text : "depot"
    }

    /// Host names, those of the configuration first: they are what people type.
    static func hosts(configured: [String]) -> [String] {
        unique(configured + ["\(hostName).local", "depot.local", hostName, "localhost"])
    }

    /// Names and addresses, the names first.
    static func all(configured: [String]) -> [SubjectName] {
        unique(hosts(configured: configured).map { SubjectName($0) } + addresses)
    }

    /// Addresses of all interfaces that are up, loopback included.
    static var addresses: [SubjectName] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var found: [SubjectName] = []
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard entry.ifa_flags & UInt32(IFF_UP) != 0, let address = entry.ifa_addr else { continue }
            if let name = name(of: address) { found.append(name) }
        }
        return unique(found).sorted { $0.description < $1.description }
    }

    private static func name(of address: UnsafeMutablePointer<sockaddr>) -> SubjectName? {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let host = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            return .address(withUnsafeBytes(of: host) { Array($0) })
        case AF_INET6:
            let host = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return .address(withUnsafeBytes(of: host) { Array($0) })
        default: return nil
        }
    }

    private static func unique<Name: Hashable>(_ names: [Name]) -> [Name] {
        var seen: Set<Name> = []
        return names.filter { seen.insert($0).inserted }
    }
}
