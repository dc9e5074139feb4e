// What a cell of a table says, as the JSON that a form would send: RecordField then judges both alike and in the same
// words. And back again, as an export writes it.
import Foundation
import GRDB

extension RecordField {
    /// The value of a cell; null for an empty one.
    ///
    /// - Throws: `invalid` for what can not even be read as what the field holds.
    func value(ofCell text: String) throws -> JSON {
        // Long text is judged by its length, before anything that costs by it.
        guard text.utf8.count <= Self.cellByteCountMax else { return .string(text) }
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { return .null }
        switch shape {
        case .whole(let range):
            guard let number = Int64(trimmed) else { throw refusal(words(for: range)) }
            return .int(number)
        case .flag, .archived:
            guard let flag = Self.flag(trimmed) else { throw refusal("\(label) is yes or no.") }
            return .bool(flag)
        case .day: return .string(Self.day(trimmed) ?? trimmed)
        case .choice(let choices):
            let key = trimmed.folded
            return .string(choices.first { $0.folded == key } ?? trimmed)
        default: return .string(text)
        }
    }

    private static let cellByteCountMax = 100_000

    static func flag(_ text: String) -> Bool? {
        switch text.folded {
        case "yes", "true", "1", "x", "y", "ja", "wahr", "j": true
        case "no", "false", "0", "n", "nein", "falsch", "-": false
        default: nil
        }
    }

    /// `21.11.2026` as `2026-11-21`.
    static func day(_ text: String) -> String? {
        guard let match = text.wholeMatch(of: /(\d\d?)\.(\d\d?)\.(\d{4})/) else { return nil }
        let (day, month) = (
            match.1.count < 2 ? "0" + match.1 : match.1[...], match.2.count < 2 ? "0" + match.2 : match.2[...]
        )
        return "\(match.3)-\(month)-\(day)"
    }

    private func words(for range: ClosedRange<Int64>) -> String {
        "\(label) is a whole number from \(range.lowerBound) to \(range.upperBound)."
    }
}
