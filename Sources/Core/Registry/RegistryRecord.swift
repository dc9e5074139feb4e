// What people edit: a table of fields, a row as JSON, and what else must be kept true when a row changes.
// RecordEdit.swift creates and edits such records, ChangeUndo.swift takes an edit back.
package import Foundation
package import GRDB

/// A kind of record: where it is kept, what its Changes are called, and which fields people may set.
package struct RecordTable: Sendable {
    package let name: String
    package let topic: Topic
    /// What one is called, such as `project`.
    package let word: String
    /// The JSON member by which people know a record, which each Change carries.
    package let heading: String
    package let fields: [RecordField]
    /// What the kinds of its Changes begin with where another kind of record has the topic for itself, such as
    /// `line.` beside projects.
    package var kindPrefix = ""
    /// Columns that must not be null and that ``RegistryRecord/settle(_:before:in:)`` fills.
    package var seeds: [String: DatabaseValue] = [:]
    /// Members that each Change carries beside the heading, changed or not.
    package var always: Set<String> = []
    /// Members that only some may see, and the topic that their part of a Change goes to.
    package var confined: (topic: Topic, members: Set<String>)?

    /// The kind of a Change without the prefix; nil for a Change of another kind of record.
    func ownKind(of change: Change) -> String? {
        guard change.topic == topic, change.kind.hasPrefix(kindPrefix) else { return nil }
        let kind = change.kind.dropFirst(kindPrefix.count)
        return kind.contains(".") ? nil : String(kind)
    }

    func field(_ name: String) -> RecordField? { fields.first { $0.name == name } }
}

/// A record that people create, edit, archive and undo.
package protocol RegistryRecord: FetchableRecord, Sendable {
    /// Where the kind is kept and what may be set.
    static var table: RecordTable { get }
    var id: Identifier<Self> { get }
    /// Grows by one with each edit; the ETag.
    var version: Int64 { get set }
    var updated: Date { get set }
    /// The record as the API gives it: always the same members in the same order, each field under its name.
    var json: JSON { get }
    /// The record of this identifier, archived or not.
    static func find(_ id: Identifier<Self>, in database: Database) throws -> Self?
    /// Columns of a new row that follow from its others, so that they need not be written after it.
    static func derived(from columns: [String: DatabaseValue], in database: Database) throws -> [String: DatabaseValue]
    /// Keeps what follows from the row true, after it was written; `before` is nil for a new one.
    ///
    /// - Returns: the record as it is then.
    /// - Throws: what is wrong with the row as a whole; then nothing of it was written.
    static func settle(_ record: Self, before: Self?, in transaction: WriteTransaction) throws -> Self
    /// What to say when the schema refused the row because of another one or of itself; nil when nothing is known.
    static func clash(_ columns: [String: DatabaseValue], id: Identifier<Self>, in database: Database) throws
        -> Failure?
    /// Takes back a Change of a kind that is this record's own, such as a status; nil when that can not be done.
    static func reverse(
        _ change: Change, of record: Self, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Self>?
    /// Asks for what a row that people edit must have; an undo is not asked, because what was before may lack it.
    static func demand(_ record: Self, before: Self, in database: Database) throws
    /// Takes away what depends on a row that is about to be removed.
    static func letGo(of record: Self, in transaction: WriteTransaction) throws
    /// What ``letGo(of:in:)`` takes away, as members that the Change of the removal keeps beside the fields.
    static func belongings(of record: Self, in database: Database) throws -> JSON
    /// Gives a record that was removed and made again what belonged to it, from `before` of the removal.
    static func giveBack(_ before: JSON, to record: Self, in transaction: WriteTransaction) throws
    /// Refuses columns that do not fit each other or what is there, before they are written.
    static func check(_ columns: [String: DatabaseValue], before: Self?, in database: Database) throws
    /// Writes a field of the shape ``RecordField/Shape/part``.
    static func store(
        _ value: JSON, as field: RecordField, of id: Identifier<Self>, in transaction: WriteTransaction) throws
    /// Refuses what this author may not do; `before` is nil for a new record and `record` for one that is removed.
    static func permit(_ record: Self?, before: Self?, by author: Author) throws
}

extension RegistryRecord {
    /// Nothing follows from most columns.
    package static func derived(
        from columns: [String: DatabaseValue], in database: Database
    ) throws -> [String: DatabaseValue] { [:] }
    /// Nothing follows from most rows.
    package static func settle(_ record: Self, before: Self?, in transaction: WriteTransaction) throws -> Self {
        record
    }
    /// Most rows have nothing that another one could have too.
    package static func clash(
        _ columns: [String: DatabaseValue], id: Identifier<Self>, in database: Database
    ) throws -> Failure? { nil }
    /// Most records are only created, edited and removed.
    package static func reverse(
        _ change: Change, of record: Self, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Self>? { nil }
    /// Fields say themselves what most rows must have.
    package static func demand(_ record: Self, before: Self, in database: Database) throws {}
    /// Nothing depends on most rows.
    package static func letGo(of record: Self, in transaction: WriteTransaction) throws {}
    /// Most rows have nothing beside their fields.
    package static func belongings(of record: Self, in database: Database) throws -> JSON { [:] }
    /// Most rows have nothing beside their fields.
    package static func giveBack(_ before: JSON, to record: Self, in transaction: WriteTransaction) throws {}
    /// The fields' own rules say all of most records.
    package static func check(_ columns: [String: DatabaseValue], before: Self?, in database: Database) throws {}
    /// Most records are one row.
    package static func store(
        _ value: JSON, as field: RecordField, of id: Identifier<Self>, in transaction: WriteTransaction
    ) throws {
        preconditionFailure("\(table.name).\(field.name) is a part that nobody writes")
    }
    /// Routes say who may edit most records.
    package static func permit(_ record: Self?, before: Self?, by author: Author) throws {}

    /// The record as somebody of this role may see it.
    package func json(for role: Role) -> JSON {
        guard role < .manager, let confined = Self.table.confined else { return json }
        return .object(json.members.filter { !confined.members.contains($0.key) })
    }
}

/// Who makes an edit.
package struct Author: Sendable, Equatable {
    package var person: Person.ID?
    /// The reader or program it came from.
    package var device: String?
    /// What the author may do; the box itself may do everything.
    package var role: Role
    /// The depot that this is taken over from, which made the edit.
    package var depot: String?

    package init(person: Person.ID? = nil, device: String? = nil, role: Role = .admin, depot: String? = nil) {
        self.person = person
        self.device = device ?? depot
        self.role = role
        self.depot = depot
    }
}

/// A record as an edit left it, and the place of its Change in the log; nil when nothing was different.
package struct Edited<Record: RegistryRecord>: Sendable {
    package let record: Record
    package let change: Int64?
}
