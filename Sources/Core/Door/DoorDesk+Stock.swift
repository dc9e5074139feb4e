// Counted stock at the door: a scan of its label counts one piece, and a card says afterwards that it was more.
import Foundation
import GRDB

extension DoorDesk {
    /// Reads of one label closer together than this are one: people count pieces by scanning again, so it is short.
    static let countDebounce = Duration.milliseconds(300)

    /// Counts one piece of stock out or in.
    func count(_ stock: Stock, _ visit: Visit, in transaction: WriteTransaction) throws -> ScanDecision {
        try count(1, of: stock, visit, isOut: isOut(stock, visit, in: transaction.database), in: transaction)
    }

    /// Says how many pieces a scan was of. What it counted is taken back and counted anew.
    ///
    /// - Returns: the scan's new Outcome.
    /// - Throws: `notFound`; `conflict` when the scan counted nothing or was undone; `invalid` for a quantity out of 1
    ///   to ``Stock/countMax``.
    package func setQuantity(_ quantity: Int64, of id: ScanRecord.ID, actor: Person.ID?) async throws -> JSON {
        guard (1...Stock.countMax).contains(quantity) else {
            throw Failure(.invalid, "A quantity is 1 to \(Stock.countMax).", field: "quantity")
        }
        return try await store.write(lane: .door) { transaction in
            let scan = try CountedScan.find(id, in: transaction.database)
            let door = try Self.door(scan.door, in: transaction.database)
            let visit = Visit(
                scan: scan.read, id: id, code: ScanCode(raw: scan.read.raw, symbology: scan.read.symbology), door: door,
                direction: door.direction, actor: scan.actor, meantProject: scan.project)
            let movement = Movement(door: door.id, scan: id, actor: actor ?? scan.actor?.id)
            guard let stock = try CodeOwner.find(visit.code, in: transaction.database)?.stock,
                try StockMoves.undo(id, movement, in: transaction)
            else { throw Failure(.conflict, "This scan counted nothing, so there is no quantity to set.") }
            let decision = try count(quantity, of: stock, visit, isOut: scan.isOut, in: transaction)
            return try conclude(visit, decision, in: transaction).body
        }
    }

    /// Reverses what a scan of counted stock did; nil when it was no such scan.
    func undoCount(_ id: ScanRecord.ID, actor: Person.ID?, in transaction: WriteTransaction) throws -> JSON? {
        guard let scan = try? CountedScan.find(id, in: transaction.database) else { return nil }
        let door = try Self.door(scan.door, in: transaction.database)
        let code = ScanCode(raw: scan.read.raw, symbology: scan.read.symbology)
        guard let stock = try CodeOwner.find(code, in: transaction.database)?.stock else { return nil }
        let actor = try Self.actor(at: door, or: actor, in: transaction)
        let after = try RecordEdit.run("moved", on: stock, by: Author(person: actor?.id), in: transaction) { _ in
            _ = try StockMoves.undo(id, Movement(door: door.id, scan: id, actor: actor?.id), in: transaction)
        }.record
        try transaction.database.execute(sql: "UPDATE scan SET undone = 1 WHERE id = ?", arguments: [id.rawValue])
        let outcome = Outcome(
            scan: id, verdict: .ok, action: .undone, word: "UNDONE",
            short: "\(after.out) of \(after.total) are out", spoken: "\(stock.name) undone", code: code.text,
            model: NamedReference(id: stock.model, name: stock.name), actor: actor, project: scan.project)
        let body = outcome.json(door: door, reader: nil, at: transaction.now).replacing("undone", with: true)
        try transaction.append(.scans, "undone", subject: id.rawValue, actor: actor?.id.rawValue, body)
        return body
    }

    /// At a door for both ways: out while a sheet wants more of it, else in while some is out, else out.
    private func isOut(_ stock: Stock, _ visit: Visit, in database: Database) throws -> Bool {
        switch visit.direction {
        case .out: return true
        case .in: return false
        case .both:
            let lines = try StockLines.open(for: stock.model, preferring: visit.project?.id, in: database)
            return !lines.isEmpty || stock.out == 0
        }
    }

