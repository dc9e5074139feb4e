// GS1 element strings: which application identifiers (AIs) a code carries, and which of them name one asset. Only
// codes that say themselves that they are GS1 are read so; a plain string of digits is never guessed at.
// Read next: GS1DigitalLink.swift for the same in a URL.

/// One piece of a GS1 code: an application identifier of 2 to 4 digits and its value, such as `8004` and a GIAI.
package struct GS1Element: Hashable, Sendable, Codable {
    package let ai: String
    package let value: String

    package init(ai: String, value: String) {
        self.ai = ai
        self.value = value
    }
}

/// What a code says in GS1's language, if it speaks it.
struct GS1Reading {
    private(set) var elements: [GS1Element] = []
    /// Keys that name one thing, most telling first.
    private(set) var identifiers: [AssetIdentifier] = []
    /// Worth a look after everything else: a serial number without the maker it belongs to.
    private(set) var weakIdentifiers: [AssetIdentifier] = []
    private(set) var note: String?

    /// Codes whose AIM identifier says that element strings follow: GS1-128, DataBar, Data Matrix, QR, DotCode, Aztec.
    static let symbologies: Set<String> = ["]C1", "]e0", "]d2", "]Q3", "]J1", "]z1"]

    init(data: ArraySlice<UInt8>, text: String, symbology: String?) {
        if let link = GS1.elements(link: text) {
            elements = link
        } else if let symbology, Self.symbologies.contains(symbology), data.first != UInt8(ascii: "(") {
            elements = GS1.elements(data: data) ?? []
            if elements.isEmpty { note = "The code calls itself GS1 and is not put together as GS1 asks." }
        } else if let bracketed = GS1.elements(bracketed: text) {
            elements = bracketed
        }
        identify()
    }

    private mutating func identify() {
        let values = Dictionary(elements.map { ($0.ai, $0.value) }, uniquingKeysWith: { first, _ in first })
        if let giai = values["8004"] { identifiers.append(AssetIdentifier(.giai, giai)) }
        if let grai = values["8003"] { identifyGRAI(grai) }
        if let gtin = values["01"] { identifyTradeItem(gtin, serial: values["21"]) }
        if let sscc = values["00"], verified(sscc, "SSCC") { identifiers.append(AssetIdentifier(.sscc, sscc)) }
        if let serial = values["21"] { weakIdentifiers.append(AssetIdentifier(.serial, serial)) }
    }

    /// In AI 8003 a zero fills the 13 digits up to 14; the check digit is the last of them, the serial follows.
    private mutating func identifyGRAI(_ value: String) {
        let number = String(value.prefix(14))
        guard number.hasPrefix("0"), verified(number, "GRAI") else { return }
        identifiers.append(AssetIdentifier(.grai, String(value.dropFirst())))
        if value.count == 14 { note = "This GRAI has no serial number: it names a kind of asset, not one of them." }
    }

    private mutating func identifyTradeItem(_ gtin: String, serial: String?) {
        guard verified(gtin, "GTIN") else { return }
        if let serial {
            identifiers.append(AssetIdentifier(.gtinSerial, "\(gtin)/\(serial)"))
        } else {
            note = "This code names a product, not one piece of it: it has no serial number."
        }
    }

    private mutating func verified(_ number: String, _ key: String) -> Bool {
        let isRight = GS1.hasCheckDigit(number)
        if !isRight { note = "The check digit of the \(key) \(number) is wrong: read it again or type it." }
        return isRight
    }
}

/// The grammar of GS1 element strings.
/// - Source: GS1 General Specifications, sections 3.2 (AIs), 7.8 (processing), 7.9 (check digits), 7.11 (characters)
enum GS1 {
    /// How the value of an AI is built: `digits` digits, then a number of characters within `tail`.
    struct Format: Equatable {
        let digits: Int
        let tail: ClosedRange<Int>
        /// Whether readers need no separator after it, because the first two digits of the AI tell the length.
        let isPredefined: Bool

        static func predefined(_ digits: Int) -> Format { Format(digits: digits, tail: 0...0, isPredefined: true) }
        static func digits(_ digits: Int, then tail: ClosedRange<Int> = 0...0) -> Format {
            Format(digits: digits, tail: tail, isPredefined: false)
        }
        static func upTo(_ count: Int) -> Format { digits(0, then: 1...count) }

        func accepts(_ value: ArraySlice<UInt8>) -> Bool {
            value.count >= digits && tail.contains(value.count - digits)
                && value.prefix(digits).allSatisfy(\.isASCIIDigit) && value.allSatisfy(GS1.isKeyCharacter)
        }
    }

    static let separator: UInt8 = 0x1D

    /// How many digits an AI with these first two digits has; nil where GS1 has assigned none.
    static func aiCount(prefix: Int) -> Int? {
        switch prefix {
        case 0...4, 10...22, 30, 37, 90...99: 2
        case 23...25, 40...42, 71: 3
        case 31...36, 39, 43, 70, 72, 80...82: 4
        default: nil
        }
    }

