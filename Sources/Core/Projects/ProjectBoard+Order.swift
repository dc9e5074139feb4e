// The order of a pull sheet's lines: one Change however many lines move, and one undo.
import Foundation
import GRDB

extension ProjectBoard {
    /// Puts the lines into an order; those that are not named keep theirs, at the end.
    ///
    /// - Returns: the place of the Change; nil when it was the order already.
    /// - Throws: `invalid` for a line that is not of this sheet, or named twice.
    package func order(_ lines: [PullLine.ID], of id: Project.ID, by author: Author) async throws -> Int64? {
        try await store.write { try Self.order(lines, of: id, by: author, in: $0) }
    }

    private static func order(
        _ wanted: [PullLine.ID], of id: Project.ID, by author: Author, in transaction: WriteTransaction
    ) throws -> Int64? {
        let database = transaction.database
        let project = try RecordEdit.find(id, in: database)
        let present = try PullSheet.lines(of: id, in: database).map(\.line.id)
        guard Set(wanted).count == wanted.count, Set(wanted).isSubset(of: present) else {
            throw Failure(.invalid, "The order names lines that are not on this sheet, or one twice.", field: "lines")
        }
        let order = wanted + present.filter { !wanted.contains($0) }
        guard order != present else { return nil }
        let statement = try database.cachedStatement(sql: "UPDATE pull_line SET rank = ? WHERE id = ?")
        for (rank, line) in order.enumerated() { try statement.execute(arguments: [rank + 1, line.rawValue]) }
        let names = { (lines: [PullLine.ID]) in JSON.array(lines.map { .string($0.rawValue) }) }
        return try transaction.append(
            .projects, "ordered", subject: id.rawValue, actor: author.person?.rawValue,
            device: author.device,
            [
                "id": .string(id.rawValue), "name": .string(project.name), "lines": names(order),
                "before": ["lines": names(present)],
            ]
        ).position.seq
    }

    /// Takes back an order if nobody ordered anew since.
    static func reverseOrder(
        _ body: JSON, of id: Project.ID, by author: Author, in transaction: WriteTransaction
    ) throws -> Int64? {
        let now = try PullSheet.lines(of: id, in: transaction.database).map(\.line.id.rawValue)
        let left = names(body).filter { now.contains($0) }
        guard now.filter({ left.contains($0) }) == left else {
            throw Failure(.conflict, "The sheet was put into another order since, so this can not be taken back.")
        }
        let before = names(body["before"]).filter { now.contains($0) }
        return try order(before.map { PullLine.ID($0) }, of: id, by: author, in: transaction)
    }

    private static func names(_ body: JSON?) -> [String] {
        guard case .array(let items)? = body?["lines"] else { return [] }
        return items.compactMap(\.string)
    }
}
