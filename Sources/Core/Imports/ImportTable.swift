// A file as a table with titles: which columns there are, what is in them, and which field each is likely to be.
import Foundation

/// What can be imported.
package enum ImportKind: String, Sendable, CaseIterable {
    case assets, models, people
}

/// A field that a column can be mapped to.
struct ImportField: Sendable {
    let name: String
    let label: String
    var isRequired = false
    /// Titles that mean it, in English and German, folded and without what is no letter or digit.
    var synonyms: [String] = []

    var json: JSON {
        ["name": .string(name), "label": .string(label), "required": .bool(isRequired)]
    }
}

/// A file that is read as a table.
struct ImportTable: Sendable {
    /// Most rows of one file, and most columns.
    static let rowCountMax = 100_000
    static let columnCountMax = 500
    private static let sampleCountMax = 3
    private static let sampleCharacterCountMax = 80

    let encoding: TableEncoding
    let delimiter: UInt8
    /// Of the first row that is not empty; a column without a title has the letters a spreadsheet gives it.
    let titles: [String]
    /// The rows after the titles.
    let rows: CSVRows

    /// - Throws: `invalid` for a file that is no table or an empty one; `tooLarge` for one of too many columns.
    init(_ bytes: [UInt8]) throws {
        let text = try TableText(bytes)
        var rows = CSVRows(text.utf8)
        guard let first = rows.next() else { throw Failure(.invalid, "The file is empty.") }
        guard !first.isOpen else { throw Self.open(first) }
        guard first.cells.count <= Self.columnCountMax else {
            throw Failure(.tooLarge, "A file may have \(Self.columnCountMax) columns at most.")
        }
        encoding = text.encoding
        delimiter = rows.delimiter
        titles = first.cells.enumerated().map { index, cell in
            let title = Self.shown(cell.trimmed)
            return title.isEmpty ? "Column \(Self.letters(of: index))" : title
        }
        self.rows = rows
    }

    static func open(_ row: CSVRow) -> Failure {
        Failure(.invalid, "A quote is opened in row \(row.number) and never closed.")
    }

    /// A text cut for people to look at.
    static func shown(_ text: String) -> String {
        guard text.utf8.count > sampleCharacterCountMax else { return text }
        return text.prefix(sampleCharacterCountMax) + "…"
    }

    /// Columns with what is in the first rows of them and the field each is likely to be.
    ///
    /// - Throws: `tooLarge` for a file of too many rows.
    func columns(for fields: [ImportField]) throws -> (columns: [JSON], rowCount: Int) {
        var samples: [[JSON]] = titles.map { _ in [] }
        var count = 0
        for row in rows {
            count += 1
            guard count <= Self.rowCountMax else {
                throw Failure(.tooLarge, "A file may have \(Self.rowCountMax) rows at most. Cut it into several.")
            }
            guard count <= 50 else { continue }
            for index in titles.indices where samples[index].count < Self.sampleCountMax {
                let text = row[index].trimmed
                if !text.isEmpty { samples[index].append(.string(Self.shown(text))) }
            }
        }
        let suggestions = suggestions(for: fields)
        let columns = titles.indices.map { index -> JSON in
            [
                "index": .int(Int64(index)), "title": .string(titles[index]), "samples": .array(samples[index]),
                "field": .optional(suggestions[index]),
            ]
        }
        return (columns, count)
    }

    /// The likely field of each column; a field is given once, to the first column that names it best.
    func suggestions(for fields: [ImportField]) -> [Int: String] {
        var suggestions: [Int: String] = [:]
        var taken: Set<String> = []
        let names: [(ImportField) -> [String]] = [
            { [$0.name] }, { [Self.key($0.label)] }, { $0.synonyms },
        ]
        for name in names {
            for (index, title) in titles.enumerated() where suggestions[index] == nil {
                let keys = [title, Self.key(title)]
                let field = fields.first { field in
                    !taken.contains(field.name) && name(field).contains { keys.contains($0) }
                }
                guard let field else { continue }
                suggestions[index] = field.name
                taken.insert(field.name)
            }
        }
        return suggestions
    }

    /// A title as titles are compared.
    static func key(_ title: String) -> String {
        String(title.prefix(100).description.folded.filter { $0.isLetter || $0.isNumber })
    }

    /// A, B, … Z, AA.
    static func letters(of index: Int) -> String {
        let letter = String(UnicodeScalar(UInt8(65 + index % 26)))
        return index < 26 ? letter : letters(of: index / 26 - 1) + letter
    }
}
