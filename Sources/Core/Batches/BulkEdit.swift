// One edit of many pieces of gear at once, as one batch.
import Foundation
import GRDB

extension BatchRunner {
    /// Most pieces of one bulk edit.
    package static let bulkCountMax = 10_000

    /// Sets the same fields of many pieces of gear; those that have them so already are left alone.
    ///
    /// - Throws: `invalid` for none or too many pieces, for fields that are not right, and for those that no two pieces
    ///   may have alike; `conflict` with the piece that could not be edited, when none was.
    package func edit(_ ids: [Asset.ID], _ fields: JSON, by author: Author) async throws -> Batch {
        var seen: Set<Asset.ID> = []
        let ids = ids.filter { seen.insert($0).inserted }
        guard !ids.isEmpty else { throw Failure(.invalid, "There is no gear to edit.", field: "ids") }
        guard ids.count <= Self.bulkCountMax else {
            throw Failure(.invalid, "At most \(Self.bulkCountMax) pieces can be edited at once.", field: "ids")
        }
        guard !fields.members.isEmpty else { throw Failure(.invalid, "There is nothing to set.", field: "set") }
        for name in ["number", "serial"] where fields[name] != nil {
            let label = Asset.table.field(name)?.label ?? name
            throw Failure(.invalid, "\(label) is another one for each piece. Edit them one by one.", field: name)
        }
        try await store.read { try Self.check(fields, in: $0) }
        let steps = ids.map { id in
            BatchOrder.Step { transaction in
                _ = try RecordEdit.edit(id, fields, ifVersion: nil, by: author, in: transaction)
            }
        }
        let words = ids.count == 1 ? "1 piece" : "\(ids.count) pieces"
        return try await finish(
            BatchOrder(kind: .edit, title: "Edit of \(words) of gear", author: author, steps: steps))
    }

    /// Refuses fields that would be right for no piece before any is edited.
    private static func check(_ fields: JSON, in database: Database) throws {
        for member in fields.members {
            guard let field = Asset.table.field(member.key) else {
                let name = String(member.key.prefix(64))
                throw Failure(.invalid, "A \(Asset.table.word) has no \(name).", field: name)
            }
            _ = try field.stored(member.value, at: Date(), in: database)
        }
    }
}
