// Most of what people type and readers read is printable ASCII. What Unicode asks of any text, composing, categories,
// white space of other scripts, is nothing there, and costs more than all the rest of a field's rules.
import Foundation

extension StringProtocol {
    /// Whether the text is printable ASCII, spaces included: composed, visible and of one character a byte.
    var isPlain: Bool { utf8.allSatisfy { (0x20..<0x7F).contains($0) } }
}

extension String {
    /// Without white space at its ends.
    var trimmed: String {
        guard let first = utf8.first, let last = utf8.last else { return self }
        // Most text has none, and letters of other scripts begin above ASCII.
        if (0x21..<0x7F).contains(first), (0x21..<0x7F).contains(last) { return self }
        return trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
