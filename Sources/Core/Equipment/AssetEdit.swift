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
        try run(
            kind, on: find(id, in: transaction.database), actor: actor, device: device, always: always,
            in: transaction, edit: edit)
    }

    /// The same for an asset as it was read in this transaction and not edited since.
    @discardableResult
    static func run(
        _ kind: String, on before: Asset, actor: Person.ID?, device: String?, always: Set<String> = [],
        in transaction: WriteTransaction, edit: (Asset) throws -> Void
    ) throws -> Asset {
        let database = transaction.database
        try edit(before)
        var after = try find(before.id, in: database)
        guard case .object(let old) = before.json, case .object(let new) = after.json else { return after }
        let changed = Set(zip(old, new).filter { $0 != $1 }.map { $0.0.key })
        guard !changed.isEmpty else { return after }
        after.version += 1
        after.updated = Date(milliseconds: transaction.milliseconds)
        try database.cachedStatement(sql: "UPDATE asset SET version = ?, updated = ? WHERE id = ?")
            .execute(arguments: [after.version, transaction.milliseconds, after.id.rawValue])
        try transaction.append(
            .assets, kind, subject: after.id.rawValue, actor: actor?.rawValue, device: device,
            body(of: after, old, new, fields: changed.union(always)))
        return after
    }

    private static func find(_ id: Asset.ID, in database: Database) throws -> Asset {
        guard let asset = try Asset.find(id, in: database) else {
            throw Failure(.notFound, "There is no such gear. It may have been removed.")
        }
        return asset
    }

    private static func body(
        of after: Asset, _ old: [JSON.Member], _ new: [JSON.Member], fields: Set<String>
    ) -> JSON {
        let head: JSON = ["id": .string(after.id.rawValue), "number": .string(after.number)]
        let named = new.filter { fields.contains($0.key) && $0.key != "number" }
        return head.adding(.object(named)).adding([
            "version": .int(after.version), "updatedAt": .time(after.updated),
            "before": .object(old.filter { fields.contains($0.key) }),
        ])
    }
}
