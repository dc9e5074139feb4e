// What a passphrase has to be: long enough, and none that is guessed first. Nothing is asked of its characters
// (OWASP ASVS 5.0, 6.2). What is guessed first is told by a list of what others took, and by how a text is made: a common
// word with something behind it, the person's or the organisation's name, one key after the other, the same again.
import CPasswords
import Foundation

/// A passphrase that may be set.
package struct Passphrase: Sendable {
    /// Shortest and longest, in characters.
    package static let lengths = 8...256

    /// As it is hashed.
    let text: String

    /// - Parameter names: of the person and the organisation, which are guessed first.
    /// - Throws: `invalid` with what is wrong with it.
    package init(_ typed: String, unlike names: [String]) throws {
        text = Self.normal(typed)
        guard text.count >= Self.lengths.lowerBound else {
            throw Self.refusal(
                "A passphrase has at least \(Self.lengths.lowerBound) characters. Three words are easy to keep.")
        }
        guard text.count <= Self.lengths.upperBound else {
            throw Self.refusal("A passphrase has at most \(Self.lengths.upperBound) characters.")
        }
        guard !Self.isGuessedFirst(text, names: names) else {
            throw Self.refusal(
                "That passphrase is one of those that are guessed first. Take some words that only you put together.")
        }
    }

    /// The same for each way in which a keyboard may write the same characters.
    ///
    /// - Source: NIST SP 800-63B §5.1.1.2, Unicode normalisation form C.
    static func normal(_ typed: String) -> String { typed.precomposedStringWithCanonicalMapping }

    private static func refusal(_ words: String) -> Failure { Failure(.invalid, words, field: "passphrase") }

    static func isGuessedFirst(_ text: String, names: [String]) -> Bool {
        let plain = text.folded
        return isListed(text.lowercased()) || isRepeated(plain) || isKeyAfterKey(plain) || isDate(plain)
            || isCommon(plain, names: names)
    }

    /// One of the passwords that leaked most often.
    private static func isListed(_ text: String) -> Bool {
        !text.contains("\n") && strstr(depotd_common_passwords(), "\n\(text)\n") != nil
    }

    /// `aaaaaaaa`, `12121212`, `abcabcabc`.
    private static func isRepeated(_ text: String) -> Bool {
        let letters = Array(text)
        return Set(letters).count < 4
            || (1...max(1, letters.count / 2)).contains { unit in
                unit <= 5 && letters.indices.dropFirst(unit).allSatisfy { letters[$0] == letters[$0 - unit] }
            }
    }

    private static let rows = [
        "1234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "qsdfghjklm", "zxcvbnm", "yxcvbnm",
        "wxcvbn", "abcdefghijklmnopqrstuvwxyz",
    ]

    /// `12345678`, `qwertyui`, `87654321abc`: all but three characters are in stretches of at least three neighbours.
    private static func isKeyAfterKey(_ text: String) -> Bool {
        let letters = Array(text)
        var neighbours = Set<String>()
        for row in rows {
            let keys = Array(row)
            for (one, next) in zip(keys, keys.dropFirst()) { neighbours.formUnion(["\(one)\(next)", "\(next)\(one)"]) }
        }
        var covered = 0
        var run = 1
        for index in letters.indices.dropFirst() {
            let isNext =
                letters[index] == letters[index - 1] || neighbours.contains("\(letters[index - 1])\(letters[index])")
            run = isNext ? run + 1 : 1
            if run == 3 { covered += 3 } else if run > 3 { covered += 1 }
        }
        return covered >= letters.count - 3
    }

    /// Eight digits with a year in them.
    private static func isDate(_ text: String) -> Bool {
        let digits = text.filter { $0.isASCII && $0.isNumber }
        guard digits.count == 8, text.allSatisfy({ $0.isNumber || "./- ".contains($0) }) else { return false }
        return [digits.prefix(2), digits.dropFirst(4).prefix(2)].contains { $0 == "19" || $0 == "20" }
    }

    /// One or two common words or names, with at most four characters that are no letters, however they are disguised.
    private static func isCommon(_ text: String, names: [String]) -> Bool {
        var known = words
        for name in names {
            let parts = name.folded.split { !$0.isLetter }.map(String.init).filter { $0.count > 2 }
            known.formUnion(parts)
            known.insert(parts.joined())
        }
        let trimmed = String(text.drop { !$0.isLetter }.reversed().drop { !$0.isLetter }.reversed())
        return [text, trimmed].flatMap { [$0, undisguised($0)] }.contains {
            isMade($0.filter(\.isLetter), of: known, text)
        }
    }

    private static func isMade(_ letters: String, of known: Set<String>, _ text: String) -> Bool {
        guard letters.count >= 3, text.count - letters.count <= 4 else { return false }
        if known.contains(letters) { return true }
        return letters.indices.dropFirst().contains { index in
            known.contains(String(letters[..<index])) && known.contains(String(letters[index...]))
        }
    }

    /// `p4$$w0rd` is password.
    private static func undisguised(_ text: String) -> String {
        let masks: [Character: Character] = [
            "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i",
            "|": "l",
        ]
        return String(text.map { masks[$0] ?? $0 })
    }
}
