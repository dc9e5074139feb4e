// Action cards: a code that has something done at the door, for hands in gloves. What it is done to is what was scanned at
// this door before it.
import Foundation
import GRDB

extension DoorDesk {
    /// Carries an action card out.
    func carryOut(_ card: ActionCard, _ visit: Visit, in transaction: WriteTransaction) throws -> ScanDecision {
        switch card {
        case .print: try printLabel(visit, in: transaction)
        case .undo: try undoLast(visit, in: transaction)
        }
    }

    /// The last scan at this door that was of gear.
    private func last(_ visit: Visit, in database: Database) throws -> (scan: ScanRecord.ID, asset: Asset)? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT id, asset FROM scan
                    WHERE door = ? AND asset IS NOT NULL AND repeats IS NULL AND code NOT LIKE 'DPT-DO:%'
                    ORDER BY place DESC LIMIT 1
                    """), arguments: [visit.door.id.rawValue])
        guard let row, let asset = try Asset.find(row["asset"], in: database) else { return nil }
        return (row["id"], asset)
    }

    private func printLabel(_ visit: Visit, in transaction: WriteTransaction) throws -> ScanDecision {
        guard let last = try last(visit, in: transaction.database) else {
            return nothing(visit, "Scan the gear first, then this card.")
        }
        guard let printer = try Printer.at(visit.door.id, in: transaction.database) else {
            return nothing(visit, "No printer is set up. A manager adds one on the page of labels.", last.asset)
        }
        let job: JSON
        do {
            job = try LabelDesk.order(
                LabelOrder(printer: printer.id, subjects: [.asset(last.asset.id)]),
                by: Author(person: visit.actor?.id, device: visit.scan.reader, role: .crew), in: transaction)
        } catch let failure as Failure {
            return nothing(visit, failure.message, last.asset)
        }
        return ScanDecision(
            outcome: Outcome(
                scan: visit.id, verdict: .ok, action: .printing, word: "LABEL",
                short: "\(last.asset.number) comes out of \(printer.name)", spoken: "Label for \(last.asset.number)",
                code: visit.code.text, asset: last.asset, actor: visit.actor,
                label: job["id"]?.string.map { LabelJob.ID($0) }))
    }

    private func undoLast(_ visit: Visit, in transaction: WriteTransaction) throws -> ScanDecision {
        guard let last = try last(visit, in: transaction.database) else {
            return nothing(visit, "Nothing was scanned here that could be undone.")
        }
        do {
            _ = try undo(last.scan, actor: visit.actor?.id, in: transaction)
        } catch let failure as Failure {
            return nothing(visit, failure.message, last.asset)
        }
        let asset = try RecordEdit.find(last.asset.id, in: transaction.database)
        return ScanDecision(
            outcome: Outcome(
                scan: visit.id, verdict: .ok, action: .undone, word: "UNDONE",
                short: "\(asset.number) is \(asset.status.word) again", spoken: "\(asset.number) undone",
                code: visit.code.text, asset: asset, actor: visit.actor, project: asset.holder?.project))
    }

    private func nothing(_ visit: Visit, _ why: String, _ asset: Asset? = nil) -> ScanDecision {
        ScanDecision(
            outcome: Outcome(
                scan: visit.id, verdict: .okBut, action: .none, word: "NOTHING DONE", short: why, spoken: why,
                code: visit.code.text, asset: asset, actor: visit.actor))
    }
}
