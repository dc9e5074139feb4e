// What comes here from elsewhere: who has a piece of gear or at which depot it is, the records that this needs, and gear of
// another depot that is scanned at a door of ours.
import Foundation
import GRDB

extension RowMerge {
    /// Says who has a piece, or that it is at another depot.
    static func setHolder(
        of asset: Asset, _ row: MergedRow, isDue: inout Bool, in transaction: WriteTransaction
    ) throws {
        guard let side = row.fields["holder"]?.standing else { return }
        let database = transaction.database
        let now = try JSON(parsing: asset.json.bytes)
        let me = try String.fetchOne(database.cachedStatement(sql: "SELECT node FROM node")) ?? ""
        let name = try HubRows.depot(side.node, in: database)
        let depot = side.value == .null && side.node != me.suffix(12) ? name : nil
        guard now["holder"] != side.value || asset.depot != depot else { return }
        guard let custodian = try custodian(side.value, in: transaction) else {
            isDue = true
            return
        }
        try RecordEdit.run("custody", on: asset, by: Author(depot: name), in: transaction) { asset in
            try hand(asset, to: side.value, custodian, in: transaction)
            try database.cachedStatement(sql: "UPDATE asset SET depot = ? WHERE id = ?")
                .execute(arguments: [depot, asset.id.rawValue])
        }
    }

    /// Carries out what a holder says: `{"person", "project", "since"}`, or null.
    static func hand(
        _ asset: Asset, to holder: JSON, _ custodian: Custodian, in transaction: WriteTransaction
    ) throws {
        guard holder != .null else {
            if asset.holder != nil { try Custody.takeBack(asset.id, Movement(), in: transaction) }
            return
        }
        let since = holder["since"]?.string.flatMap(RecordField.date(of:))?.milliseconds
        try Custody.give(
            asset.id, to: custodian, as: asset.holder == nil ? .out : .transfer, since: since, Movement(),
            in: transaction)
    }

    /// Who a holder names, here; nil when they are not known here yet.
    static func custodian(_ holder: JSON, in transaction: WriteTransaction) throws -> Custodian? {
        var custodian = Custodian()
        if let theirs = holder["person"]?["id"]?.string {
            guard let id = try here(theirs, table: "person", in: transaction) else { return nil }
            custodian.person = Person.ID(id)
        }
        if let theirs = holder["project"]?["id"]?.string {
            guard let id = try here(theirs, table: "project", in: transaction) else { return nil }
            custodian.project = Project.ID(id)
        }
        return custodian
    }

    /// The record here that another depot means, which is made if its kind is; nil when there is none.
    static func here(_ theirs: String, table: String, in transaction: WriteTransaction) throws -> String? {
        let database = transaction.database
        let id =
            try String.fetchOne(
                database.cachedStatement(sql: "SELECT ours FROM hub_alias WHERE id = ?"), arguments: [theirs]) ?? theirs
        let isThere =
            try Row.fetchOne(
                database.cachedStatement(sql: "SELECT 1 FROM \(table) WHERE id = ?"), arguments: [id]) != nil
        if isThere { return id }
        guard let line = MergeManifest.line(ofTable: table), line.isBrought,
            let told = try HubRows.find(line.sort, theirs, in: database)
        else { return nil }
        if let like = try like(told.row, line, in: database) {
            try database.execute(
                sql: "INSERT OR REPLACE INTO hub_alias (id, ours) VALUES (?, ?)", arguments: [theirs, like])
            return like
        }
        return try transaction.unlessRefused { try bring(told.row, as: line.type, line, in: transaction) }
    }

    /// One that is here already and is the same but for its identifier.
    private static func like(_ row: MergedRow, _ line: MergeLine, in database: Database) throws -> String? {
        guard !line.likeness.isEmpty else { return nil }
        let same = line.likeness.map { "\($0) IS ? COLLATE NOCASE" }.joined(separator: " AND ")
        return try String.fetchOne(
            database, sql: "SELECT id FROM \(line.table.name) WHERE \(same) AND archived IS NULL ORDER BY id LIMIT 1",
            arguments: StatementArguments(line.likeness.map { row.value($0)?.string }))
    }

    /// Makes a record of another depot here, under its own identifier. - Throws: what its kind's rules say against it.
    @discardableResult
    private static func bring<Record: RegistryRecord>(
        _ row: MergedRow, as type: Record.Type, _ line: MergeLine, in transaction: WriteTransaction
    ) throws -> String {
        var isDue = false
        let members = try Record.table.fields.compactMap { field -> JSON.Member? in
            guard let value = row.value(field.name), value != .null else { return nil }
            return try ours(value, field, line, isDue: &isDue, in: transaction).map {
                .init(key: field.name, value: $0)
            }
        }
        let author = Author(depot: try depot(of: row, Record.table.heading, in: transaction.database))
        return try RecordEdit.create(type, .object(members), id: Identifier(row.id), by: author, in: transaction)
            .record.id.rawValue
    }

    /// Takes a piece of another depot into the depot's own gear, as it is said to be.
    ///
    /// - Throws: `conflict` when something here has its number or one of its codes.
    static func arrive(_ id: Asset.ID, in transaction: WriteTransaction) throws -> Asset {
        let database = transaction.database
        guard let line = MergeManifest.line(of: "assets"),
            let told = try HubRows.find("assets", id.rawValue, in: database)
        else { throw Failure(.notFound, "There is no such gear.") }
        try bring(told.row, as: Asset.self, line, in: transaction)
        for code in told.row.codes { try AssetRegister.attach(code, to: id, in: database) }
        var isDue = false
        try setHolder(of: RecordEdit.find(id, in: database), told.row, isDue: &isDue, in: transaction)
        try DistantGear.forget(id.rawValue, in: database)
        return try RecordEdit.find(id, in: database)
    }
}
