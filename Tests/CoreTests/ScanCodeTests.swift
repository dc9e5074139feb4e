// What codes say about themselves, as tables. The GS1 and EPC rows are the published examples of the General
// Specifications, the Digital Link standard and the Tag Data Standard (annex E.3).
import Chance
import TestSupport
import Testing

@testable import Core

private func code(_ text: String, _ symbology: String? = nil) -> ScanCode {
    ScanCode(raw: Array(text.utf8), symbology: symbology)
}

@Suite struct ScanCodeTests {
    struct Shown: CustomTestStringConvertible, Sendable {
        let what: String
        let raw: [UInt8]
        let text: String
        var testDescription: String { what }
    }

    static let shown = [
        Shown(what: "plain", raw: Array("CAM-7".utf8), text: "CAM-7"),
        Shown(what: "blanks and terminators at the ends", raw: Array(" \tCAM 7\r\n\0".utf8), text: "CAM 7"),
        Shown(what: "GS and escape", raw: [0x41, 0x1D, 0x1B, 0x42], text: "A␝␛B"),
        Shown(what: "delete", raw: [0x41, 0x7F, 0x42], text: "A␡B"),
        Shown(what: "UTF-8", raw: Array("Kamera Nº 7 – grün 📷".utf8), text: "Kamera Nº 7 – grün 📷"),
        Shown(what: "Latin-1", raw: [0x67, 0x72, 0xFC, 0x6E], text: "gr\\xFCn"),
        Shown(what: "UTF-8 cut off", raw: [0x41, 0xE2, 0x82], text: "A\\xE2\\x82"),
        Shown(what: "overlong slash", raw: [0xC0, 0xAF], text: "\\xC0\\xAF"),
        Shown(
            what: "text direction turned", raw: Array("A\u{202E}B\u{2028}C\u{85}D".utf8),
            text: "A\\u{202E}B\\u{2028}C\\u{0085}D"),
        Shown(what: "nothing but blanks", raw: [0x20, 0x0D, 0x0A], text: ""),
        Shown(what: "nothing", raw: [], text: ""),
    ]

    @Test(arguments: shown) func `everything in a code can be seen`(row: Shown) {
        #expect(ScanCode(raw: row.raw, symbology: nil).text == row.text)
    }

    struct Symbology: CustomTestStringConvertible, Sendable {
        let what: String
        let raw: String
        var reported: String?
        let symbology: String?
        let text: String
        var testDescription: String { what }
    }

    static let symbologies = [
        Symbology(what: "in front", raw: "]C0CAM-7", symbology: "]C0", text: "CAM-7"),
        Symbology(what: "reported beside", raw: "CAM-7", reported: "]A0", symbology: "]A0", text: "CAM-7"),
        Symbology(what: "both the same", raw: "]A0CAM-7", reported: "]A0", symbology: "]A0", text: "CAM-7"),
        Symbology(what: "another in front is data", raw: "]C1CAM", reported: "]A0", symbology: "]A0", text: "]C1CAM"),
        Symbology(what: "reported nonsense", raw: "]C0CAM-7", reported: "Code 128", symbology: "]C0", text: "CAM-7"),
        Symbology(what: "no letter behind the bracket", raw: "]11CAM", symbology: nil, text: "]11CAM"),
        Symbology(what: "no modifier", raw: "]C-CAM", symbology: nil, text: "]C-CAM"),
        Symbology(what: "nothing behind it", raw: "]C1", symbology: nil, text: "]C1"),
        Symbology(
            what: "with the characters it is in", raw: "]Q2\\000026Größe \\\\ 7", symbology: "]Q2", text: "Größe \\ 7"),
        Symbology(what: "a backslash of another code", raw: "]Q1\\000026A", symbology: "]Q1", text: "\\000026A"),
        Symbology(what: "none", raw: "CAM-7", symbology: nil, text: "CAM-7"),
    ]

    @Test(arguments: symbologies) func `the AIM identifier is taken off the front`(row: Symbology) {
        let code = code(row.raw, row.reported)
        #expect(code.symbology == row.symbology)
        #expect(code.text == row.text)
    }

