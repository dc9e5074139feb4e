// The address of a peer as the kernel gives it, for what accepts by itself.
import CLinux
import Glibc

/// A socket address of any family.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

    /// Accepts a connection from the peer that this becomes. - Returns: a non-blocking descriptor, or -1 with errno.
    mutating func accept(from listening: CInt) -> CInt {
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { depot_accept(listening, $0, &length) }
        }
    }

    /// Runs `body` with the address as C takes it.
    func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// The address without its port.
    var name: PeerAddress { withAddress { address, _ in PeerAddress(address) } }
}
