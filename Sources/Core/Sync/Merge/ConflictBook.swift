// What two depots said side by side, and somebody has to decide: the work list. Each entry follows from a row as the hub told
// it, so it is the same at every depot, and is gone when an edit came that knew both sides. An answer is such an edit.
import Foundation
import GRDB

/// What is to be decided between depots.
package struct ConflictBook: Sendable {
    /// `sides` as ``FieldSide/init(_:)`` reads them; `trouble` is why what stands could not be taken over here.
    static let schema = """
        CREATE TABLE conflict (
          id TEXT PRIMARY KEY, sort TEXT NOT NULL, record TEXT NOT NULL, field TEXT NOT NULL,
          sides TEXT NOT NULL CHECK (json_valid(sides)), trouble TEXT, since INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX conflict_record ON conflict (sort, record, field);
        """

    /// Most entries that are listed.
    private static let countMax = 200

    private let store: Store

    package init(store: Store) { self.store = store }

    /// What is open, the latest first.
    package func list() async throws -> [JSON] {
        try await store.read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM conflict ORDER BY since DESC, id LIMIT \(Self.countMax)"
            ).compactMap { try Conflict($0).json(in: database) }
        }
    }

    /// Says which side is right. - Returns: the place of the Change that did it.
    ///
    /// - Throws: `conflict` when it was decided meanwhile, or what is right can not be set here.
    package func answer(_ id: String, with stamp: String, by author: Author) async throws -> Int64 {
        try await store.write { transaction in
            let row = try Row.fetchOne(
                transaction.database, sql: "SELECT * FROM conflict WHERE id = ?", arguments: [id])
            guard let conflict = try row.map(Conflict.init),
                let side = try conflict.shown(in: transaction.database).first(where: { $0.stamp == stamp }),
                let line = MergeManifest.line(of: conflict.sort)
            else { throw Failure(.conflict, "That was decided meanwhile.") }
            let change = try Self.decide(conflict, side.value, as: line.type, line, by: author, in: transaction)
            try Self.close(conflict.id, in: transaction)
            return change
        }
    }

    private static func decide<Record: RegistryRecord>(
        _ conflict: Conflict, _ value: JSON, as type: Record.Type, _ line: MergeLine, by author: Author,
        in transaction: WriteTransaction
    ) throws -> Int64 {
        let record = try RecordEdit.find(Identifier<Record>(conflict.record), in: transaction.database)
        let edited: Edited<Record>
        if let asset = record as? Asset, conflict.field == "holder" {
            guard let custodian = try RowMerge.custodian(value, in: transaction) else {
                throw Failure(.conflict, "Whoever has it is not known here yet.")
            }
            let change = try RecordEdit.run("custody", on: asset, by: author, always: ["holder"], in: transaction) {
                guard try JSON(parsing: $0.json.bytes)["holder"] != value else { return }
                try RowMerge.hand($0, to: value, custodian, in: transaction)
            }.change
            if let change { return change }
            edited = try affirm(record, conflict.field, value, by: author, in: transaction)
        } else {
            guard let field = Record.table.field(conflict.field) else { throw Failure(.internal, "No such field.") }
            var isDue = false
            let ours = try RowMerge.ours(value, field, line, isDue: &isDue, in: transaction)
            guard let ours else { throw Failure(.conflict, "What it names is not known here yet.") }
            let set = try RecordEdit.edit(
                record.id, .object([.init(key: field.name, value: ours)]), ifVersion: nil, by: author, in: transaction)
            edited = set.change == nil ? try affirm(record, field.name, value, by: author, in: transaction) : set
        }
        return edited.change ?? 0
    }

    /// Says what stands already: the Change knows both sides, and that is what decides.
    private static func affirm<Record: RegistryRecord>(
        _ record: Record, _ field: String, _ value: JSON, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Record> {
        let said = JSON.object([.init(key: field, value: value)])
        return try RecordEdit.note("edited", on: record, said, before: said, by: author, in: transaction)
    }

    // MARK: - Kept with the rows

    /// Opens and closes what there is to decide about a record, after its row was taken over.
    static func settle<Record: RegistryRecord>(
        _ row: MergedRow, of type: Record.Type, _ line: MergeLine, _ troubles: [String: String],
        in transaction: WriteTransaction
    ) throws {
        let database = transaction.database
        let known = try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT id, field, sides, trouble FROM conflict WHERE sort = ? AND record = ?"),
            arguments: [row.sort, row.id])
        for (field, sides) in row.fields.sorted(by: { $0.key < $1.key }) {
            let open = differing(sides.sides, line.mergeClass(of: field))
            let old = known.first { $0["field"] == field }
            guard open.count > 1 || troubles[field] != nil else {
                if let old { try close(old["id"], in: transaction) }
                continue
            }
            let said = MergedRow(sort: row.sort, id: row.id, fields: [field: FieldSides(open)]).state[field] ?? []
            if old?["sides"] as String? == said.text, old?["trouble"] as String? == troubles[field] { continue }
            let id = Conflict.id(row.sort, row.id, field)
            try database.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO conflict (id, sort, record, field, sides, trouble, since)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                id, row.sort, row.id, field, said.text, troubles[field], transaction.milliseconds,
            ])
            guard let made = try Row.fetchOne(database, sql: "SELECT * FROM conflict WHERE id = ?", arguments: [id]),
                let entry = try Conflict(made).json(in: database)
            else { continue }
            try transaction.append(.conflicts, "opened", subject: id, entry)
        }
    }

    /// The latest of each different value.
    static func differing(_ sides: [FieldSide], _ mergeClass: MergeClass) -> [FieldSide] {
        switch mergeClass {
        case .own, .ownReference, .derived: return []
        case .field, .fact: break
        }
        return sides.reduce(into: []) { kept, side in
            // That it came back and that it went out is one after the other, whoever heard of it when.
            if mergeClass == .fact, side.value == .null { return }
            let value = RowMerge.essence(side.value)
            if !kept.contains(where: { RowMerge.essence($0.value) == value }) { kept.append(side) }
        }
    }

    private static func close(_ id: String, in transaction: WriteTransaction) throws {
        try transaction.database.cachedStatement(sql: "DELETE FROM conflict WHERE id = ?").execute(arguments: [id])
        try transaction.append(.conflicts, "settled", subject: id, ["id": .string(id)])
    }
}