    struct Named: CustomTestStringConvertible, Sendable {
        let what: String
        let raw: String
        /// The keys before the opaque ones.
        var first: [String] = []
        /// The keys after the opaque ones.
        var last: [String] = []
        var testDescription: String { what }
    }

    static let keys = [
        Named(what: "GIAI in GS1-128", raw: "]C1800440123451234", first: ["giai:40123451234"]),
        Named(what: "GIAI keeps its case", raw: "]d280049524321aBc/1", first: ["giai:9524321aBc/1"]),
        Named(what: "GRAI with serial", raw: "]C18003006141411234525678", first: ["grai:06141411234525678"]),
        Named(
            what: "GTIN and serial", raw: "]d201095211411234542112345", first: ["gtinSerial:09521141123454/12345"],
            last: ["serial:12345"]),
        Named(what: "SSCC", raw: "]C100106141412345678908", first: ["sscc:106141412345678908"]),
        Named(
            what: "in brackets", raw: "(01)09521141123454(21)12345", first: ["gtinSerial:09521141123454/12345"],
            last: ["serial:12345"]),
        Named(what: "in brackets with blanks", raw: "(8004) 0614141 5678", first: ["giai:06141415678"]),
        Named(
            what: "Digital Link with a GIAI", raw: "https://id.gs1.org/8004/95211411234",
            first: ["giai:95211411234"]),
        Named(
            what: "Digital Link with a serial", raw: "https://id.gs1.org/01/09521141123454/21/12345",
            first: ["gtinSerial:09521141123454/12345"], last: ["serial:12345"]),
        Named(
            what: "Digital Link on a brand's site, GTIN-13, attributes, escapes",
            raw: "HTTPS://brand.example/some/path/01/9521141123454/10/ABC/21/a%2Fb?17=271231&utm=x",
            first: ["gtinSerial:09521141123454/a/b"], last: ["serial:A/B"]),
        Named(
            what: "Digital Link with a GRAI", raw: "http://example.com/8003/095211411234541234",
            first: ["grai:95211411234541234"]),
        Named(what: "our label as a URI", raw: "depotd:Cam-7", first: ["own:CAM-7"]),
        Named(what: "our label as an address", raw: "https://depot.example/a/CAM-7", first: ["own:CAM-7"]),
        Named(what: "our label in alphanumeric mode", raw: "HTTPS://DEPOT.EXAMPLE/A/CAM%2F7", first: ["own:CAM/7"]),
        Named(what: "UID of 4 bytes", raw: "04a1b2c3", last: ["uid:04A1B2C3"]),
        Named(what: "UID of 7 bytes with colons", raw: "04:A1:B2:C3:D4:E5:F6", last: ["uid:04A1B2C3D4E5F6"]),
        Named(what: "UID of 10 bytes", raw: "0411223344556677AABB", last: ["uid:0411223344556677AABB"]),
        Named(what: "UID of ISO 15693", raw: "E004010012345678", last: ["uid:E004010012345678"]),
        Named(what: "125 kHz reader, decimal", raw: "0012345678", last: ["uid:0012345678"]),
        Named(
            what: "SGTIN-96", raw: "3074257bf7194e4000001a85",
            last: ["epc:3074257BF7194E4000001A85", "gtinSerial:80614141123458/6789"]),
        Named(
            what: "SSCC-96", raw: "3174257BF4499602D2000000",
            last: ["epc:3174257BF4499602D2000000", "sscc:106141412345678908"]),
        Named(
            what: "GRAI-96", raw: "3374257BF40C0E400000162E",
            last: ["epc:3374257BF40C0E400000162E", "grai:06141411234525678"]),
        Named(
            what: "GIAI-96", raw: "3474257BF40000000000162E",
            last: ["epc:3474257BF40000000000162E", "giai:06141415678"]),
        Named(
            what: "GIAI-96 with eight digits", raw: "3452D4E2FC8000003ADE68B1",
            last: ["epc:3452D4E2FC8000003ADE68B1", "giai:95012345987654321"]),
        Named(
            what: "GIAI-96 with the largest reference", raw: "34783BF9BFFFFFFFFFFFFFFF",
            last: ["epc:34783BF9BFFFFFFFFFFFFFFF", "giai:0614144611686018427387903"]),
        Named(what: "EPC of another scheme", raw: "E2801160600002000000000A", last: ["epc:E2801160600002000000000A"]),
        Named(
            what: "EPC whose partition is 7", raw: "307E57BF7194E4000001A85A", last: ["epc:307E57BF7194E4000001A85A"]),
        Named(what: "maker's code", raw: "SN 4711/a"),
        Named(what: "digits that look like GS1 and do not say so", raw: "010952114112345421123"),
        Named(what: "GS1 digits in plain Code 128", raw: "]C0800440123451234"),
        Named(what: "some other address", raw: "https://example.com/manual/01/setup"),
        Named(what: "an address of ours with more behind", raw: "https://depot.example/a/CAM-7/edit"),
        Named(what: "brackets that are not GS1", raw: "(99999) hello"),
    ]

