// The door: one scan in, one outcome out, one transaction. The read is journalled in the operation's savepoint and
// decided in one of its own; if deciding fails the read stays and the outcome is stop. The rules are DoorRuling's.
import Foundation
import GRDB
package import Logging

/// Takes scans and answers with outcomes. Crew may scan and undo; a reader may scan without anybody signed in.
package struct DoorDesk: Sendable {
    /// The door's windows.
    package struct Options: Sendable {
        /// Within this long a reader's further reads of the same asset at the same door are one read.
        package var debounce = Duration.milliseconds(1_500)
        /// Within this long a re-read at a door for both ways changes nothing.
        package var reread = Duration.seconds(10)

        package init() {}
    }

    /// The answer to one scan.
    package struct Answer: Sendable {
        /// The Outcome as stored, one JSON object.
        package let body: JSON
        package let verdict: Verdict?
        /// Whether this read had been decided before, by its key or as the read it repeats.
        package let isReplay: Bool
    }

    /// The last word on what a scan came to, before it is kept: what it throws undoes the scan.
    package typealias LastWord = @Sendable (_ outcome: JSON) throws -> Void

    let store: Store
    private let options: Options
    private let logger: Logger

    package init(store: Store, options: Options = Options(), logger: Logger) {
        self.store = store
        self.options = options
        self.logger = logger
    }

    /// Takes one scan: journals it, decides it, and returns when both are on disk.
    ///
    /// - Parameters:
    ///   - door: where; nil is the first door.
    ///   - direction: the reader's own direction; nil is the door's.
    ///   - person: who sent it, if a person did; a badge at the door goes before.
    ///   - judge: hears what was decided anew, and may refuse it.
    /// - Throws: `conflict` for a key that another code has; `invalid` for an empty code or one longer than ``Scan/byteCountMax``; `notFound` for a door that is
    ///   not there; `unavailable` when the disk refused it. A read that was journalled never throws.
    package func take(
        _ scan: Scan, at door: Door.ID? = nil, direction: Direction? = nil, by person: Person.ID? = nil,
        judge: @escaping LastWord = { _ in }
    ) async throws -> Answer {
        let code = try Self.code(of: scan)
        return try await store.write(lane: .door) { transaction in
            let answer = try take(scan, code, at: door, direction: direction, by: person, in: transaction)
            if !answer.isReplay { try judge(answer.body) }
            return answer
        }
    }

    /// What a scan reads as.
    ///
    /// - Throws: `tooLarge`; `invalid` for an empty one.
    package static func code(of scan: Scan) throws -> ScanCode {
        guard scan.raw.count <= Scan.byteCountMax else {
            throw Failure(.tooLarge, "A code has at most \(Scan.byteCountMax) bytes.", field: "code")
        }
        let code = ScanCode(raw: scan.raw, symbology: scan.symbology)
        guard !code.text.isEmpty else { throw Failure(.invalid, "There is no code in this scan.", field: "code") }
        return code
    }

    /// Takes one scan inside a write that is under way.
    package func take(
        _ scan: Scan, _ code: ScanCode, at door: Door.ID? = nil, direction: Direction? = nil,
        by person: Person.ID? = nil, in transaction: WriteTransaction
    ) throws -> Answer {
        if let earlier = try ScanJournal.earlier(withKey: scan.key, in: transaction.database) {
            guard earlier.code == code.text else {
                throw Failure(.conflict, "This Idempotency-Key was used for another scan.")
            }
            return Answer(body: earlier.body, verdict: nil, isReplay: true)
        }
        let door = try Self.door(door, in: transaction.database)
        let id = try ScanJournal.write(scan, code, door: door.id, in: transaction)
        let visit = Visit(
            scan: scan, id: id, code: code, door: door, direction: direction ?? door.direction,
            actor: try Self.actor(at: door, or: person, in: transaction))
        return try decideOrStop(visit, in: transaction)
    }

    private func decideOrStop(_ visit: Visit, in transaction: WriteTransaction) throws -> Answer {
        do {
            return try transaction.attempt { try decide(visit, in: transaction) }
        } catch {
            logger.error("a scan could not be decided; its read is kept", metadata: ["cause": "\(error)"])
            let outcome = Outcome(
                scan: visit.id, verdict: .stop, action: .refused, word: "STOP",
                short: "The box could not decide. The read is kept: try again, or ask for help.",
                spoken: "Stop. Try again.", code: visit.code.text)
            return try conclude(visit, ScanDecision(outcome: outcome), in: transaction)
        }
    }

    private func decide(_ visit: Visit, in transaction: WriteTransaction) throws -> Answer {
        let database = transaction.database
        if let card = ActionCard(reading: visit.code.text) {
            return try conclude(visit, carryOut(card, visit, in: transaction), in: transaction)
        }
        let owner = try CodeOwner.find(visit.code, in: database)
        var (asset, window): (Asset.ID?, Duration) = (nil, options.debounce)
        if case .asset(let found) = owner { asset = found.id }
        if case .stock = owner { window = Self.countDebounce }
        if let earlier = try repeated(visit, asset: asset, within: window, in: transaction) {
            try ScanJournal.close(visit.id, repeating: earlier, asset: asset, in: database)
            return Answer(body: earlier.body, verdict: nil, isReplay: true)
        }
        let decision =
            switch owner {
            case .person(let person): try letAct(person, visit, in: transaction)
            case .asset(let asset): try rule(on: asset, visit, in: transaction)
            case .stock(let stock): try count(stock, visit, in: transaction)
            case nil: try welcome(visit, in: transaction) ?? UnknownTags.park(visit, in: transaction)
            }
        return try conclude(visit, decision, in: transaction)
    }

    /// Gear of another depot that comes here; nil when it is none. When what is here already has its number or a code, it
    /// waits in the inbox, and the door says why.
    private func welcome(_ visit: Visit, in transaction: WriteTransaction) throws -> ScanDecision? {
        let database = transaction.database
        guard let id = try DistantGear.find(visit.code, in: database) else { return nil }
        let asset: Asset
        do {
            asset = try transaction.attempt { try RowMerge.arrive(id, in: transaction) }
        } catch  where StoreFault.isOwn(error, in: database) {
            let reason = (error as? Failure)?.message ?? "Something here has its number or a code of it."
            let depot = try DistantGear.depot(of: id, in: database)
            return try UnknownTags.park(
                visit, because: "Gear of \(depot), kept in the inbox. \(reason)", in: transaction)
        }
        return try rule(on: asset, visit, in: transaction)
    }

    /// Only what a reader read can be a repeat: a person who types or posts a code again means it.
    private func repeated(
        _ visit: Visit, asset: Asset.ID?, within window: Duration, in transaction: WriteTransaction
    ) throws -> ScanJournal.Earlier? {
        guard visit.scan.reader != nil else { return nil }
        return try ScanJournal.repeated(
            by: visit.id, visit.scan, code: visit.code, asset: asset, door: visit.door.id,
            window: window.nanoseconds, in: transaction)
    }

    /// Carries out the rules for a piece of gear.
    func rule(on asset: Asset, _ visit: Visit, in transaction: WriteTransaction) throws -> ScanDecision {
        let database = transaction.database
        let situation = DoorSituation(
            asset: asset, direction: visit.direction, actor: visit.actor, doorProject: visit.project,
            lines: try PullSheet.openLines(for: asset, preferring: visit.project?.id, in: database),
            justDid: try justDid(asset.id, visit, in: transaction))
        let ruling = DoorRuling.decide(situation)
        var event: Custody.EventID?
        let author = Author(person: visit.actor?.id, device: visit.scan.reader)
        let kind = ruling.effect == .takeBack(isFound: true) ? "status" : "custody"
        // A piece that was at another depot is said to be nobody's anew: that fact is this depot's then.
        let always: Set<String> = asset.depot == nil ? [] : ["holder"]
        let after = try RecordEdit.run(kind, on: asset, by: author, always: always, in: transaction) { asset in
            event = try apply(ruling.effect, to: asset, visit, in: transaction)
        }.record
        let progress = try ruling.project.map { try PullSheet.progress(of: $0.id, in: database) }
        return ScanDecision(
            outcome: Outcome(ruling, on: after, visit, progress: progress, isUndoable: event != nil),
            event: event, conditionBefore: after.condition == asset.condition ? nil : asset.condition)
    }

    private func apply(
        _ effect: DoorRuling.Effect, to asset: Asset, _ visit: Visit, in transaction: WriteTransaction
    ) throws -> Custody.EventID? {
        let movement = Movement(door: visit.door.id, scan: visit.id, actor: visit.actor?.id)
        switch effect {
        case .nothing: return nil
        case .give(let custodian, let kind):
            return try Custody.give(asset.id, to: custodian, as: kind, movement, in: transaction)
        case .takeBack(let isFound):
            if isFound { try AssetRegister.set(.fit, of: asset.id, in: transaction.database) }
            return try Custody.takeBack(asset.id, movement, in: transaction)
        }
    }

    /// What the asset did last at this door, if that was a moment ago and stands.
    private func justDid(_ asset: Asset.ID, _ visit: Visit, in transaction: WriteTransaction) throws -> DoorAction? {
        let since = transaction.milliseconds - Int64(options.reread.nanoseconds / 1_000_000)
        let row = try Row.fetchOne(
            transaction.database.cachedStatement(
                sql: "SELECT kind, door, at FROM custody_event WHERE asset = ? ORDER BY place DESC LIMIT 1"),
            arguments: [asset.rawValue])
        // A status set by hand is a movement at no door.
        guard let row, row["door"] as Door.ID? == visit.door.id, row["at"] > since else { return nil }
        return DoorAction(rawValue: row["kind"])
    }

    /// Writes the outcome beside the read and into the log.
    func conclude(_ visit: Visit, _ decision: ScanDecision, in transaction: WriteTransaction) throws -> Answer {
        var body = decision.outcome.json(door: visit.door, reader: visit.scan.reader, at: transaction.now)
        let until = try Self.extendActing(visit, after: decision.outcome, in: transaction)
        body = body.adding(["actingUntil": until.map(JSON.time) ?? .null])
        try ScanJournal.close(visit.id, decision, body: body, in: transaction.database)
        try transaction.append(
            .scans, "outcome", subject: visit.id.rawValue, actor: visit.actor?.id.rawValue,
            device: visit.scan.reader, body)
        return Answer(body: body, verdict: decision.outcome.verdict, isReplay: false)
    }
}

