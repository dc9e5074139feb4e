// What to ask of the hub next. A state machine without clock, disk or network: it is told what came of its last step and
// says the next one. SyncEngine.swift carries the steps out; a simulator can, too.
package import Foundation

/// The side of the box in the exchange with the hub: one thing at a time, from the oldest Change on.
package struct SyncMachine: Sendable {
    /// What is to be done.
    package enum Step: Sendable, Equatable {
        /// Read where we stand.
        case load
        /// Say what the hub has last of the ledger's lanes, and learn where it stands.
        case meet(UpstreamGreeting, of: SyncLedger)
        /// Read the next batch of a lane, within these bounds but at least one row.
        case read(SyncLane, of: SyncLedger, rowCountMax: Int, byteCountMax: Int)
        case push(ChangeBatch)
        case note([SyncNote])
        case pull(PullRequest)
        /// Keep what other depots did, and up to where it goes, both or neither.
        case keep(PullAnswer)
        case rest(Rest)
    }

    /// What ends a rest.
    package enum Rest: Sendable, Equatable {
        /// New Changes here or elsewhere, or somebody who asks.
        case untilNeeded
        /// This much time, or a line that came up, or somebody who asks; new Changes do not.
        case afterTrouble(Duration)
        /// Only somebody who asks.
        case paused
    }

    /// Why a rest ended.
    package enum Waking: Sendable, Equatable {
        case needed, time, lineUp
        /// Another depot did something, or may have.
        case news
    }

    /// What came of a step.
    package enum Outcome: Sendable {
        case began
        case loaded(SyncLedger)
        case met(UpstreamStanding)
        /// Nil: there is nothing to read.
        case read(ChangeBatch?)
        case pushed(PushAnswer, took: Duration)
        case noted(SyncLedger)
        case pulled(PullAnswer)
        case rested(Waking)
        /// The hub could not be had.
        case failed(UpstreamTrouble)
        /// Our own file could not be read or written.
        case stuck(String)
    }

    /// The functions in etc/hub that this version needs.
    package static let hubVersionMin = 9

    private let depot: String
    private let place: [Double]?
    private var ledger: SyncLedger?
    private var isMet = false
    /// Whether the hub may know what we do not.
    private var isBehind = true
    private var isHearingAnew = false
    /// The feed's end as the hub said it last.
    private var end = HubPlace.nowhere
    private static let pullRowCountMax = 200
    /// Batches since the last pull. Ours go first, but not for ever.
    private var pushCount = 0
    private static let pushCountBetweenPulls = 8
    private var pushing: ChangeBatch?
    private var pace = SyncPace()
    private var backOff: SyncBackOff
    /// How far the hub knew each lane of this node when we last met.
    private var known: [String: Int64]?
    private var hasTwin = false
    /// Rests since we met. An hour or more apart both sides compare what they know, also where nothing is wrong.
    private var restCount = 0
    private static let restCountBetweenMeetings = 60
    private var failure: UpstreamTrouble?
    /// What is wrong; nil once the hub took something again or there is nothing to give.
    package var trouble: UpstreamTrouble? { failure ?? (hasTwin ? UpstreamTrouble(.twin) : nil) }
    /// Whose hub it is, as it said last.
    package private(set) var tenant: String?

    /// - Parameters:
    ///   - depot: its name, for the office.
    ///   - place: longitude and latitude, if known.
    ///   - seed: of the waits after trouble.
    package init(depot: String, place: [Double]?, seed: UInt64) {
        self.depot = depot
        self.place = place
        backOff = SyncBackOff(seed: seed)
    }

    /// The step after what came of the last one.
    package mutating func next(_ outcome: Outcome) -> Step {
        switch outcome {
        case .began: return .load
        case .loaded(let ledger), .noted(let ledger):
            // Who was interrupted does not know whether it was anew.
            if self.ledger == nil { isHearingAnew = ledger.seen.isWithinTelling }
            self.ledger = ledger
            return goOn(ledger)
        case .met(let standing): return meet(standing)
        case .read(let batch?):
            pushing = batch
            return .push(batch)
        // The file does not have what the ledger says: nobody removes Changes, so this is not gone on with.
        case .read(nil): return rest(after: UpstreamTrouble(.broken, "Changes are missing in the depot's file."))
        case .pushed(let answer, let duration): return settle(answer, duration)
        case .pulled(var answer):
            // A hub that was brought back since may lack what it took from us, which would be kept as if it never was.
            guard answer.place.epoch == end.epoch else {
                isMet = false
                return .load
            }
            answer.isFresh = answer.isFresh || ledger?.seen.epoch != answer.place.epoch
            isBehind = answer.hasMore
            isHearingAnew = answer.hasMore && (answer.isFresh || isHearingAnew)
            return .keep(answer)
        case .rested(let waking):
            if waking == .news { isBehind = true } else if waking != .time { backOff.reset() }
            restCount += 1
            if restCount >= Self.restCountBetweenMeetings { isMet = false }
            return .load
        case .failed(let trouble):
            if pushing != nil, trouble.kind == .unreachable { pace.slow() }
            return rest(after: trouble)
        case .stuck(let message): return rest(after: UpstreamTrouble(.broken, message))
        }
    }

    private mutating func goOn(_ ledger: SyncLedger) -> Step {
        if ledger.isPaused {
            isMet = false
            return .rest(.paused)
        }
        guard isMet else {
            let greeting = UpstreamGreeting(node: ledger.node, depot: depot, place: place, seen: ledger.seen)
            return .meet(greeting, of: ledger)
        }
        let isTurnOfPull =
            isBehind && pushCount >= Self.pushCountBetweenPulls && ledger.backlog <= PendingEdits.countMax
        if !isTurnOfPull, let lane = ledger.lanes.first(where: { $0.acked < $0.last }) {
            pushCount += 1
            return .read(lane, of: ledger, rowCountMax: pace.rowCount, byteCountMax: pace.byteCount)
        }
        guard isBehind || ledger.seen == .nowhere else { return .rest(.untilNeeded) }
        pushCount = 0
        // Told anew, also what only we wrote is: a hub that was brought back may have lost what we took over with it.
        let lane = isHearingAnew || ledger.seen.epoch != end.epoch ? "" : ledger.lanes.last?.name ?? ""
        return .pull(
            PullRequest(node: ledger.node, lane: lane, seen: ledger.seen, end: end, rowCountMax: Self.pullRowCountMax))
    }

    /// Compares what both know. Where the hub knows less or something else, it was brought back from a backup, and gets again
    /// what it lost.
    /// Where it knows more, our own file was, unless only an answer was lost: what it knows is sent again and compared.
    private mutating func meet(_ standing: UpstreamStanding) -> Step {
        guard let ledger else { return .load }
        guard standing.version >= Self.hubVersionMin else { return rest(after: Self.tooOld(standing.version)) }
        isMet = true
        end = standing.place
        restCount = 0
        tenant = standing.tenant
        failure = nil
        hasTwin = isGrowingElsewhere(standing, ledger)
        known = standing.acked
        isBehind = standing.place != ledger.seen
        var notes: [SyncNote] = []
        for lane in ledger.lanes {
            let acked = standing.acked[lane.name] ?? lane.after
            if acked < lane.acked { notes.append(.acked(lane: lane.name, n: acked)) }
            if lane.isOpen, acked > lane.last { notes.append(.outgrown(lane: lane.name)) }
        }
        return notes.isEmpty ? goOn(ledger) : .note(notes)
    }

    /// Whether since we last met the hub was given Changes of this node that we do not have: then another box with our name
    /// sends, too. What it was given before may be ours, of before we were put back to an older file.
    private func isGrowingElsewhere(_ standing: UpstreamStanding, _ ledger: SyncLedger) -> Bool {
        guard let known else { return false }
        return standing.acked.contains { name, acked in
            let lane = ledger.lanes.first { $0.name == name }
            return acked > lane?.last ?? 0 && acked > known[name] ?? 0
        }
    }

    private mutating func settle(_ answer: PushAnswer, _ duration: Duration) -> Step {
        guard let batch = pushing else { return .load }
        pushing = nil
        if answer.place.epoch == end.epoch { end = answer.place } else { isMet = false }
        var notes: [SyncNote] = []
        switch answer.verdict {
        case .ok where answer.acked >= batch.last:
            pace.took(duration, rowCount: batch.rows.count, byteCount: batch.byteCount)
            backOff.reset()
            failure = nil
            notes = [.acked(lane: batch.lane, n: batch.last)]
            if !answer.refused.isEmpty { notes.append(.refused(lane: batch.lane, answer.refused)) }
        case .gap where answer.acked < batch.first - 1: notes = [.acked(lane: batch.lane, n: answer.acked)]
        case .forked(let n):
            guard let row = batch.rows.first(where: { $0.n == n }) else {
                return rest(after: Self.nonsense(answer, batch))
            }
            notes = [.forked(lane: batch.lane, at: n, word: Hex.text(row.hash.prefix(8)))]
        case .altered:
            return rest(
                after: UpstreamTrouble(.broken, "What arrived at the hub is not what was sent. It is sent again."))
        default: return rest(after: Self.nonsense(answer, batch))
        }
        return .note(notes)
    }

    private static func tooOld(_ version: Int) -> UpstreamTrouble {
        UpstreamTrouble(
            .notInstalled,
            "The hub is of version \(version), and this box needs \(hubVersionMin). Run `depotd hub install` against it."
        )
    }

    private static func nonsense(_ answer: PushAnswer, _ batch: ChangeBatch) -> UpstreamTrouble {
        UpstreamTrouble(.broken, cause: "\(answer) to \(batch.first)...\(batch.last)")
    }

    private mutating func rest(after trouble: UpstreamTrouble) -> Step {
        isMet = false
        pushing = nil
        failure = trouble
        return .rest(.afterTrouble(backOff.next()))
    }
}
