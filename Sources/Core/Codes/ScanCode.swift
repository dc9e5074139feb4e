// What a scanned code says about itself: a text for people, a symbology, and the identifiers it may stand for. Pure
// and total: any bytes make a code. Whether an asset or a badge has one of the identifiers is the desks' affair.
// Read next: GS1.swift (element strings), GS1DigitalLink.swift (URLs), EPC.swift (RFID).
import Foundation

/// One name an asset can be found by, and the scheme in which it is unique.
package struct AssetIdentifier: Hashable, Sendable, Codable {
    /// The systems of names a depot meets on its shelves.
    package enum Scheme: String, Sendable, Codable, CaseIterable {
        /// The depot's own number, on a label of ours.
        case own
        /// The identity of a label of ours: 26 characters.
        case label
        /// Any code taken as it is: a maker's bar code, a hire company's sticker.
        case barcode
        /// The maker's serial number.
        case serial
        /// GS1 Global Individual Asset Identifier, AI 8004, at most 30 characters.
        case giai
        /// GS1 Global Returnable Asset Identifier, AI 8003: 13 digits without the filler, then the serial if any.
        case grai
        /// GS1 trade item and its serial, AI 01 and 21: `GTIN14/serial`.
        case gtinSerial
        /// Electronic Product Code of 96 bits: 24 hexadecimal digits in upper case.
        case epc
        /// The identifier burnt into an RFID chip: hexadecimal digits in upper case, or the 10 decimal digits some
        /// readers type.
        case uid
        /// GS1 Serial Shipping Container Code, AI 00: 18 digits.
        case sscc
    }

    package let scheme: Scheme
    /// The identifier as it was read, case kept.
    package let value: String

    package init(_ scheme: Scheme, _ value: String) {
        self.scheme = scheme
        self.value = value
    }

    /// The one spelling to store and compare: `scheme:value`. Schemes of our own and of makers fold ASCII letters to
    /// upper case, because readers and QR encoders change it; GS1 keys keep theirs, where `a` and `A` are two assets.
    package var lookupKey: String {
        // ASCII is composed as it is; Foundation would take it apart to find that out.
        let composed = value.utf8.allSatisfy { $0 < 0x80 } ? value : value.precomposedStringWithCanonicalMapping
        return scheme.rawValue + ":" + (foldsCase ? composed.uppercasedASCII : composed)
    }

    /// Whether `a` and `A` are one letter in it.
    var foldsCase: Bool {
        switch scheme {
        case .own, .label, .barcode, .serial, .uid, .epc: true
        case .giai, .grai, .gtinSerial, .sscc: false
        }
    }
}

