// Batches: in the lane below everybody else's, all or nothing, and undone unless something was changed since.
import Core
import Foundation
import GRDB
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Core

@Suite struct BatchTests {
    @Test func `a piece of a batch waits for scans and pages, and is carried out after them`() async throws {
        let depot = try await TestDepot()
        let order = Gathered<String>()
        let gate = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await depot.store.write { _ in gate.wait() } }
            while depot.store.figures.waiting > 0 { try await Task.sleep(for: .milliseconds(1)) }
            for (place, lane) in [WriteLane.bulk, .bulk, .page, .door].enumerated() {
                group.addTask {
                    try await depot.store.write(lane: lane) { _ in order.add("\(lane)") }
                }
                while depot.store.figures.waiting < place + 1 { try await Task.sleep(for: .milliseconds(1)) }
            }
            gate.signal()
            try await group.waitForAll()
        }
        #expect(order.all == ["door", "page", "bulk", "bulk"])
    }

    @Test func `a piece that is refused takes nothing with it of what was to be kept beside it`() async throws {
        var options = Store.Options()
        options.bulkPatience = .zero
        let depot = try await TestDepot(options: options)
        let kept = await Gate.hold(depot.store, until: 3) { (group: inout TaskGroup<Bool>) in
            for lane in [WriteLane.bulk, .page, .door] {
                group.addTask {
                    (try? await depot.store.write(lane: lane) { transaction in
                        try transaction.append(.assets, "test", subject: "\(lane)", [:])
                        if lane == .bulk { throw Failure(.invalid, "no") }
                        return true
                    }) == true
                }
            }
        }
        #expect(kept.count { $0 } == 2)
        let changes = try await depot.changes()
        #expect(Set(changes.filter { $0.kind == "test" }.map(\.subject)) == ["page", "door"])
        #expect(changes.map(\.position.seq) == Array(1...Int64(changes.count)))
    }

    @Test func `a piece lets go of the writer for whoever waits`() async throws {
        let depot = try await TestDepot()
        var options = BatchRunner.Options()
        (options.pieceDuration, options.pieceDurationAwaited) = (.seconds(60), .zero)
        let runner = BatchRunner(
            store: depot.store, options: options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            signal: { _ in })
        let running = Task { await runner.run() }
        defer { running.cancel() }
        let scan = Mutex<Task<Void, any Error>?>(nil)
        let steps = (0..<50).map { number in
            BatchOrder.Step { transaction in
                try transaction.append(.assets, "test", subject: "\(number)", [:])
                guard number == 9 else { return }
                scan.withLock {
                    $0 = Task {
                        try await depot.store.write(lane: .door) { transaction in
                            _ = try transaction.append(.assets, "test", subject: "scan", [:])
                        }
                    }
                }
                while !depot.store.isAwaited { sched_yield() }
            }
        }
        _ = try await runner.finish(BatchOrder(kind: .import, title: "Import", author: Author(), steps: steps))
        try await scan.withLock { $0 }?.value
        let subjects = try await depot.changes().filter { $0.kind == "test" }.map(\.subject)
        let numbers = (0..<50).map { "\($0)" }
        #expect(subjects == Array(numbers[..<10]) + ["scan"] + Array(numbers[10...]))
    }

    @Test func `a step that is refused has everything before it taken back, and is named`() async throws {
        let entering = try await EnteringDepot(isRunning: false)
        let text = "number,name,model,home\n" + (0..<300).map { "A-\($0),x,FX6,Hall / R\($0 % 9)\n" }.joined()
        let (id, options, report) = try await entering.check(text)
        #expect(report[number: "creates"] == 300)
        let before = try await entering.everything()
        let started = try await entering.imports.run(id, options, by: entering.author)
        // Somebody takes the number of row 252 after the check.
        _ = try await entering.depot.asset("a-250")
        entering.start()
        let batch = try await entering.end(of: started)
        #expect(batch.state == .reverted && batch.done == 0)
        #expect(batch.trouble?.contains("Row 252: ") == true && batch.trouble?.contains("\"row\":252") == true)
        let assets = try await entering.depot.register.list(AssetQuery())[list: "items"]
        #expect(assets.compactMap { $0["number"]?.string } == ["a-250"])
        #expect(try await entering.everything()["place"] == before["place"])
        #expect(try await entering.everything()["identifier"]?.count == (before["identifier"]?.count ?? 0) + 1)
    }

    @Test func `what a door used meanwhile is archived when an import is taken back`() async throws {
        let entering = try await EnteringDepot(isRunning: false)
        let depot = entering.depot
        let author = entering.author
        let camera = depot.camera.rawValue
        let asset = Asset.ID(at: Date())
        let door = depot.outDoor
        let order = BatchOrder(
            kind: .import, title: "Import", author: author,
            steps: [
                BatchOrder.Step { transaction in
                    _ = try RecordEdit.create(
                        Asset.self, ["number": "A-1", "name": "x", "model": .string(camera)], id: asset, by: author,
                        in: transaction)
                    try Custody.give(
                        asset, to: Custodian(person: nil), as: .out, Movement(door: door, actor: nil), in: transaction)
                },
                BatchOrder.Step(row: 3) { _ in throw Failure(.conflict, "No.") },
            ])
        // The first step is a piece of its own.
        var options = BatchRunner.Options()
        options.pieceStepsMax = 1
        let runner = BatchRunner(
            store: depot.store, options: options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            signal: { _ in })
        let running = Task { await runner.run() }
        defer { running.cancel() }
        await #expect(throws: Failure(.conflict, "")) { _ = try await runner.finish(order) }
        let found = try await depot.register.find(asset).asset
        #expect(found.isArchived && found.holder != nil)
        let batches = try await BatchBook(store: depot.store).list(limit: 5, cursor: nil)[list: "items"]
        #expect(batches.first?["state"]?.string == "reverted")
        let trouble = try JSON(parsing: batches.first?["trouble"]?.bytes ?? [])
        #expect(trouble[list: "left"] == ["A-1"] && trouble["message"]?.string == "Row 3: No.", "\(trouble.text)")
    }

    @Test func `an unfinished batch is taken back at the next start`() async throws {
        let depot = try await TestDepot()
        var options = BatchRunner.Options()
        options.pieceStepsMax = 10
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let first = BatchRunner(store: depot.store, options: options, logger: logger, signal: { _ in })
        let running = Mutex<Task<Void, Never>?>(nil)
        let camera = depot.camera.rawValue
        let steps = (0..<95).map { number in
            BatchOrder.Step { transaction in
                _ = try RecordEdit.create(
                    Asset.self, ["number": .string("A-\(number)"), "name": "x", "model": .string(camera)], by: Author(),
                    in: transaction)
                if number == 55 { running.withLock { $0?.cancel() } }
            }
        }
        let id = try await first.start(BatchOrder(kind: .import, title: "Import", author: Author(), steps: steps))
        running.withLock { $0 = Task { await first.run() } }
        await running.withLock { $0 }?.value
        // The piece after it may be under way already.
        let done = try await BatchBook(store: depot.store).find(id).done
        #expect(done == 60 || done == 70)
        #expect(try await depot.register.list(AssetQuery())[number: "total"] == done)
        let second = BatchRunner(store: depot.store, options: options, logger: logger, signal: { _ in })
        let again = Task { await second.run() }
        defer { again.cancel() }
        try await waits { try await BatchBook(store: depot.store).find(id).state == .reverted }
        let left = try await depot.register.list(AssetQuery())[list: "items"]
        #expect(left.isEmpty, "\(left.count) \(left.first?.text ?? "")")
    }

    @Test(arguments: [false, true])
    func `an undo that is refused in the middle leaves all as it was, and goes when the cause is gone`(
        skipsChanged: Bool
    ) async throws {
        let depot = try await TestDepot()
        // Each step is a piece of its own, so that what came before the refusal was on disk.
        var options = BatchRunner.Options()
        options.pieceStepsMax = 1
        let runner = BatchRunner(
            store: depot.store, options: options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            signal: { _ in })
        let running = Task { await runner.run() }
        defer { running.cancel() }
        let (places, gear) = (RecordDesk<Place>(store: depot.store), RecordDesk<Asset>(store: depot.store))
        let made = try await ["Hall", "Shelf", "Yard"].asyncMap {
            try await places.create(["name": .string($0)], by: Author()).record.id
        }
        let ids = try await ["A-1", "A-2", "A-3"].asyncMap { try await depot.asset($0) }
        for (id, home) in zip(ids, [made[0], made[1], made[0]]) {
            _ = try await gear.edit(id, ["home": .string(home.rawValue)], ifVersion: nil, by: Author())
        }
        func homes() async throws -> [String?] {
            try await ids.asyncMap { try await depot.register.find($0).asset.home?.name }
        }
        func undo(_ id: Batch.ID) async throws -> Batch {
            let undo = try await runner.undo(id, skipsChanged: skipsChanged, by: Author())
            let book = BatchBook(store: depot.store)
            try await waits { ![.running, .reverting].contains(try await book.find(undo).state) }
            return try await book.find(undo)
        }
        let batch = try await runner.edit(ids, ["home": .string(made[2].rawValue)], by: Author())
        _ = try await places.edit(made[1], ["archived": true], ifVersion: nil, by: Author())
        let refused = try await undo(batch.id)
        #expect(refused.state == .reverted && refused.done == 0 && refused.total == 3)
        #expect(refused.trouble?.contains("That place is archived.") == true, "\(refused.trouble ?? "")")
        #expect(try await homes() == ["Yard", "Yard", "Yard"])
        #expect(try await BatchBook(store: depot.store).find(batch.id).state == .done)
        _ = try await places.edit(made[1], ["archived": false], ifVersion: nil, by: Author())
        #expect(try await undo(batch.id).state == .done)
        #expect(try await homes() == ["Hall", "Shelf", "Hall"])
    }

    @Test func `what was changed again since is named, and nothing is undone unless it may be left`() async throws {
        let entering = try await EnteringDepot()
        let ids = try await [entering.depot.asset("A-1"), entering.depot.asset("A-2"), entering.depot.asset("A-3")]
        let batch = try await entering.runner.edit(ids, ["owner": "We"], by: entering.author)
        #expect(batch.state == .done && batch.total == 3)
        let desk = RecordDesk<Asset>(store: entering.depot.store)
        _ = try await desk.edit(ids[1], ["owner": "They"], ifVersion: nil, by: entering.author)
        // Another field, and a door, do not stand in the way.
        _ = try await desk.edit(ids[2], ["note": "x"], ifVersion: nil, by: entering.author)
        try await entering.depot.scan("A-1", at: entering.depot.outDoor)
        do {
            try await entering.undo(batch.id)
            Issue.record("it was undone")
        } catch let failure as Failure {
            #expect(failure.code == .conflict && failure.details?[number: "changedCount"] == 1)
            #expect(failure.details?[list: "changed"].first?["name"]?.string == "A-2")
        }
        #expect(try await entering.depot.register.find(ids[0]).asset.owner == "We")
        let undo = try await entering.undo(batch.id, skipsChanged: true)
        #expect(undo.state == .done && undo.total == 2)
        let owners = try await [ids[0], ids[1], ids[2]].asyncMap {
            try await entering.depot.register.find($0).asset.owner
        }
        #expect(owners == [nil, "They", nil])
        await #expect(throws: Failure(.conflict, "")) { try await entering.undo(batch.id) }
    }

    @Test(
        arguments: [
            (["number": "X"], "number"), (["serial": "X"], "serial"), (["nothing": 1], "nothing"),
            (["condition": "odd"], "condition"), ([:], "set"),
        ] as [(JSON, String)])
    func `a bulk edit refuses what would be right for no piece or for one only`(fields: JSON, field: String)
        async throws
    {
        let entering = try await EnteringDepot()
        let id = try await entering.depot.asset("A-1")
        do {
            _ = try await entering.runner.edit([id], fields, by: entering.author)
            Issue.record("it was edited")
        } catch let failure as Failure { #expect(failure.code == .invalid && failure.field == field) }
        #expect(try await BatchBook(store: entering.depot.store).list(limit: 5, cursor: nil)[list: "items"].isEmpty)
    }

    private func waits(_ isSo: () async throws -> Bool) async throws {
        for _ in 0..<2_000 {
            if try await isSo() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("it never came about")
    }
}

extension Array {
    fileprivate func asyncMap<T>(_ transform: (Element) async throws -> T) async throws -> [T] {
        var results: [T] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
