// Hears from the kernel when this machine gets an address or a route: a cable was plugged in, a modem is online again.
// Waits that were begun when there was no line need not last any longer.
private import CLinux
import Foundation

/// Tells when a line may have come up.
package final class LineWatch: Sendable {
    // Confined to its own queue after the start.
    private nonisolated(unsafe) let source: any DispatchSourceRead

    /// - Returns: nil where the kernel does not let us listen; then waits end by time alone.
    package init?(_ tell: @escaping @Sendable () -> Void) {
        let descriptor = depot_listen_to_routes()
        guard descriptor >= 0 else { return nil }
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "depotd.line"))
        source.setEventHandler { if Self.drain(descriptor) { tell() } }
        source.setCancelHandler { close(descriptor) }
        source.resume()
    }

    deinit { source.cancel() }

    /// Reads all messages there are. - Returns: whether one of them is of something new.
    private static func drain(_ descriptor: Int32) -> Bool {
        var hasNews = false
        while true {
            switch depot_read_route_news(descriptor) {
            case 1: hasNews = true
            case 0: continue
            default: return hasNews
            }
        }
    }
}
