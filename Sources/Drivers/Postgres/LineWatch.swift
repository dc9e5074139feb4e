// Hears from the kernel when this machine gets an address or a route: a cable was plugged in, a modem is online again.
// Waits that were begun when there was no line need not last any longer.
import Foundation

/// Tells when a line may have come up.
package final class LineWatch: Sendable {
    // Confined to its own queue after the start.
    private nonisolated(unsafe) let source: any DispatchSourceRead

    /// - Returns: nil where the kernel does not let us listen; then waits end by time alone.
    package init?(_ tell: @escaping @Sendable () -> Void) {
        let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), Self.routes)
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        // struct sockaddr_nl: family and padding of two bytes each, process, groups.
        var address: (UInt16, UInt16, UInt32, UInt32) = (UInt16(AF_NETLINK), 0, 0, Self.groups)
        let size = socklen_t(MemoryLayout.size(ofValue: address))
        let isBound = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) } == 0
        }
        guard isBound else {
            close(descriptor)
            return nil
        }
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "depotd.line"))
        source.setEventHandler { if Self.drain(descriptor) { tell() } }
        source.setCancelHandler { close(descriptor) }
        source.resume()
    }

    deinit { source.cancel() }

    /// NETLINK_ROUTE.
    private static let routes: Int32 = 0
    /// RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_IFADDR.
    private static let groups: UInt32 = 0x10 | 0x40 | 0x100
    /// RTM_NEWADDR, RTM_NEWROUTE.
    private static let news: Set<UInt16> = [20, 24]

    /// Reads all messages there are. - Returns: whether one of them is of something new.
    private static func drain(_ descriptor: Int32) -> Bool {
        var hasNews = false
        var message = [UInt8](repeating: 0, count: 8_192)
        while true {
            let count = recv(descriptor, &message, message.count, 0)
            guard count >= 6 else { return hasNews }
            // struct nlmsghdr: four bytes of length, then the type, both in the machine's order.
            let type = message.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4, as: UInt16.self) }
            hasNews = hasNews || news.contains(type)
        }
    }
}