    private func count(
        _ quantity: Int64, of stock: Stock, _ visit: Visit, isOut: Bool, in transaction: WriteTransaction
    ) throws -> ScanDecision {
        let lines = try StockLines.open(for: stock.model, preferring: visit.project?.id, in: transaction.database)
        let match = visit.project.map { wanted in lines.first { $0.project.id == wanted.id } } ?? lines.first
        let project = visit.project ?? (isOut ? match?.project : nil)
        let custodian = Custodian(person: visit.actor?.id, project: project?.id, line: isOut ? match?.line : nil)
        let movement = Movement(door: visit.door.id, scan: visit.id, actor: visit.actor?.id)
        var returned = quantity
        let author = Author(person: visit.actor?.id, device: visit.scan.reader)
        let after = try RecordEdit.run("moved", on: stock, by: author, in: transaction) { stock in
            if isOut {
                try StockMoves.give(quantity, of: stock.model, to: custodian, movement, in: transaction)
            } else {
                returned = try StockMoves.takeBack(
                    quantity, of: stock.model, from: custodian, movement, in: transaction)
            }
        }.record
        let reason = Self.reason(
            isOut: isOut, quantity: quantity, returned: returned, wanted: match?.wanted, project, visit.actor, after)
        let word = isOut ? "OUT" : returned == 0 ? "ALREADY IN" : "IN"
        let progress = try project.map { try PullSheet.progress(of: $0.id, in: transaction.database) }
        let facts = [reason, "\(after.out) of \(after.total) are out"].filter { !$0.isEmpty }
        return ScanDecision(
            outcome: Outcome(
                scan: visit.id, verdict: reason.isEmpty ? .ok : .okBut,
                action: isOut ? .out : returned == 0 ? .already : .in, word: word,
                short: facts.joined(separator: " · "),
                spoken: [String(quantity), stock.name, word.lowercased(), reason].filter { !$0.isEmpty }
                    .joined(separator: " "),
                code: visit.code.text, model: NamedReference(id: stock.model, name: stock.name), quantity: quantity,
                actor: visit.actor, project: project, progress: progress, isUndoable: !isOut || returned > 0))
    }

    /// What is to be minded; empty when all is as planned.
    private static func reason(
        isOut: Bool, quantity: Int64, returned: Int64, wanted: Int64?, _ project: NamedReference<Project>?,
        _ actor: NamedReference<Person>?, _ after: Stock
    ) -> String {
        if !isOut {
            if returned == 0 { return "none was out" }
            return returned < quantity ? "only \(returned) were out" : ""
        }
        if after.out > after.total { return "more than were counted" }
        guard let project else { return actor == nil ? "no name: scan a badge" : "" }
        guard let wanted else { return "not on the sheet of \(project.name)" }
        return quantity > wanted ? "\(quantity - wanted) more than \(project.name) wants" : ""
    }
}

/// What the journal keeps of a scan that counted stock.
private struct CountedScan {
    let door: Door.ID
    let read: Scan
    let isOut: Bool
    let actor: NamedReference<Person>?
    let project: NamedReference<Project>?

    static func find(_ id: ScanRecord.ID, in database: Database) throws -> CountedScan {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT scan.*, event.kind, person.id AS person, person.name AS person_name,
                  project.id AS project, project.name AS project_name
                FROM scan JOIN stock_event AS event ON event.scan = scan.id AND event.kind <> 'undone'
                LEFT JOIN person ON person.id = event.actor LEFT JOIN project ON project.id = event.project
                WHERE scan.id = ? AND scan.undone = 0 ORDER BY event.place DESC LIMIT 1
                """, arguments: [id.rawValue])
        guard let row else { throw Failure(.conflict, "This scan counted nothing, so there is no quantity to set.") }
        return CountedScan(
            door: row["door"],
            read: Scan(
                key: row["key"], reader: row["reader"], raw: Array(row["raw"] as Data), symbology: row["symbology"],
                at: Date(milliseconds: row["at"]), monotonic: UInt64(bitPattern: row["monotonic"] as Int64)),
            isOut: row["kind"] == "out", actor: NamedReference(id: row["person"], name: row["person_name"]),
            project: NamedReference(id: row["project"], name: row["project_name"]))
    }
}
