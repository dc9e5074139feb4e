// How rows of one kind are judged. A sheet is what a check knows so far: which rows claimed what. The rules of fields
// are RecordField's own; what is refused here and what is refused to a form is refused in the same words.
import Foundation
import GRDB

/// Judges the rows of one file, in order.
protocol ImportSheet: Sendable {
    /// The fields that columns can be mapped to.
    static func fields(in database: Database) throws -> [ImportField]
    init(_ columns: ImportColumns, _ options: ImportOptions, by author: Author, at now: Date, in database: Database)
        throws
    /// What is to become of a row, were the rows before it carried out.
    mutating func judge(_ row: ImportRow, in database: Database) throws -> RowVerdict
    var names: ImportNames { get }
}

extension ImportKind {
    /// The rules for this kind of file.
    var sheet: any ImportSheet.Type {
        switch self {
        case .assets: AssetSheet.self
        case .models: ModelSheet.self
        case .people: PersonSheet.self
        }
    }
}

/// The cells of a row that are fields of the record itself, read and judged.
struct PlainCells: Sendable {
    private let fields: [(field: RecordField, column: Int)]
    private let missing: [RecordField]
    private let now: Date

    /// - Parameter exceptions: fields that the sheet reads itself.
    init(_ columns: ImportColumns, of table: RecordTable, except exceptions: Set<String>, at now: Date) {
        fields = columns.fields.compactMap { name, column in
            guard !exceptions.contains(name) else { return nil }
            return table.field(name).map { (field: $0, column: column) }
        }
        missing = table.fields.filter {
            $0.presence == .required && !exceptions.contains($0.name) && columns.column(of: $0.name) == nil
        }
        self.now = now
    }

    /// A field's value as it came and as it is stored.
    struct Value {
        let field: RecordField
        let json: JSON
        let stored: DatabaseValue
    }

    /// - Parameter isNew: asks for what a new record must have.
    func read(_ row: ImportRow, isNew: Bool, in database: Database) throws -> (values: [Value], errors: [ImportError]) {
        var values: [Value] = []
        var errors: [ImportError] = []
        values.reserveCapacity(fields.count)
        for (field, column) in fields {
            do {
                let json = try field.value(ofCell: row.cells[column])
                // An empty cell leaves what can not be empty as it is.
                if json == .null, field.presence == .preset { continue }
                values.append(Value(field: field, json: json, stored: try field.stored(json, at: now, in: database)))
            } catch let failure as Failure where failure.code == .invalid {
                errors.append(ImportError(field: field.name, message: failure.message))
            }
        }
        if isNew {
            errors += missing.map { ImportError(field: $0.name, message: "\($0.label) is missing.") }
        }
        if row.hasStrays {
            errors.append(ImportError(message: "The row has more cells than there are titles."))
        }
        return (values, errors)
    }

    /// The values that differ from a row.
    static func different(_ values: [Value], from row: Row) -> [Value] {
        values.filter { value in
            let now: DatabaseValue = row[value.field.column]
            if case .archived = value.field.shape { return now.isNull != value.stored.isNull }
            return now != value.stored
        }
    }
}

extension Array where Element == PlainCells.Value {
    /// What is stored in a field; nil when the row says nothing of it.
    func stored(_ name: String) -> DatabaseValue? { first { $0.field.name == name }?.stored }

    var members: [JSON.Member] { map { .init(key: $0.field.name, value: $0.json) } }
}

extension RecordTable {
    /// One of its fields as a column of a table, with what other programs call it.
    func importField(_ name: String, _ synonyms: [String], isRequired: Bool = false) -> ImportField {
        ImportField(name: name, label: field(name)?.label ?? name, isRequired: isRequired, synonyms: synonyms)
    }
}
