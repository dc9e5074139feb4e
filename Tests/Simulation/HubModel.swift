// The hub in Swift, to the letter of etc/hub/2-push.sql; HubComparisonTests holds it against PostgreSQL. A mutation makes it
// wrong in one way, and the checker has to find that out.
import Foundation

@testable import Core

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
    /// A word for all of the feed up to each position.
    private var marks: [[UInt8]] = []
    /// By node and lane.
    private(set) var acked: [String: [String: Int64]] = [:]
    private(set) var changes: [Key: [UInt8]] = [:]
    private(set) var quarantine: [Key: [UInt8]] = [:]
    var mutation: Mutation?

    var place: HubPlace {
        HubPlace(epoch: epoch, pos: Int64(feed.count), mark: mark(at: Int64(feed.count)))
    }

    private func mark(at pos: Int64) -> String {
        guard pos > 0, pos <= Int64(feed.count) else { return "" }
        return mutation == .markIsOfOneChange ? Hex.text(feed[Int(pos) - 1].prefix(8)) : Hex.text(marks[Int(pos) - 1])
    }

    /// A hub that was brought back from a backup and the lost one share an epoch until a box comes that knows better.
    private mutating func settle(_ seen: HubPlace) {
        guard seen.epoch == epoch, mutation != .hubKeepsItsEpoch else { return }
        if mutation == .markIsNotCompared ? seen.pos > Int64(feed.count) : seen.mark != mark(at: seen.pos) {
            epoch += "'"
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

    /// What others did, here all of the feed and a few at a time. etc/hub/5-pull.sql tells of a record once, as it is now, and
    /// leaves out one's own; which of the places are told of is the same.
    mutating func pull(_ request: PullRequest) -> PullAnswer {
        settle(request.seen)
        let isFresh = request.seen.epoch != epoch
        let from = isFresh ? 0 : Int(request.seen.pos)
        let upTo = min(feed.count, from + 5)
        guard from <= upTo else { return PullAnswer(place: place, isFresh: false, hasMore: false, assets: []) }
        return PullAnswer(
            place: HubPlace(epoch: epoch, pos: Int64(upTo), mark: mark(at: Int64(upTo))), isFresh: isFresh,
            hasMore: upTo < feed.count || mutation == .moreIsAlwaysSaid,
            assets: feed[from..<upTo].map { DistantAsset(id: Self.word(for: $0), node: "", depot: "", fields: [:]) })
    }

    /// What a pull calls a Change.
    static func word(for hash: [UInt8]) -> String { String(hash.map { Character(UnicodeScalar($0)) }) }

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
            marks.removeLast()
        }
        feed.append(row.hash)
        marks.append(Array(SHA256.digest((marks.last ?? []) + row.hash).prefix(8)))
    }

    /// Whether the Change came under another lane of its epoch already.
    private func isKnown(_ row: OutgoingChange, beside batch: ChangeBatch) -> Bool {
        let epoch = batch.lane.prefix { $0 != "+" }
        return acked[batch.node, default: [:]].keys.contains { lane in
            lane != batch.lane && lane.prefix { $0 != "+" } == epoch
                && changes[Key(node: batch.node, lane: lane, n: row.n)] == row.hash
        }
    }

    private func firstForked(_ batch: ChangeBatch, _ known: Int64) -> Int64? {
        batch.rows.first { row in
            let key = Key(node: batch.node, lane: batch.lane, n: row.n)
            return row.n <= known && changes[key] != row.hash && quarantine[key] != row.hash
        }?.n
    }

    /// A forked lane is named EPOCH+AFTER+WORD.
    static func start(of lane: String) -> Int64 {
        let parts = lane.split(separator: "+")
        return parts.count > 1 ? Int64(parts[1]) ?? 0 : 0
    }
}

extension OutgoingChange {
    /// Whether PostgreSQL can not keep it as JSON, or it is not what its hash was taken over.
    var isPoison: Bool { !isIntact || String(decoding: body, as: UTF8.self).contains(#"\u0000"#) }
}
