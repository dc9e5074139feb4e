// What the hub told of records: their latest state and who had seen what. An edit made here says with it what it was based
// on; what is done here and not at the hub yet is added to it before it is taken over.
import Foundation
import GRDB

/// A record as the hub told it.
package struct ToldRow: Sendable, Equatable {
    package var row: MergedRow
    /// The node that said the latest of it.
    package var node: String

    package init(row: MergedRow, node: String) {
        self.row = row
        self.node = node
    }
}

enum HubRows {
    /// `vectors` is what somebody who saw the row had seen, by field. `due` marks what could not be taken over yet. `hub_alias`
    /// says which of ours is the same as one of theirs. `hub_depot` has depots by the last twelve digits of their nodes.
    static let schema = """
        CREATE TABLE hub_row (
          sort TEXT NOT NULL, id TEXT NOT NULL, node TEXT NOT NULL, vectors TEXT NOT NULL CHECK (json_valid(vectors)),
          state TEXT NOT NULL CHECK (json_valid(state)), due INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (sort, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX hub_row_due ON hub_row (due) WHERE due = 1;
        CREATE TABLE hub_alias (id TEXT PRIMARY KEY, ours TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE hub_depot (node TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
        """

    static func keep(_ told: ToldRow, isDue: Bool, in database: Database) throws {
        try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO hub_row (sort, id, node, vectors, state, due) VALUES (?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [
            told.row.sort, told.row.id, told.node, told.row.vectors.text, told.row.state.text, isDue,
        ])
    }

    static func find(_ sort: String, _ id: String, in database: Database) throws -> ToldRow? {
        try Row.fetchOne(
            database.cachedStatement(sql: "SELECT node, state FROM hub_row WHERE sort = ? AND id = ?"),
            arguments: [sort, id]
        ).map { row in
            let state = try JSON(parsing: Array((row["state"] as String).utf8))
            return ToldRow(row: MergedRow(sort: sort, id: id, state: state), node: row["node"])
        }
    }

    /// What an edit of a record is based on, by field, and of fields that nobody told of under an empty name; nil when
    /// nobody but this life of this box ever wrote them. Everything before it in the box's log is understood.
    ///
    /// - Parameter fields: what the edit says of, as the hub names it; asked for where somebody else wrote the record, too.
    static func base<Record: RegistryRecord>(
        of record: Record, _ fields: @autoclosure () -> some Collection<String>, in database: Database
    ) throws -> JSON? {
        let sort = MergeLine.sort(Record.table.topic.rawValue, Record.table.kindPrefix)
        let told = try String.fetchOne(
            database.cachedStatement(sql: "SELECT vectors FROM hub_row WHERE sort = ? AND id = ?"),
            arguments: [sort, record.id.rawValue])
        let history = try history(in: database)
        var members = history.isEmpty ? [] : [JSON.Member(key: "", value: history.json)]
        if let told {
            let vectors = try JSON(parsing: Array(told.utf8))
            for field in fields().sorted() {
                guard let known = vectors[field] else { continue }
                var vector = history
                vector.add(VersionVector(known))
                members.append(.init(key: field, value: vector.json))
            }
        }
        return members.isEmpty ? nil : .object(members)
    }

