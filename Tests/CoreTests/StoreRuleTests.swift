// The rules of the writer, each in a test that fails when the rule is broken: who goes first, who is refused, what a
// failure takes with it, when the disk is waited for, and who may checkpoint.
import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import Core

/// Keeps the writer busy, so that what is submitted meanwhile waits and is drained as one group.
final class Gate: Sendable {
    private let isOpen = Atomic(false)
    private let isClosed = Atomic(false)

    /// Occupies the writer, lets `submit` queue its operations, and lets them through when `count` of them wait.
    static func hold<T: Sendable>(
        _ store: Store, until count: Int, _ submit: @escaping @Sendable (inout TaskGroup<T>) async -> Void
    ) async -> [T] {
        let gate = Gate()
        async let holder: Void? = try? store.write { _ in
            gate.isClosed.store(true, ordering: .releasing)
            _ = waits(upTo: 240) { gate.isOpen.load(ordering: .acquiring) }
        }
        // Hundreds of tests begin at once, and a task may wait minutes for its first turn.
        #expect(await comes(upTo: 240) { gate.isClosed.load(ordering: .acquiring) })
        let results = await withTaskGroup(of: T.self) { group in
            await submit(&group)
            #expect(await comes(upTo: 240) { store.figures.waiting >= count })
            gate.isOpen.store(true, ordering: .releasing)
            return await group.reduce(into: []) { $0.append($1) }
        }
        _ = await holder
        return results
    }
}

@Suite struct StoreRuleTests {
    @Test func `an operation that fails takes nothing of its group with it`() async throws {
        let depot = try await TestDepot()
        let before = depot.store.figures.commits
        let results = await Gate.hold(depot.store, until: 3) { (group: inout TaskGroup<Bool>) in
            for name in ["one", "two", "three"] {
                group.addTask {
                    (try? await depot.store.write { transaction in
                        try transaction.append(.assets, "test", subject: name, [:])
                        if name == "two" { throw Failure(.invalid, "no") }
                        return true
                    }) == true
                }
            }
        }
        #expect(results.count { $0 } == 2)
        #expect(depot.store.figures.commits - before == 1, "what waits while a group runs goes with it")
        let subjects = try await depot.changes().filter { $0.kind == "test" }.map(\.subject)
        #expect(Set(subjects) == ["one", "three"])
    }

    @Test func `scans go before everything else that waits`() async throws {
        let depot = try await TestDepot()
        let order = Gathered<String>()
        _ = await Gate.hold(depot.store, until: 6) { (group: inout TaskGroup<Void>) in
            for lane in [WriteLane.page, .page, .page, .door, .door, .door] {
                group.addTask { _ = try? await depot.store.write(lane: lane) { _ in order.add("\(lane)") } }
                // Each waits before the next is submitted, so pages do come first.
                let count = depot.store.figures.waiting + 1
                _ = await comes(upTo: 5) { depot.store.figures.waiting >= count }
            }
        }
        #expect(order.all == ["door", "door", "door", "page", "page", "page"])
    }

    @Test func `a group has a bound`() async throws {
        var options = Store.Options()
        options.groupWritesMax = 4
        let depot = try await TestDepot(options: options)
        let before = depot.store.figures.commits
        _ = await Gate.hold(depot.store, until: 8) { (group: inout TaskGroup<Void>) in
            for _ in 0..<8 { group.addTask { _ = try? await depot.store.write { _ in } } }
        }
        #expect(depot.store.figures.commits - before == 3)
    }

    @Test func `what is too much to wait for is refused`() async throws {
        var options = Store.Options()
        options.waitingWritesMax = 4
        let depot = try await TestDepot(options: options)
        let codes = await Gate.hold(depot.store, until: 4) { (group: inout TaskGroup<Failure.Code?>) in
            for _ in 0..<6 {
                group.addTask {
                    do {
                        try await depot.store.write { _ in }
                        return Failure.Code?.none
                    } catch { return (error as? Failure)?.code }
                }
            }
        }
        #expect(codes.count { $0 == .unavailable } == 2)
        #expect(codes.count { $0 == nil } == 4)
    }