    @Test(arguments: keys) func `a code is looked up by what it says, then as it is`(row: Named) {
        let code = code(row.raw)
        let text = code.text.uppercasedASCII
        let opaque = ["own:\(text)", "barcode:\(text)", "serial:\(text)"]
        #expect(code.keys == row.first + opaque + row.last)
    }

    struct Odd: CustomTestStringConvertible, Sendable {
        let what: String
        let raw: String
        let elements: [String]
        var testDescription: String { what }
    }

    static let odd = [
        Odd(
            what: "GTIN with a wrong check digit", raw: "]d201095211411234552112345",
            elements: ["01=09521141123455", "21=12345"]),
        Odd(what: "SSCC with a wrong check digit", raw: "]C100106141412345678907", elements: ["00=106141412345678907"]),
        Odd(
            what: "GRAI with a wrong check digit", raw: "(8003)006141411234511234",
            elements: ["8003=006141411234511234"]),
        Odd(
            what: "link with a wrong check digit", raw: "https://id.gs1.org/01/09521141123455/21/1",
            elements: ["01=09521141123455", "21=1"]),
        Odd(what: "product without serial", raw: "]e00109521141123454", elements: ["01=09521141123454"]),
        Odd(what: "an AI that GS1 has not assigned", raw: "]C16012", elements: []),
        Odd(what: "fixed length cut off", raw: "]C10109521141", elements: []),
        Odd(what: "serial of 21 characters", raw: "]C121123456789012345678901", elements: []),
        Odd(what: "empty serial", raw: "]C121", elements: []),
        Odd(what: "half an AI", raw: "]C1800", elements: []),
        Odd(what: "letters in a date", raw: "]C11727AB31", elements: []),
    ]

    @Test(arguments: odd) func `a GS1 code that names nothing stays opaque and says why`(row: Odd) {
        let code = code(row.raw)
        #expect(code.elements.map { "\($0.ai)=\($0.value)" } == row.elements)
        #expect(code.note != nil)
        #expect(!code.identifiers.contains { [.giai, .grai, .gtinSerial, .sscc].contains($0.scheme) })
        #expect(code.keys.contains("barcode:\(code.text.uppercasedASCII)"))
    }

    @Test func `element strings end at separators, at their length, or at the end`() {
        let gs = "\u{1D}"
        let code = code("]d2\(gs)01095211411234541727123110LOT-7\(gs)2112345\(gs)\(gs)31030017504149521321000010254D2")
        let elements = [
            "01=09521141123454", "17=271231", "10=LOT-7", "21=12345", "3103=001750", "414=9521321000010", "254=D2",
        ]
        #expect(code.elements.map { "\($0.ai)=\($0.value)" } == elements)
    }

