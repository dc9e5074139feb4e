// What each key means in the four layouts that readers are programmed to. Tables only; KeyboardWedge presses the keys.
// The layout is the one programmed into the reader: the system's own layout never touches raw usages.
package import Core

/// The characters on the keys of one layout.
/// - Source: HID Usage Tables 1.4 §10 for the usages; the national layouts as Windows has them (kbdus, kbduk, kbdgr,
///   kbdfr), which is what reader makers copy.
package struct Keymap: Sendable {
    /// What else is held down while a key is pressed.
    enum Level: Int {
        case plain, shift, altGr
    }

    /// Usages 0x04 to 0x38 in order, one character each, for plain and shift. Enter, Escape, Backspace and Tab
    /// stand in the rows as marks only.
    private static let firstUsage: UInt8 = 0x04
    private let rows: [[Character]]
    /// Usage 0x64, the extra key of European keyboards, plain and shift.
    private let extra: [Character]
    private let altGr: [UInt8: Character]
    private let dead: Set<DeadKey>
    /// What the keypad's decimal key types.
    let keypadDecimal: Character
    /// Whether the right Alt key is AltGr; else it is a second Alt.
    let hasAltGr: Bool

    private struct DeadKey: Hashable {
        var usage: UInt8
        var level: Level
    }

    private init(
        _ plain: String, _ shift: String, extra: String, altGr: [UInt8: Character] = [:], dead: Set<DeadKey> = [],
        keypadDecimal: Character = ".", hasAltGr: Bool = true
    ) {
        rows = [Array(plain), Array(shift)]
        self.extra = Array(extra)
        self.altGr = altGr
        self.dead = dead
        self.keypadDecimal = keypadDecimal
        self.hasAltGr = hasAltGr
    }

    package static func of(_ layout: KeyboardLayout) -> Keymap {
        switch layout {
        case .us: us
        case .uk: uk
        case .de: de
        case .fr: fr
        }
    }

    /// The character of a key at a level; nil where the layout has none.
    func character(_ usage: UInt8, _ level: Level) -> Character? {
        if level == .altGr { return altGr[usage] }
        if usage == 0x64 { return extra[level.rawValue] }
        let index = Int(usage) - Int(Self.firstUsage)
        let row = rows[level.rawValue]
        return row.indices.contains(index) ? row[index] : nil
    }

    /// Whether a key only puts its accent on the next character.
    func isDead(_ usage: UInt8, _ level: Level) -> Bool { dead.contains(DeadKey(usage: usage, level: level)) }

    private static let us = Keymap(
        "abcdefghijklmnopqrstuvwxyz1234567890⏎⎋⌫⇥ -=[]\\\\;'`,./",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()⏎⎋⌫⇥ _+{}||:\"~<>?",
        extra: "\\|", hasAltGr: false)

    private static let uk = Keymap(
        "abcdefghijklmnopqrstuvwxyz1234567890⏎⎋⌫⇥ -=[]##;'`,./",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ!\"£$%^&*()⏎⎋⌫⇥ _+{}~~:@¬<>?",
        extra: "\\|",
        altGr: [0x21: "€", 0x35: "¦", 0x04: "á", 0x08: "é", 0x0C: "í", 0x12: "ó", 0x18: "ú"])

    private static let de = Keymap(
        "abcdefghijklmnopqrstuvwxzy1234567890⏎⎋⌫⇥ ß´ü+##öä^,.-",
        "ABCDEFGHIJKLMNOPQRSTUVWXZY!\"§$%&/()=⏎⎋⌫⇥ ?`Ü*''ÖÄ°;:_",
        extra: "<>",
        altGr: [
            0x14: "@", 0x08: "€", 0x10: "µ", 0x1F: "²", 0x20: "³", 0x24: "{", 0x25: "[", 0x26: "]", 0x27: "}",
            0x2D: "\\", 0x30: "~", 0x64: "|",
        ],
        dead: [
            .init(usage: 0x2E, level: .plain), .init(usage: 0x2E, level: .shift), .init(usage: 0x35, level: .plain),
        ],
        keypadDecimal: ",")

    private static let fr = Keymap(
        "qbcdefghijkl,noparstuvzxyw&é\"'(-è_çà⏎⎋⌫⇥ )=^$**mù²;:!",
        "QBCDEFGHIJKL?NOPARSTUVZXYW1234567890⏎⎋⌫⇥ °+¨£µµM% ./§",
        extra: "<>",
        altGr: [
            0x08: "€", 0x1F: "~", 0x20: "#", 0x21: "{", 0x22: "[", 0x23: "|", 0x24: "`", 0x25: "\\", 0x26: "^",
            0x27: "@", 0x2D: "]", 0x2E: "}", 0x30: "¤",
        ],
        dead: [
            .init(usage: 0x2F, level: .plain), .init(usage: 0x2F, level: .shift), .init(usage: 0x1F, level: .altGr),
            .init(usage: 0x24, level: .altGr),
        ])
}

