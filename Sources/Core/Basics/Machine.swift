// What machine this is, so that a card that was cloned or moved is noticed. Only a digest is kept: the id itself is
// nobody's business.
import Foundation

/// The machine this process runs on.
package enum Machine {
    /// SHA-256 over the board's serial number and /etc/machine-id, in hexadecimal; nil when neither is there. A card
    /// that was cloned has the same machine-id on another board; one that was set up anew, the other way round.
    package static let fingerprint: String? = {
        let board = text("/sys/firmware/devicetree/base/serial-number") ?? processorSerial
        let parts = [board, text("/etc/machine-id")]
        guard parts.contains(where: { $0 != nil }) else { return nil }
        return Hex.text(SHA256.digest(Array("depotd:\(parts.map { $0 ?? "" }.joined(separator: ":"))".utf8)))
    }()

    /// `Serial : 10000000abcdef01`, as the kernel of a Raspberry Pi has it.
    private static var processorSerial: String? {
        let line = text("/proc/cpuinfo")?.split(separator: "\n").first { $0.hasPrefix("Serial") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private static func text(_ path: String) -> String? {
        let text = try? String(contentsOfFile: path, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines.union(.controlCharacters))
        return text?.isEmpty == false ? text : nil
    }
}