    @Test func `a place in a link has its extension`() {
        let code = code("https://example.com/414/9521321000010/254/DOOR-2")
        #expect(
            code.elements == [
                GS1Element(ai: "414", value: "9521321000010"), GS1Element(ai: "254", value: "DOOR-2"),
            ])
    }

    @Test func `a card that makes up its number is not to be stored, a bar code that begins alike is`() {
        #expect(code("08A1B2C3").isRandomUID)
        #expect(code("08A1B2C3").natural == nil)
        #expect(!code("08A1B2C3").keys.contains("uid:08A1B2C3"))
        #expect(!code("]E408123456").isRandomUID)
        #expect(code("]E408123456").natural == AssetIdentifier(.barcode, "08123456"))
        #expect(!code("04A1B2C3").isRandomUID)
    }

    struct Natural: CustomTestStringConvertible, Sendable {
        let what: String
        let raw: String
        let key: String
        var testDescription: String { what }
    }

    static let natural = [
        Natural(what: "our label", raw: "depotd:CAM-7", key: "own:CAM-7"),
        Natural(what: "GIAI", raw: "]C1800440123451234", key: "giai:40123451234"),
        Natural(what: "serial in a GS1 code", raw: "(01)09521141123454(21)1", key: "gtinSerial:09521141123454/1"),
        Natural(what: "chip", raw: "04A1B2C3", key: "uid:04A1B2C3"),
        Natural(what: "EPC", raw: "3474257BF40000000000162E", key: "epc:3474257BF40000000000162E"),
        Natural(what: "eight digits may be EAN-8", raw: "12345670", key: "barcode:12345670"),
        Natural(what: "a bar code of hexadecimal digits", raw: "]C0DEADBEEF", key: "barcode:DEADBEEF"),
        Natural(what: "anything else", raw: "SN 4711/a", key: "barcode:SN 4711/A"),
    ]

    @Test(arguments: natural) func `what is stored for a code is the most telling name`(row: Natural) {
        let code = code(row.raw)
        #expect(code.natural?.lookupKey == row.key)
        #expect(code.keys.contains(row.key))
    }

    @Test func `an address of ours counts only on our hosts when they are known`() {
        let raw = Array("https://maker.example/a/CAM-7".utf8)
        let elsewhere = ScanCode(raw: raw, symbology: nil, ownHosts: ["depot.example"])
        let anywhere = ScanCode(raw: raw, symbology: nil)
        #expect(!elsewhere.keys.contains("own:CAM-7"))
        #expect(anywhere.keys.first == "own:CAM-7")
    }

    @Test func `escapes in an address of ours carry no control characters`() {
        #expect(code("https://depot.example/a/CAM%00%0A7").identifiers.first == AssetIdentifier(.own, "CAM␀␊7"))
    }

    @Test func `an empty code has no keys`() {
        #expect(code(" \r\n").keys.isEmpty)
        #expect(code("").natural == nil)
    }

    @Test func `the same letters composed otherwise are the same key`() {
        #expect(code("gru\u{308}n").keys.first == code("gr\u{FC}n").keys.first)
        #expect(Array(code("gru\u{308}n").keys[0].utf8) == Array(code("gr\u{FC}n").keys[0].utf8))
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func `no bytes trap, and the same bytes make the same code`(seed: UInt64)
    {
        var random = SeededChance(seed: seed)
        let starts = ["", "]C1", "]d2", "(01)", "https://x/01/", "https://x/a/", "depotd:", "30", "]C18003", "04:"]
        let alphabet = Array("0123456789ABCDEFabcdef()/%:?&=]- \u{1D}é📷".utf8)
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...60, using: &random)
            let isLikely = Bool.random(using: &random)
            let bytes = (0..<count).map { _ in
                isLikely ? alphabet.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random)
            }
            let raw = Array((starts.randomElement(using: &random) ?? "").utf8) + bytes
            let code = ScanCode(raw: raw, symbology: nil)
            #expect(code == ScanCode(raw: raw, symbology: nil), "seed \(seed), \(raw)")
            #expect(
                code.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "seed \(seed), \(raw)")
            #expect(code.identifiers.isEmpty == code.text.isEmpty, "seed \(seed), \(raw)")
        }
    }
}