    /// The format of an AI. AIs that no depot reads are taken with the longest value there is, 90 characters.
    static func format(ai: String) -> Format {
        switch ai.prefix(2) {
        case "00": return .predefined(18)
        case "01", "02", "03": return .predefined(14)
        case "04": return .predefined(16)
        case "11", "12", "13", "14", "15", "16", "17", "18", "19": return .predefined(6)
        case "20": return .predefined(2)
        case "31", "32", "33", "34", "35", "36": return .predefined(6)
        case "41": return .predefined(13)
        default: break
        }
        switch ai {
        case "10", "21", "22", "254": return .upTo(20)
        case "8003": return .digits(14, then: 0...16)
        case "8004", "240", "241", "250", "251", "400", "401": return .upTo(30)
        case "8017", "8018": return .digits(18)
        case "402": return .digits(17)
        default: return .upTo(90)
        }
    }

    /// The 82 characters of GS1 keys and serials.
    static func isKeyCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "\""), 0x25...0x3F, UInt8(ascii: "_"): true
        default: byte.isASCIILetter
        }
    }

    /// Whether the last digit is the sum of the others modulo 10, weighted 3, 1, 3 from the right.
    static func hasCheckDigit(_ number: String) -> Bool {
        guard number.isASCIIDigits, let last = number.utf8.last else { return false }
        return checkDigit(of: String(number.dropLast())) == Int(last) - 0x30
    }

    /// The check digit that belongs behind these digits; anything but digits counts nothing.
    static func checkDigit(of digits: String) -> Int {
        let sum = digits.utf8.reversed().enumerated().reduce(0) { sum, next in
            next.element.isASCIIDigit ? sum + (Int(next.element) - 0x30) * (next.offset.isMultiple(of: 2) ? 3 : 1) : sum
        }
        return (10 - sum % 10) % 10
    }

    /// Takes an element string apart; nil when any part of it is not GS1, so that no half is believed.
    static func elements(data: ArraySlice<UInt8>) -> [GS1Element]? {
        var rest = data
        var elements: [GS1Element] = []
        while let first = rest.first {
            // A separator behind a value that needs none is common, and readers may send the leading FNC1 as one.
            if first == separator {
                rest = rest.dropFirst()
                continue
            }
            guard let (element, after) = element(at: rest) else { return nil }
            elements.append(element)
            rest = after
        }
        return elements
    }

    private static func element(at data: ArraySlice<UInt8>) -> (GS1Element, ArraySlice<UInt8>)? {
        guard let ai = ai(at: data) else { return nil }
        let format = format(ai: ai)
        let rest = data.dropFirst(ai.utf8.count)
        let value = format.isPredefined ? rest.prefix(format.digits) : rest.prefix { $0 != separator }
        guard format.accepts(value) else { return nil }
        let element = GS1Element(ai: ai, value: String(decoding: value, as: UTF8.self))
        return (element, rest.dropFirst(value.count))
    }

    private static func ai(at data: ArraySlice<UInt8>) -> String? {
        guard let prefix = Int(String(decoding: data.prefix(2), as: UTF8.self)), let count = aiCount(prefix: prefix)
        else { return nil }
        let ai = data.prefix(count)
        return ai.count == count && ai.allSatisfy(\.isASCIIDigit) ? String(decoding: ai, as: UTF8.self) : nil
    }

    /// An element from an AI and a value that are already apart; nil when GS1 knows no such pair.
    static func element(ai: String, value: String) -> GS1Element? {
        guard self.ai(at: Array(ai.utf8)[...]) == ai, format(ai: ai).accepts(Array(value.utf8)[...]) else { return nil }
        return GS1Element(ai: ai, value: value)
    }

    /// Reads the form printed under bar codes for people, `(01)…(21)…`, which some labels carry as their data and
    /// people type. A value cannot be told from an AI in brackets within it; labels that do so are read wrongly.
    static func elements(bracketed text: String) -> [GS1Element]? {
        guard text.hasPrefix("(") else { return nil }
        var elements: [GS1Element] = []
        var rest = text[...]
        while !rest.isEmpty {
            guard let close = rest.firstIndex(of: ")"), rest.first == "(" else { return nil }
            let ai = String(rest[rest.index(after: rest.startIndex)..<close])
            rest = rest[rest.index(after: close)...]
            let end = nextBracket(in: rest)
            let value = rest[..<end].filter { $0 != " " }
            guard let element = element(ai: ai, value: String(value)) else { return nil }
            elements.append(element)
            rest = rest[end...]
        }
        return elements
    }

    private static func nextBracket(in text: Substring) -> Substring.Index {
        var from = text.startIndex
        while let open = text[from...].firstIndex(of: "(") {
            let inside = text[text.index(after: open)...].prefix(5)
            if let close = inside.firstIndex(of: ")") {
                let ai = String(inside[..<close])
                if self.ai(at: Array(ai.utf8)[...]) == ai { return open }
            }
            from = text.index(after: open)
        }
        return text.endIndex
    }
}
