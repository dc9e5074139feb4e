// The inbox of unknown codes: what waits, what it may be, and what happens when somebody says what it is.
import Foundation
import GRDB

extension DoorDesk {
    /// Most codes the inbox shows; older ones wait behind them.
    package static let inboxCountMax = 200

    /// The waiting codes, newest first, each with up to five pieces of gear it may be and a draft of a new one.
    package func unknowns() async throws -> [JSON] {
        try await store.read { database in
            let tags = try WaitingTag.fetchAll(
                database, sql: WaitingTag.selection + " ORDER BY tag.last_at DESC, tag.id LIMIT \(Self.inboxCountMax)")
            var suggestions = UnknownSuggestions()
            return try tags.map { try $0.json.adding(suggestions.json(for: $0, in: database)) }
        }
    }

    /// Says that a waiting code is this asset's. The code is learnt, and what was meant by the scan is carried out,
    /// unless the asset moved since.
    ///
    /// - Parameter judge: hears what was decided, and may refuse it.
    /// - Returns: the scan's new Outcome.
    /// - Throws: `notFound`; `conflict` when another asset has the code; `invalid` for a code that can not be learnt.
    package func link(
        _ id: UnknownTag.ID, to asset: Asset.ID, actor: Person.ID?, judge: @escaping LastWord = { _ in }
    ) async throws -> JSON {
        try await store.write(lane: .door) { transaction in
            let database = transaction.database
            let tag = try Self.waiting(id, in: database)
            guard let asset = try Asset.find(asset, in: database) else {
                throw Failure(.notFound, "There is no such gear.", field: "asset")
            }
            let outcome = try settle(tag, as: asset, by: Author(person: actor), in: transaction)
            try judge(outcome)
            return outcome
        }
    }

    /// Makes a piece of gear that has the waiting code, and carries out what was meant by the scan.
    ///
    /// - Parameter fields: as for any new piece; without a number the next one of its model is taken.
    /// - Returns: the scan's new Outcome, and the Change that made the piece.
    /// - Throws: `notFound`; `invalid` with every field that is not right, or for a code that can not be learnt;
    ///   `conflict` for a number or code that another piece has.
    package func create(
        _ id: UnknownTag.ID, _ fields: JSON, by author: Author
    ) async throws -> (outcome: JSON, change: Int64?) {
        let codes = try AssetRegister.codes(of: fields)
        return try await store.write(lane: .door) { transaction in
            let tag = try Self.waiting(id, in: transaction.database)
            let fields = try Self.numbered(fields, for: tag, in: transaction.database)
            let made = try AssetRegister.create(fields, codes: codes, by: author, in: transaction)
            let outcome = try settle(tag, as: made.record, isNew: true, by: author, in: transaction)
            return (outcome, made.change)
        }
    }

    /// The fields without codes, and with a number.
    private static func numbered(_ fields: JSON, for tag: WaitingTag, in database: Database) throws -> JSON {
        guard case .object(let members) = fields else { throw Failure(.invalid, "The body is not an object.") }
        let isAbsent = [nil, .null, ""].contains(fields["number"])
        let rest = JSON.object(members.filter { $0.key != "codes" && !($0.key == "number" && isAbsent) })
        guard isAbsent, let model = fields["model"].flatMap({ $0.string ?? $0["id"]?.string }),
            let number = try tag.ownNumber ?? NumberSeries.next(of: Model.ID(model), in: database)
        else { return rest }
        return rest.adding(["number": .string(number)])
    }

    /// Learns the code and carries out what was meant by it.
    private func settle(
        _ tag: WaitingTag, as asset: Asset, isNew: Bool = false, by author: Author, in transaction: WriteTransaction
    ) throws -> JSON {
        let database = transaction.database
        let asset = try AssetRegister.attach(
            tag.scanCode, to: asset, field: "asset", isNew: isNew, by: author, in: transaction
        ).record
        let visit = Visit(
            scan: tag.read, id: tag.scan, code: tag.scanCode, door: try Self.door(tag.door.id, in: database),
            direction: tag.direction, actor: tag.actor, meantProject: tag.project)
        let decision =
            try Self.moved(asset.id, since: tag.last, in: database)
            ? Self.learntOnly(asset, visit) : rule(on: asset, visit, in: transaction)
        try UnknownTags.settle(tag, as: "linked", asset: decision.outcome.asset, in: transaction)
        return try conclude(visit, decision, in: transaction).body
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

    /// Brings a code back that was dismissed.
    ///
    /// - Throws: `notFound` when it was not dismissed; `conflict` when it was read again since and waits already.
    package func restore(_ id: UnknownTag.ID) async throws {
        try await store.write { transaction in
            try transaction.database.execute(
                sql: """
                    UPDATE unknown_tag SET state = 'waiting' WHERE id = :id AND state = 'dismissed' AND NOT EXISTS (
                      SELECT 1 FROM unknown_tag AS again
                      WHERE again.key = unknown_tag.key AND again.state = 'waiting')
                    """, arguments: ["id": id.rawValue])
            guard let tag = try WaitingTag.find(id, in: transaction.database) else {
                let state = try String.fetchOne(
                    transaction.database, sql: "SELECT state FROM unknown_tag WHERE id = ?", arguments: [id.rawValue])
                guard state == "dismissed" else { throw Failure(.notFound, "That code was not dismissed.") }
                throw Failure(.conflict, "That code was read again since and waits already.")
            }
            guard transaction.database.changesCount > 0 else { return }
            try transaction.append(.unknowns, "waiting", subject: id.rawValue, tag.json)
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
}
