// Undo of what people edited: the Change says what was before, and that is set again, if nobody set it anew since.
// Movements of gear are undone by a further movement instead: DoorDesk+Undo.swift.
import Foundation
import GRDB

/// Takes back edits of the registry.
package struct ChangeUndo: Sendable {
    private let store: Store

    package init(store: Store) { self.store = store }

    /// The kinds of record whose edits can be taken back.
    static let records: [any RegistryRecord.Type] = [
        Asset.self, Model.self, Category.self, Stock.self, Place.self, Cost.self, SavedView.self, Person.self,
        Project.self, PullLine.self, Printer.self, LabelDesign.self,
    ]

    /// Takes back one Change by a further one.
    ///
    /// - Returns: the place of the Change that did it.
    /// - Throws: `notFound`; `conflict` when it was changed again since, or is nothing that can be taken back;
    ///   `forbidden` when `isAllowed` says so.
    package func undo(
        _ seq: Int64, by author: Author, isAllowed: @escaping @Sendable (Change) -> Bool
    ) async throws -> Int64 {
        try await store.write { transaction in
            guard let change = try Change.find(seq, in: transaction.database) else {
                throw Failure(.notFound, "There is no such change.")
            }
            guard isAllowed(change) else { throw Failure(.forbidden, "Ask a manager to undo this.") }
            return try Self.reverse(change, by: author, in: transaction)
        }
    }

    /// Takes back a Change in the transaction that is under way. - Returns: the place of the Change that did it.
    static func reverse(_ change: Change, by author: Author, in transaction: WriteTransaction) throws -> Int64 {
        for type in records {
            guard let kind = type.table.ownKind(of: change) else { continue }
            return try reverse(change, kind, of: type, by: author, in: transaction)
        }
        throw notUndoable
    }

    /// Puts away what a Change made and what can not be removed any more.
    static func archive(_ change: Change, by author: Author, in transaction: WriteTransaction) throws {
        guard let type = records.first(where: { $0.table.ownKind(of: change) == "created" }) else { return }
        try archive(change.subject, of: type, by: author, in: transaction)
    }

    private static func archive<Record: RegistryRecord>(
        _ subject: String, of type: Record.Type, by author: Author, in transaction: WriteTransaction
    ) throws {
        _ = try RecordEdit.edit(
            Identifier<Record>(subject), ["archived": true], ifVersion: nil, by: author, in: transaction)
    }

    private static var notUndoable: Failure { Failure(.conflict, "That can not be taken back.") }

    private static func reverse<Record: RegistryRecord>(
        _ change: Change, _ kind: String, of type: Record.Type, by author: Author, in transaction: WriteTransaction
    ) throws -> Int64 {
        let id = Identifier<Record>(change.subject)
        if kind == "created" {
            let record = try RecordEdit.find(id, in: transaction.database)
            guard record.version == 1 else { throw changedSince(record) }
            return try seq(RecordEdit.remove(id, by: author, in: transaction))
        }
        let body = try body(of: change, Record.table, in: transaction.database)
        let before = settable(body["before"]?.members ?? [], of: Record.table)
        switch kind {
        case "removed" where try Record.find(id, in: transaction.database) == nil:
            let made = try RecordEdit.create(Record.self, before, id: id, by: author, in: transaction)
            try Record.giveBack(body["before"] ?? [:], to: made.record, in: transaction)
            return try seq(made)
        case "edited", "removed", "undone":
            let record = try RecordEdit.find(id, in: transaction.database)
            let now = try JSON(parsing: record.json.bytes)
            let isAsLeft = before.members.allSatisfy { now[$0.key] == body[$0.key] }
            guard isAsLeft else { throw changedSince(record) }
            return try seq(
                RecordEdit.edit(id, before, ifVersion: nil, as: "undone", by: author, in: transaction))
        default:
            let record = try RecordEdit.find(id, in: transaction.database)
            guard body["version"] ?? .int(record.version) == .int(record.version) else { throw changedSince(record) }
            guard let edited = try Record.reverse(change, of: record, by: author, in: transaction) else {
                throw notUndoable
            }
            return try seq(edited)
        }
    }

    /// What a Change says, with the part of it that only some may see, which is the next Change.
    private static func body(of change: Change, _ table: RecordTable, in database: Database) throws -> JSON {
        let body = try JSON(parsing: change.body)
        guard let topic = table.confined?.topic else { return body }
        let hidden = try Change.fetchOne(
            database.cachedStatement(
                sql: "SELECT * FROM change WHERE seq = ? AND topic = ? AND subject = ? AND hlc = ?"),
            arguments: [change.position.seq + 1, topic.rawValue, change.subject, change.time.rawValue])
        guard let hidden else { return body }
        let more = try JSON(parsing: hidden.body)
        let before = (body["before"]?.members ?? []) + (more["before"]?.members ?? [])
        return .object((body.members + more.members).filter { $0.key != "before" })
            .adding(["before": .object(before)])
    }

    private static func seq<Record>(_ edited: Edited<Record>) throws -> Int64 {
        guard let seq = edited.change else { throw Failure(.conflict, "It is as it was before already.") }
        return seq
    }

    private static func changedSince<Record: RegistryRecord>(_ record: Record) -> Failure {
        let name = record.json[Record.table.heading]?.string ?? "It"
        return Failure(.conflict, "\(name) was changed again since, so this can not be taken back.")
    }

    /// The members that are fields; what is derived is left out.
    private static func settable(_ members: [JSON.Member], of table: RecordTable) -> JSON {
        .object(members.filter { table.field($0.key) != nil })
    }
}
