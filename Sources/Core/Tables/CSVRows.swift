// Rows of comma-separated values as the world sends them: RFC 4180, and what is not quite. Total: any bytes are rows.
// Rows are read one at a time, so a file of many small cells costs no more memory than one of few long ones.

/// One row of a table file.
package struct CSVRow: Sendable, Equatable {
    /// As a spreadsheet counts: from 1, the titles' row and empty rows included, a row of several lines as one.
    package let number: Int
    /// Texts of the cells, without quotes and without the guard of formulas.
    package var cells: [String]
    /// Whether a quote was opened in this row and not closed until the end of the file.
    package var isOpen = false

    /// The text of a cell; empty where the row has none.
    package subscript(column: Int) -> String { column < cells.count ? cells[column] : "" }
}

/// The rows of a table file that are not empty, in order.
package struct CSVRows: Sequence, IteratorProtocol, Sendable {
    /// Between the cells of a row.
    package let delimiter: UInt8
    private let bytes: [UInt8]
    private var place: Int
    private var number = 0

    /// - Parameters:
    ///   - text: UTF-8, as ``TableText`` gives it.
    ///   - delimiter: nil finds out, from a line `sep=;` in front or from what makes rows of one length.
    package init(_ text: [UInt8], delimiter: UInt8? = nil) {
        let stated = Self.statedDelimiter(text)
        bytes = text
        place = stated == nil ? 0 : Self.endOfLine(text, from: 0)
        if stated != nil { number = 1 }
        self.delimiter = delimiter ?? stated ?? Self.likelyDelimiter(text)
    }

    package mutating func next() -> CSVRow? {
        while place < bytes.count {
            number += 1
            let row = readRow()
            if row.isOpen || row.cells.contains(where: { !$0.isEmpty }) { return row }
        }
        return nil
    }

    private mutating func readRow() -> CSVRow {
        var row = CSVRow(number: number, cells: [])
        bytes.withUnsafeBufferPointer { bytes in
            while true {
                let (cell, isOpen) = readCell(bytes)
                row.cells.append(FormulaGuard.taken(off: cell))
                row.isOpen = row.isOpen || isOpen
                guard place < bytes.count else { return }
                let end = bytes[place]
                place += 1
                if end == delimiter {
                    continue
                }
                if end == 0x0D, place < bytes.count, bytes[place] == 0x0A { place += 1 }
                return
            }
        }
        return row
    }

    /// Reads up to a delimiter, a line's end or the end.
    private mutating func readCell(_ bytes: UnsafeBufferPointer<UInt8>) -> (String, isOpen: Bool) {
        let start = place
        guard start < bytes.count, bytes[start] == Self.quote else {
            while place < bytes.count, !isEnd(bytes[place]) { place += 1 }
            return (Self.text(bytes, start..<place), false)
        }
        var cell: [UInt8] = []
        var from = start + 1
        place = from
        while place < bytes.count {
            guard bytes[place] == Self.quote else {
                place += 1
                continue
            }
            if place + 1 < bytes.count, bytes[place + 1] == Self.quote {
                cell += bytes[from...place]
                place += 2
                from = place
                continue
            }
            let closing = place
            place += 1
            let behind = place
            while place < bytes.count, !isEnd(bytes[place]) { place += 1 }
            if cell.isEmpty, behind == place { return (Self.text(bytes, from..<closing), false) }
            cell += bytes[from..<closing]
            // What stands behind the closing quote belongs to the cell all the same.
            cell += bytes[behind..<place]
            return (String(decoding: cell, as: UTF8.self), false)
        }
        cell += bytes[from..<bytes.count]
        return (String(decoding: cell, as: UTF8.self), true)
    }

    private func isEnd(_ byte: UInt8) -> Bool { byte == delimiter || byte == 0x0A || byte == 0x0D }

    private static func text(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }

    static let quote = UInt8(ascii: "\"")
    /// The ones looked for, the likelier first.
    package static let delimiters: [UInt8] = [",", ";", "\t", "|"].map { UInt8(ascii: $0) }

    /// Excel's own way to say it: a first line `sep=;`.
    private static func statedDelimiter(_ text: [UInt8]) -> UInt8? {
        let front = text.prefix(4)
        guard text.count >= 5, String(decoding: front, as: UTF8.self).lowercased() == "sep=",
            delimiters.contains(text[4]), text.count == 5 || text[5] == 0x0A || text[5] == 0x0D
        else { return nil }
        return text[4]
    }

    private static func endOfLine(_ text: [UInt8], from start: Int) -> Int {
        var place = start
        while place < text.count, text[place] != 0x0A, text[place] != 0x0D { place += 1 }
        if place + 1 < text.count, text[place] == 0x0D, text[place + 1] == 0x0A { return place + 2 }
        return Swift.min(place + 1, text.count)
    }

    /// How much of a file is looked at, and how many rows of it, to find its delimiter.
    private static let lookedAt = (byteCount: 65_536, rowCount: 20)

    /// The one by which the first rows have more than one cell and all as many as the titles have.
    private static func likelyDelimiter(_ text: [UInt8]) -> UInt8 {
        let front = Array(text.prefix(lookedAt.byteCount))
        func score(_ delimiter: UInt8) -> Int {
            let counts = CSVRows(front, delimiter: delimiter).prefix(lookedAt.rowCount).map(\.cells.count)
            guard let first = counts.first, first > 1 else { return 0 }
            return counts.count { $0 == first } * 1_000 / counts.count + Swift.min(first, 500)
        }
        let scored = delimiters.map { (delimiter: $0, score: score($0)) }
        let best = scored.map(\.score).max() ?? 0
        return scored.first { $0.score == best && best > 0 }?.delimiter ?? delimiters[0]
    }
}

/// Keeps a spreadsheet from taking a text for a formula: an apostrophe in front of what would be one.
///
/// - Source: OWASP, CSV Injection.
package enum FormulaGuard {
    /// The text with the guard in front if it begins, behind apostrophes of its own, like a formula.
    package static func put(before text: String) -> String { isFormula(text.utf8[...]) ? "'" + text : text }

    /// Takes exactly that guard off again.
    package static func taken(off text: String) -> String {
        text.utf8.first == apostrophe && isFormula(text.utf8.dropFirst()) ? String(text.dropFirstScalar) : text
    }

    private static let apostrophe = UInt8(ascii: "'")

    private static func isFormula(_ text: Substring.UTF8View) -> Bool {
        switch text.first(where: { $0 != apostrophe }) {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0D: true
        default: false
        }
    }
}

extension String {
    /// Without the first scalar: a combining mark behind it stays.
    fileprivate var dropFirstScalar: Substring.UnicodeScalarView { unicodeScalars.dropFirst() }
}
