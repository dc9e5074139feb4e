// The one way an asset's row is edited: read it, edit it, read it again, and say in a Change what is different.
import Foundation
import GRDB

enum AssetEdit {
    /// Runs `edit` on an asset and appends a Change with the fields it changed, new values flat and old ones in
    /// `before`. Nothing different makes no Change.
    ///
    /// - Parameter always: fields the Change carries even if they are as they were.
    /// - Returns: the asset as it is now.
    /// - Throws: `notFound`, and what `edit` throws.
    @discardableResult
    static func run(
        _ kind: String, on id: Asset.ID, actor: Person.ID?, device: String?, always: Set<String> = [],
        in transaction: WriteTransaction, edit: (Asset) throws -> Void
    ) throws -> Asset {
        let database = transaction.database
        let before = try find(id, in: database)
        try edit(before)
        let edited = try find(id, in: database)
        let changed = differences(from: before, to: edited)
        guard !changed.isEmpty else { return edited }
        try database.cachedStatement(sql: "UPDATE asset SET version = version + 1, updated = ? WHERE id = ?")
            .execute(arguments: [transaction.milliseconds, id.rawValue])
        let after = try find(id, in: database)
        try transaction.append(
            .assets, kind, subject: id.rawValue, actor: actor?.rawValue, device: device,
            body(before: before, after: after, fields: changed.union(always)))
        return after
    }

    private static func find(_ id: Asset.ID, in database: Database) throws -> Asset {
        guard let asset = try Asset.find(id, in: database) else {
            throw Failure(.notFound, "There is no such gear. It may have been removed.")
        }
        return asset
    }

    private static func differences(from before: Asset, to after: Asset) -> Set<String> {
        guard case .object(let old) = before.json, case .object(let new) = after.json else { return [] }
        return Set(zip(old, new).filter { $0 != $1 }.map { $0.0.key })
    }

    private static func body(before: Asset, after: Asset, fields: Set<String>) -> JSON {
        guard case .object(let old) = before.json, case .object(let new) = after.json else { return .null }
        let head: JSON = ["id": .string(after.id.rawValue), "number": .string(after.number)]
        let named = new.filter { fields.contains($0.key) && $0.key != "number" }
        return head.adding(.object(named)).adding([
            "version": .int(after.version), "updatedAt": .time(after.updated),
            "before": .object(old.filter { fields.contains($0.key) }),
        ])
    }
}