/// One read at a door, with what the door knows before it decides.
struct Visit {
    var scan: Scan
    var id: ScanRecord.ID
    var code: ScanCode
    var door: Door
    var direction: Direction
    var actor: NamedReference<Person>?
    var project: NamedReference<Project>? { meantProject ?? door.project }
    /// The project that was meant when an unknown code was read; nil is the door's.
    var meantProject: NamedReference<Project>?
}

extension Outcome {
    /// What is said of a ruling.
    init(_ ruling: DoorRuling, on asset: Asset, _ visit: Visit, progress: Progress?, isUndoable: Bool) {
        let whither = [ruling.project?.name, ruling.action == .out ? visit.actor?.name : nil].compactMap { $0 }
        let said = [asset.number, ruling.word.lowercased(), ruling.reason].filter { !$0.isEmpty }
        let sheet = progress.map { [ruling.project?.name, $0.words] } ?? []
        let facts = ([ruling.reason.isEmpty ? nil : ruling.reason] + sheet).compactMap { $0 }
        self.init(
            scan: visit.id, verdict: ruling.verdict, action: ruling.action, word: ruling.word,
            short: (facts.isEmpty ? whither : facts).joined(separator: " · "),
            spoken: ruling.verdict == .ok
                ? ([asset.number, ruling.word.lowercased()] + (whither.first.map { ["for \($0)"] } ?? []))
                    .joined(separator: " ")
                : said.joined(separator: ", "),
            code: visit.code.text, asset: asset, actor: visit.actor, project: ruling.project, progress: progress,
            isUndoable: isUndoable)
    }
}
