// The Store's rules: one sync for many, a gapless log, readers that can not write, and nothing twice.
import Core
import Foundation
import GRDB
import Testing

@Suite struct StoreTests {
    @Test func `the writer syncs before it answers and writes ahead`() async throws {
        let depot = try await TestDepot()
        let settings = try await depot.store.write { transaction in
            try ["journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint"].map {
                try String.fetchOne(transaction.database, sql: "PRAGMA \($0)")
            }
        }
        // The groups' syncs are DiskSync's, not SQLite's.
        #expect(settings == ["wal", "1", "1", "0"])
        #expect(try await depot.store.synchronous() == "FULL")
    }

    @Test func `a reader can neither write nor checkpoint`() async throws {
        let depot = try await TestDepot()
        _ = try await depot.asset("CAM-7")
        await #expect(throws: (any Error).self) {
            try await depot.store.read { try $0.execute(sql: "UPDATE node SET hlc = 0") }
        }
        let wal = depot.store.path + "-wal"
        let before = try Data(contentsOf: URL(fileURLWithPath: wal)).count
        let row = try? await depot.store.read {
            try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)")?["busy"] as Int?
        }
        #expect(row != .some(0))
        #expect(try Data(contentsOf: URL(fileURLWithPath: wal)).count == before)
    }

    @Test func `the log has no gaps although operations fail`() async throws {
        let depot = try await TestDepot()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    _ = try? await depot.store.write { transaction in
                        try transaction.append(.assets, "test", subject: "\(number)", ["n": .int(Int64(number))])
                        if number % 3 == 0 { throw Failure(.invalid, "no") }
                    }
                }
            }
            try await group.waitForAll()
        }
        let changes = try await depot.changes()
        #expect(changes.map(\.position.seq) == Array(1...Int64(changes.count)))
        #expect(changes.map(\.n) == Array(1...Int64(changes.count)))
        #expect(changes.filter { $0.kind == "test" }.count == 133)
        #expect(zip(changes, changes.dropFirst()).allSatisfy { $0.time <= $1.time })
    }

    @Test func `a refusal by itself is not committed and leaves the writer as it was`() async throws {
        let depot = try await TestDepot()
        let before = depot.store.figures.commits
        await #expect(throws: Failure(.invalid, "no")) {
            try await depot.store.write { transaction in
                try transaction.append(.assets, "test", subject: "1", ["n": 1])
                throw Failure(.invalid, "no")
            }
        }
        #expect(depot.store.figures.commits == before)
        _ = try await depot.asset("CAM-7")
        #expect(try await depot.changes().last?.kind == "created")
    }

    @Test(arguments: [
        0, -1, 1, 86_399_999, 951_782_399_999, 951_782_400_000, 951_868_800_000, 1_795_223_262_971,
        4_107_542_400_000, -2_203_891_200_001,
    ])
    func `an instant is written to the millisecond, as Foundation writes it to the second`(milliseconds: Int64) {
        let part = (milliseconds % 1000 + 1000) % 1000
        let second = Date(timeIntervalSince1970: Double((milliseconds - part) / 1000))
        let text = second.formatted(Date.ISO8601FormatStyle()).dropLast() + ".\(String(1000 + part).dropFirst())Z"
        #expect(Date(timeIntervalSince1970: Double(milliseconds) / 1000).iso8601 == text)
    }

    @Test func `waiting operations share one commit`() async throws {
        let depot = try await TestDepot()
        let before = depot.store.figures
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                group.addTask {
                    try await depot.store.write { _ = try $0.append(.assets, "test", subject: "\(number)", [:]) }
                }
            }
            try await group.waitForAll()
        }
        #expect(depot.store.figures.operations - before.operations == 500)
        #expect(depot.store.figures.commits - before.commits < 250)
    }

    @Test func `changes are published after their commit and in order`() async throws {
        let depot = try await TestDepot()
        let (published, continuation) = AsyncStream.makeStream(of: [Int64].self)
        depot.store.onCommit { changes in continuation.yield(changes.map(\.position.seq)) }
        _ = try await depot.asset("CAM-7")
        let seen = await published.first { _ in true }
        #expect(seen == [depot.store.position.seq])
        #expect(try await depot.changes().last?.position.seq == seen?.last)
    }

    @Test func `a second daemon on the same folder is refused`() async throws {
        let folder = NSTemporaryDirectory() + "depotd-lock-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = try FolderLock(folder: folder)
        #expect(throws: Failure(.conflict, "")) { try FolderLock(folder: folder) }
        withExtendedLifetime(first) {}
    }

    @Test func `a store that is opened again goes on where it was`() async throws {
        let depot = try await TestDepot()
        _ = try await depot.asset("CAM-7")
        let position = depot.store.position
        try depot.store.close()
        let again = try Store(path: depot.store.path, clock: depot.clock.hybrid)
        #expect(again.position == position)
        let seq = try await again.write { try $0.append(.assets, "test", subject: "x", [:]).position.seq }
        #expect(seq == position.seq + 1)
        try again.close()
    }

    @Test func `the hybrid clock does not go back when the wall clock does`() async throws {
        let depot = try await TestDepot()
        let first = try await depot.store.write { $0.time }
        depot.clock.advance(.seconds(-86_400 * 14))
        let second = try await depot.store.write { $0.time }
        #expect(second > first)
        try depot.store.close()
        let again = try Store(path: depot.store.path, clock: depot.clock.hybrid)
        let third = try await again.write { $0.time }
        #expect(third > second)
        try again.close()
    }

    @Test func `a long WAL is copied back by the writer`() async throws {
        var options = Store.Options()
        options.checkpointPages = 50
        let depot = try await TestDepot(options: options)
        for number in 0..<40 { _ = try await depot.asset("CAM-\(number)") }
        #expect(depot.store.figures.checkpoints > 0)
    }

    @Test func `positions are found through the spatial index`() async throws {
        let depot = try await TestDepot()
        let near = try await depot.store.read { database in
            try String.fetchOne(
                database,
                sql: """
                    SELECT name FROM depot WHERE rowid IN (
                      SELECT rowid FROM SpatialIndex WHERE f_table_name = 'depot'
                      AND search_frame = BuildCircleMbr(13.4, 52.5, 0.01))
                    """)
        }
        #expect(near == "Hall 4")
    }
}
