// What an import would do, row by row: what the dry run tells, and what the run carries out.
import Foundation
import GRDB

/// How a file is to be imported.
package struct ImportOptions: Sendable, Equatable {
    /// What becomes of rows whose record is there already.
    package enum Existing: String, Sendable, CaseIterable {
        case update, skip, refuse
    }

    /// Fields by column.
    package var mapping: [Int: String]
    package var existing: Existing
    /// Whether models, categories and places that are not there are made.
    package var makesMissing: Bool

    package init(mapping: [Int: String], existing: Existing = .update, makesMissing: Bool = true) {
        self.mapping = mapping
        self.existing = existing
        self.makesMissing = makesMissing
    }
}

/// What is wrong with one cell, or with one row as a whole.
struct ImportError: Error, Sendable {
    /// The field of the cell; nil for the row.
    var field: String?
    let message: String
}

/// What is to become of one row.
enum RowVerdict: Sendable {
    case create(BatchOrder.Step)
    case update(BatchOrder.Step)
    case unchanged, skipped
    case refused([ImportError])

    var word: String {
        switch self {
        case .create: "create"
        case .update: "update"
        case .unchanged: "unchanged"
        case .skipped: "skip"
        case .refused: "refuse"
        }
    }
}

/// What an import would do.
struct ImportReport: Sendable {
    static let errorCountMax = 1_000
    static let previewCountMax = 20

    var creates = 0
    var updates = 0
    var unchanged = 0
    var skipped = 0
    /// Rows that are refused; each is named in ``errors`` until that is full.
    var refusedRows = 0
    var errorCount = 0
    var errors: [JSON] = []
    var preview: [JSON] = []
    /// What has to be made first, then a step for each row.
    var makes: [BatchOrder.Step] = []
    var made: [JSON] = []
    var steps: [BatchOrder.Step] = []

    mutating func note(_ verdict: RowVerdict, of row: ImportRow) {
        switch verdict {
        case .create(var step):
            creates += 1
            step.row = row.number
            steps.append(step)
        case .update(var step):
            updates += 1
            step.row = row.number
            steps.append(step)
        case .unchanged: unchanged += 1
        case .skipped: skipped += 1
        case .refused(let refusals):
            refusedRows += 1
            for error in refusals { note(error, of: row) }
        }
        guard preview.count < Self.previewCountMax else { return }
        preview.append([
            "row": .int(Int64(row.number)), "action": .string(verdict.word), "values": row.preview,
        ])
    }

    mutating func note(_ error: ImportError, of row: ImportRow) {
        errorCount += 1
        guard errors.count < Self.errorCountMax else { return }
        let column = error.field.flatMap { row.columns.column(of: $0) }
        errors.append([
            "row": .int(Int64(row.number)), "column": .optional(column.map { row.columns.titles[$0] }),
            "field": .optional(error.field),
            "value": column.map { .string(ImportTable.shown(row.cells[$0])) } ?? .null,
            "message": .string(error.message),
        ])
    }

    /// What the dry run tells.
    var json: JSON {
        [
            "creates": .int(Int64(creates)), "updates": .int(Int64(updates)), "unchanged": .int(Int64(unchanged)),
            "skipped": .int(Int64(skipped)), "refusedRows": .int(Int64(refusedRows)),
            "errorCount": .int(Int64(errorCount)), "errors": .array(errors), "preview": .array(preview),
            "makes": .array(made.prefix(100).map { $0 }), "makesCount": .int(Int64(made.count)),
        ]
    }
}

/// Which column is which field.
struct ImportColumns: Sendable {
    let titles: [String]
    private let byField: [String: Int]
    /// In the order of the file.
    let fields: [(name: String, column: Int)]

    /// - Throws: `invalid` for a column or a field that is not there, and for a field that two columns are.
    init(_ mapping: [Int: String], titles: [String], fields known: [ImportField]) throws {
        var byField: [String: Int] = [:]
        for (column, name) in mapping.sorted(by: { $0.key < $1.key }) {
            guard titles.indices.contains(column) else {
                throw Failure(.invalid, "The file has no column \(column).", field: "mapping")
            }
            guard let field = known.first(where: { $0.name == name }) else {
                throw Failure(.invalid, "There is no field \(name.prefix(64)).", field: "mapping")
            }
            guard byField.updateValue(column, forKey: name) == nil else {
                throw Failure(.invalid, "Two columns are the \(field.label).", field: "mapping")
            }
        }
        for field in known where field.isRequired && byField[field.name] == nil {
            throw Failure(.invalid, "No column is the \(field.label).", field: "mapping")
        }
        self.titles = titles
        self.byField = byField
        self.fields = byField.map { (name: $0.key, column: $0.value) }.sorted { $0.column < $1.column }
    }

    func column(of field: String) -> Int? { byField[field] }
}

/// One row with the names of its cells.
struct ImportRow: Sendable {
    let number: Int
    let cells: [String]
    let columns: ImportColumns

    /// Cells are as many as titles; those that are missing are empty.
    init(_ row: CSVRow, _ columns: ImportColumns) {
        number = row.number
        self.columns = columns
        let missing = columns.titles.count - row.cells.count
        cells = missing > 0 ? row.cells + Array(repeating: "", count: missing) : row.cells
    }

    /// The text of a field's cell; nil when no column is that field.
    func text(_ field: String) -> String? { columns.column(of: field).map { cells[$0] } }

    /// Cells that have something and stand behind the last title.
    var hasStrays: Bool {
        cells.count > columns.titles.count && cells[columns.titles.count...].contains { !$0.isEmpty }
    }

    var preview: JSON {
        .object(
            columns.fields.map { .init(key: $0.name, value: .string(ImportTable.shown(cells[$0.column].trimmed))) })
    }
}
