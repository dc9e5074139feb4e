// Lives of the log, copies of the file, and what is kept before it is changed.
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Core

@Suite struct EpochTests {
    private static func open(_ depot: TestDepot, machine: String?) throws -> Store {
        var options = Store.Options()
        options.machine = machine
        return try Store(path: depot.store.path, clock: depot.clock.hybrid, options: options)
    }

    @Test func `a card that was put into another machine begins a new epoch`() async throws {
        var options = Store.Options()
        options.machine = "first"
        let depot = try await TestDepot(options: options)
        let end = depot.store.position
        try depot.store.close()
        let same = try Self.open(depot, machine: "first")
        #expect(same.position == end)
        try same.close()
        let other = try Self.open(depot, machine: "second")
        #expect(other.position.epoch != end.epoch && other.position.seq == end.seq)
        let change = try await other.write { try $0.append(.assets, "test", subject: "x", [:]) }
        #expect(change.n == 1 && change.position.seq == end.seq + 1)
        try other.close()
        let unknown = try Self.open(depot, machine: nil)
        #expect(unknown.position.epoch == change.position.epoch)
        #expect(try await Self.reasons(unknown) == ["founded", "moved"])
        try unknown.close()
    }

    private static func reasons(_ store: Store) async throws -> [String] {
        try await store.read { try String.fetchAll($0, sql: "SELECT reason FROM epoch ORDER BY at, after") }
    }

    @Test func `a restore brings back what was, under a new epoch, and keeps what was there`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        let file = depot.folder + "/copy"
        let copied = try StoreCopy.make(of: depot.store.path, to: file)
        #expect(copied.seq == depot.store.position.seq)
        try await depot.scan("CAM-7", at: depot.outDoor)
        let (epoch, end) = (depot.store.position.epoch, depot.store.position.seq)
        try depot.store.close()
        let restore = StoreRestore(into: depot.folder, clock: depot.clock.hybrid, machine: nil)
        let restored = try restore.run(from: file)
        let (facts, aside) = (restored.facts, restored.aside)
        #expect(facts.seq == copied.seq && facts.epoch != epoch)
        let again = try Self.open(depot, machine: nil)
        #expect(again.position == LogPosition(epoch: facts.epoch, seq: copied.seq))
        #expect(try await AssetRegister(store: again).find(camera).asset.status == .available)
        #expect(try await Self.reasons(again) == ["founded", "restored"])
        let change = try await again.write { try $0.append(.assets, "test", subject: "x", [:]) }
        #expect(change.n == 1 && change.position.seq == copied.seq + 1)
        try again.close()
        let kept = try StoreCopy.examine(try #require(aside) + "/depot.sqlite")
        #expect(kept.seq == end && kept.epoch == epoch)
    }

    @Test func `a copy of a store under scans is of one moment and sound, and finds by place`() async throws {
        let depot = try await TestDepot()
        for number in 0..<20 { _ = try await depot.asset("CAM-\(number)") }
        let path = depot.store.path
        let file = depot.folder + "/copy"
        // Its rowid is not the next one: a copy that counts rows anew would lose it from the index.
        try await depot.store.write { transaction in
            try transaction.database.execute(
                sql: """
                    INSERT INTO depot (rowid, id, organisation, name, position)
                    SELECT 500, 'far', organisation, 'Far', MakePoint(2.3, 48.8, 4326) FROM depot
                    """)
        }
        async let scans: Void = {
            for turn in 0..<60 { try await depot.scan("CAM-\(turn % 20)", at: depot.mainDoor) }
        }()
        let facts = try await Task.detached { try StoreCopy.make(of: path, to: file) }.value
        try await scans
        #expect(try StoreCopy.examine(file) == facts)
        #expect(Int64(facts.changes) == facts.seq)
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        let copy = try Store(path: file, clock: depot.clock.hybrid)
        let near = try await copy.read { database in
            try Int.fetchAll(
                database,
                sql: """
                    SELECT depot.rowid FROM depot JOIN idx_depot_position AS place ON place.pkid = depot.rowid
                    WHERE depot.name = 'Far'
                    """)
        }
        #expect(near.count == 1)
        try copy.close()
    }

    @Test func `the writer never waits for a copy`() async throws {
        let depot = try await TestDepot()
        let file = depot.folder + "/copy"
        let before = depot.store.position.seq
        let source = try StoreConnection.looking(at: depot.store.path)
        let turns = Gathered<Bool>()
        let store = depot.store
        let pace = StoreCopy.Pace(pagesPerStep: 20) {
            // Between two steps the copy holds all that it ever holds.
            let end = store.position.seq
            Task.detached { try? await store.write { try $0.append(.assets, "test", subject: "x", [:]) } }
            turns.add(waits { store.position.seq > end })
        }
        let facts = try await onOwnThread { try StoreCopy.make(from: source, to: file, pace: pace) }
        #expect(turns.count > 3 && turns.all.allSatisfy { $0 })
        #expect(facts.seq == before, "one moment, although the file was written all the time")
        try source.close()
    }

    @Test func `before a migration the file is kept, three of them`() async throws {
        let depot = try await TestDepot()
        try depot.store.close()
        let snapshots = depot.folder + "/snapshots"
        #expect(!FileManager.default.fileExists(atPath: snapshots), "a new file needs none")
        try FileManager.default.createDirectory(atPath: snapshots, withIntermediateDirectories: true)
        for number in 1...3 {
            let file = "\(snapshots)/before-\(number)-old.sqlite"
            let made = Date(timeIntervalSince1970: Double(number) * 1_000_000)
            try Data().write(to: URL(filePath: file))
            try FileManager.default.setAttributes([.modificationDate: made], ofItemAtPath: file)
        }
        let old = try StoreConnection.writer(depot.store.path, Store.Options())
        try await old.write { database in
            try database.execute(
                sql: """
                    ALTER TABLE node DROP COLUMN machine; DROP TABLE epoch;
                    DELETE FROM grdb_migrations WHERE identifier = '5 epochs';
                    """)
        }
        let facts = try await old.read { try StoreFacts($0) }
        try old.close()
        let store = try Self.open(depot, machine: "first")
        try store.close()
        let kept = try FileManager.default.contentsOfDirectory(atPath: snapshots).sorted()
        #expect(kept == ["before-2-old.sqlite", "before-3-old.sqlite", "before-5-epochs.sqlite"])
        #expect(try StoreCopy.examine(snapshots + "/before-5-epochs.sqlite") == facts)
    }

    @Test func `a copy that a newer version made is not brought back`() async throws {
        let depot = try await TestDepot()
        let file = depot.folder + "/copy"
        _ = try StoreCopy.make(of: depot.store.path, to: file)
        try depot.store.close()
        let copy = try DatabaseQueue(path: file)
        try await copy.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 tomorrow')") }
        try copy.close()
        let restore = StoreRestore(into: depot.folder, clock: depot.clock.hybrid, machine: nil)
        #expect(throws: Failure(.invalid, "")) { try restore.run(from: file) }
        #expect(try StoreCopy.examine(depot.store.path).epoch == depot.store.position.epoch)
    }
}
