// How text is compared when people look for something: the one folding of case, diacritics and signs. What is searched
// is folded when it is written, what is typed when it is asked for, so that both always agree.
import Foundation
package import GRDB

/// What was typed into a search field: words, each of which must begin a word of what is found.
///
/// Letters and digits make words and everything else is between them; `cam-7` is two words that must follow each other.
package struct SearchText: Sendable, Equatable {
    /// Folded; several that were typed without white space between them are one entry with spaces inside.
    package let words: [String]
    /// Whether something was typed; what has no letter and no digit finds nothing.
    package let isEmpty: Bool

    /// Most words taken; further ones are left out.
    package static let wordCountMax = 8
    /// Most characters of what was typed that are looked at.
    package static let characterCountMax = 500

    package init(_ typed: String) {
        let parts = typed.prefix(Self.characterCountMax).split(whereSeparator: \.isWhitespace)
        isEmpty = parts.isEmpty
        words = Array(parts.lazy.map { Self.folded(String($0)) }.filter { !$0.isEmpty }.prefix(Self.wordCountMax))
    }

    /// Whether nothing can match: something was typed, but no letter and no digit.
    var isHopeless: Bool { !isEmpty && words.isEmpty }

    /// What a folded text contains where one of its words begins with `word`.
    static func needle(_ word: String) -> String { " " + word }

    /// The question to an FTS5 table of folded text.
    var match: String { words.map(Self.match).joined(separator: " AND ") }

    static func match(_ word: String) -> String { "\"\(word)\" *" }

    /// Whether every word begins a word of the text.
    package func matches(_ text: String) -> Bool {
        let folded = Self.indexed([text])
        return !isHopeless && words.allSatisfy { folded.contains(Self.needle($0)) }
    }

    /// The condition for a small table: SQL and its arguments.
    ///
    /// - Parameter columns: SQL of the columns that are searched, such as `["name", "maker"]`.
    package func condition(over columns: [String]) -> (sql: String, arguments: [any DatabaseValueConvertible]) {
        guard !isEmpty else { return ("1", []) }
        guard !isHopeless else { return ("0", []) }
        let text = "search_text(\(columns.joined(separator: ", ")))"
        return (
            words.map { _ in "instr(\(text), ?) > 0" }.joined(separator: " AND "), words.map(Self.needle)
        )
    }
}

extension SearchText {
    /// Words in lower case without diacritics, one space between them: `Kärcher BR-40` is `karcher br 40`.
    static func folded(_ text: String) -> String {
        if text.isPlain { return foldedPlain(text) }
        let scalars = text.lowercased().decomposedStringWithCompatibilityMapping.unicodeScalars
        var folded = ""
        var isBetween = false
        for scalar in scalars {
            guard let letters = letters(of: scalar) else {
                isBetween = true
                continue
            }
            if isBetween, !folded.isEmpty, !letters.isEmpty { folded.append(" ") }
            isBetween = letters.isEmpty && isBetween
            folded.append(letters)
        }
        return folded
    }

    private static func foldedPlain(_ text: String) -> String {
        var folded: [UInt8] = []
        folded.reserveCapacity(text.utf8.count)
        var isBetween = false
        for byte in text.utf8 {
            guard byte.isASCIILetter || byte.isASCIIDigit else {
                isBetween = true
                continue
            }
            if isBetween, !folded.isEmpty { folded.append(UInt8(ascii: " ")) }
            isBetween = false
            // Digits have the bit of small letters already.
            folded.append(byte | 0x20)
        }
        return String(decoding: folded, as: UTF8.self)
    }

    /// What a scalar is compared as: nothing for a diacritic, nil for what stands between words.
    private static func letters(of scalar: Unicode.Scalar) -> String? {
        switch scalar {
        case "a"..."z", "0"..."9": return String(scalar)
        case "A"..."Z": return String(Unicode.Scalar(UInt8(scalar.value) | 0x20))
        default: break
        }
        guard scalar.value >= 0x80 else { return nil }
        if let known = special[scalar] { return known }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .spacingMark: return ""
        case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber:
            return String(scalar)
        default: return nil
        }
    }

    /// Letters that Unicode does not take apart and that people leave out on a keyboard without them.
    private static let special: [Unicode.Scalar: String] = [
        "ß": "ss", "ł": "l", "ı": "i", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h",
        "ŧ": "t", "ŋ": "n", "ĸ": "k", "ς": "σ", "ə": "e",
    ]

    /// Folded text for the index: a space before every word, the texts one after the other. German umlauts are found
    /// as `a` and as `ae`, numbers such as `CAM-7` as `cam7` too.
    static func indexed(_ texts: [String], number: String? = nil) -> String {
        var parts: [String] = []
        if let number {
            let folded = folded(number)
            let joined = folded.filter { $0 != " " }
            parts += joined == folded ? [folded] : [folded, joined]
        }
        for text in texts {
            parts.append(folded(text))
            if let german = german(text) { parts.append(folded(german)) }
        }
        return parts.reduce(into: "") { if !$1.isEmpty { $0 += " " + $1 } }
    }

    /// The text with umlauts written out; nil when it has none.
    private static func german(_ text: String) -> String? {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else { return nil }
        let composed = text.precomposedStringWithCanonicalMapping
        let written = composed.reduce(into: "") { result, character in
            switch character {
            case "ä", "Ä": result += "ae"
            case "ö", "Ö": result += "oe"
            case "ü", "Ü": result += "ue"
            default: result.append(character)
            }
        }
        return written == composed ? nil : written
    }

    /// SQL functions on every connection: `search_text(…)` of texts, `gear_text(number, …)` whose first is a number, and
    /// `sort_key(…)`, by which names are put in order.
    static func register(on database: Database) {
        database.add(
            function: DatabaseFunction("search_text", pure: true) { values in
                indexed(values.compactMap { String.fromDatabaseValue($0) })
            })
        database.add(
            function: DatabaseFunction("gear_text", pure: true) { values in
                let texts = values.dropFirst().compactMap { String.fromDatabaseValue($0) }
                return indexed(texts, number: values.first.flatMap { String.fromDatabaseValue($0) } ?? "")
            })
        database.add(
            function: DatabaseFunction("sort_key", argumentCount: 1, pure: true) { values in
                values.first.flatMap { String.fromDatabaseValue($0) }.map(sortKey)
            })
    }

    /// The order of names: folded, digits by value.
    static func sortKey(_ name: String) -> String { Asset.sortKey(folded(name)) }
}

extension String {
    /// Without case and diacritics, for names that must differ in more.
    var folded: String { folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil) }
}
