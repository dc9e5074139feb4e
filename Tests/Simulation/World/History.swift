// One history from its seed: what happens, what is mended, what is decided, and what the checker says of it.
import Core

/// A history that is over.
package struct History: Sendable {
    /// What happens before the line is mended.
    package static let stepCount = 250
    package let seed: UInt64
    /// What is wrong.
    package private(set) var complaints: [String] = []
    package private(set) var faults = FaultCounts()
    /// Comes of every chance that was taken and of what the hub and the boxes have in the end: the same for the same seed,
    /// whatever else runs.
    package private(set) var mark: UInt64 = 0

    /// Lets it happen.
    ///
    /// - Parameter tell: is told what happens, a line at a time.
    package init(seed: UInt64, mutation: Mutation? = nil, tell: ((String) -> Void)? = nil) {
        self.seed = seed
        var world = SimulatedWorld(seed: seed, mutation: mutation, tell: tell)
        do { complaints = try Self.complaints(of: &world) } catch { complaints = ["\(error)"] }
        faults = world.faults
        mark = world.mark
    }

    private static func complaints(of world: inout SimulatedWorld) throws -> [String] {
        let restless = ["the boxes do not come to rest"]
        try world.run(stepCount: stepCount)
        guard try world.mend() else { return restless }
        let complaints = Checker(world: world).complaints
        guard complaints.isEmpty else { return complaints }
        // Under a number that was used twice an answer may be taken for one that was known, but not beyond those.
        let answerCountMax = world.boxes.flatMap { $0.disk.rows.values.map(\.count) }.reduce(0, max) + 1
        for round in 0..<answerCountMax where round == 0 || world.isRenumbered(at: 0) {
            guard world.decide(at: 0) else { break }
            guard try world.mend() else { return restless }
        }
        let open = world.undecided.map { "\($0.record) \($0.field) is open after the answer" }
        return Checker(world: world).complaints + open
    }
}