/// A code that was read, taken apart as far as it says itself what it is.
///
/// A code is always something: bytes that follow no standard are an opaque code that can still be looked up.
package struct ScanCode: Sendable, Equatable {
    /// The code as text for people, without the AIM identifier and without white space at its ends. Control
    /// characters stand as their pictures (`␝` for GS), bytes that are not UTF-8 as `\xNN`, and characters that would
    /// change the direction or look of the text around them as `\u{NNNN}`.
    package let text: String
    /// The AIM symbology identifier, such as `]C1`: `]`, a letter, a letter or digit. Nil when the reader sends none.
    package let symbology: String?
    /// What the code may stand for, in the order in which to look it up; empty only for an empty code.
    package let identifiers: [AssetIdentifier]
    /// The keys to look up, in the order of ``identifiers``: assets and badges are found by the same ones.
    package let keys: [String]
    /// What a GS1 code says, in the order in which it says it; empty for any other code.
    package let elements: [GS1Element]
    /// One sentence for people on what is odd about the code, such as a wrong check digit.
    package let note: String?
    /// Whether this looks like the identifier that phones and bank cards make up anew at each touch: 4 bytes that
    /// begin with 08, not from a bar code. It must never be stored as an identity.
    /// - Source: ISO/IEC 14443-3 §6.5.4, NXP AN10927
    package let isRandomUID: Bool
    /// The label of ours that the code is on; nil for any other code.
    package let label: LabelCode?
    /// What to store when somebody says which asset or person this code belongs to; nil where nothing should be.
    package let natural: AssetIdentifier?

    /// Makes a code of what the reader sent.
    ///
    /// - Parameters:
    ///   - raw: the bytes, with or without an AIM identifier in front.
    ///   - symbology: the AIM identifier where the reader reports it beside the data; ignored unless well formed.
    ///   - ownHosts: hosts, in lower case, whose `/a/NUMBER` addresses are on labels of ours; nil takes any host.
    package init(raw: [UInt8], symbology: String?, ownHosts: Set<String>? = nil) {
        let (split, symbology) = Self.splitSymbology(Self.trimmed(raw[...]), reported: symbology)
        let data = Self.interpreted(split, symbology)
        let text = Self.printable(data)
        let gs1 = GS1Reading(data: data, text: text, symbology: symbology)
        // The digits of a GS1 code are as many as those of a chip by chance only.
        let radio = RadioReading(text: gs1.elements.isEmpty ? text : "", isBarcode: symbology != nil)
        let label = LabelCode(reading: text)
        let own =
            (label.map { AssetIdentifier(.label, $0.key) }
            ?? Self.ownNumber(in: text, hosts: ownHosts).map { AssetIdentifier(.own, $0) }).map { [$0] } ?? []
        let opaque = text.isEmpty ? [] : [.own, .barcode, .serial].map { AssetIdentifier($0, text) }
        self.text = text
        self.symbology = symbology
        self.elements = gs1.elements
        let isMisread = label == nil && LabelCode.isMeant(by: text)
        self.label = label
        self.note =
            gs1.note ?? radio.note
            ?? (isMisread ? "The check character of this label is wrong: read it again, or print it anew." : nil)
        self.isRandomUID = radio.isRandomUID
        var (identifiers, keys): ([AssetIdentifier], [String]) = ([], [])
        for identifier in own + gs1.identifiers + opaque + gs1.weakIdentifiers + radio.identifiers {
            let key = identifier.lookupKey
            guard !keys.contains(key) else { continue }
            identifiers.append(identifier)
            keys.append(key)
        }
        self.identifiers = identifiers
        self.keys = keys
        self.natural =
            radio.isRandomUID || isMisread
            ? nil : own.first ?? gs1.identifiers.first ?? radio.natural ?? opaque.dropFirst().first
    }
}

// MARK: - Bytes to text

