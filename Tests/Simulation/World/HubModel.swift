// The hub in Swift, to the letter of etc/hub/2-push.sql; HubComparisonTests holds it against PostgreSQL. A mutation makes it
// wrong in one way, and the checker has to find that out.
import Core
import Foundation

/// A hub of one tenant.
struct HubModel {
    struct Key: Hashable {
        let node: String
        let lane: String
        let n: Int64
    }

    var epoch = "hub-1"
    /// The hashes of Changes in the order of their positions, which begin at 1.
    private(set) var feed: [[UInt8]] = []
    /// What a pull calls each Change of the feed.
    private(set) var words: [String] = []
    /// A word for all of the feed up to each position, and as a place has it.
    private var marks: [(bytes: [UInt8], text: String)] = []
    /// By node and lane.
    private(set) var acked: [String: [String: Int64]] = [:]
    private(set) var changes: [Key: [UInt8]] = [:]
    private(set) var quarantine: [Key: [UInt8]] = [:]
    /// Which Change edits what, by the hash's word: its body, as it were.
    var edits: [UInt64: SimulatedEdit] = [:]
    /// What they add up to, at which place, and who wrote it if that is one lane alone.
    private(set) var records: [String: (row: MergedRow, pos: Int, writer: String?)] = [:]
    var mutation: Mutation?
    /// How many epochs there were.
    private var epochCount = 1

    /// This backup in the place of the hub that was lost; no epoch's name is given out twice.
    func broughtBack(insteadOf lost: HubModel) -> HubModel {
        var hub = self
        hub.epochCount = lost.epochCount
        hub.edits = lost.edits
        return hub
    }

    var place: HubPlace {
        HubPlace(epoch: epoch, pos: Int64(feed.count), mark: mark(at: Int64(feed.count)))
    }

    private func mark(at pos: Int64) -> String {
        guard pos > 0, pos <= Int64(feed.count) else { return "" }
        return mutation == .markIsOfOneChange ? Hex.text(feed[Int(pos) - 1].prefix(8)) : marks[Int(pos) - 1].text
    }

    /// As depotd.is_mark looks at it.
    private func isMark(_ word: String, at pos: Int64) -> Bool {
        let parts = word.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, let end = Int64(parts[1]) else { return word == mark(at: pos) }
        return parts[0] == mark(at: pos) && parts[2] == mark(at: end)
    }

    /// A hub that was brought back from a backup and the lost one share an epoch until a box comes that knows better.
    private mutating func settle(_ seen: HubPlace) {
        guard seen.epoch == epoch, mutation != .hubKeepsItsEpoch else { return }
        if mutation == .markIsNotCompared ? seen.pos > Int64(feed.count) : !isMark(seen.mark, at: seen.pos) {
            epochCount += 1
            epoch = "hub-\(epochCount)"
        }
    }

    mutating func meet(_ greeting: UpstreamGreeting) -> UpstreamStanding {
        settle(greeting.seen)
        var acked = acked[greeting.node] ?? [:]
        for end in greeting.ends where mutation != .endsAreNotCompared {
            let key = Key(node: greeting.node, lane: end.lane, n: end.n)
            guard end.n <= acked[end.lane] ?? 0, changes[key] != end.hash, quarantine[key] != end.hash else { continue }
            acked[end.lane] = end.n - 1
        }
        return UpstreamStanding(
            tenant: "north", version: SyncMachine.hubVersionMin, place: place, now: Date(timeIntervalSince1970: 0),
            acked: acked)
    }

