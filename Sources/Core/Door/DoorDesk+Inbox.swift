// The inbox of unknown codes: what waits, what it may be, and what happens when somebody says what it is.
import Foundation
import GRDB

extension DoorDesk {
    /// Most codes the inbox shows; older ones wait behind them.
    package static let inboxCountMax = 200

    /// The waiting codes, newest first, each with up to five pieces of gear it may be.
    package func unknowns() async throws -> [JSON] {
        try await store.read { database in
            let tags = try WaitingTag.fetchAll(
                database, sql: WaitingTag.selection + " ORDER BY tag.last_at DESC, tag.id LIMIT \(Self.inboxCountMax)")
            return try tags.map { tag in
                tag.json.adding(["suggestions": .array(try Self.suggestions(for: tag, in: database))])
            }
        }
    }

    /// Says that a waiting code is this asset's. The code is learnt, and what was meant by the scan is carried out,
    /// unless the asset moved since.
    ///
    /// - Returns: the scan's new Outcome.
    /// - Throws: `notFound`; `conflict` when another asset has the code; `invalid` for a code that can not be learnt.
    package func link(_ id: UnknownTag.ID, to asset: Asset.ID, actor: Person.ID?) async throws -> JSON {
        try await store.write(lane: .door) { transaction in
            let database = transaction.database
            let tag = try Self.waiting(id, in: database)
            guard let asset = try Asset.find(asset, in: database) else {
                throw Failure(.notFound, "There is no such gear.", field: "asset")
            }
            try UnknownTags.learn(tag, is: asset, in: transaction)
            let visit = Visit(
                scan: tag.read, id: tag.scan, code: tag.scanCode, door: try Self.door(tag.door.id, in: database),
                direction: tag.direction, actor: tag.actor, meantProject: tag.project)
            let decision =
                try Self.moved(asset.id, since: tag.last, in: database)
                ? Self.learntOnly(asset, visit) : rule(on: asset, visit, in: transaction)
            try UnknownTags.settle(tag, as: "linked", asset: decision.outcome.asset, in: transaction)
            return try conclude(visit, decision, in: transaction).body
        }
    }

    /// Takes a waiting code out of the inbox without learning it.
    ///
    /// - Throws: `notFound`.
    package func dismiss(_ id: UnknownTag.ID) async throws {
        try await store.write { transaction in
            try UnknownTags.settle(
                try Self.waiting(id, in: transaction.database), as: "dismissed", asset: nil, in: transaction)
        }
    }

    private static func waiting(_ id: UnknownTag.ID, in database: Database) throws -> WaitingTag {
        guard let tag = try WaitingTag.find(id, in: database) else {
            throw Failure(.notFound, "That code does not wait any more.")
        }
        return tag
    }

    private static func moved(_ asset: Asset.ID, since: Date, in database: Database) throws -> Bool {
        try Row.fetchOne(
            database, sql: "SELECT 1 FROM custody_event WHERE asset = ? AND at > ?",
            arguments: [asset.rawValue, since.milliseconds]) != nil
    }

    private static func learntOnly(_ asset: Asset, _ visit: Visit) -> ScanDecision {
        ScanDecision(
            outcome: Outcome(
                scan: visit.id, verdict: .okBut, action: .none, word: "LINKED",
                short: "\(asset.number) moved since: it stays \(asset.status.word)",
                spoken: "\(asset.number) linked", code: visit.code.text, asset: asset, actor: visit.actor))
    }

    /// Gear that the code may be: what the open sheets still miss, the meant project's first.
    private static func suggestions(for tag: WaitingTag, in database: Database) throws -> [JSON] {
        guard tag.scanCode.natural != nil, tag.direction != .in else { return [] }
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT asset.*, sheet.name AS sheet_name
                FROM pull_line AS line JOIN project AS sheet ON sheet.id = line.project
                JOIN asset_row AS asset ON asset.id = line.asset OR asset.model = line.model
                WHERE sheet.state = 'accepted' AND asset.status IN ('available', 'reserved')
                  AND (SELECT count(*) FROM custody WHERE custody.line = line.id) < line.quantity
                GROUP BY asset.id ORDER BY sheet.id = ? DESC, line.asset IS NULL, sheet.starts, asset.sort LIMIT 5
                """, arguments: [tag.project?.id.rawValue ?? ""])
        return try rows.map { row in
            let sheet: String = row["sheet_name"]
            return ["asset": try Asset(row: row).brief, "why": .string("still missing on \(sheet)")]
        }
    }
}
