// One disk's life: a Store under scans, its power cut at a random operation, opened again and audited, over and over.
import Chance
import Foundation
import GRDB
import Logging
import Synchronization
import TestSupport

@testable import Core

/// What was told to somebody, and so may not be taken back.
final class Promises: Sendable {
    struct Told: Sendable {
        /// The outcome by the key of its scan.
        var outcomes: [String: [UInt8]] = [:]
        /// Hash by place, as published.
        var published: [Int64: [UInt8]] = [:]
        /// Keys whose scan was refused: they may be there or not.
        var open: [String: String] = [:]
        var faults: [String] = []
    }

    private let told = Mutex(Told())

    var now: Told { told.withLock { $0 } }
    func change(_ body: (inout Told) -> Void) { told.withLock { body(&$0) } }
}

/// A prepared depot as bytes, so that no run has to migrate.
struct PreparedDepot: Sendable {
    static let assetCount = 24
    let bytes: [UInt8]
    let clock: TestClock

    init() async throws {
        let depot = try await TestDepot()
        for number in 0..<Self.assetCount { _ = try await depot.asset("CAM-\(number)") }
        _ = try await depot.project("Opera", .model(depot.camera, quantity: 4))
        try depot.store.close()
        bytes = Array(try Data(contentsOf: URL(filePath: depot.store.path)))
        clock = depot.clock
    }
}

/// One disk through many cuts.
struct PowerCutRun {
    let prepared: PreparedDepot
    let seed: UInt64
    var synchronous = Store.Synchronous.full
    private let disk: PowerCutDisk
    private let promises = Promises()

    init(_ prepared: PreparedDepot, seed: UInt64, synchronous: Store.Synchronous = .full) {
        self.prepared = prepared
        self.seed = seed
        self.synchronous = synchronous
        disk = PowerCutDisk(holding: prepared.bytes)
    }

    /// What went wrong, in sentences; empty when every promise was kept. Ends with the first cut that broke one.
    func faults(cuts: Int) async throws -> [String] {
        var chance = SeededChance(seed: seed)
        var store = try open()
        for cut in 0..<cuts {
            await load(store, cut: cut, chance: &chance)
            disk.powerOn()
            // Its files are dead: closing can not do any more harm.
            try? store.close()
            store = try open()
            let faults = try await PowerCutAudit(store: store, told: promises.now).faults()
            guard faults.isEmpty else {
                try store.close()
                return faults.map { "seed \(seed), cut \(cut): \($0)" }
            }
            try await retry(store, chance: &chance)
        }
        try store.close()
        return promises.now.faults.map { "seed \(seed): \($0)" }
    }

    var promised: Int { promises.now.outcomes.count }

    private func open() throws -> Store {
        let store = try disk.store(prepared.clock.hybrid) { options in
            options.synchronous = synchronous
            options.checkpointPages = 60
        }
        store.onCommit { [promises] changes in
            promises.change { told in
                for change in changes {
                    let before = told.published.updateValue(change.hash, forKey: change.position.seq)
                    if before != nil { told.faults.append("seq \(change.position.seq) was published twice") }
                }
            }
        }
        return store
    }

    /// Three readers scan until the power goes; now and then somebody writes on a page.
    private func load(_ store: Store, cut: Int, chance: inout SeededChance) async {
        let door = DoorDesk(store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        disk.arm(after: Int.random(in: 1...260, using: &chance), seed: chance.next())
        await withTaskGroup(of: Void.self) { group in
            for reader in 0..<3 {
                let scans = SeededChance(seed: chance.next())
                group.addTask { await scan(at: door, named: "\(cut)-\(reader)", chance: scans) }
            }
        }
    }

    private func scan(at door: DoorDesk, named name: String, chance: SeededChance) async {
        var chance = chance
        for number in 0... {
            let code = Self.codes.randomElement(using: &chance) ?? ""
            guard await take(code, key: "\(name)-\(number)", at: door) else { return }
        }
    }

    private static let codes =
        (0..<PreparedDepot.assetCount).map { "CAM-\($0)" } + ["BADGE-ANA", "BADGE-BEN", "UNKNOWN-1", "UNKNOWN-2"]

    /// - Returns: whether it was taken.
    private func take(_ code: String, key: String, at door: DoorDesk) async -> Bool {
        prepared.clock.advance(.milliseconds(700))
        let now = prepared.clock.now
        let scan = Scan(
            key: key, reader: nil, raw: Array(code.utf8), at: now, monotonic: UInt64(now.milliseconds) * 1_000_000)
        do {
            let answer = try await door.take(scan)
            promises.change { told in
                told.outcomes[key] = answer.body.bytes
                told.open[key] = nil
            }
            return true
        } catch {
            promises.change { $0.open[key] = code }
            return false
        }
    }

    /// What was refused is sent again under its key, and what was told is asked for again.
    private func retry(_ store: Store, chance: inout SeededChance) async throws {
        let door = DoorDesk(store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        for (key, code) in promises.now.open {
            guard await take(code, key: key, at: door) else { continue }
        }
    }
}
