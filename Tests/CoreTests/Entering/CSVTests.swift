// Tables as the world sends them: encodings, delimiters, quotes, and the guard of formulas.
import Chance
import Core
import Foundation
import TestSupport
import Testing

@testable import Core

@Suite struct CSVTests {
    static let texts: [(what: String, text: String, rows: [[String]])] = [
        ("plain", "a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("no end", "a,b\n1,2", [["a", "b"], ["1", "2"]]),
        ("CRLF", "a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
        ("CR", "a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
        ("semicolons", "a;b\n1,5;2\n", [["a", "b"], ["1,5", "2"]]),
        ("tabs", "a\tb\n1\t2\n", [["a", "b"], ["1", "2"]]),
        ("bars", "a|b\n1|2\n", [["a", "b"], ["1", "2"]]),
        ("stated", "sep=;\na;b\n1,5;2\n", [["a", "b"], ["1,5", "2"]]),
        ("quotes", "a,b\n\"1,\"\"x\"\"\",2\n", [["a", "b"], ["1,\"x\"", "2"]]),
        ("lines in quotes", "a,b\n\"1\r\n2\",3\n", [["a", "b"], ["1\r\n2", "3"]]),
        ("a quote inside", "a,b\n5\" disk,2\n", [["a", "b"], ["5\" disk", "2"]]),
        ("text behind a quote", "a,b\n\"x\"y,2\n", [["a", "b"], ["xy", "2"]]),
        ("ragged", "a,b\n1\n1,2,3\n", [["a", "b"], ["1"], ["1", "2", "3"]]),
        ("empty rows", "\n\na,b\n,\n1,2\n\n", [["a", "b"], ["1", "2"]]),
        ("one column", "a\n1\n2\n", [["a"], ["1"], ["2"]]),
        ("NULs", "a,b\n1\u{0}2,3\n", [["a", "b"], ["1\u{0}2", "3"]]), ("nothing", "", []),
        ("blanks are kept", "a,b\n 1 , 2\n", [["a", "b"], [" 1 ", " 2"]]),
        ("guarded", "a,b\n'=1+1,'-2\n", [["a", "b"], ["=1+1", "-2"]]),
        ("an apostrophe of its own", "a,b\n'tis,''\n", [["a", "b"], ["'tis", "''"]]),
    ]

    @Test(arguments: texts.indices) func `rows are read whoever wrote them`(index: Int) {
        let (what, text, rows) = Self.texts[index]
        #expect(CSVRows(Array(text.utf8)).map(\.cells) == rows, "\(what)")
    }

    @Test func `rows are counted as a spreadsheet counts them`() {
        let rows = CSVRows(Array("sep=,\n\na,b\n\"1\n2\",3\n\n4,5\n".utf8))
        #expect(rows.map(\.number) == [3, 4, 6])
    }

    @Test func `a quote that is never closed is noticed`() {
        let rows = Array(CSVRows(Array("a,b\n1,\"2\n3,4\n".utf8)))
        #expect(rows.map(\.isOpen) == [false, true])
    }

    static let encodings: [(TableEncoding, [UInt8])] = [
        (.utf8, Array("Größe €\n".utf8)), (.utf8, [0xEF, 0xBB, 0xBF] + Array("Größe €\n".utf8)),
        (.utf16LittleEndian, [0xFF, 0xFE] + "Größe €\n".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }),
        (.utf16BigEndian, [0xFE, 0xFF] + "Größe €\n".utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }),
        (.utf16LittleEndian, "Größe €\n".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }),
        (.utf16BigEndian, "Größe €\n".utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }),
        (.windows1252, [0x47, 0x72, 0xF6, 0xDF, 0x65, 0x20, 0x80, 0x0A]),
    ]

    @Test(arguments: encodings.indices) func `the encoding is found out`(index: Int) throws {
        let (encoding, bytes) = Self.encodings[index]
        let text = try TableText(bytes)
        #expect(text.encoding == encoding)
        #expect(String(decoding: text.utf8, as: UTF8.self) == "Größe €\n")
    }

    @Test(
        arguments: [
            [0x50, 0x4B, 0x03, 0x04, 0x14, 0x00], [0xD0, 0xCF, 0x11, 0xE0, 0xA1], Array("%PDF-1.7".utf8),
            [0x89, 0x50, 0x4E, 0x47, 0x0D], (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 7) },
        ] as [[UInt8]])
    func `what is no text is refused`(bytes: [UInt8]) {
        #expect(throws: Failure(.invalid, "")) { try TableText(bytes) }
    }

    @Test func `what is written is read as it was, and no cell is a formula`() {
        let seed = UInt64.random(in: 0 ... .max)
        var chance = SeededChance(seed: seed)
        for _ in 0..<300 {
            let rows = (0..<3).map { _ in (0..<4).map { _ in Nasty.text(&chance, lines: true) } }
                .filter { $0.contains { !$0.isEmpty } }
            var writer = CSVWriter()
            writer.append(["a", "b", "c", "d"])
            for row in rows { writer.append(row) }
            let read = Array(CSVRows(Array(writer.bytes.dropFirst(3)), delimiter: UInt8(ascii: ",")))
            #expect(read.dropFirst().map(\.cells) == rows, "seed \(seed)")
            let raw = rows.joined().map(FormulaGuard.put(before:))
            #expect(!raw.contains { "=+-@\t\r".utf8.contains($0.utf8.first ?? 0) }, "seed \(seed)")
        }
    }
}

/// Texts that tables, spreadsheets and databases have stumbled over.
enum Nasty {
    static let pieces = [
        "=1+1", "+49 30", "-5", "@SUM(A1)", "'", "''=x", "\"", "\"\"", ",", ";", "|", "NULL", "null", "007", "1e5",
        "Ünïcødé", "e\u{301}", "日本語", "🎥", "👩‍🚒", "\u{202E}x", "\u{FEFF}", "sep=;", "'; DROP TABLE asset; --", "%s",
        "\\n",
        "<b>", "a / b", "Rack 1/2", "ß", "İ", "  ", "x", "Camera", "#REF!", "{\"a\":1}", "true", "nein", "0",
    ]

    static func text(_ chance: inout SeededChance, lines: Bool = false) -> String {
        let pieces = lines ? pieces + ["\n", "\r\n", "\t", "\r"] : pieces
        return (0..<Int.random(in: 0...4, using: &chance)).map { _ in pieces.randomElement(using: &chance) ?? "" }
            .joined()
    }
}
