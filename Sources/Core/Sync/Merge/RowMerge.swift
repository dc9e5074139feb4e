// What the hub told is taken over into the depot's own records, as edits like any other whose author is a depot: the rules of
// each kind of record hold for them, too. What its rules refuse here stays as it is and is for somebody to decide.
import Foundation
import GRDB

enum RowMerge {
    /// Rows of earlier answers that wait for what they refer to and are tried again with each answer.
    private static let dueCountMax = 50

    /// Keeps what the hub told and up to where it goes, both or neither. Told again, it is the same.
    static func keep(_ answer: PullAnswer, in transaction: WriteTransaction) throws -> SyncLedger {
        let database = transaction.database
        if answer.isFresh {
            try database.execute(sql: "DELETE FROM distant_asset")
            // A hub that was brought back may have lost pictures; it is asked again which.
            try database.execute(sql: "DELETE FROM upstream_picture")
        }
        try HubRows.keep(depots: answer.depots, in: database)
        for told in answer.rows { try HubRows.keep(told, isDue: true, in: database) }
        let told = Set(answer.rows.map { "\($0.row.sort)\n\($0.row.id)" })
        let due = try dueRows(in: database).filter { !told.contains("\($0.row.sort)\n\($0.row.id)") }
        let all = (answer.rows + due).map { (rank: MergeManifest.rank(of: $0.row.sort), told: $0) }
        if !all.isEmpty {
            let pending = try PendingEdits(SyncLedger.load(in: database), in: database)
            for one in all.sorted(by: { $0.rank < $1.rank }) { try take(one.told, pending, in: transaction) }
        }
        try answer.place.save(in: database)
        return try SyncLedger.load(in: database)
    }

    private static func dueRows(in database: Database) throws -> [ToldRow] {
        try Row.fetchAll(
            database.cachedStatement(sql: "SELECT sort, id FROM hub_row WHERE due = 1 LIMIT ?"),
            arguments: [dueCountMax]
        ).compactMap { try HubRows.find($0["sort"], $0["id"], in: database) }
    }

    private static func take(_ told: ToldRow, _ pending: PendingEdits, in transaction: WriteTransaction) throws {
        var isDue = false
        if let line = MergeManifest.line(of: told.row.sort) {
            let row = pending.added(to: told.row)
            if try !merge(row, as: line.type, line, isDue: &isDue, in: transaction), line.type == Asset.self {
                try DistantGear.keep(told, in: transaction.database)
            }
        }
        guard !isDue else { return }
        try transaction.database.cachedStatement(sql: "UPDATE hub_row SET due = 0 WHERE sort = ? AND id = ?")
            .execute(arguments: [told.row.sort, told.row.id])
    }

    /// Makes the record here what the row says. - Returns: whether there is one here.
    private static func merge<Record: RegistryRecord>(
        _ row: MergedRow, as type: Record.Type, _ line: MergeLine, isDue: inout Bool, in transaction: WriteTransaction
    ) throws -> Bool {
        let id = Identifier<Record>(row.id)
        guard let record = try Record.find(id, in: transaction.database) else { return false }
        if row.value("removed") == true {
            if try !putAway(record, row, in: transaction) { return true }
        }
        let troubles = try setFields(of: record, row, line, isDue: &isDue, in: transaction)
        if let asset = try Record.find(id, in: transaction.database) as? Asset {
            try setCodes(of: asset, row, in: transaction)
            try setHolder(of: asset, row, isDue: &isDue, in: transaction)
        }
        try ConflictBook.settle(row, of: type, line, troubles, in: transaction)
        return true
    }

    /// - Returns: whether it is still there, because something here depends on it.
    private static func putAway<Record: RegistryRecord>(
        _ record: Record, _ row: MergedRow, in transaction: WriteTransaction
    ) throws -> Bool {
        let author = try Author(depot: depot(of: row, "removed", in: transaction.database))
        let removal = try transaction.unlessRefused {
            try RecordEdit.remove(record.id, by: author, in: transaction)
        }
        return removal == nil
    }

    /// The depot that said what stands in a field.
    static func depot(of row: MergedRow, _ field: String, in database: Database) throws -> String {
        try HubRows.depot(row.fields[field]?.standing?.node ?? "", in: database)
    }
}

// MARK: - Fields

extension RowMerge {
    /// Sets what is different here, depot by depot. - Returns: what is wrong with those that can not be set.
    private static func setFields<Record: RegistryRecord>(
        of record: Record, _ row: MergedRow, _ line: MergeLine, isDue: inout Bool, in transaction: WriteTransaction
    ) throws -> [String: String] {
        let now = try JSON(parsing: record.json.bytes)
        var wanted: [String: [JSON.Member]] = [:]
        for field in Record.table.fields {
            guard let side = row.fields[field.name]?.standing,
                let value = try ours(side.value, field, line, isDue: &isDue, in: transaction),
                essence(value) != essence(now[field.name] ?? .null)
            else { continue }
            wanted[side.node, default: []].append(.init(key: field.name, value: value))
        }
        var troubles: [String: String] = [:]
        for (node, members) in wanted.sorted(by: { $0.key < $1.key }) {
            let author = try Author(depot: HubRows.depot(node, in: transaction.database))
            func set(_ members: [JSON.Member]) throws {
                _ = try transaction.attempt {
                    try RecordEdit.edit(record.id, .object(members), ifVersion: nil, by: author, in: transaction)
                }
            }
            do { try set(members) } catch is Failure {
                for member in members {
                    do { try set([member]) } catch let failure as Failure { troubles[member.key] = failure.message }
                }
            }
        }
        return troubles
    }

    /// A value as it is set here; nil when it is not taken over or waits for what it refers to.
    static func ours(
        _ value: JSON, _ field: RecordField, _ line: MergeLine, isDue: inout Bool, in transaction: WriteTransaction
    ) throws -> JSON? {
        switch line.mergeClass(of: field.name) {
        case .own, .derived, .fact: return nil
        case .field, .ownReference: break
        }
        guard case .reference(let table, _) = field.shape, let theirs = value.string ?? value["id"]?.string else {
            return value
        }
        if let id = try here(theirs, table: table, in: transaction) { return .string(id) }
        if line.mergeClass(of: field.name) == .field { isDue = true }
        return nil
    }

    /// What makes two values different: of a reference what it refers to, whatever that is called.
    static func essence(_ value: JSON) -> JSON {
        if value["since"] != nil { return [essence(value["person"] ?? .null), essence(value["project"] ?? .null)] }
        return value["id"] ?? value
    }

    private static func setCodes(of asset: Asset, _ row: MergedRow, in transaction: WriteTransaction) throws {
        let known = Set(
            try AssetRegister.identifiers(of: asset.id, in: transaction.database).compactMap { $0["key"]?.string })
        for (name, sides) in row.fields.sorted(by: { $0.key < $1.key }) where name.hasPrefix("identifier:") {
            let (key, value) = (String(name.dropFirst("identifier:".count)), sides.standing?.value ?? .null)
            guard known.contains(key) != (value != .null) else { continue }
            let author = try Author(depot: depot(of: row, name, in: transaction.database))
            // A code that something else has here stays with it: the door would take one for the other.
            _ = try transaction.unlessRefused {
                let asset = try RecordEdit.find(asset.id, in: transaction.database)
                if let identifier = AssetIdentifier(value) {
                    _ = try AssetRegister.attach(identifier, to: asset, by: author, in: transaction)
                } else if let old = try AssetRegister.identifier(key, of: asset.id, in: transaction.database) {
                    _ = try AssetRegister.detach(old, from: asset, by: author, in: transaction)
                }
            }
        }
    }
}