    @Test func `a group has its lock from the start`() async throws {
        let depot = try await TestDepot()
        let path = depot.store.path
        let code = try await depot.store.write { _ -> ResultCode? in
            var configuration = GRDB.Configuration()
            configuration.busyMode = .immediateError
            let other = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? other.close() }
            do {
                try other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE; ROLLBACK") }
                return nil
            } catch { return (error as? DatabaseError)?.resultCode }
        }
        #expect(code == .SQLITE_BUSY)
    }

    @Test func `a group is answered after one sync`() async throws {
        let disk = PowerCutDisk(holding: [])
        let store = try disk.store(HybridClock())
        _ = try await store.write { try $0.append(.assets, "test", subject: "first", [:]) }
        let before = disk.syncs
        _ = try await store.write { try $0.append(.assets, "test", subject: "second", [:]) }
        #expect(disk.syncs - before == 1)
        try store.close()
    }

    @Test func `half of those who wait are decided while the others are synced`() async throws {
        let disk = PowerCutDisk(holding: [])
        let store = try disk.store(HybridClock())
        let before = (store.figures.commits, disk.syncs)
        disk.slow(milliseconds: 200)
        let seen = await Gate.hold(store, until: 40) { (group: inout TaskGroup<Int64>) in
            for _ in 0..<40 { group.addTask { (try? await store.write { _ in disk.syncs }) ?? -1 } }
        }
        #expect(store.figures.commits - before.0 == 2)
        #expect(seen == Array(repeating: before.1, count: 40), "none waited for a sync to be decided")
        disk.slow(milliseconds: 0)
        try store.close()
    }

    @Test func `what is read is on the disk`() async throws {
        let disk = PowerCutDisk(holding: [])
        let store = try disk.store(HybridClock())
        disk.slow(milliseconds: 200)
        let before = disk.syncs
        async let written: Void = store.write { _ = try $0.append(.assets, "test", subject: "one", [:]) }
        while try await store.changes(after: 0, limit: 1).isEmpty {}
        #expect(disk.syncs > before)
        try await written
        disk.slow(milliseconds: 0)
        try store.close()
    }

    @Test func `nobody checkpoints by closing`() async throws {
        let disk = PowerCutDisk(holding: [])
        let store = try disk.store(HybridClock())
        _ = try await store.write { try $0.append(.assets, "test", subject: "first", [:]) }
        disk.failSyncs(1)
        _ = try? await store.write { try $0.append(.assets, "test", subject: "second", [:]) }
        let before = (disk.size(of: "depot.sqlite"), disk.size(of: "depot.sqlite-wal"))
        try store.close()
        #expect((disk.size(of: "depot.sqlite"), disk.size(of: "depot.sqlite-wal")) == before)
        #expect(before.1 > 0)
    }

    @Test func `closing copies everything back and empties the WAL`() async throws {
        let disk = PowerCutDisk(holding: [])
        let store = try disk.store(HybridClock())
        _ = try await store.write { try $0.append(.assets, "test", subject: "first", [:]) }
        try store.close()
        #expect(disk.size(of: "depot.sqlite-wal") == 0)
    }
}

/// What a disk that is full or fails does to a Store.
@Suite struct StoreFaultTests {
    private static func append(_ subject: String, to store: Store) async throws {
        _ = try await store.write { try $0.append(.assets, "test", subject: subject, [:]) }
    }

    private static func seqs(_ store: Store) async throws -> [Int64] {
        try await store.changes(after: 0, limit: 1_000).map(\.position.seq)
    }

    @Test func `a full disk is refused by name, and writing goes on when there is room`() async throws {
        let disk = PowerCutDisk(holding: [])
        let store = try disk.store(HybridClock())
        try await Self.append("one", to: store)
        disk.leave(bytes: 0)
        for _ in 0..<3 {
            do {
                try await Self.append("two", to: store)
                Issue.record("there is no room")
            } catch { #expect((error as? Failure)?.message.contains("disk is full") == true) }
        }
        disk.leave(bytes: nil)
        try await Self.append("three", to: store)
        #expect(store.fault == nil)
        #expect(try await Self.seqs(store) == [1, 2])
        try store.close()
    }

    @Test func `a disk that fills up in an operation takes back the whole group and leaves no gap`() async throws {
        let depot = try await TestDepot()
        try await depot.store.write { transaction in
            let pages = try Int.fetchOne(transaction.database, sql: "PRAGMA page_count") ?? 0
            try transaction.database.execute(sql: "PRAGMA max_page_count = \(pages + 20)")
        }
        let before = try await depot.changes().count
        let refusals = await Gate.hold(depot.store, until: 3) { (group: inout TaskGroup<String>) in
            for size in [10, 10_000_000, 10] {
                group.addTask {
                    do {
                        try await depot.store.write { transaction in
                            try transaction.append(.assets, "test", subject: "x", [:])
                            // A desk that carries on after a failure must not write outside the transaction.
                            _ = try? transaction.attempt {
                                try transaction.append(
                                    .assets, "test", subject: String(repeating: "x", count: size), [:])
                            }
                            try transaction.append(.assets, "test", subject: "y", [:])
                        }
                        return ""
                    } catch { return (error as? Failure)?.message ?? "\(error)" }
                }
            }
        }
        // What was not yet taken into the group goes with the next.
        let refused = refusals.filter { !$0.isEmpty }
        #expect(!refused.isEmpty && refused.allSatisfy { $0.contains("disk is full") }, "\(refusals)")
        let kept = before + 3 * (refusals.count - refused.count)
        #expect(try await depot.changes().count == kept)
        try await depot.store.write { try $0.database.execute(sql: "PRAGMA max_page_count = 1000000") }
        try await Self.append("after", to: depot.store)
        #expect(try await Self.seqs(depot.store) == Array(1...Int64(kept + 1)))
    }

    @Test func `what is refused within an operation takes only itself back, and a disk that fails is not passed over`()
        async throws
    {
        let depot = try await TestDepot()
        let before = try await depot.changes().count
        let refused = try await depot.store.write { transaction in
            let refused: Bool? = try transaction.unlessRefused {
                try transaction.append(.assets, "test", subject: "x", [:])
                throw Failure(.conflict, "That is somebody else's.")
            }
            try transaction.append(.assets, "test", subject: "y", [:])
            return refused
        }
        #expect(refused == nil)
        #expect(try await depot.changes().count == before + 1)
        for subject in ["z", "later"] {
            await #expect {
                try await depot.store.write { transaction in
                    let isFailing = subject == "z"
                    _ = try transaction.unlessRefused {
                        if isFailing { throw DatabaseError(resultCode: .SQLITE_IOERR) }
                    }
                    _ = try transaction.append(.assets, "test", subject: subject, [:])
                }
            } throws: {
                ($0 as? Failure)?.message.contains("disk failed") == true
            }
        }
        #expect(try await depot.changes().count == before + 1)
    }

