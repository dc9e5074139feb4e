// What gear cost, as columns `cost.…` in cents; a record of its own beside the piece.
import Foundation
import GRDB

/// Reads the columns of costs.
struct CostCells: Sendable {
    static let prefix = "cost."

    private let fields: [(field: RecordField, column: Int)]
    private let now: Date

    init(_ columns: ImportColumns, at now: Date) {
        fields = columns.fields.compactMap { name, column in
            guard name.hasPrefix(Self.prefix) else { return nil }
            return Cost.table.field(String(name.dropFirst(Self.prefix.count))).map { (field: $0, column: column) }
        }
        self.now = now
    }

    static let fields: [ImportField] = Cost.table.fields.map { field in
        ImportField(
            name: prefix + field.name, label: field.label,
            synonyms: field.name == "boughtOn" ? ["purchased", "purchasedate", "kaufdatum", "gekauftam"] : [])
    }

    /// The fields that differ from what is known; nil when none does.
    ///
    /// - Parameter id: the piece; nil for one that is made.
    func value(_ row: ImportRow, _ id: Asset.ID?, _ errors: inout [ImportError], in database: Database) throws -> JSON?
    {
        guard !fields.isEmpty else { return nil }
        let current = try id.flatMap { try Cost.find(Cost.ID($0.rawValue), in: database) }?.json ?? [:]
        var members: [JSON.Member] = []
        for (field, column) in fields {
            do {
                let value = try field.value(ofCell: row.cells[column])
                let stored = try field.stored(value, at: now, in: database)
                if stored != current[field.name].map(Self.stored) ?? .null {
                    members.append(.init(key: field.name, value: value))
                }
            } catch let failure as Failure where failure.code == .invalid {
                errors.append(ImportError(field: Self.prefix + field.name, message: failure.message))
            }
        }
        return members.isEmpty ? nil : .object(members)
    }

    private static func stored(_ value: JSON) -> DatabaseValue {
        switch value {
        case .int(let number): number.databaseValue
        case .string(let text): text.databaseValue
        default: .null
        }
    }

    static func set(
        _ fields: JSON?, of id: Asset.ID, by author: Author, in transaction: WriteTransaction
    ) throws {
        guard let fields else { return }
        let id = Cost.ID(id.rawValue)
        if try Cost.find(id, in: transaction.database) == nil {
            _ = try RecordEdit.create(Cost.self, fields, id: id, by: author, in: transaction)
        } else {
            _ = try RecordEdit.edit(id, fields, ifVersion: nil, by: author, in: transaction)
        }
    }
}
