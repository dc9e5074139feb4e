// The fields of one category only, as columns `custom.KEY`.
import Foundation
import GRDB

/// Reads the columns of custom fields.
struct CustomCells: Sendable {
    /// What a category says of a field.
    private struct Definition: Sendable {
        let key: String
        let name: String
        let kind: String
    }

    private let columns: [(definition: Definition, column: Int)]

    static let prefix = "custom."

    init(_ columns: ImportColumns, in database: Database) throws {
        let definitions = try Self.definitions(in: database)
        self.columns = columns.fields.compactMap { name, column in
            definitions.first { Self.prefix + $0.key == name }.map { (definition: $0, column: column) }
        }
    }

    static func fields(in database: Database) throws -> [ImportField] {
        try definitions(in: database).map { definition in
            ImportField(
                name: prefix + definition.key, label: definition.name, synonyms: [ImportTable.key(definition.key)])
        }
    }

    /// The keys of all categories' fields, in order.
    static func keys(in database: Database) throws -> [String] { try definitions(in: database).map(\.key) }

    private static func definitions(in database: Database) throws -> [Definition] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT item.value ->> 'key' AS key, item.value ->> 'name' AS name, item.value ->> 'kind' AS kind
                FROM category, json_each(category.fields) AS item ORDER BY category.name, category.id, item.key
                """)
        var seen: Set<String> = []
        return rows.compactMap { row in
            guard let key = row["key"] as String?, seen.insert(key).inserted else { return nil }
            return Definition(key: key, name: row["name"] as String? ?? key, kind: row["kind"] as String? ?? "text")
        }
    }

    /// All custom fields as they will be; nil when the row changes none.
    func value(_ row: ImportRow, _ current: Row?, _ errors: inout [ImportError]) throws -> JSON? {
        guard !columns.isEmpty else { return nil }
        let before = try current.map { try JSON(parsing: Array(($0["custom"] as String).utf8)) } ?? [:]
        var values = Dictionary(before.members.map { ($0.key, $0.value) }) { first, _ in first }
        for (definition, column) in columns {
            let text = row.cells[column].trimmed
            if text.isEmpty {
                values[definition.key] = nil
            } else if let value = Self.value(of: text, definition) {
                values[definition.key] = value
            } else {
                let kind = definition.kind == "flag" ? "yes or no" : "a number"
                errors.append(
                    ImportError(field: Self.prefix + definition.key, message: "\(definition.name) is \(kind)."))
            }
        }
        let after = JSON.object(values.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: $0.value) })
        let sorted = JSON.object(before.members.sorted { $0.key < $1.key })
        return after == sorted ? nil : after
    }

    private static func value(of text: String, _ definition: Definition) -> JSON? {
        switch definition.kind {
        case "number":
            if let whole = Int64(text) { return .int(whole) }
            // A comma is what Germans write where there is no point.
            let number = Double(text.contains(".") ? text : text.replacingOccurrences(of: ",", with: "."))
            return number.flatMap { $0.isFinite ? .double($0) : nil }
        case "flag": return RecordField.flag(text).map(JSON.bool)
        case "day": return .string(RecordField.day(text) ?? text)
        default: return .string(text)
        }
    }

    /// The cell that is read back as this value.
    static func cell(of value: JSON?) -> String {
        switch value {
        case .string(let text)?: text
        case .bool(let flag)?: flag ? "yes" : "no"
        case nil, .null?: ""
        case let other?: other.text
        }
    }
}