    @Test func `a sync that failed ends all writing until the file is opened again`() async throws {
        for seed in UInt64(1)...8 {
            let disk = PowerCutDisk(holding: [])
            let store = try disk.store(HybridClock())
            try await Self.append("one", to: store)
            let told = Gathered<Failure>()
            store.onFault { told.add($0) }
            disk.failSyncs(1)
            await #expect(throws: Failure(.unavailable, "")) { try await Self.append("two", to: store) }
            await #expect(throws: Failure(.unavailable, "")) { try await Self.append("three", to: store) }
            #expect(told.count == 1 && store.fault != nil)
            try store.close()
            disk.cut(seed: seed)
            disk.powerOn()
            let again = try disk.store(HybridClock())
            let seqs = try await Self.seqs(again)
            #expect(seqs == [1])
            try await Self.append("four", to: again)
            try again.close()
        }
    }

    @Test func `a checkpoint whose sync failed is not tried again`() async throws {
        for seed in UInt64(1)...8 {
            let disk = PowerCutDisk(holding: [])
            let store = try disk.store(HybridClock()) { $0.checkpointPages = 1 }
            try await Self.append("one", to: store)
            // The group's own sync is done when it is published; the next is the checkpoint's.
            store.onCommit { _ in disk.failSyncs(2) }
            _ = try? await Self.append("two", to: store)
            #expect(await comes { store.fault != nil })
            disk.failSyncs(0)
            await #expect(throws: Failure(.unavailable, "")) { try await Self.append("three", to: store) }
            try store.close()
            disk.cut(seed: seed)
            disk.powerOn()
            let again = try disk.store(HybridClock())
            let seqs = try await Self.seqs(again)
            #expect(seqs == [1, 2])
            try again.close()
        }
    }

    @Test func `a damaged file whose last writer did not close it is not opened`() async throws {
        let depot = try await TestDepot()
        for number in 0..<40 { _ = try await depot.asset("CAM-\(number)") }
        try await depot.store.write { _ in }
        try depot.store.close()
        let path = depot.store.path
        let again = try Store(path: path, clock: depot.clock.hybrid)
        try await Self.append("unclean", to: again)
        let copy = depot.folder + "/copy.sqlite"
        // A page that nothing reads while the file is opened.
        let page = try await again.read { database in
            try Int.fetchOne(database, sql: "SELECT max(pageno) FROM dbstat WHERE name = 'identifier_asset'")
        }
        var bytes = try Data(contentsOf: URL(filePath: path))
        let start = try #require(page) * 4_096 - 4_096
        bytes.replaceSubrange(start..<start + 4_096, with: Data(repeating: 0x5A, count: 4_096))
        try bytes.write(to: URL(filePath: copy))
        try FileManager.default.copyItem(atPath: path + "-wal", toPath: copy + "-wal")
        try again.close()
        let refusal = #expect(throws: Failure.self) { try Store(path: copy, clock: depot.clock.hybrid) }
        #expect(refusal?.message.contains("is damaged") == true)
    }
}
