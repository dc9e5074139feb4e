// How a phone reaches the box: by the address somebody is using now, unless that is only this machine's own.
import Core
import Drivers
import Synchronization

extension Wiring {
    /// Such as `https://192.168.4.20:8443`, for a link that a phone is to open.
    func phoneAddress(for head: HTTPRequestHead) -> String {
        let host = head.headers["Host"] ?? "localhost"
        let name = FrontDoor.name(of: host)
        guard !head.isSecure || Self.isOwn(name), identity != nil else {
            return (head.isSecure ? "https://" : "http://") + host
        }
        return "https://\(Self.isOwn(name) ? lanName(or: name) : name):\(securePort.withLock { $0 })"
    }

    /// Where a phone learns to trust the box; nil where it does already, because the certificate is a known one, or
    /// where no TLS is spoken.
    func trustAddress(for head: HTTPRequestHead) -> String? {
        guard identity?.authority != nil else { return nil }
        let name = FrontDoor.name(of: head.headers["Host"] ?? "localhost")
        let port = plainPort.withLock { $0 }
        return "http://\(Self.isOwn(name) ? lanName(or: name) : name):\(port)/enroll"
    }

    private static func isOwn(_ host: String) -> Bool {
        host == "localhost" || host.hasPrefix("127.") || host == "[::1]"
    }

    /// An address of this machine in its network: it needs nobody to resolve it.
    private func lanName(or fallback: String) -> String {
        guard configuration.tls.listen?.isLoopback == false else { return fallback }
        let addresses = BoxNames.addresses.map(\.hostField)
        return addresses.first { !$0.hasPrefix("127.") && $0.contains(".") } ?? fallback
    }
}
