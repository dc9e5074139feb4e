// What may be said: text of a bounded length without what would make it look like something else or take the page over.
// Markup is text like any other here and on the page, which never makes markup of it.
import Foundation

/// Cleans what was typed.
package enum MessageText {
    /// Most characters of one message.
    package static let characterCountMax = 4_000
    /// Most marks that are put upon one letter; Vietnamese has two, Hebrew with cantillation three.
    static let markCountMax = 4

    /// The text as it is kept: composed, without controls, without what turns the direction of what follows, without
    /// floods of what can not be seen, and without white space at its ends.
    ///
    /// - Throws: `invalid` with the limit for text that is too long.
    static func clean(_ typed: String, max: Int = characterCountMax, _ word: String = "A message") throws -> String {
        // Before anything that costs by the length: no script needs more bytes for a character that is typed.
        guard typed.utf8.count <= max * 16 else { throw tooLong(max, word) }
        let text = typed.isPlain ? typed.trimmed : visible(typed.precomposedStringWithCanonicalMapping).trimmed
        guard text.count <= max else { throw tooLong(max, word, text.count) }
        return text
    }

    private static func tooLong(_ max: Int, _ word: String, _ count: Int? = nil) -> Failure {
        let told = count.map { "; this one has \($0)" } ?? ""
        return Failure(.invalid, "\(word) has at most \(max) characters\(told).", field: "text")
    }

    private static func visible(_ text: String) -> String {
        var kept = String.UnicodeScalarView()
        var (markCount, wasJoiner, hasShown) = (0, true, false)
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\t" {
                kept.append(scalar)
                (markCount, wasJoiner) = (0, true)
                continue
            }
            switch scalar.properties.generalCategory {
            case .control, .surrogate, .privateUse, .unassigned: continue
            case .nonspacingMark, .enclosingMark:
                markCount += 1
                guard markCount <= markCountMax else { continue }
            case .format, .lineSeparator, .paragraphSeparator:
                // Joiners hold emoji together and shape Persian; one at a time, and only between what is seen.
                guard joiners.contains(scalar) || isTag(scalar), !wasJoiner || isTag(scalar) else { continue }
                wasJoiner = true
                kept.append(scalar)
                continue
            default:
                markCount = 0
                hasShown = hasShown || !isBlank(scalar)
            }
            wasJoiner = false
            kept.append(scalar)
        }
        return hasShown ? String(kept) : ""
    }

    private static let joiners: Set<Unicode.Scalar> = ["\u{200C}", "\u{200D}"]

    /// Flags of regions such as Wales are a black flag and invisible letters.
    private static func isTag(_ scalar: Unicode.Scalar) -> Bool { (0xE0020...0xE007F).contains(scalar.value) }

    /// Letters that show nothing.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint || scalar == "\u{2800}"
    }

    /// What can be a reaction: one character that is shown as a picture.
    static func isEmoji(_ text: String) -> Bool {
        guard text.count == 1, text.utf8.count <= 48, let first = text.unicodeScalars.first else { return false }
        return first.properties.isEmoji && (first.value > 0xFF || text.unicodeScalars.count > 1)
    }
}