extension Keymap {
    /// Each accent with the letters it can stand on, bare and accented by turns.
    private static let accents: [Character: String] = [
        "^": "aâeêiîoôuûAÂEÊIÎOÔUÛ", "´": "aáeéiíoóuúyýAÁEÉIÍOÓUÚYÝ", "`": "aàeèiìoòuùAÀEÈIÌOÒUÙ",
        "¨": "aäeëiïoöuüyÿAÄEËIÏOÖUÜ", "~": "aãnñoõAÃNÑOÕ",
    ]

    /// What a dead key and the character after it make: `^` and `a` are `â`, `^` and space are `^`, and what cannot
    /// be joined stays two characters.
    static func compose(_ accent: Character, _ next: Character) -> String {
        if next == " " || next == accent { return String(accent) }
        let letters = Array(accents[accent] ?? "")
        for index in stride(from: 0, to: letters.count - 1, by: 2) where letters[index] == next {
            return String(letters[index + 1])
        }
        return String([accent, next])
    }

    /// The control character of Ctrl and a key. Letters by what the layout prints on them; `[`, `\` and `]` also by
    /// their place on a US keyboard, because kbdgr and kbdfr keep ESC, FS and GS on those keys.
    func control(_ usage: UInt8, _ level: Level) -> UInt8? {
        if level != .altGr {
            switch usage {
            case 0x2F: return 0x1B
            case 0x30: return 0x1D
            case 0x31, 0x32, 0x64: return 0x1C
            default: break
            }
        }
        switch character(usage, level) {
        case "2", " ": return 0x00
        case "6": return 0x1E
        case "-": return 0x1F
        case let character?:
            guard let value = character.asciiValue, (0x40...0x5F).contains(value) || (0x61...0x7A).contains(value)
            else { return nil }
            return value & 0x1F
        case nil: return nil
        }
    }

    /// What Alt and a number on the keypad type on Windows: up to 127 the character itself, so that Alt+0029 is GS;
    /// above it Windows-1252 with a leading zero and code page 437 without; beyond 255 the Unicode scalar.
    static func alt(_ number: UInt32, hasLeadingZero: Bool) -> String {
        if number < 0x80 || number > 0xFF { return Unicode.Scalar(number).map { String($0) } ?? "" }
        if !hasLeadingZero { return String(codePage437[Int(number) - 0x80]) }
        if number < 0xA0 { return String(windows1252[Int(number) - 0x80]) }
        return Unicode.Scalar(number).map { String($0) } ?? ""
    }

    /// 0x80 to 0x9F; the five places that Windows-1252 leaves empty are the replacement character.
    private static let windows1252 = Array("€�‚ƒ„…†‡ˆ‰Š‹Œ�Ž��‘’“”•–—˜™š›œ�žŸ")
    private static let codePage437 = Array(
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
            + "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}")
}
