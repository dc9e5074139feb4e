// Where a page of a list ended, as it is given out and comes back: opaque text that only this box makes.
import Foundation

enum ListCursor {
    /// The cursor of these parts, none of which has a line end.
    static func text(_ parts: [String]) -> String {
        Data(parts.joined(separator: "\n").utf8).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }

    /// What a cursor that was given out says. - Throws: `invalid` for any other.
    static func parts(of cursor: String, count: Int) throws -> [String] {
        var base64 = cursor.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        let parts = Data(base64Encoded: base64).flatMap { String(data: $0, encoding: .utf8) }?
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let parts, parts.count == count else { throw stranger }
        return parts
    }

    static var stranger: Failure { Failure(.invalid, "That is not a cursor of this list.", field: "cursor") }
}
