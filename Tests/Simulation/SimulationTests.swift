// Histories by the thousand: what the machine and the ledger of Core/Sync make of crashes, copies, lost and late messages.
// HISTORIES and SIMULATION_SEED in the environment choose how many and which; `make simulate` runs a hundred thousand.
import Foundation
import TestSupport
import Testing

@testable import Core

@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let historyCount = Int(environment["HISTORIES"] ?? "") ?? 300
    private static let firstSeed = UInt64(environment["SIMULATION_SEED"] ?? "") ?? 1
    private static let stepCount = 250

    /// What is wrong with one history, and what happened in it.
    private static func complaints(of seed: UInt64, _ mutation: Mutation? = nil) -> (
        texts: [String], faults: FaultCounts
    ) {
        var world = SimulatedWorld(seed: seed, mutation: mutation)
        do {
            try world.run(stepCount: stepCount)
            guard try world.mend() else { return (["the boxes do not come to rest"], world.faults) }
            return (Checker(world: world).complaints, world.faults)
        } catch {
            return (["\(error)"], world.faults)
        }
    }

    @Test func `whatever happens, every change is at the hub once when the line is mended`() {
        var faults = FaultCounts()
        for seed in Self.firstSeed..<Self.firstSeed + UInt64(Self.historyCount) {
            let (texts, happened) = Self.complaints(of: seed)
            faults.add(happened)
            guard texts.isEmpty else {
                Issue.record("SIMULATION_SEED=\(seed) HISTORIES=1: \(texts.prefix(5))")
                return
            }
        }
        print("\(Self.historyCount) histories of \(Self.stepCount) steps:", faults.counts.sorted { $0.key < $1.key })
        #expect(faults.counts.count >= 11, "every fault happened: \(faults.counts.keys)")
    }

    @Test(arguments: Mutation.allCases) func `a mistake in the protocol is found out`(mutation: Mutation) {
        let found = (1...UInt64(6_000)).first { !Self.complaints(of: $0, mutation).texts.isEmpty }
        #expect(found != nil, "\(mutation.rawValue) lives")
    }
}