extension ScanCode {
    /// The bytes without white space, terminators and NULs at the ends. GS is not white space: it ends an element.
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x00 || (0x09...0x0D).contains($0) }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return bytes[first...last]
    }

    /// Takes the AIM identifier off the front when it is there and data follows it.
    ///
    /// What the reader reports beside the data wins; then a different `]xx` in front is data.
    /// - Source: ISO/IEC 15424
    static func splitSymbology(_ bytes: ArraySlice<UInt8>, reported: String?) -> (ArraySlice<UInt8>, String?) {
        let reported = reported.flatMap { isSymbology(Array($0.utf8)[...]) ? $0 : nil }
        let front = bytes.prefix(3)
        guard bytes.count > 3, isSymbology(front) else { return (bytes, reported) }
        let inFront = String(decoding: front, as: UTF8.self)
        guard reported == nil || reported == inFront else { return (bytes, reported) }
        return (trimmed(bytes.dropFirst(3)), inFront)
    }

    /// What a reader sends of a QR code or a DataMatrix that says it is UTF-8, when the reader passes that on: `\000026` in
    /// front, and each backslash twice.
    /// - Source: ISO/IEC 15424, table A.1 (modifiers of ]Q and ]d); AIM ECI assignment 26
    private static func interpreted(_ data: ArraySlice<UInt8>, _ symbology: String?) -> ArraySlice<UInt8> {
        let (front, escape) = ("\\000026".utf8, UInt8(ascii: "\\"))
        guard data.first == escape, data.starts(with: front),
            ["]Q2", "]Q4", "]Q6", "]d4", "]d5", "]d6"].contains(symbology)
        else { return data }
        var (plain, isFirst): ([UInt8], Bool) = ([], false)
        for byte in data.dropFirst(front.count) {
            isFirst = byte == escape && !isFirst
            if !isFirst { plain.append(byte) }
        }
        return plain[...]
    }

    private static func isSymbology(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count == 3, let letter = bytes.dropFirst().first, let modifier = bytes.last else { return false }
        return bytes.first == UInt8(ascii: "]") && letter.isASCIILetter
            && (modifier.isASCIILetter || modifier.isASCIIDigit)
    }

    /// The bytes as text in which everything can be seen.
    static func printable(_ bytes: ArraySlice<UInt8>) -> String {
        let plain = String(decoding: bytes, as: UTF8.self)
        if plain.isPlain { return plain }
        var parser = Unicode.UTF8.ForwardParser()
        var input = bytes.makeIterator()
        var offset = bytes.startIndex
        var text = String.UnicodeScalarView()
        while true {
            switch parser.parseScalar(from: &input) {
            case .emptyInput:
                return String(text)
            case .valid(let encoded):
                offset += encoded.count
                text.append(contentsOf: visible(Unicode.UTF8.decode(encoded)))
            case .error(let length):
                for byte in bytes[offset..<(offset + length)] {
                    text.append(contentsOf: ("\\x" + hex(UInt32(byte), digits: 2)).unicodeScalars)
                }
                offset += length
            }
        }
    }

    private static func visible(_ scalar: Unicode.Scalar) -> String.UnicodeScalarView {
        let picture: UInt32? =
            switch scalar.value {
            case 0x00...0x1F: 0x2400 + scalar.value
            case 0x7F: 0x2421
            default: nil
            }
        if let picture, let shown = Unicode.Scalar(picture) { return String(shown).unicodeScalars }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
            return "\\u{\(hex(scalar.value, digits: 4))}".unicodeScalars
        default:
            return String(scalar).unicodeScalars
        }
    }

    private static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

// MARK: - Labels of ours

extension ScanCode {
    /// Longest number of ours; a longer one is somebody else's address.
    static let ownNumberCountMax = 64

    /// The number on a label of ours: `depotd:NUMBER` or `https://HOST/a/NUMBER`. Case does not matter in what is
    /// around the number, for a QR code in alphanumeric mode has only upper case.
    static func ownNumber(in text: String, hosts: Set<String>?) -> String? {
        let number: String?
        if text.beginsASCII("DEPOTD:") {
            number = String(text.dropFirst("depotd:".count))
        } else {
            number = ownAddressNumber(in: text, hosts: hosts)
        }
        // Percent signs may have carried control characters past the first look.
        let shown = number.map { printable(trimmed(Array($0.utf8)[...])) }
        return shown.flatMap { (1...ownNumberCountMax).contains($0.count) ? $0 : nil }
    }

    private static func ownAddressNumber(in text: String, hosts: Set<String>?) -> String? {
        guard let address = WebAddress(text), address.query.isEmpty, address.path.count == 2 else { return nil }
        guard address.path[0].lowercased() == "a", hosts?.contains(address.host) ?? true else { return nil }
        return address.path[1]
    }
}

extension UInt8 {
    var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
    var uppercasedASCII: UInt8 { (0x61...0x7A).contains(self) ? self - 0x20 : self }
    var isASCIILetter: Bool { (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) }
}

extension String {
    /// The string with `a` to `z` in upper case and everything else as it is: the same on every machine and locale.
    var uppercasedASCII: String {
        guard utf8.contains(where: { (0x61...0x7A).contains($0) }) else { return self }
        return String(decoding: utf8.map(\.uppercasedASCII), as: UTF8.self)
    }

    /// Whether the string begins with these letters, which are given in upper case, in either case.
    func beginsASCII(_ front: StaticString) -> Bool {
        front.withUTF8Buffer { front in
            utf8.count >= front.count && zip(utf8, front).allSatisfy { $0.uppercasedASCII == $1 }
        }
    }

    /// Whether there is at least one character and all are ASCII digits.
    var isASCIIDigits: Bool { !isEmpty && utf8.allSatisfy(\.isASCIIDigit) }
}