    /// - Parameter digest: as it was sent, whatever happened to the rows.
    mutating func push(_ batch: ChangeBatch, digest: [UInt8]) -> PushAnswer {
        settle(batch.seen)
        let known = acked[batch.node]?[batch.lane] ?? Self.start(of: batch.lane)
        acked[batch.node, default: [:]][batch.lane] = known
        if batch.digest != digest, mutation != .digestIsNotLookedAt {
            return PushAnswer(verdict: .altered, acked: known, place: place)
        }
        if batch.first > known + 1, mutation != .gapsAreTaken {
            return PushAnswer(verdict: .gap, acked: known, place: place)
        }
        if let before = batch.before, mutation != .chainIsNotCompared, mutation != .gapsAreTaken {
            let key = Key(node: batch.node, lane: batch.lane, n: batch.first - 1)
            guard changes[key] == before || quarantine[key] == before else {
                return PushAnswer(
                    verdict: .gap, acked: max(Self.start(of: batch.lane), batch.first - 1_001), place: place)
            }
        }
        if mutation != .hashIsNotCompared, let n = firstForked(batch, known) {
            return PushAnswer(verdict: .forked(at: n), acked: known, place: place)
        }
        let isForgetful = mutation == .ackBeforeKeeping && batch.first % 7 == 3
        for row in batch.rows where (row.n > known || mutation == .duplicatesAreKept) && !isForgetful {
            keep(row, batch)
        }
        let standsStill = mutation == .ackStandsStill && batch.first % 5 == 2
        acked[batch.node, default: [:]][batch.lane] = standsStill ? known : max(known, batch.last)
        return PushAnswer(
            verdict: .ok, acked: max(known, batch.last), place: place, refused: refusals(of: batch, known))
    }

    /// As etc/hub/7-backfill.sql takes a large batch.
    ///
    /// - Parameter digests: as they were sent, one for each part of so many rows.
    mutating func push(_ batch: ChangeBatch, partRowCount: Int, digests: [[UInt8]]) -> PushAnswer {
        var refused: [PushAnswer.Refusal] = []
        var answer = PushAnswer(verdict: .altered, acked: 0, place: place)
        for (index, digest) in digests.enumerated() {
            let from = index * partRowCount
            var part = batch
            part.rows = Array(batch.rows[from..<min(from + partRowCount, batch.rows.count)])
            if index > 0 { part.before = nil }
            answer = push(part, digest: digest)
            refused += answer.refused
            guard answer.verdict == .ok else { break }
        }
        if mutation != .partsForgetRefusals { answer.refused = refused }
        return answer
    }

    /// What others did: all of the feed, a few at a time, and the records that changed there, as depotd.sync_hear tells them.
    mutating func pull(_ request: PullRequest) -> PullAnswer {
        let asked = request.asked
        settle(asked)
        let isFresh = asked.epoch != epoch
        let from = isFresh ? 0 : Int(asked.pos)
        let upTo = min(feed.count, from + 5)
        guard from <= upTo else { return PullAnswer(place: place, isFresh: false, hasMore: false, rows: []) }
        let words = words[from..<upTo].map { ToldRow(row: MergedRow(sort: "feed", id: $0), node: "") }
        // A page that is not the last one is told as of the feed's end.
        let end = upTo < feed.count && mutation != .endIsNotTold ? " \(feed.count) \(place.mark)" : ""
        return PullAnswer(
            place: HubPlace(epoch: epoch, pos: Int64(upTo), mark: mark(at: Int64(upTo)) + end), isFresh: isFresh,
            hasMore: upTo < feed.count || mutation == .moreIsAlwaysSaid,
            rows: words + told(after: from, upTo: upTo, isFresh ? "" : request.lane, request.node))
    }

    /// Records that changed in a stretch of the feed, but those that only this lane wrote.
    private func told(after from: Int, upTo: Int, _ lane: String, _ node: String) -> [ToldRow] {
        records.values.filter { record in
            guard record.pos > from, record.pos <= upTo else { return false }
            let latest = record.row.fields.values.compactMap(\.standing).max { $0.stamp < $1.stamp }
            if mutation == .ownRowsAreNeverTold, latest?.node == String(node.suffix(12)) { return false }
            return lane.isEmpty || record.writer != VersionVector.writer(of: lane)
        }.map { ToldRow(row: $0.row, node: "") }
    }

