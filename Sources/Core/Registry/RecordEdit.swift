// The one way a record is made or edited: write the row, read it again, and say in a Change what is different.
import Foundation
package import GRDB

/// Makes, edits and removes records of any kind inside a transaction.
package enum RecordEdit {
    /// Makes a record of fields as they came in.
    ///
    /// - Throws: `invalid` with every field that is not right; `conflict` from ``RegistryRecord/settle(_:before:in:)``.
    package static func create<Record: RegistryRecord>(
        _ type: Record.Type = Record.self, _ fields: JSON, id: Identifier<Record>? = nil, by author: Author,
        in transaction: WriteTransaction
    ) throws -> Edited<Record> {
        let table = Record.table
        let id = id ?? transaction.newID()
        let values = try stored(fields, of: table, isNew: true, in: transaction)
        var columns = table.seeds.merging(values.columns) { $1 }
        try columns.merge(Record.derived(from: columns, in: transaction.database)) { $1 }
        try Record.check(columns, before: nil, in: transaction.database)
        columns["id"] = id.databaseValue
        columns["updated"] = transaction.milliseconds.databaseValue
        let names = columns.keys.sorted()
        try write(columns, of: id, in: transaction.database) { database in
            try database.cachedStatement(
                sql: """
                    INSERT INTO \(table.name) (\(names.joined(separator: ", ")))
                    VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))
                    """
            ).execute(arguments: StatementArguments(names.map { columns[$0] ?? .null }))
        }
        for part in values.parts { try Record.store(part.value, as: part.field, of: id, in: transaction) }
        let made = try find(id, in: transaction.database)
        try Record.permit(made, before: nil, by: author)
        let record = try Record.settle(made, before: nil, in: transaction)
        let change = try append("created", record, record.json, by: author, in: transaction)
        return Edited(record: record, change: change.position.seq)
    }

    /// Sets fields of a record as they came in; members that are absent stay as they are.
    ///
    /// - Parameter version: the version the edit was based on; nil takes any.
    /// - Throws: `stale` with the record as it is now under `current`; `invalid` with every field that is not right;
    ///   `notFound`; `conflict` from ``RegistryRecord/settle(_:before:in:)``.
    package static func edit<Record: RegistryRecord>(
        _ id: Identifier<Record>, _ fields: JSON, ifVersion version: Int64?, as kind: String = "edited",
        by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Record> {
        let record = try find(id, in: transaction.database)
        try check(version, of: record)
        let values = try stored(fields, of: Record.table, isNew: false, in: transaction)
        try Record.check(values.columns, before: record, in: transaction.database)
        try update(id, to: values, in: transaction)
        let after = try find(id, in: transaction.database)
        try Record.permit(after, before: record, by: author)
        let settled = try Record.settle(after, before: record, in: transaction)
        if kind == "edited" { try Record.demand(settled, before: record, in: transaction.database) }
        return try tell(kind, record, settled, by: author, in: transaction)
    }

    private static func update<Record: RegistryRecord>(
        _ id: Identifier<Record>, to values: Values, in transaction: WriteTransaction
    ) throws {
        let names = values.columns.keys.sorted()
        if !names.isEmpty {
            let pairs = names.map { "\($0) = ?" }.joined(separator: ", ")
            try write(values.columns, of: id, in: transaction.database) { database in
                try database.cachedStatement(sql: "UPDATE \(Record.table.name) SET \(pairs) WHERE id = ?")
                    .execute(
                        arguments: StatementArguments(names.map { values.columns[$0] ?? .null } + [id.databaseValue]))
            }
        }
        for part in values.parts { try Record.store(part.value, as: part.field, of: id, in: transaction) }
    }

    /// Writes columns. - Throws: what the record says of it when the schema refuses them.
    private static func write<Record: RegistryRecord>(
        _ columns: [String: DatabaseValue], of id: Identifier<Record>, in database: Database,
        _ body: (Database) throws -> Void
    ) throws {
        do { try body(database) } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw try Record.clash(columns, id: id, in: database)
                ?? Failure(.conflict, "This \(Record.table.word) does not fit what is there.", cause: "\(error)")
        }
    }

    /// Appends a Change about what belongs to a record and is none of its fields, such as an identifier: `now` flat
    /// and `before`. The version grows as with any edit, unless the record is only just being made.
    static func note<Record: RegistryRecord>(
        _ kind: String, on record: Record, _ now: JSON, before: JSON, isNew: Bool = false, by author: Author,
        in transaction: WriteTransaction
    ) throws -> Edited<Record> {
        var record = record
        if !isNew {
            record.version += 1
            record.updated = transaction.now
            try transaction.database.cachedStatement(
                sql: "UPDATE \(Record.table.name) SET version = ?, updated = ? WHERE id = ?"
            ).execute(arguments: [record.version, transaction.milliseconds, record.id.rawValue])
        }
        let version: JSON = ["version": .int(record.version), "updatedAt": .time(record.updated), "before": before]
        let change = try append(kind, record, now.adding(version), by: author, in: transaction)
        return Edited(record: record, change: change.position.seq)
    }

    /// Takes a record away that nothing refers to yet.
    ///
    /// - Throws: `conflict` when something does; `notFound`.
    package static func remove<Record: RegistryRecord>(
        _ id: Identifier<Record>, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Record> {
        let record = try find(id, in: transaction.database)
        try Record.permit(nil, before: record, by: author)
        let before = try record.json.adding(Record.belongings(of: record, in: transaction.database))
        do {
            try Record.letGo(of: record, in: transaction)
            try transaction.database.cachedStatement(sql: "DELETE FROM \(Record.table.name) WHERE id = ?")
                .execute(arguments: [id.rawValue])
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw Failure(
                .conflict, "This \(Record.table.word) was used since. Archive it instead.", cause: "\(error)")
        }
        let change = try append("removed", record, ["before": before], by: author, in: transaction)
        return Edited(record: record, change: change.position.seq)
    }

    /// Runs `edit` on a record and appends a Change with the fields it changed, new values flat and old ones in
    /// `before`. Nothing different makes no Change.
    ///
    /// - Parameters:
    ///   - record: as it was read in this transaction and not edited since.
    ///   - always: fields the Change carries even if they are as they were.
    /// - Throws: `notFound`, and what `edit` throws.
    @discardableResult
    package static func run<Record: RegistryRecord>(
        _ kind: String, on record: Record, by author: Author, always: Set<String> = [],
        in transaction: WriteTransaction, edit: (Record) throws -> Void
    ) throws -> Edited<Record> {
        try edit(record)
        let after = try find(record.id, in: transaction.database)
        return try tell(kind, record, after, by: author, always: always, in: transaction)
    }

    /// Appends the Change between two readings of a record, and counts its version on.
    private static func tell<Record: RegistryRecord>(
        _ kind: String, _ record: Record, _ after: Record, by author: Author, always: Set<String> = [],
        in transaction: WriteTransaction
    ) throws -> Edited<Record> {
        var after = after
        let (old, new) = (record.json.members, after.json.members)
        let changed = Set(zip(old, new).filter { $0 != $1 }.map { $0.0.key })
        guard !changed.isEmpty else { return Edited(record: after, change: nil) }
        after.version += 1
        after.updated = transaction.now
        try transaction.database.cachedStatement(
            sql: "UPDATE \(Record.table.name) SET version = ?, updated = ? WHERE id = ?"
        )
        .execute(arguments: [after.version, transaction.milliseconds, after.id.rawValue])
        let named = changed.union(always).union(Record.table.always)
        let body: JSON = .object(new.filter { named.contains($0.key) && $0.key != Record.table.heading })
        let change = try append(
            kind, after,
            body.adding([
                "version": .int(after.version), "updatedAt": .time(after.updated),
                "before": .object(old.filter { named.contains($0.key) }),
            ]), by: author, in: transaction)
        return Edited(record: after, change: change.position.seq)
    }

    /// The record.
    ///
    /// - Throws: `notFound`.
    package static func find<Record: RegistryRecord>(_ id: Identifier<Record>, in database: Database) throws -> Record {
        guard let record = try Record.find(id, in: database) else {
            throw Failure(.notFound, "There is no such \(Record.table.word). It may have been removed.")
        }
        return record
    }

    /// - Throws: `stale` when the record is of another version.
    package static func check<Record: RegistryRecord>(_ version: Int64?, of record: Record) throws {
        guard let version, version != record.version else { return }
        let name = record.json[Record.table.heading]?.string ?? "It"
        throw Failure(
            .stale, "\(name) was changed since you opened it. Look at both and choose.",
            details: ["current": record.json])
    }

    private static func append<Record: RegistryRecord>(
        _ kind: String, _ record: Record, _ body: JSON, by author: Author, in transaction: WriteTransaction
    ) throws -> Change {
        let (open, hidden) = parted(body, Record.table.confined?.members ?? [])
        // What was taken over from another depot is no edit of ours; ours say what they were based on.
        let ground: JSON? =
            if let depot = author.depot {
                ["from": .string(depot)]
            } else {
                try HubRows.base(
                    of: record, RowEdit.said(body, kind: Record.table.kindPrefix + kind).keys, in: transaction.database
                ).map { ["base": $0] }
            }
        let change = try append(
            kind, record, ground.map(open.adding) ?? open, to: Record.table.topic, by: author, in: transaction)
        if let hidden, let topic = Record.table.confined?.topic {
            _ = try append(kind, record, hidden, to: topic, by: author, in: transaction)
        }
        return change
    }

    private static func append<Record: RegistryRecord>(
        _ kind: String, _ record: Record, _ body: JSON, to topic: Topic, by author: Author,
        in transaction: WriteTransaction
    ) throws -> Change {
        let heading = Record.table.heading
        let head = JSON.object([
            .init(key: "id", value: .string(record.id.rawValue)),
            .init(key: heading, value: record.json[heading] ?? .null),
        ])
        let rest = body.members.filter { $0.key != "id" && $0.key != heading }
        return try transaction.append(
            topic, Record.table.kindPrefix + kind, subject: record.id.rawValue, actor: author.person?.rawValue,
            device: author.device, head.adding(.object(rest)))
    }

    /// What all may see of a Change's body, and what only some may: nil when there is nothing of it.
    private static func parted(_ body: JSON, _ names: Set<String>) -> (open: JSON, hidden: JSON?) {
        let old = body["before"]?.members ?? []
        let hidden = (body.members.filter { names.contains($0.key) }, old.filter { names.contains($0.key) })
        let open = body.members.filter { !names.contains($0.key) }
        let isNothing = (hidden.0 + hidden.1).allSatisfy { $0.value == .null || $0.value == [] }
        let openBody = JSON.object(open).replacing("before", with: .object(old.filter { !names.contains($0.key) }))
        return (openBody, isNothing ? nil : .object(hidden.0).adding(["before": .object(hidden.1)]))
    }

    /// What came in, as it is stored.
    private struct Values {
        var columns: [String: DatabaseValue] = [:]
        var parts: [(field: RecordField, value: JSON)] = []
    }

    /// The columns and values of the fields that came in.
    ///
    /// - Throws: `invalid` that lists each field that is not right under `errors`.
    private static func stored(
        _ fields: JSON, of table: RecordTable, isNew: Bool, in transaction: WriteTransaction
    ) throws -> Values {
        guard case .object(let members) = fields else { throw Failure(.invalid, "The body is not an object.") }
        var values = Values()
        var refusals: [Failure] = []
        func note(_ body: () throws -> Void) throws {
            do { try body() } catch let failure as Failure where failure.code == .invalid { refusals.append(failure) }
        }
        for member in members {
            guard let field = table.field(member.key) else {
                refusals.append(
                    Failure(
                        .invalid, "A \(table.word) has no \(member.key.prefix(64)).",
                        field: String(member.key.prefix(64))))
                continue
            }
            guard field.shape != .part else {
                values.parts.append((field, member.value))
                continue
            }
            try note {
                values.columns[field.column] =
                    try field.stored(member.value, at: transaction.now, in: transaction.database)
            }
        }
        if isNew {
            for field in table.fields
            where field.presence == .required && !members.contains(where: { $0.key == field.name }) {
                refusals.append(field.refusal("\(field.label) is missing."))
            }
        }
        try Failure.refuse(refusals)
        return values
    }
}

extension Failure {
    /// Refuses all fields that are not right at once: each is listed under `errors`.
    static func refuse(_ refusals: [Failure]) throws {
        guard let first = refusals.first else { return }
        throw Failure(
            .invalid, refusals.count == 1 ? first.message : "\(refusals.count) fields are not right.",
            field: first.field,
            details: [
                "errors": .array(
                    refusals.map { ["field": .optional($0.field), "message": .string($0.message)] })
            ])
    }
}
