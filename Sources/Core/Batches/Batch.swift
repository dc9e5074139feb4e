// What one person did to many records at once: an import, an edit of many, the undo of one of these. Who carries it out
// is BatchRunner.swift; the Changes that belong to it are named by its pieces (BatchSchema.swift).
package import Foundation
package import GRDB

/// Many edits that belong together and are taken back together.
package struct Batch: Sendable, FetchableRecord {
    package typealias ID = Identifier<Batch>

    /// What a batch is.
    package enum Kind: String, Sendable, CaseIterable {
        case `import`, edit, undo
    }

    /// How far it is.
    package enum State: String, Sendable, CaseIterable {
        case running, done
        /// It could not be finished, and what was done of it is being taken back.
        case reverting
        /// Nothing of it stands.
        case reverted
        /// A later batch took it back.
        case undone
    }

    package let id: ID
    package let kind: Kind
    package let title: String
    package let state: State
    package let actor: NamedReference<Person>?
    package let at: Date
    /// Steps carried out, of ``total``.
    package let done: Int
    package let total: Int
    package let undoes: ID?
    /// Why it was not finished: `{"message", "row"?, "left"?}`.
    package let trouble: String?
    let place: Int64

    package init(row: Row) throws {
        id = row["id"]
        kind = Kind(rawValue: row["kind"]) ?? .edit
        title = row["title"]
        state = State(rawValue: row["state"]) ?? .done
        actor = NamedReference(id: row["person"], name: row["person_name"])
        at = Date(milliseconds: row["at"])
        done = row["done"]
        total = row["total"]
        undoes = row["undoes"]
        trouble = row["trouble"]
        place = row["place"]
    }

    static let selection = """
        SELECT batch.*, person.name AS person_name FROM batch LEFT JOIN person ON person.id = batch.person
        """

    static func find(_ id: ID, in database: Database) throws -> Batch {
        let batch = try Batch.fetchOne(
            database.cachedStatement(sql: selection + " WHERE batch.id = ?"), arguments: [id.rawValue])
        guard let batch else { throw Failure(.notFound, "There is no such batch.") }
        return batch
    }

    /// The batch as the API gives it.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "kind": .string(kind.rawValue), "title": .string(title),
            "state": .string(state.rawValue), "actor": actor.orNull(), "at": .time(at), "count": .int(Int64(total)),
            "done": .int(Int64(done)), "total": .int(Int64(total)), "undoes": .optional(undoes?.rawValue),
            "undoable": .bool(state == .done),
            "trouble": trouble.map { .verbatim(Array($0.utf8)) } ?? .null,
        ]
    }

    /// What screens are told while it goes on.
    package var progress: JSON {
        [
            "id": .string(id.rawValue), "state": .string(state.rawValue), "done": .int(Int64(done)),
            "total": .int(Int64(total)),
        ]
    }
}

/// Reads batches.
package struct BatchBook: Sendable {
    let store: Store

    package init(store: Store) { self.store = store }

    /// Most batches of a page.
    package static let limitMax = 200

    /// The newest first: `{"items", "next"}`.
    ///
    /// - Parameter cursor: `next` of the page before.
    /// - Throws: `invalid` for a cursor that was not given out.
    package func list(limit: Int, cursor: String?) async throws -> JSON {
        let before = try cursor.map { text in
            guard let place = Int64(text) else {
                throw Failure(.invalid, "That is not a cursor of this list.", field: "cursor")
            }
            return place
        }
        let batches = try await store.read { database in
            try Batch.fetchAll(
                database, sql: Batch.selection + " WHERE batch.place < ? ORDER BY batch.place DESC LIMIT ?",
                arguments: [before ?? .max, limit + 1])
        }
        let page = batches.prefix(limit)
        return [
            "items": .array(page.map(\.json)),
            "next": batches.count > limit ? .optional(page.last.map { String($0.place) }) : .null,
        ]
    }

    /// - Throws: `notFound`.
    package func find(_ id: Batch.ID) async throws -> Batch { try await store.read { try Batch.find(id, in: $0) } }
}
