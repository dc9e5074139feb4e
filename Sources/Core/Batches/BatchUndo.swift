// Taking a batch back as a batch of its own, so that the undo can be undone too.
import Foundation
import GRDB

extension BatchRunner {
    /// Takes back all Changes of a batch, the last first.
    ///
    /// - Parameter skipsChanged: leaves what was changed again since as it is, instead of refusing.
    /// - Throws: `notFound`; `conflict` for a batch that is not done, or with the records that were changed again since
    ///   under `changed` and how many these are under `changedCount`.
    package func undo(_ id: Batch.ID, skipsChanged: Bool, by author: Author) async throws -> Batch.ID {
        let batch = try await BatchBook(store: store).find(id)
        guard batch.state == .done else { throw Failure(.conflict, Self.words(against: batch.state)) }
        let (target, seqs) = try await store.read { database in
            // What was undone and done again stands by the Changes of the redo.
            var target = id
            while let later = try Batch.ID.fetchOne(
                database,
                sql: "SELECT id FROM batch WHERE undoes = ? AND state <> 'reverted' ORDER BY place DESC LIMIT 1",
                arguments: [target])
            {
                target = later
            }
            let pieces = try Row.fetchAll(
                database, sql: "SELECT first, last FROM batch_piece WHERE batch = ? ORDER BY first DESC",
                arguments: [target])
            return (target, pieces.flatMap { row in ((row["first"] as Int64)...(row["last"] as Int64)).reversed() })
        }
        let blocked = try await obstacles(to: seqs)
        guard blocked.isEmpty || skipsChanged else {
            throw Failure(
                .conflict, "\(blocked.count) of it changed again since. Undo the rest, or nothing.",
                details: [
                    "changed": .array(blocked.prefix(Self.namedMax).map(\.json)),
                    "changedCount": .int(Int64(blocked.count)),
                ])
        }
        let skipped = Set(blocked.map(\.seq))
        let steps = seqs.filter { !skipped.contains($0) }.map { seq in
            BatchOrder.Step { transaction in
                guard let change = try Change.find(seq, in: transaction.database) else { return }
                guard skipsChanged else {
                    // What fails takes its piece with it.
                    _ = try ChangeUndo.reverse(change, by: author, in: transaction)
                    return
                }
                do {
                    _ = try transaction.attempt { try ChangeUndo.reverse(change, by: author, in: transaction) }
                } catch let failure as Failure where failure.code == .conflict {}
            }
        }
        return try await start(
            BatchOrder(kind: .undo, title: Self.title(undoing: batch), author: author, steps: steps, undoes: target))
    }

    /// Most records named.
    private static let namedMax = 100

    private static func words(against state: Batch.State) -> String {
        switch state {
        case .undone: "It was undone already."
        case .reverted: "Nothing of it stands, so there is nothing to undo."
        case .running, .reverting, .done: "It is still being carried out. Undo it when it is done."
        }
    }

    private static func title(undoing batch: Batch) -> String {
        batch.kind == .undo && batch.title.hasPrefix("Undo: ")
            ? "Redo: " + batch.title.dropFirst(6)
            : "Undo: " + (batch.title.hasPrefix("Redo: ") ? String(batch.title.dropFirst(6)) : batch.title)
    }

    private struct Obstacle: Sendable {
        let seq: Int64
        let json: JSON
    }

    /// The last Change of each record that can not be taken back. Earlier ones of the same record follow it.
    private func obstacles(to seqs: [Int64]) async throws -> [Obstacle] {
        var seen: Set<String> = []
        var blocked: Set<String> = []
        var obstacles: [Obstacle] = []
        for start in stride(from: 0, to: seqs.count, by: 200) {
            let page = Array(seqs[start..<min(start + 200, seqs.count)])
            let found = try await store.read { database in
                try page.compactMap { seq -> (change: Change, isChanged: Bool)? in
                    guard let change = try Change.find(seq, in: database) else { return nil }
                    return (change, try Self.obstacle(to: change, in: database))
                }
            }
            for (change, isChanged) in found {
                let key = "\(change.topic.rawValue) \(change.subject)"
                let isLast = seen.insert(key).inserted
                if isLast, isChanged { blocked.insert(key) }
                guard blocked.contains(key) else { continue }
                obstacles.append(
                    Obstacle(
                        seq: change.position.seq,
                        json: [
                            "topic": .string(change.topic.rawValue), "id": .string(change.subject),
                            "name": .string(change.name),
                        ]))
            }
        }
        return obstacles
    }

    /// Whether a record was used since it was made, or a field is another than an edit left it. The log knows: what a door did
    /// with a piece stands in the way of unmaking it, and not of an edit's undo.
    private static func obstacle(to change: Change, in database: Database) throws -> Bool {
        let arguments: StatementArguments = [change.topic.rawValue, change.subject, change.position.seq]
        let isMaking = ["created", "removed"].contains { change.kind.hasSuffix($0) }
        // Movements are not in the log's index: they change nothing that an edit does.
        let later = "FROM change WHERE topic = ? AND subject = ? AND seq > ? AND kind <> 'custody'"
        if isMaking {
            let isUsed = "SELECT EXISTS (SELECT 1 \(later)) OR EXISTS (SELECT 1 FROM custody_event WHERE asset = ?)"
            return try Bool.fetchOne(
                database.cachedStatement(sql: isUsed), arguments: arguments + [change.subject]) == true
        }
        let statement = try database.cachedStatement(sql: "SELECT body \(later)")
        let bodies = try String.fetchAll(statement, arguments: arguments)
        guard !bodies.isEmpty else { return false }
        let own = try JSON(parsing: change.body)
        let fields = own["before"]?.members.map(\.key) ?? []
        // What was set anew and set back, as by an undo that was taken back itself, is as the Change left it.
        var left = fields.map { own[$0] }
        for body in bodies {
            let later = try JSON(parsing: Array(body.utf8))
            guard let before = later["before"] else { return true }
            for (place, field) in fields.enumerated() where before[field] != nil { left[place] = later[field] }
        }
        return left != fields.map { own[$0] }
    }
}

extension Change {
    /// By what name people know the record it is about.
    var name: String {
        let members = (try? JSON(parsing: body))?.members ?? []
        return ["number", "name"].compactMap { key in members.first { $0.key == key }?.value.string }.first ?? subject
    }
}
