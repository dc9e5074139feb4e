// A thousand power cuts. What was answered or published is on disk, whatever the disk forgets.
import Foundation
import Testing

@testable import Core

@Suite struct PowerCutTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// Given back by `POWER_CUT_SEED` to see one disk's life again.
    private static let seed = environment["POWER_CUT_SEED"].flatMap { UInt64($0) }
    private static let cutCount = environment["POWER_CUTS"].flatMap { Int($0) } ?? 1_000
    private static let cutsPerDisk = 20

    @Test func `nothing that was answered or published is lost in a thousand power cuts`() async throws {
        let prepared = try await PreparedDepot()
        let first = Self.seed ?? UInt64.random(in: 0 ... .max)
        let disks = Self.seed == nil ? max(1, Self.cutCount / Self.cutsPerDisk) : 1
        let scans = try await withThrowingTaskGroup(of: Int.self) { group in
            var scans = 0
            for disk in 0..<disks {
                // Two at a time: as many as a small box has processors.
                if disk >= 2 { scans += try await group.next() ?? 0 }
                group.addTask {
                    let run = PowerCutRun(prepared, seed: first &+ UInt64(disk))
                    let faults = try await run.faults(cuts: Self.cutsPerDisk)
                    #expect(faults.isEmpty, "POWER_CUT_SEED=\(run.seed)")
                    return run.promised
                }
            }
            for try await count in group { scans += count }
            return scans
        }
        #expect(scans > disks * Self.cutsPerDisk, "the load must be worth the cuts")
    }

    @Test func `with synchronous NORMAL power cuts take back what was answered`() async throws {
        let prepared = try await PreparedDepot()
        var faults: [String] = []
        for seed in UInt64(1)...40 where faults.isEmpty {
            faults = try await PowerCutRun(prepared, seed: seed, synchronous: .normal).faults(cuts: 20)
        }
        #expect(faults.contains { $0.contains("lost") })
    }
}
