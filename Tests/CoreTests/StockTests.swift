// Counted stock: at the door, by hand, and undone.
import Core
import Foundation
import Testing

@Suite struct StockTests {
    /// A depot with forty cables on a shelf whose label is `SHELF-C4`.
    private struct Cables {
        let depot: TestDepot
        let desk: StockDesk
        let cable: Model.ID

        init() async throws {
            depot = try await TestDepot()
            desk = StockDesk(store: depot.store)
            cable = try await depot.register.addModel("Schuko 10 m", maker: nil, category: "Cable")
            _ = try await RecordDesk<Model>(store: depot.store)
                .edit(cable, ["counting": "counted"], ifVersion: nil, by: Author())
            _ = try await desk.edit(cable, ["total": 40], ifVersion: nil, by: Author())
            _ = try await desk.attach(code: "SHELF-C4", to: cable, by: Author())
        }

        /// Pieces out, and of how many.
        func out() async throws -> [Int64] {
            let stock = try await desk.stock(of: cable).stock
            return [stock.out, stock.total]
        }
    }

    @Test func `each scan of a shelf's label counts one piece for the open line`() async throws {
        let cables = try await Cables()
        let project = try await cables.depot.project("Festival North", .model(cables.cable, quantity: 3))
        for number in 1...3 {
            let told = try await cables.depot.scan("SHELF-C4", at: cables.depot.outDoor)
            #expect(told.outcome == "ok" && told.word == "OUT" && told.action == "out")
            #expect(told.short == "\(number) of 40 are out")
        }
        let more = try await cables.depot.scan("SHELF-C4", at: cables.depot.outDoor)
        #expect(more.outcome == "ok-but" && more.short.contains("no name"))
        #expect(try await cables.out() == [4, 40])
        let sheet = try await cables.depot.projects.find(project).json
        #expect(sheet["progress"]?["done"] == .int(3))
    }

    @Test func `a reader's second read of a label within a moment is the same piece`() async throws {
        let cables = try await Cables()
        let raw = Array("SHELF-C4".utf8)
        for (key, milliseconds) in [("a", 0), ("b", 200), ("c", 900)] {
            let monotonic = UInt64(cables.depot.clock.now.milliseconds + Int64(milliseconds)) * 1_000_000
            let scan = Scan(
                key: key, reader: "left", raw: raw, at: cables.depot.clock.now, monotonic: monotonic)
            _ = try await cables.depot.door.take(scan, at: cables.depot.outDoor)
        }
        #expect(try await cables.out() == [2, 40])
    }