/// One thing to decide.
struct Conflict {
    let id: String
    let sort: String
    let record: String
    let field: String
    private let sides: [FieldSide]
    let trouble: String?
    let since: Date

    init(_ row: Row) throws {
        id = row["id"]
        sort = row["sort"]
        record = row["record"]
        field = row["field"]
        let kept = try JSON(parsing: Array((row["sides"] as String).utf8))
        if case .array(let items) = kept { sides = items.compactMap(FieldSide.init(_:)) } else { sides = [] }
        trouble = row["trouble"]
        since = Date(milliseconds: row["since"])
    }

    /// The same at every depot.
    static func id(_ sort: String, _ record: String, _ field: String) -> String {
        Hex.text(SHA256.digest(Array("\(sort)\n\(record)\n\(field)".utf8)).prefix(16))
    }

    /// Names what is here when what stands at the hub could not be taken over.
    private static let here = "here"

    /// What there is to choose from.
    func shown(in database: Database) throws -> [(stamp: String, value: JSON, depot: String, at: Date?)] {
        var shown = try sides.map { side in
            (
                stamp: side.stamp, value: side.value, depot: try HubRows.depot(side.node, in: database),
                at: Date?.some(side.time.date)
            )
        }
        if trouble != nil, let line = MergeManifest.line(of: sort) {
            let value = try Self.json(of: record, as: line.type, in: database)?[field] ?? .null
            shown.append((Self.here, value, "this depot", nil))
        }
        return shown
    }

    private static func json<Record: RegistryRecord>(
        of id: String, as type: Record.Type, in database: Database
    ) throws -> JSON? {
        try Record.find(Identifier<Record>(id), in: database).map { try JSON(parsing: $0.json.bytes) }
    }

    /// The entry as the API gives it; nil when the record was removed here since, so that there is nothing to decide.
    func json(in database: Database) throws -> JSON? {
        guard let line = MergeManifest.line(of: sort),
            let record = try Self.json(of: record, as: line.type, in: database)
        else { return nil }
        let name = record[line.table.heading]?.string ?? ""
        let label = line.table.field(field)?.label ?? field
        let isGivenOut = field == "holder"
        return [
            "id": .string(id), "topic": .string(line.table.topic.rawValue), "record": .string(self.record),
            "name": .string(name), "field": .string(field), "label": .string(isGivenOut ? "Who has it" : label),
            "title": .string(
                isGivenOut
                    ? "\(name) was given out by two depots"
                    : trouble == nil
                        ? "\(label) of \(name) was edited at two depots" : "\(label) of \(name) does not fit here"),
            "trouble": .optional(trouble), "since": .time(since),
            "sides": .array(
                try shown(in: database).map { side in
                    [
                        "side": .string(side.stamp), "words": .string(Self.words(side.value)),
                        "depot": .string(side.depot), "at": side.at.map(JSON.time) ?? .null,
                        "stands": .bool(RowMerge.essence(record[field] ?? .null) == RowMerge.essence(side.value)),
                    ]
                }),
        ]
    }

    private static func words(_ value: JSON) -> String {
        switch value {
        case .null, "": return "empty"
        case .string(let text): return text
        case .bool(let flag): return flag ? "yes" : "no"
        case .object where value["since"] != nil:
            let names = [value["person"]?["name"]?.string, value["project"]?["name"]?.string].compactMap { $0 }
            return names.isEmpty ? "somebody without a name" : names.joined(separator: ", ")
        default: return value["name"]?.string ?? value.text
        }
    }
}
