// The door's decisions, on a real Store: what a scan does to custody and what it says.
import Core
import Foundation
import GRDB
import Testing

@Suite struct DoorTests {
    @Test func `gear on an accepted sheet goes out for its project without a badge`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        _ = try await depot.project("Festival North", .unit(camera), .model(depot.camera, quantity: 2))
        let told = try await depot.scan("CAM-7", at: depot.outDoor)
        #expect(told.outcome == "ok" && told.word == "OUT" && told.short == "Festival North · 1 of 3 on the sheet")
        #expect(try await depot.register.find(camera).asset.holder?.project?.name == "Festival North")
        #expect(try await depot.changes().suffix(2).map(\.kind) == ["custody", "outcome"])
    }

    @Test func `gear on no sheet goes out without a name only with a remark`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        let told = try await depot.scan("CAM-7", at: depot.outDoor)
        #expect(told.outcome == "ok-but" && told.short.contains("no name"))
        #expect(try await depot.status(camera) == .inUse)
    }

    @Test func `a badge says who acts until its minutes are over`() async throws {
        let depot = try await TestDepot()
        let first = try await depot.asset("CAM-1")
        let second = try await depot.asset("CAM-2")
        #expect(try await depot.scan("BADGE-ANA", at: depot.outDoor).word == "HELLO")
        try await depot.scan("CAM-1", at: depot.outDoor)
        depot.clock.advance(.seconds(601))
        #expect(try await depot.scan("CAM-2", at: depot.outDoor).outcome == "ok-but")
        #expect(try await depot.register.find(first).asset.holder?.person?.name == "Ana Vidal")
        #expect(try await depot.register.find(second).asset.holder?.person == nil)
    }

    @Test func `each scan keeps the badge for its minutes more`() async throws {
        let depot = try await TestDepot()
        try await depot.scan("BADGE-ANA", at: depot.outDoor)
        for number in 1...3 {
            _ = try await depot.asset("CAM-\(number)")
            depot.clock.advance(.seconds(500))
            #expect(try await depot.scan("CAM-\(number)", at: depot.outDoor).outcome == "ok")
        }
    }

    @Test func `gear that was handed out and taken back by hand is scanned like any other`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        for status in [AssetStatus.inUse, .available] {
            _ = try await depot.register.setStatus(
                of: camera, to: status, note: nil, ifVersion: nil, actor: nil, device: "test")
        }
        #expect(try await depot.scan("CAM-7", at: depot.mainDoor).word == "OUT")
    }

    @Test func `a return is taken in although nobody planned it`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        try await depot.scan("CAM-7", at: depot.outDoor)
        let told = try await depot.scan("CAM-7", at: depot.inDoor)
        #expect(told.outcome == "ok" && told.word == "IN")
        #expect(try await depot.status(camera) == .available)
    }

    @Test(arguments: [
        (AssetStatus.damaged, "damaged"), (.maintenance, "in repair"), (.retired, "retired"),
    ])
    func `quarantined gear stops at the door and still comes in`(status: AssetStatus, word: String) async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        try await depot.scan("CAM-7", at: depot.outDoor)
        _ = try await depot.register.setStatus(
            of: camera, to: status, note: nil, ifVersion: nil, actor: nil, device: nil)
        let back = try await depot.scan("CAM-7", at: depot.inDoor)
        #expect(back.outcome == "ok-but" && back.word == "IN" && back.short.contains(word))
        let out = try await depot.scan("CAM-7", at: depot.outDoor)
        #expect(out.outcome == "stop" && out.word == "STOP" && out.short.contains(word))
        #expect(try await depot.register.find(camera).asset.holder == nil)
    }

    @Test func `lost gear that comes back is fit again, and an undo loses it again`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        _ = try await depot.register.setStatus(
            of: camera, to: .lost, note: nil, ifVersion: nil, actor: nil, device: nil)
        let told = try await depot.scan("CAM-7", at: depot.inDoor)
        #expect(told.outcome == "ok-but" && told.short.contains("found"))
        #expect(try await depot.status(camera) == .available)
        _ = try await depot.door.undo(told.id, actor: nil)
        #expect(try await depot.status(camera) == .lost)
    }

    @Test func `a door for both ways takes gear out and in by the gear's own state`() async throws {
        let depot = try await TestDepot()
        _ = try await depot.asset("CAM-7")
        #expect(try await depot.scan("CAM-7", at: depot.mainDoor).word == "OUT")
        depot.clock.advance(.seconds(11))
        #expect(try await depot.scan("CAM-7", at: depot.mainDoor).word == "IN")
    }

    @Test func `a re-read at a door for both ways within ten seconds is never a toggle`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        try await depot.scan("CAM-7", at: depot.mainDoor)
        depot.clock.advance(.seconds(8))
        let again = try await depot.scan("CAM-7", at: depot.mainDoor)
        #expect(again.outcome == "ok-but" && again.word == "ALREADY OUT")
        #expect(try await depot.status(camera) == .inUse)
    }

    @Test func `one unit of a model serves the line of the project that starts first`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        _ = try await depot.project("Later", in: 9, .model(depot.camera, quantity: 1))
        _ = try await depot.project("Sooner", in: 1, .model(depot.camera, quantity: 1))
        try await depot.scan("CAM-7", at: depot.outDoor)
        #expect(try await depot.register.find(camera).asset.holder?.project?.name == "Sooner")
    }

    @Test func `a full line takes no more`() async throws {
        let depot = try await TestDepot()
        _ = try await depot.asset("CAM-1")
        _ = try await depot.asset("CAM-2")
        _ = try await depot.project("Festival", .model(depot.camera, quantity: 1))
        #expect(try await depot.scan("CAM-1", at: depot.outDoor).outcome == "ok")
        #expect(try await depot.scan("CAM-2", at: depot.outDoor).short.contains("no name"))
    }

    @Test func `gear that another sheet names goes out with a remark`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        _ = try await depot.project("Festival", .unit(camera))
        let gala = try await depot.project("Gala")
        var edit = DoorDesk.DoorEdit()
        edit.project = .some(gala)
        _ = try await depot.door.edit(depot.outDoor, edit, actor: nil)
        let told = try await depot.scan("CAM-7", at: depot.outDoor)
        #expect(told.outcome == "ok-but" && told.short.contains("reserved for Festival"))
    }

    @Test func `a door is set to no template and to nothing that was put away`() async throws {
        let depot = try await TestDepot()
        let projects = RecordDesk<Project>(store: depot.store)
        func set(_ project: Project.ID) async throws -> JSON? {
            var edit = DoorDesk.DoorEdit()
            edit.project = .some(project)
            return try await depot.door.edit(depot.outDoor, edit, actor: nil)["project"]
        }
        let times: JSON = ["startsAt": .time(depot.clock.now), "endsAt": .time(depot.clock.now)]
        let template = try await projects.create(
            times.adding(["name": "Small stage", "isTemplate": true]), by: Author()
        ).record.id
        let told = await #expect(throws: Failure.self) { try await set(template) }
        #expect(
            told?.message == "Small stage is a template, and nothing goes out for one. Copy it to a project first."
                && told?.field == "project" && told?.code == .invalid)
        let gala = try await depot.project("Gala")
        #expect(try await set(gala)?["name"] == "Gala")
        _ = try await projects.edit(gala, ["archived": true], ifVersion: nil, by: Author())
        #expect(try await depot.door.door(depot.outDoor)["project"] == .null)
        let archived = await #expect(throws: Failure.self) { try await set(gala) }
        #expect(archived?.message == "That project is archived. Take it out of the archive first.")
        #expect(try await depot.door.door(depot.outDoor)["project"] == .null)
    }

    @Test func `gear that somebody has is moved to whoever takes it out next`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        try await depot.scan("BADGE-ANA", at: depot.outDoor)
        try await depot.scan("CAM-7", at: depot.outDoor)
        try await depot.scan("BADGE-BEN", at: depot.outDoor)
        let told = try await depot.scan("CAM-7", at: depot.outDoor)
        #expect(told.outcome == "ok" && told.word == "MOVED")
        #expect(try await depot.register.find(camera).asset.holder?.person?.name == "Ben Ortiz")
    }

    @Test func `what a reader repeats is one read`() async throws {
        let depot = try await TestDepot()
        _ = try await depot.asset("CAM-7")
        let first = try await depot.scan("CAM-7", at: depot.mainDoor, reader: "usb:1-1:0")
        let other = try await depot.scan("cam-7", at: depot.mainDoor, reader: "usb:1-2:0")
        #expect(other.isReplay && other.id == first.id && other.word == "OUT")
        #expect(try await depot.changes().filter { $0.kind == "custody" }.count == 1)
    }

    @Test func `the same key is decided once`() async throws {
        let depot = try await TestDepot()
        _ = try await depot.asset("CAM-7")
        let first = try await depot.scan("CAM-7", at: depot.outDoor, key: "k")
        let changes = try await depot.changes().count
        let again = try await depot.scan("CAM-7", at: depot.outDoor, key: "k")
        #expect(again.isReplay && again.id == first.id)
        #expect(try await depot.changes().count == changes)
    }

    @Test func `an undo reverses the movement once`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        try await depot.scan("BADGE-ANA", at: depot.mainDoor)
        let out = try await depot.scan("CAM-7", at: depot.mainDoor)
        depot.clock.advance(.seconds(60))
        let back = try await depot.scan("CAM-7", at: depot.mainDoor)
        _ = try await depot.door.undo(back.id, actor: nil)
        #expect(try await depot.register.find(camera).asset.holder?.person?.name == "Ana Vidal")
        _ = try await depot.door.undo(out.id, actor: nil)
        #expect(try await depot.status(camera) == .available)
        await #expect(throws: Failure(.conflict, "")) { try await depot.door.undo(out.id, actor: nil) }
    }

    @Test func `an undo is refused when the gear moved again`() async throws {
        let depot = try await TestDepot()
        _ = try await depot.asset("CAM-7")
        let out = try await depot.scan("CAM-7", at: depot.outDoor)
        try await depot.scan("CAM-7", at: depot.inDoor)
        await #expect(throws: Failure(.conflict, "")) { try await depot.door.undo(out.id, actor: nil) }
    }

    @Test func `an unknown code waits, is linked, and what was meant is carried out`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        try await depot.scan("BADGE-ANA", at: depot.outDoor)
        let told = try await depot.scan("4006381333931", at: depot.outDoor)
        #expect(told.outcome == "unknown")
        try await depot.scan("4006381333931", at: depot.outDoor)
        let waiting = try await depot.door.unknowns()
        #expect(waiting.count == 1 && waiting[0]["count"] == .int(2))
        guard case .string(let id)? = waiting.first?["id"] else { throw Failure(.internal, "no id") }
        let outcome = try Told(body: await depot.door.link(UnknownTag.ID(id), to: camera, actor: nil))
        #expect(outcome.word == "OUT" && outcome.outcome == "ok")
        #expect(try await depot.register.find(camera).asset.holder?.person?.name == "Ana Vidal")
        #expect(try await depot.scan("4006381333931", at: depot.inDoor).word == "IN")
        #expect(try await depot.door.unknowns().isEmpty)
    }

    @Test func `a code that phones make up anew is not learnt`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        try await depot.scan("08A1B2C3", at: depot.outDoor)
        guard case .string(let id)? = try await depot.door.unknowns().first?["id"] else {
            throw Failure(.internal, "nothing waits")
        }
        await #expect(throws: Failure(.invalid, "")) {
            try await depot.door.link(UnknownTag.ID(id), to: camera, actor: nil)
        }
    }

    @Test func `a scan that cannot be decided stops, and its read stays`() async throws {
        let depot = try await TestDepot()
        _ = try await depot.asset("CAM-7")
        try await depot.store.write { transaction in
            try transaction.database.execute(
                sql: """
                    CREATE TRIGGER broken BEFORE INSERT ON custody_event
                    BEGIN SELECT raise(ABORT, 'the shelf fell over'); END
                    """)
        }
        let told = try await depot.scan("CAM-7", at: depot.outDoor, key: "kept")
        #expect(told.outcome == "stop" && told.action == "refused")
        #expect(try await depot.scan("CAM-7", at: depot.outDoor, key: "kept").id == told.id)
    }

    @Test(arguments: [[], [0x0D, 0x0A], [0x20]] as [[UInt8]])
    func `a scan without a code is refused`(raw: [UInt8]) async throws {
        let depot = try await TestDepot()
        let scan = Scan(key: "k", reader: nil, raw: raw, at: depot.clock.now, monotonic: 0)
        await #expect(throws: Failure(.invalid, "")) { try await depot.door.take(scan) }
    }

    @Test func `hostile bytes are a code like any other`() async throws {
        let depot = try await TestDepot()
        let scan = Scan(
            key: "k", reader: nil, raw: [0xFF, 0x00, 0x1D, 0xC3, 0x28, 0x22, 0x5C], at: depot.clock.now, monotonic: 0)
        #expect(try await depot.door.take(scan).verdict == .unknown)
    }
}
