// The operations that every kind of record has alike, each one transaction.
import Foundation
import GRDB

/// Makes, reads and edits records of one kind. Everybody signed in may read them; editing is for managers.
package struct RecordDesk<Record: RegistryRecord>: Sendable {
    private let store: Store

    package init(store: Store) { self.store = store }

    /// Makes a record. - Throws: as ``RecordEdit/create(_:_:id:by:in:)``.
    package func create(_ fields: JSON, by author: Author) async throws -> Edited<Record> {
        try await store.write { try RecordEdit.create(Record.self, fields, by: author, in: $0) }
    }

    /// One record. - Throws: `notFound`.
    package func find(_ id: Identifier<Record>) async throws -> Record {
        try await store.read { try RecordEdit.find(id, in: $0) }
    }

    /// Sets fields of a record. - Throws: as ``RecordEdit/edit(_:_:ifVersion:as:by:in:)``.
    package func edit(
        _ id: Identifier<Record>, _ fields: JSON, ifVersion version: Int64?, by author: Author
    ) async throws -> Edited<Record> {
        try await store.write { try RecordEdit.edit(id, fields, ifVersion: version, by: author, in: $0) }
    }
}