    /// Takes an edit into its record, as depotd.add_up does.
    private mutating func takeIn(_ edit: SimulatedEdit, _ n: Int64, _ batch: ChangeBatch) {
        let writer = VersionVector.writer(of: batch.lane)
        var (row, _, old) = records[edit.record] ?? (SimulatedEdit.row(edit.record), 0, writer)
        var said = edit.rowEdit(n, batch.node, batch.lane)
        switch mutation {
        case .latestArrivalStands:
            said.stamp = FieldSide.stamp(
                HybridTime(rawValue: Int64(feed.count)), n, node: batch.node, lane: batch.lane)
        case .wholeRowIsMerged: row.fields = [:]
        default: break
        }
        row.take(said)
        if mutation == .vectorsAreNotCompared {
            row.fields = row.fields.mapValues { FieldSides([$0.standing].compactMap(\.self)) }
        }
        records[edit.record] = (row, feed.count, old == writer ? writer : nil)
    }

    private func refusals(of batch: ChangeBatch, _ known: Int64) -> [PushAnswer.Refusal] {
        if mutation == .refusalsAreToldOnce, known >= batch.last { return [] }
        return batch.rows.compactMap { row in
            quarantine[Key(node: batch.node, lane: batch.lane, n: row.n)] == nil
                ? nil : PushAnswer.Refusal(n: row.n, reason: "poison")
        }
    }

    private mutating func keep(_ row: OutgoingChange, _ batch: ChangeBatch) {
        let key = Key(node: batch.node, lane: batch.lane, n: row.n)
        if mutation == .lastRowIsLost, row.n == batch.last, row.n % 3 == 1 { return }
        guard !row.isPoison else {
            if mutation != .poisonIsDropped { quarantine[key] = row.hash }
            return
        }
        defer { changes[key] = row.hash }
        if mutation != .siblingsAreNotAsked, isKnown(row, beside: batch) { return }
        if mutation == .positionIsUsedTwice, row.n % 4 == 2, !feed.isEmpty {
            feed.removeLast()
            words.removeLast()
            marks.removeLast()
        }
        feed.append(row.hash)
        words.append(String(row.hash.word, radix: 36))
        let mark = Array(SHA256.digest((marks.last?.bytes ?? []) + row.hash).prefix(8))
        marks.append((mark, Hex.text(mark)))
        if let edit = edits[row.hash.word] { takeIn(edit, row.n, batch) }
    }

    /// Whether the Change came under another lane of its epoch already.
    private func isKnown(_ row: OutgoingChange, beside batch: ChangeBatch) -> Bool {
        let epoch = Self.epoch(of: batch.lane) ?? batch.lane[...]
        return acked[batch.node, default: [:]].keys.contains { lane in
            lane != batch.lane && (Self.epoch(of: lane) ?? lane[...]) == epoch
                && changes[Key(node: batch.node, lane: lane, n: row.n)] == row.hash
        }
    }

    private func firstForked(_ batch: ChangeBatch, _ known: Int64) -> Int64? {
        batch.rows.first { row in
            let key = Key(node: batch.node, lane: batch.lane, n: row.n)
            return row.n <= known && changes[key] != row.hash && quarantine[key] != row.hash
        }?.n
    }

    private static let plus = UInt8(ascii: "+")

    /// What a forked lane was forked off: it is named EPOCH+AFTER+WORD. Nil for another one.
    static func epoch(of lane: String) -> Substring? { lane.utf8.firstIndex(of: plus).map { lane[..<$0] } }

    /// The number after which a lane begins.
    static func start(of lane: String) -> Int64 {
        guard let epoch = epoch(of: lane) else { return 0 }
        let rest = lane.utf8[epoch.endIndex...].dropFirst()
        return Int64(Substring(rest.prefix { $0 != plus })) ?? 0
    }
}

extension [UInt8] {
    /// Of a hash the first eight bytes: no two that are made here have them in common.
    var word: UInt64 { prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

extension OutgoingChange {
    /// Whether PostgreSQL can not keep it as JSON, or it is not what its hash was taken over.
    var isPoison: Bool { !isIntact || String(decoding: body, as: UTF8.self).contains(#"\u0000"#) }
}
