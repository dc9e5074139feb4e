// The simulator's disk and hub beside a real SpatiaLite Store and a real PostgreSQL: the same histories, and after each step
// the same ledgers, batches, answers and places; in the end the same rows, refusals and sums. What the simulator says of its
// models is then true of what ships. COMPARISONS and SIMULATION_SEED choose how many histories and which; `make simulate`
// runs 1,000.
import Chance
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Core
@testable import Drivers
@testable import SyncWorld

@Suite struct StoreComparisonTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = Int(environment["COMPARISONS"] ?? "") ?? 50
    private static let firstSeed = UInt64(environment["SIMULATION_SEED"] ?? "") ?? 1
    private static let stepCount = 60

    /// What all histories share: a hub, two depots that may come, and a new Store's file.
    private struct Ground {
        let folder = NSTemporaryDirectory() + "depotd-comparison-" + UUID().uuidString
        let hub: RealHub
        let boss: HubInstaller
        let upstreams: [[PostgresUpstream]]

        init() throws {
            hub = try RealHub()
            boss = try hub.installer
            upstreams = try ["Hall", "Quay"].map { [hub] name in
                var limits = PostgresUpstream.Limits()
                (limits.rowCount, limits.partRowCount) = (3, 3)
                let place = try hub.depot(name)
                let address = try PostgresAddress(place.url, password: place.password)
                return [place.upstream, PostgresUpstream(address, limits: limits)]
            }
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            _ = try Store(path: folder + "/new", clock: HybridClock())
            // Who it is is made up when it is opened next.
            try DatabaseQueue(path: folder + "/new").writeWithoutTransaction {
                // A disk that damages a row does not ask the trigger either.
                try $0.execute(
                    sql: """
                        DELETE FROM node; DELETE FROM epoch; DROP TRIGGER change_is_final;
                        PRAGMA wal_checkpoint(TRUNCATE)
                        """)
            }
        }
    }

    /// One history of two boxes and a hub.
    private struct History {
        var hub = PairedHub()
        var boxes: [PairedBox] = []
        var chance: SeededChance
        private var hubCopies: [HubModel] = []
        private let ground: Ground

        init(seed: UInt64, on ground: Ground) async throws {
            self.ground = ground
            chance = SeededChance(seed: seed)
            try ground.boss.run(
                RealHub.emptying + """
                    UPDATE depotd.tenant SET epoch = gen_random_uuid()::text;
                    DROP SCHEMA IF EXISTS copies CASCADE; CREATE SCHEMA copies;
                    """)
            for index in 0..<2 {
                let path = "\(ground.folder)/\(seed)-\(index)"
                try FileManager.default.copyItem(atPath: ground.folder + "/new", toPath: path)
                boxes.append(
                    try await PairedBox(path: path, upstreams: ground.upstreams[index], seed: chance.next()))
            }
        }

        mutating func happen(_ number: Int) async throws {
            let box = boxes[Int.random(in: 0..<2, using: &chance)]
            switch Int.random(in: 0..<100, using: &chance) {
            case 0..<20: try await box.write(&chance, name: "\(number)")
            case 20..<24: box.start(seed: chance.next())
            case 24..<27: try box.copy()
            case 27..<29: try await box.putBack(&chance)
            case 29..<31: try copyHub()
            case 31..<33: try bringBackHub()
            default: for _ in 0..<4 { try await box.advance(&hub, &chance, isMended: false) }
            }
        }

        private static let tables = ["change", "quarantine", "lane", "record"]

        private mutating func copyHub() throws {
            for table in Self.tables + ["tenant"] {
                try ground.boss.run("CREATE TABLE copies.\(table)\(hubCopies.count) AS TABLE depotd.\(table)")
            }
            hubCopies.append(hub.model)
        }

        private mutating func bringBackHub() throws {
            guard let which = hubCopies.indices.randomElement(using: &chance) else { return }
            let tables = Self.tables.map {
                "TRUNCATE depotd.\($0); INSERT INTO depotd.\($0) TABLE copies.\($0)\(which);"
            }
            try ground.boss.run(
                tables.joined() + """
                    UPDATE depotd.tenant t SET pos = c.pos, epoch = c.epoch FROM copies.tenant\(which) c
                    WHERE c.tenant = t.tenant;
                    """)
            hub.model = hubCopies[which].broughtBack(insteadOf: hub.model)
        }

        mutating func mend() async throws {
            for _ in 0..<3 {
                for box in boxes {
                    box.start(seed: chance.next())
                    var count = 0
                    while box.step != .rest(.untilNeeded) {
                        try await box.advance(&hub, &chance, isMended: true)
                        count += 1
                        try #require(count < 500, "it does not come to rest")
                    }
                }
            }
        }
    }

    @Test func `the same history gives the same rows, refusals and places`() async throws {
        // In a run of all tests others want a core, too.
        let workerCount = Self.environment["COMPARISONS"] == nil ? 1 : ProcessInfo.processInfo.activeProcessorCount
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<workerCount {
                group.addTask { try await Self.compare(from: worker, by: workerCount) }
            }
            try await group.waitForAll()
        }
    }

    /// Every so manieth of the histories, until one goes wrong.
    private static func compare(from first: Int, by step: Int) async throws {
        let ground = try Ground()
        defer { try? FileManager.default.removeItem(atPath: ground.folder) }
        for index in stride(from: first, to: count, by: step) {
            let seed = firstSeed + UInt64(index)
            do {
                var history = try await History(seed: seed, on: ground)
                for number in 0..<stepCount { try await history.happen(number) }
                try await history.mend()
                try await compare(history, ground)
            } catch {
                Issue.record("SIMULATION_SEED=\(seed) COMPARISONS=1: \(error)")
                return
            }
            for file in try FileManager.default.contentsOfDirectory(atPath: ground.folder) where file != "new" {
                try FileManager.default.removeItem(atPath: "\(ground.folder)/\(file)")
            }
        }
    }

    private static func compare(_ history: History, _ ground: Ground) async throws {
        let model = history.hub.model
        let feed = try ground.boss.ask(
            "SELECT encode(hash, 'hex') FROM depotd.change WHERE pos IS NOT NULL ORDER BY pos")
        try #require(feed.map { $0[0] } == model.feed.map { Hex.text($0) }, "the feed")
        for (table, made) in [("change", model.changes), ("quarantine", model.quarantine)] {
            let real = try ground.boss.ask("SELECT node, epoch, n, encode(hash, 'hex') FROM depotd.\(table)")
            try #require(real.count == made.count, "\(table)")
            for row in real {
                let key = HubModel.Key(node: row[0] ?? "", lane: row[1] ?? "", n: Int64(row[2] ?? "") ?? 0)
                try #require(made[key].map { Hex.text($0) } == row[3], "\(table) \(key)")
            }
        }
        let (real, made) = (try sums(ground), sums(of: history))
        try #require(real == made, "the sums")
        for box in history.boxes {
            let refused = try await box.store.read { database in
                try Data.fetchSet(
                    database,
                    sql: """
                        SELECT c.hash FROM upstream_refusal r JOIN upstream_lane l ON l.name = r.lane
                        JOIN change c ON c.epoch = l.epoch AND c.n = r.n
                        """)
            }
            try #require(Set(refused.map { Array($0) }) == box.mirror.disk.refused, "refusals")
        }
    }

    /// What the hub adds up, record by record and field by field.
    private static func sums(_ ground: Ground) throws -> [String: [String: String]] {
        let rows = try ground.boss.ask(
            "SELECT r.id, f.key, f.value FROM depotd.record r, LATERAL jsonb_each_text(r.fields) f")
        return rows.reduce(into: [:]) { sums, row in sums[row[0] ?? "", default: [:]][row[1] ?? ""] = row[2] }
    }

    /// The newest value of each field, of all that is in the feed.
    private static func sums(of history: History) -> [String: [String: String]] {
        var newest: [String: [String: (stamp: String, value: String)]] = [:]
        for hash in history.hub.model.feed {
            guard let made = history.boxes.lazy.compactMap({ $0.made[hash] }).first else { continue }
            for (field, value) in made.fields where made.stamp > newest[made.subject]?[field]?.stamp ?? "" {
                newest[made.subject, default: [:]][field] = (made.stamp, value)
            }
        }
        return newest.mapValues { $0.mapValues(\.value) }
    }
}
