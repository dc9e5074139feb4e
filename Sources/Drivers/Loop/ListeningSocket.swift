// The listening socket is made here and not by libmicrohttpd, so that its port is known and its errors are errno's.
import CLinux
import Glibc

/// A bound, listening TCP socket. Whoever takes the descriptor closes it.
struct ListeningSocket: Sendable {
    let descriptor: CInt
    let port: UInt16

    /// - Throws: ``ListenerError`` naming the call that failed.
    init(host: String, port: UInt16, backlog: Int) throws {
        let family = host.contains(":") ? AF_INET6 : AF_INET
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        let descriptor = Glibc.socket(family, type, 0)
        guard descriptor >= 0 else { throw ListenerError.last("socket") }
        do {
            try Self.bind(descriptor, family: family, host: host, port: port)
            guard listen(descriptor, CInt(clamping: backlog)) == 0 else { throw ListenerError.last("listen") }
            self.port = try Self.port(of: descriptor)
            self.descriptor = descriptor
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    private static func bind(_ descriptor: CInt, family: CInt, host: String, port: UInt16) throws {
        var one: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
        let bound: CInt
        if family == AF_INET6 {
            var zero: CInt = 0
            setsockopt(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &zero, socklen_t(MemoryLayout<CInt>.size))
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            try parse(host, family, &address.sin6_addr)
            bound = withBytes(of: &address) { Glibc.bind(descriptor, $0, $1) }
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            try parse(host, family, &address.sin_addr)
            bound = withBytes(of: &address) { Glibc.bind(descriptor, $0, $1) }
        }
        let hint = port != 0 && port < 1_024 ? "ports below 1024 need CAP_NET_BIND_SERVICE" : nil
        guard bound == 0 else { throw ListenerError.last("bind \(host) port \(port)", hint: hint) }
    }

    private static func parse(_ host: String, _ family: CInt, _ address: UnsafeMutableRawPointer) throws {
        guard inet_pton(family, host, address) == 1 else {
            let text = "\(host) is not a numeric address"
            throw ListenerError(operation: "inet_pton", code: EINVAL, text: text, hint: "write it as 0.0.0.0 or ::")
        }
    }

    private static func withBytes<Address>(
        of address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    private static func port(of descriptor: CInt) throws -> UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw ListenerError.last("getsockname") }
        // The port stands at the same place in an IPv4 address.
        return UInt16(bigEndian: address.sin6_port)
    }
}