    /// The earlier lives of this box, each up to its end: an edit of this one knows them.
    private static func history(in database: Database) throws -> VersionVector {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT coalesce(lane.name, epoch.epoch) AS lane, coalesce(lane.until, (
                      SELECT max(n) FROM change WHERE change.node = node.node AND change.epoch = epoch.epoch), 0) AS last
                    FROM node JOIN epoch ON epoch.epoch <> node.epoch
                      LEFT JOIN upstream_lane AS lane ON lane.epoch = epoch.epoch
                    """))
        var vector = VersionVector()
        while let row = try rows.next() { vector.add(row["last"], of: VersionVector.writer(of: row["lane"])) }
        return vector
    }

    /// The depots' names by the last twelve digits of their nodes.
    static func keep(depots: [String: String], in database: Database) throws {
        for (node, name) in depots {
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO hub_depot (node, name) VALUES (?, ?)")
                .execute(arguments: [node, name])
        }
    }

    static func depot(_ node: String, in database: Database) throws -> String {
        try String.fetchOne(
            database.cachedStatement(sql: "SELECT name FROM hub_depot WHERE node = ?"),
            arguments: [String(node.suffix(12))]) ?? "another depot"
    }
}

extension MergedRow {
    /// What somebody who sees this row has seen of each field.
    var vectors: JSON {
        .object(fields.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: $0.value.vector.json) })
    }

    /// `{"field": [{"v", "s", "b"}]}`, the latest of each field first.
    var state: JSON {
        .object(
            fields.sorted { $0.key < $1.key }.map { field, sides in
                .init(
                    key: field,
                    value: .array(
                        sides.sides.map { ["v": $0.value, "s": .string($0.stamp), "b": $0.base.json] }))
            })
    }

    init(sort: String, id: String, state: JSON) {
        self.init(sort: sort, id: id)
        for member in state.members {
            guard case .array(let sides) = member.value else { continue }
            fields[member.key] = FieldSides(sides.compactMap(FieldSide.init(_:)))
        }
    }
}

extension FieldSide {
    /// `{"v": value, "s": stamp, "b": base}`, as the hub gives what stands beside the latest.
    package init?(_ json: JSON) {
        guard let stamp = json["s"]?.string, stamp.utf8.count >= 38 else { return nil }
        self.init(value: json["v"] ?? .null, stamp: stamp, base: VersionVector(json["b"] ?? [:]))
    }
}

extension RowEdit {
    /// What a Change of a lane says of its record; nil when it was only taken over here.
    init?(_ body: JSON, kind: String, time: HybridTime, n: Int64, node: String, lane: String) {
        guard body["from"] == nil else { return nil }
        let fork = lane.split(separator: "+")
        func vector(_ json: JSON) -> VersionVector {
            var vector = VersionVector(json)
            if fork.count > 1 { vector.add(Int64(fork[1]) ?? 0, of: VersionVector.writer(of: String(fork[0]))) }
            return vector
        }
        let bases = (body["base"]?.members ?? []).map { ($0.key, vector($0.value)) }
        self.init(
            values: Self.said(body, kind: kind), stamp: FieldSide.stamp(time, n, node: node, lane: lane),
            bases: Dictionary(bases) { $1 }, base: vector(body["base"]?[""] ?? [:]))
    }

    /// What a Change says of its record's fields, as `depotd.said` has it.
    static func said(_ body: JSON, kind: String) -> [String: JSON] {
        let passing = ["id", "before", "version", "updatedAt", "base"]
        let said = body.members.filter { !passing.contains($0.key) }.map { ($0.key, $0.value) }
        switch kind.split(separator: ".").last {
        case "removed": return ["removed": true]
        case "created": return Dictionary(said + [("removed", false)]) { $1 }
        case "identifier" where kind == "identifier":
            let key = body["identifier"]?["key"]?.string ?? body["before"]?["identifier"]?["key"]?.string ?? ""
            return ["identifier:" + key: body["identifier"] ?? .null]
        // An edit also carries what the record is called: what it does not have from before, it did not set.
        default:
            guard let old = body["before"] else { return Dictionary(said) { $1 } }
            return Dictionary(said.filter { old[$0.0] != nil }) { $1 }
        }
    }
}

/// What was done here and is not at the hub yet.
struct PendingEdits {
    private var edits: [String: [RowEdit]] = [:]

    /// Most Changes that may wait while something is taken over: more are sent first.
    static let countMax: Int64 = 2_000

    init(_ ledger: SyncLedger, in database: Database) throws {
        for lane in ledger.lanes where lane.acked < lane.last {
            let rows = try Row.fetchCursor(
                database.cachedStatement(
                    sql: """
                        SELECT n, hlc, topic, kind, subject, body FROM change
                        WHERE node = ? AND epoch = ? AND n > ? AND n <= ? ORDER BY n
                        """), arguments: [ledger.node, lane.epoch, lane.acked, lane.last])
            while let row = try rows.next() {
                let kind: String = row["kind"]
                let sort = MergeLine.sort(row["topic"], kind)
                guard MergeManifest.line(of: sort) != nil,
                    let edit = RowEdit(
                        try JSON(parsing: Array((row["body"] as String).utf8)), kind: kind,
                        time: HybridTime(rawValue: row["hlc"]), n: row["n"], node: ledger.node, lane: lane.name)
                else { continue }
                edits[sort + "\n" + (row["subject"] as String), default: []].append(edit)
            }
        }
    }

    /// The row with them.
    func added(to row: MergedRow) -> MergedRow {
        var row = row
        for edit in edits[row.sort + "\n" + row.id] ?? [] { row.take(edit) }
        return row
    }
}
