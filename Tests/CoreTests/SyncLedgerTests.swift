// What the box knows of the hub, as its file keeps it.
import Foundation
import Testing

@testable import Core

@Suite struct SyncLedgerTests {
    /// StoreComparisonTests found it, with seed 1026: the file had the fork last, and the hub was asked in its name.
    @Test func `a lane that is forked when there is a later one stays before it`() async throws {
        let depot = try await TestDepot()
        let first = try await depot.store.read { try SyncLedger.load(in: $0) }
        let lane = try #require(first.lanes.last)
        try #require(lane.last >= 3)
        let notes: [[SyncNote]] = [
            [.outgrown(lane: lane.name)], [.forked(lane: lane.name, at: 3, word: "aa")],
            [.forked(lane: lane.name + "+2+aa", at: 3, word: "bb")], [.forked(lane: lane.name, at: 2, word: "cc")],
        ]
        var names: [String] = []
        for note in notes {
            let noted = try await depot.store.write { try SyncLedger.note(note, in: $0) }
            let kept = try await depot.store.read { try SyncLedger.load(in: $0) }
            #expect(kept == noted)
            #expect(kept.lanes.last?.isOpen == true)
            names = kept.lanes.map { String($0.name.dropFirst(lane.name.count)) }
        }
        #expect(names == ["", "+1+cc", "+2+aa", "+2+bb", ""])
    }
}
