// Printers that say by DNS-SD that they are there, and the queues of CUPS on this machine, through libcups. Without Avahi
// or CUPS there are none, and an address can be typed.
private import CCUPS
package import Core
import Dispatch
import Foundation
import Synchronization

/// A printer that was found.
package struct FoundPrinter: Sendable, Equatable {
    package let name: String
    package let address: String
    package let model: String?

    /// `{"name", "address", "model"}`.
    package var json: JSON {
        ["name": .string(name), "address": .string(address), "model": .optional(model)]
    }
}

/// Looks for printers.
package final class PrinterFinder: Sendable {
    /// libcups blocks.
    private let queue = DispatchQueue(label: "printers nearby")
    /// What was found a moment ago: whoever asks meanwhile is told the same.
    private let last = Mutex<(at: ContinuousClock.Instant, printers: [FoundPrinter])?>(nil)
    private static let freshness = Duration.seconds(4)

    package init() {}

    private final class Findings {
        var printers: [FoundPrinter] = []
    }

    /// The printers that make themselves known within a second and a half.
    package func find() async -> [FoundPrinter] {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                if let last = last.withLock({ $0 }), ContinuousClock.now - last.at < Self.freshness {
                    return continuation.resume(returning: last.printers)
                }
                let found = Findings()
                _ = cupsEnumDests(
                    0, 1_500, nil, 0, 0,
                    { closure, flags, destination in
                        guard let closure, let destination, flags & UInt32(CUPS_DEST_FLAGS_REMOVED) == 0 else {
                            return 1
                        }
                        Unmanaged<Findings>.fromOpaque(closure).takeUnretainedValue()
                            .printers.append(PrinterFinder.printer(destination))
                        return 1
                    }, Unmanaged.passUnretained(found).toOpaque())
                let printers = withExtendedLifetime(found) { found.printers }
                var seen: Set<String> = []
                let once = printers.filter { !$0.address.isEmpty && seen.insert($0.address).inserted }
                last.withLock { $0 = (ContinuousClock.now, once) }
                continuation.resume(returning: once)
            }
        }
    }

    private static func printer(_ destination: UnsafeMutablePointer<cups_dest_t>) -> FoundPrinter {
        let destination = destination.pointee
        func option(_ name: String) -> String? {
            cupsGetOption(name, destination.num_options, destination.options).map { String(cString: $0) }
        }
        let name = destination.name.map { String(cString: $0) } ?? ""
        // A queue of this machine has a URI of its own; one that was found has the printer's.
        let address = option("printer-uri-supported") ?? option("device-uri") ?? ""
        let model = option("printer-make-and-model")
        return FoundPrinter(
            name: (option("printer-info") ?? name).replacing("_", with: " "), address: address,
            model: model == "IPP Everywhere" ? nil : model)
    }
}
