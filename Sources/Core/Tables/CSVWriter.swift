// Writes comma-separated values that every spreadsheet opens and CSVRows.swift reads back as they were.

/// A table file that grows row by row: RFC 4180, UTF-8 with its mark, formulas guarded.
package struct CSVWriter: Sendable {
    /// What was written and not taken yet.
    package private(set) var bytes: [UInt8]

    /// Begins with the mark by which Excel knows UTF-8.
    package init() { bytes = [0xEF, 0xBB, 0xBF] }

    /// Goes on where another writer of the same file ended.
    package init(continuing: Void) { bytes = [] }

    /// Adds a row.
    package mutating func append(_ cells: [String]) {
        // A row of one empty cell would be an empty line, which is no row.
        if cells == [""] { bytes += [CSVRows.quote, CSVRows.quote] }
        for (index, cell) in cells.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(FormulaGuard.put(before: cell))
        }
        bytes += [0x0D, 0x0A]
    }

    /// Hands over what was written since the last time.
    package mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private mutating func append(_ cell: String) {
        let needsQuotes =
            cell.utf8.contains { $0 == UInt8(ascii: ",") || $0 == CSVRows.quote || $0 == 0x0A || $0 == 0x0D }
            || cell.utf8.first == 0x20 || cell.utf8.last == 0x20
            // At the front of a file it would be taken for the mark or for the statement of a delimiter.
            || cell.hasPrefix("\u{FEFF}") || cell.lowercased().hasPrefix("sep=")
        guard needsQuotes else { return bytes += cell.utf8 }
        bytes.append(CSVRows.quote)
        for byte in cell.utf8 {
            if byte == CSVRows.quote { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(CSVRows.quote)
    }
}