    @Test func `a card says afterwards how many it was, and an undo takes all of them back`() async throws {
        let cables = try await Cables()
        try await cables.depot.scan("BADGE-ANA", at: cables.depot.outDoor)
        let told = try await cables.depot.scan("SHELF-C4", at: cables.depot.outDoor)
        let twelve = try await cables.depot.door.setQuantity(12, of: told.id, actor: nil)
        #expect(twelve["quantity"] == .int(12) && twelve["outcome"] == "ok")
        #expect(try await cables.out() == [12, 40])
        let ten = try await cables.depot.door.setQuantity(10, of: told.id, actor: nil)
        #expect(ten["quantity"] == .int(10))
        _ = try await cables.depot.door.undo(told.id, actor: nil)
        #expect(try await cables.out() == [0, 40])
        await #expect(throws: Failure(.conflict, "")) { try await cables.depot.door.undo(told.id, actor: nil) }
        await #expect(throws: Failure(.conflict, "")) {
            try await cables.depot.door.setQuantity(3, of: told.id, actor: nil)
        }
    }

    @Test func `what comes back is taken from who has it, and more than was out is said`() async throws {
        let cables = try await Cables()
        let move = StockDesk.Move(isOut: true, quantity: 2, person: cables.depot.ana, project: nil)
        _ = try await cables.desk.move(cables.cable, move, by: Author())
        #expect(try await cables.depot.scan("SHELF-C4", at: cables.depot.inDoor).word == "IN")
        let told = try await cables.depot.scan("SHELF-C4", at: cables.depot.inDoor)
        let many = try await cables.depot.door.setQuantity(5, of: told.id, actor: nil)
        #expect(many["outcome"] == "ok-but" && many["short"] == "only 1 were out · 0 of 40 are out")
        let none = try await cables.depot.scan("SHELF-C4", at: cables.depot.inDoor)
        #expect(none.outcome == "ok-but" && none.word == "ALREADY IN")
        #expect(try await cables.out() == [0, 40])
    }

    @Test func `more than were counted may leave, with a remark`() async throws {
        let cables = try await Cables()
        try await cables.depot.scan("BADGE-ANA", at: cables.depot.outDoor)
        let told = try await cables.depot.scan("SHELF-C4", at: cables.depot.outDoor)
        let many = try await cables.depot.door.setQuantity(41, of: told.id, actor: nil)
        #expect(many["outcome"] == "ok-but")
        #expect(try await cables.out() == [41, 40])
    }

    @Test func `a movement by hand can not bring back what was never out`() async throws {
        let cables = try await Cables()
        let back = StockDesk.Move(isOut: false, quantity: 1, person: nil, project: nil)
        await #expect(throws: Failure(.conflict, "")) {
            try await cables.desk.move(cables.cable, back, by: Author())
        }
        let camera = StockDesk.Move(isOut: true, quantity: 1, person: nil, project: nil)
        await #expect(throws: Failure(.conflict, "")) {
            try await cables.desk.move(cables.depot.camera, camera, by: Author())
        }
    }

    @Test func `a code is one thing's only`() async throws {
        let cables = try await Cables()
        _ = try await cables.depot.asset("CAM-7")
        _ = try await cables.depot.asset("CAM-8", codes: ["4006381333931"])
        for (code, words) in [
            ("CAM-7", "CAM-7 is on CAM-7 already."), ("cam-7", "cam-7 would find CAM-7 at the door, which has CAM-7."),
            ("BADGE-ANA", "BADGE-ANA is Ana Vidal's badge."),
            ("shelf-c4", "shelf-c4 counts Schuko 10 m already."),
            (
                "400638133393",
                "400638133393 is the same product code as 4006381333931 on CAM-8, but for its check digit or leading zeros."
            ),
        ] {
            let refusal = await #expect(throws: Failure.self) {
                try await cables.desk.attach(code: code, to: cables.cable, by: Author())
            }
            #expect(refusal?.code == .conflict && refusal?.message == words, "\(refusal?.message ?? "")")
        }
        await #expect(throws: Failure(.conflict, "")) {
            try await cables.depot.asset("CAM-9", codes: ["SHELF-C4"])
        }
    }

    @Test(arguments: [AssetStatus.inUse, .damaged])
    func `the undo of a status set by hand brings condition, note and holder back`(status: AssetStatus) async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        try await depot.scan("BADGE-ANA", at: depot.outDoor)
        try await depot.scan("CAM-7", at: depot.outDoor)
        let before = try await depot.register.find(camera).asset
        let set = try await depot.register.setStatus(
            of: camera, to: .available, note: "came by post", ifVersion: nil, actor: depot.ben, device: nil)
        #expect(set.holder == nil)
        let change = try #require(try await depot.changes().last)
        let undo = ChangeUndo(store: depot.store)
        _ = try await undo.undo(change.position.seq, by: Author(person: depot.ben)) { _ in true }
        let after = try await depot.register.find(camera).asset
        #expect(after.holder == before.holder && after.note == nil && after.status == .inUse)
        _ = try await depot.register.setStatus(
            of: camera, to: status, note: nil, ifVersion: nil, actor: depot.ben, device: nil)
        await #expect(throws: Failure(.conflict, "")) {
            try await undo.undo(change.position.seq, by: Author()) { _ in true }
        }
    }
}
