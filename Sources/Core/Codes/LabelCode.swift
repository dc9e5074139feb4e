// The code on labels of ours that says nothing to a stranger: whose it is, what it stands on, and a check character, all
// of them characters that a QR code packs tightly. A label that was printed blank has an identity of its own, which is
// given to a piece of gear when the label is stuck on it.
import Foundation

/// A label's identity: `DPT:ORGA:26 characters:C`, 37 characters of QR's alphanumeric mode, so a code of 25 modules.
package struct LabelCode: Hashable, Sendable {
    /// Four characters made of the organisation's identifier: enough to say "not one of ours".
    package let organisation: String
    /// 128 bits in 26 characters of Crockford's base 32.
    package let key: String

    /// The code of a record that has an identifier, or of a label that is blank yet.
    ///
    /// - Returns: nil for what is no identifier of 32 hexadecimal digits.
    package init?(_ identifier: String, of organisation: String) {
        let digits = identifier.filter { $0 != "-" }
        guard digits.utf8.count == 32, let bits = UInt128(digits, radix: 16) else { return nil }
        self.organisation = organisation
        key = String(
            (0..<26).map { place -> Character in
                let shifted: UInt128 = bits >> UInt128(5 * (25 - place))
                return Self.alphabet[Int(truncatingIfNeeded: shifted) & 31]
            })
    }

    /// The code with a key that was read before; nil for what is no key.
    package init?(key: String, of organisation: String) {
        guard key.utf8.count == 26, key.allSatisfy({ Self.alphabet.contains($0) }) else { return nil }
        self.organisation = organisation
        self.key = key
    }

    /// Reads a code; nil for a text that is none.
    package init?(reading text: String) {
        guard Self.isMeant(by: text) else { return nil }
        let parts = text.uppercasedASCII.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[1].count == 4, parts[2].count == 26, parts[3].count == 1,
            parts[2].allSatisfy({ Self.alphabet.contains($0) }), parts[1].allSatisfy({ Self.alphabet.contains($0) }),
            "01234567".contains(parts[2].first ?? "Z")
        else { return nil }
        organisation = String(parts[1])
        key = String(parts[2])
        guard parts[3] == String(check) else { return nil }
    }

    /// What is printed.
    package var text: String { "DPT:\(organisation):\(key):\(check)" }

    /// Whether a text is meant to be such a code, right or not.
    static func isMeant(by text: String) -> Bool { text.utf8.count > 4 && text.beginsASCII("DPT:") }

    /// The identifier of the record that the code was made for.
    package var identifier: String {
        var bits: UInt128 = 0
        for character in key {
            bits <<= 5
            bits |= UInt128(Self.alphabet.firstIndex(of: character) ?? 0)
        }
        let hex = String(bits, radix: 16)
        let digits = Array(String(repeating: "0", count: 32 - hex.count) + hex)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    /// The four characters that stand for an organisation.
    package static func word(of organisation: String) -> String {
        String(SHA256.digest(Array(organisation.utf8)).prefix(4).map { alphabet[Int($0) & 31] })
    }

    /// Finds one wrong character and two that changed places.
    /// - Source: ISO/IEC 7064, MOD 37,36
    private var check: Character {
        var sum = 36
        for character in organisation + key {
            sum += Self.checkAlphabet.firstIndex(of: character) ?? 0
            sum = (sum % 36 == 0 ? 36 : sum % 36) * 2 % 37
        }
        return Self.checkAlphabet[(37 - sum) % 36]
    }

    /// - Source: Douglas Crockford, Base 32: without I, L, O and U.
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    private static let checkAlphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}
