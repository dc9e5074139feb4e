// The model of the hub beside PostgreSQL: the same calls in the same order, the same answers. What the simulator says of the
// model is then true of the SQL. COMPARISONS and SIMULATION_SEED choose how many histories and which; the issue's number is
// 1,000, which `make simulate` runs.
import Chance
import Foundation
import TestSupport
import Testing

@testable import Core
@testable import Drivers
@testable import SyncWorld

@Suite struct HubComparisonTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = Int(environment["COMPARISONS"] ?? "") ?? 40
    private static let firstSeed = UInt64(environment["SIMULATION_SEED"] ?? "") ?? 1

    /// Two logs of one lane that are the same up to a point: what a box writes that was brought back.
    private static func logs(_ chance: inout SeededChance, node: String, lane: String) -> [[OutgoingChange]] {
        let parting = Int.random(in: 1...30, using: &chance)
        let shared = (0..<parting).map { row(at: $0, "a", node, lane, &chance) }
        return ["b", "c"].map { log in
            shared + (parting..<parting + 30).map { row(at: $0, log, node, lane, &chance) }
        }
    }

    private static func row(
        at index: Int, _ log: String, _ node: String, _ lane: String, _ chance: inout SeededChance
    ) -> OutgoingChange {
        let isPoison = Int.random(in: 0..<12, using: &chance) == 0
        let base = Bool.random(using: &chance) ? VersionVector() : Self.base(&chance)
        let ground = base.isEmpty ? "" : #","base":{"name":\#(base.json.text)}"#
        let body = Array(
            #"{"id":"\#(index % 5)","name":"\#(log)\#(index)\#(isPoison ? #"\u0000"# : "")"\#(ground)}"#.utf8)
        let time = HybridTime(rawValue: Int64(index + 1) << 20)
        let hash = Change.hash(
            node: node, epoch: String(lane.prefix { $0 != "+" }), n: Int64(index) + 1, time: time, actor: nil,
            device: log, address: nil, topic: "assets", kind: "edited", subject: "\(index % 5)", body: body)
        let isIntact = Int.random(in: 0..<20, using: &chance) != 0
        return OutgoingChange(
            n: Int64(index) + 1, hlc: time.rawValue, monotonic: Int64(index), device: log, topic: "assets",
            kind: "edited", subject: "\(index % 5)", body: body, hash: isIntact ? hash : SHA256.digest(hash),
            isIntact: isIntact)
    }

    /// What somebody may have seen of both lanes.
    private static func base(_ chance: inout SeededChance) -> VersionVector {
        VersionVector(
            Dictionary(
                uniqueKeysWithValues: lanes.map {
                    (VersionVector.writer(of: $0), Int64.random(in: 1...60, using: &chance))
                }))
    }

    private static let node = "node00000001"
    private static let lanes = ["epoch0000001", "epoch0000001+4+abcdabcdabcd"]

    /// A row as the model's edit: the model has no bodies.
    private static func edit(_ row: OutgoingChange) -> SimulatedEdit? {
        guard let body = try? JSON(parsing: row.body) else { return nil }
        return SimulatedEdit(
            id: Int(row.n), node: node, record: row.subject, field: "name", time: row.hlc,
            base: VersionVector(body["base"]?["name"] ?? [:]), saw: [])
    }

    /// Who stands where with which base; values are as different as their stamps.
    private static func sides(_ row: MergedRow) -> [[String]] {
        row.fields["name"]?.sides.map { [$0.stamp, $0.base.json.text] } ?? []
    }

    @Test func `the model answers as PostgreSQL does`() async throws {
        let hub = try RealHub()
        let boss = try hub.installer
        let upstream = try hub.depot("Hall").upstream
        for seed in Self.firstSeed..<Self.firstSeed + UInt64(Self.count) {
            try boss.run(RealHub.emptying)
            try await compare(upstream, seed: seed)
        }
    }

    private func compare(_ upstream: PostgresUpstream, seed: UInt64) async throws {
        var chance = SeededChance(seed: seed)
        var model = HubModel()
        let (node, lanes) = (Self.node, Self.lanes)
        let logs = lanes.map { Self.logs(&chance, node: node, lane: $0) }
        for row in logs.joined().joined() { model.edits[row.hash.word] = Self.edit(row) }
        var seen = HubPlace(epoch: "", pos: 0, mark: "")
        model.epoch = try await upstream.meet(
            UpstreamGreeting(node: node, depot: "Hall", place: nil, seen: seen)
        ).place.epoch
        for step in 0..<20 {
            let note = Comment(rawValue: "SIMULATION_SEED=\(seed) COMPARISONS=1, step \(step)")
            guard Int.random(in: 0..<5, using: &chance) > 0 else {
                let ends = zip(lanes, logs).map { lane, logs in
                    let row = logs[Int.random(in: 0..<2, using: &chance)].randomElement(using: &chance)
                    return LaneEnd(lane: lane, n: row?.n ?? 1, hash: row?.hash ?? [])
                }
                let greeting = UpstreamGreeting(node: node, depot: "Hall", place: nil, seen: seen, ends: ends)
                let real = try await upstream.meet(greeting)
                let made = model.meet(greeting)
                #expect(real.acked == made.acked, note)
                #expect(real.place == made.place, note)
                seen = real.place
                continue
            }
            let which = Int.random(in: 0..<2, using: &chance)
            let log = logs[which][Int.random(in: 0..<4, using: &chance) == 0 ? 1 : 0]
            let known = Int(model.acked[node]?[lanes[which]] ?? HubModel.start(of: lanes[which]))
            let from = max(0, known + Int.random(in: -6...1, using: &chance))
            guard from < log.count else { continue }
            let upTo = min(log.count, from + Int.random(in: 1...8, using: &chance))
            let batch = ChangeBatch(
                node: node, lane: lanes[which],
                before: from > HubModel.start(of: lanes[which]) ? log[from - 1].hash : nil, boot: "boot", seen: seen,
                rows: Array(log[from..<upTo]))
            let real = try await upstream.push(batch)
            let made = model.push(batch, digest: batch.digest)
            #expect(real.verdict == made.verdict, note)
            #expect(real.acked == made.acked, note)
            #expect(real.place == made.place, note)
            #expect(real.refused.map(\.n) == made.refused.map(\.n), note)
            seen = real.place
            guard step % 5 == 4 else { continue }
            let nowhere = HubPlace(epoch: "", pos: 0, mark: "")
            let told = try await upstream.pull(PullRequest(node: node, lane: "", seen: nowhere, rowCountMax: 100))
            let rows = Dictionary(uniqueKeysWithValues: told.rows.map { ($0.row.id, Self.sides($0.row)) })
            #expect(rows == model.records.mapValues { Self.sides($0.row) }, note)
        }
    }
}
