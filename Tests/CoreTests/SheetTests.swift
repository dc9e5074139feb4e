// Pull sheets: what is on one, how far it is there and back, and what an undo gives back. On a real Store.
import Foundation
import GRDB
import Testing

@testable import Core

/// A depot with a project and what tests do to its sheet.
private struct Stage {
    let depot: TestDepot
    let project: Project.ID
    let manager = Author(role: .manager)

    init(_ lines: (TestDepot) async throws -> [JSON] = { _ in [] }) async throws {
        depot = try await TestDepot()
        project = try await depot.project("Festival")
        for line in try await lines(depot) { try await add(line) }
    }

    @discardableResult
    func add(_ fields: JSON, to other: Project.ID? = nil) async throws -> ProjectBoard.SheetEdit {
        try await depot.projects.addLine(fields, to: other ?? project, by: manager)
    }

    func sheet(of other: Project.ID? = nil) async throws -> JSON {
        try JSON(parsing: await depot.projects.find(other ?? project).json.bytes)
    }

    func lines(of other: Project.ID? = nil) async throws -> [JSON] { try await sheet(of: other)["lines"]?.items ?? [] }

    func undo(_ change: Int64?) async throws {
        _ = try await ChangeUndo(store: depot.store).undo(change ?? 0, by: manager) { _ in true }
    }

    func edit(_ fields: JSON, ifVersion version: Int64? = nil) async throws -> Edited<Project> {
        try await RecordDesk<Project>(store: depot.store).edit(project, fields, ifVersion: version, by: manager)
    }

    func model(_ name: String) async throws -> Model.ID {
        try await depot.register.addModel(name, maker: nil, category: "Light")
    }
}

extension JSON {
    var items: [JSON] {
        guard case .array(let items) = self else { return [] }
        return items
    }
}

@Suite struct SheetTests {
    @Test func `a half returned project shows what is out, what came home and what was on no line`() async throws {
        let stage = try await Stage { depot in
            [["model": .string(depot.camera.rawValue), "quantity": 3, "section": "Camera"]]
        }
        let depot = stage.depot
        for number in 1...4 { _ = try await depot.asset("CAM-\(number)") }
        var edit = DoorDesk.DoorEdit()
        edit.project = .some(stage.project)
        _ = try await depot.door.edit(depot.outDoor, edit, actor: nil)
        for number in 1...4 { try await depot.scan("CAM-\(number)", at: depot.outDoor) }
        #expect(try await stage.sheet()["progress"] == ["back": 0, "done": 3, "extra": 1, "total": 3])
        try await depot.scan("CAM-1", at: depot.inDoor)
        let wrong = try await depot.scan("CAM-2", at: depot.inDoor)
        _ = try await depot.door.undo(wrong.id, actor: nil)
        let line = try #require(try await stage.lines().first)
        #expect(line["out"] == 2 && line["back"] == 1)
        #expect(line["units"]?.items.compactMap { $0["number"]?.string } == ["CAM-2", "CAM-3"])
        #expect(try await stage.sheet()["progress"] == ["back": 1, "done": 2, "extra": 1, "total": 3])
        #expect(try await stage.sheet()["extra"]?.items.map { $0["number"] } == ["CAM-4"])
        try await depot.scan("CAM-4", at: depot.inDoor)
        #expect(try await stage.sheet()["extra"]?.items.map { $0["isOut"] } == [false])
    }

    @Test func `a unit that was replaced by another one is not counted as come back`() async throws {
        let stage = try await Stage { depot in [["model": .string(depot.camera.rawValue)]] }
        for number in 1...2 { _ = try await stage.depot.asset("CAM-\(number)") }
        try await stage.depot.scan("CAM-1", at: stage.depot.outDoor)
        try await stage.depot.scan("CAM-1", at: stage.depot.inDoor)
        #expect(try await stage.lines().first?["back"] == 1)
        try await stage.depot.scan("CAM-2", at: stage.depot.outDoor)
        #expect(try await stage.sheet()["progress"] == ["back": 0, "done": 1, "extra": 0, "total": 1])
    }

    @Test func `a unit is on a sheet once, and the refusal names the line that has it`() async throws {
        let stage = try await Stage()
        let camera = try await stage.depot.asset("CAM-1")
        let fields: JSON = ["asset": .string(camera.rawValue), "section": "Camera"]
        try await stage.add(fields)
        let failure = await #expect(throws: Failure.self) { try await stage.add(fields) }
        #expect(failure?.code == .conflict && failure?.message.contains("Festival already, in Camera") == true)
        #expect(failure?.details?["asset"]?["number"] == "CAM-1")
        #expect(failure?.details?["line"]?["section"] == "Camera")
    }

    @Test func `a line that was served is taken off and comes back by an undo as it was`() async throws {
        let stage = try await Stage()
        let camera = try await stage.depot.asset("CAM-1")
        try await stage.add(["asset": .string(camera.rawValue), "section": "Camera", "note": "the long one"])
        try await stage.depot.scan("CAM-1", at: stage.depot.outDoor)
        let before = try #require(try await stage.lines().first)
        let line = PullLine.ID(before["id"]?.string ?? "")
        let removed = try await stage.depot.projects.removeLine(line, of: stage.project, by: stage.manager)
        #expect(try await stage.lines().isEmpty)
        #expect(try await stage.sheet()["extra"]?.items.map { $0["number"] } == ["CAM-1"])
        try await stage.undo(removed.changes.first)
        let after = try #require(try await stage.lines().first)
        for name in ["id", "asset", "section", "note", "rank", "out", "units"] {
            #expect(after[name] == before[name], "\(name)")
        }
    }

    @Test func `a line that was taken off reserves nothing, and its unit may be added anew`() async throws {
        let stage = try await Stage()
        let camera = try await stage.depot.asset("CAM-1")
        let fields: JSON = ["asset": .string(camera.rawValue)]
        let first = try await stage.add(fields)
        #expect(try await stage.depot.status(camera) == .reserved)
        let removed = try await stage.depot.projects.removeLine(
            first.lines[0].id, of: stage.project, by: stage.manager)
        #expect(try await stage.depot.status(camera) == .available)
        try await stage.add(fields)
        await #expect(throws: Failure(.conflict, "")) { try await stage.undo(removed.changes.first) }
        #expect(try await stage.lines().count == 1)
    }

    @Test func `a model brings its accessories into its section, and more of one that is there`() async throws {
        let stage = try await Stage()
        let cable = try await stage.model("Cable")
        let clamp = try await stage.model("Clamp")
        let lamp = try await stage.model("Lamp")
        _ = try await Accessories(store: stage.depot.store).set(
            [
                ["model": .string(cable.rawValue), "quantity": 2], ["model": .string(clamp.rawValue), "quantity": 1],
            ], of: lamp, ifVersion: nil, by: stage.manager)
        try await stage.add(["model": .string(clamp.rawValue), "quantity": 4, "section": "Light"])
        let added = try await stage.add(["model": .string(lamp.rawValue), "quantity": 3, "section": "Light"])
        #expect(added.lines.map(\.title) == ["3 × Lamp", "6 × Cable", "7 × Clamp"] && added.changes.count == 3)
        for change in added.changes.reversed() { try await stage.undo(change) }
        #expect(try await stage.lines().map { $0["title"]?.string } == ["4 × Clamp"])
        let bare: JSON = ["model": .string(lamp.rawValue), "withAccessories": false]
        #expect(try await stage.add(bare).lines.count == 1)
    }

    @Test func `more than there is and a unit promised twice are told and not refused`() async throws {
        let stage = try await Stage()
        let camera = try await stage.depot.asset("CAM-1")
        let many = try await stage.add(["model": .string(stage.depot.camera.rawValue), "quantity": 2])
        #expect(many.warnings == ["The sheet asks for 2 × FX6, and the depot has 1."])
        let other = try await stage.depot.project("Gala")
        try await stage.add(["asset": .string(camera.rawValue)], to: other)
        let twice = try await stage.add(["asset": .string(camera.rawValue)])
        #expect(twice.warnings == ["CAM-1 is on the sheet of Gala at the same time."])
        let later = try await stage.depot.project("Later", in: 30)
        #expect(try await stage.add(["asset": .string(camera.rawValue)], to: later).warnings.isEmpty)
    }

    @Test func `lines are put into an order with one Change, which is undone until somebody orders anew`() async throws
    {
        let stage = try await Stage()
        for name in ["A", "B", "C"] {
            try await stage.add(["model": .string(try await stage.model(name).rawValue)])
        }
        let names = { try await stage.lines().compactMap { $0["model"]?["name"]?.string } }
        let ids = try await stage.lines().map { PullLine.ID($0["id"]?.string ?? "") }
        let board = stage.depot.projects
        let first = try await board.order([ids[2]], of: stage.project, by: stage.manager)
        #expect(try await names() == ["C", "A", "B"])
        let second = try await board.order([ids[1], ids[2], ids[0]], of: stage.project, by: stage.manager)
        #expect(try await names() == ["B", "C", "A"])
        await #expect(throws: Failure(.conflict, "")) { try await stage.undo(first) }
        try await stage.undo(second)
        #expect(try await names() == ["C", "A", "B"])
        await #expect(throws: Failure(.invalid, "")) {
            try await board.order([ids[0], ids[0]], of: stage.project, by: stage.manager)
        }
    }

    @Test func `a scan adds the unit, one more of its model, counted pieces, or a person, and can be undone`()
        async throws
    {
        let stage = try await Stage()
        _ = try await stage.depot.asset("CAM-1")
        _ = try await stage.depot.asset("CAM-2")
        let scan = { (code: String, byModel: Bool) in
            try await stage.depot.projects.scan(
                code, onto: stage.project, section: nil, byModel: byModel, by: stage.manager)
        }
        let added = try await scan("CAM-1", false)
        #expect(added["effect"] == "added" && added["asset"]?["status"] == "reserved")
        #expect(try await scan("cam-1", false)["effect"] == "already")
        #expect(try await scan("CAM-1", true)["effect"] == "added")
        let raised = try await scan("CAM-2", true)
        #expect(raised["effect"] == "raised" && raised["line"]?["quantity"] == 2)
        #expect(try await scan("BADGE-ANA", false)["effect"] == "person")
        #expect(try await scan("BADGE-ANA", false)["effect"] == "already")
        await #expect(throws: Failure(.notFound, "")) { try await scan("NOBODY-KNOWS", false) }
        guard case .int(let change)? = raised["changes"]?.items.first else { throw Failure(.internal, "no change") }
        try await stage.undo(change)
        #expect(try await stage.lines().map { $0["title"]?.string } == ["CAM-1", "1 × FX6"])
    }

    @Test func `the warehouse walks the sheet section by section and shelf by shelf`() async throws {
        let stage = try await Stage()
        for (number, home) in [("CAM-1", "Shelf 10"), ("CAM-2", "Shelf 9"), ("CAM-3", "Shelf 9")] {
            var draft = AssetRegister.Draft(number: number, name: "Camera", model: stage.depot.camera)
            draft.home = home
            let id = try await stage.depot.register.add(draft)
            if number != "CAM-3" { try await stage.add(["asset": .string(id.rawValue), "section": "Camera"]) }
        }
        try await stage.add(["model": .string(stage.depot.camera.rawValue), "quantity": 2, "section": "Spare"])
        let sheet = try await stage.depot.projects.sheet(of: stage.project)
        #expect(
            sheet.table.dropFirst().map { Array($0.prefix(5)) } == [
                ["Camera", "Shelf 9", "CAM-2", "Camera", "1"], ["Camera", "Shelf 10", "CAM-1", "Camera", "1"],
                ["Spare", "Shelf 9", "", "FX6", "2"],
            ])
        let spare = sheet.json["sections"]?.items.last?["places"]?.items.first?["lines"]?.items.first
        #expect(spare?["here"] == 3)
        #expect(spare?["stands"]?.items.map { $0["here"] } == [2, 1])
    }
}

@Suite struct ProjectRecordTests {
    @Test func `a copy takes people and sheet with it, moved in time, and nothing that is out`() async throws {
        let stage = try await Stage { depot in
            [
                ["asset": .string(try await depot.asset("CAM-1").rawValue), "section": "Camera", "note": "first"],
                ["model": .string(depot.camera.rawValue), "quantity": 2],
            ]
        }
        let ana: JSON = ["person": .string(stage.depot.ana.rawValue), "part": "Camera"]
        _ = try await stage.edit(["people": [ana], "place": "Harbour"])
        try await stage.depot.scan("CAM-1", at: stage.depot.outDoor)
        let copy = try await stage.depot.projects.create(
            ["name": "Again", "startsAt": "2027-03-01T08:00:00.250Z"], copyOf: stage.project, by: stage.manager)
        let (old, new) = (try await stage.sheet(), try await stage.sheet(of: copy.record.id))
        #expect(new["state"] == "planned" && new["place"] == "Harbour" && new["people"] == old["people"])
        #expect(new["startsAt"] == "2027-03-01T08:00:00.250Z" && new["endsAt"] == "2027-03-02T08:00:00.250Z")
        let shape = { (sheet: JSON) in
            sheet["lines"]?.items.map { [$0["asset"], $0["model"], $0["quantity"], $0["section"], $0["note"]] }
        }
        #expect(shape(new) == shape(old))
        #expect(new["progress"] == ["back": 0, "done": 0, "extra": 0, "total": 3])
        try await stage.undo(copy.change)
        await #expect(throws: Failure(.notFound, "")) { try await stage.sheet(of: copy.record.id) }
    }

    @Test func `an undone removal of a project brings its sheet back`() async throws {
        let stage = try await Stage { depot in [["model": .string(depot.camera.rawValue), "quantity": 2]] }
        let copy = try await stage.depot.projects.create(["name": "Copy"], copyOf: stage.project, by: stage.manager)
        let before = try await stage.lines(of: copy.record.id)
        try await stage.undo(copy.change)
        let removal = try await stage.depot.changes().last { $0.topic == .projects && $0.kind == "removed" }
        try await stage.undo(removal?.position.seq)
        let after = try await stage.lines(of: copy.record.id)
        #expect(after.map { $0["title"] } == before.map { $0["title"] } && after.count == 1)
        #expect(after.map { $0["id"] } == before.map { $0["id"] })
    }

    @Test func `a project that got more lines since it was made is not undone`() async throws {
        let stage = try await Stage()
        let made = try await stage.depot.projects.create(["name": "New"], copyOf: stage.project, by: stage.manager)
        stage.depot.clock.advance(.seconds(1))
        try await stage.add(["model": .string(stage.depot.camera.rawValue)], to: made.record.id)
        await #expect(throws: Failure(.conflict, "")) { try await stage.undo(made.change) }
    }

    @Test func `two people editing one project: the second is shown what the first one did`() async throws {
        let stage = try await Stage()
        let version = try await stage.edit(["place": "Harbour"]).record.version
        _ = try await stage.edit(["note": "Soft ground"], ifVersion: version)
        let failure = await #expect(throws: Failure.self) {
            try await stage.edit(["note": "Bring mats"], ifVersion: version)
        }
        #expect(failure?.code == .stale && failure?.details?["current"]?["note"] == "Soft ground")
    }

    @Test func `an edit and its undo leave every field to the millisecond as it was`() async throws {
        let stage = try await Stage()
        _ = try await stage.edit([
            "startsAt": "2027-01-01T08:00:00.123Z", "endsAt": "2027-01-02T08:00:00.457Z",
            "people": [["person": .string(stage.depot.ana.rawValue), "part": "Camera"]],
        ])
        let before = try await stage.sheet()
        let edited = try await stage.edit([
            "name": "Other", "startsAt": "2027-01-01T09:00Z", "endsAt": "2027-01-01T10:00Z", "place": "x",
            "people": [["person": .string(stage.depot.ben.rawValue)]], "state": "closed",
        ])
        try await stage.undo(edited.change)
        let after = try await stage.sheet()
        for name in ["name", "state", "startsAt", "endsAt", "place", "people"] {
            #expect(after[name] == before[name], "\(name)")
        }
    }

    @Test(
        arguments: [
            (["endsAt": "2001-01-01T00:00Z"], "endsAt"), (["isTemplate": true], "state"),
            (["people": [["person": "nobody"]]], "person"), (["state": "done"], "state"), (["name": ""], "name"),
            (["startsAt": "soon"], "startsAt"),
        ] as [(JSON, String)])
    func `what does not fit a project is refused at its field`(fields: JSON, field: String) async throws {
        let stage = try await Stage()
        let failure = await #expect(throws: Failure.self) { try await stage.edit(fields) }
        #expect(failure?.code == .invalid && failure?.field == field, "\(String(describing: failure))")
    }

    @Test func `a project is closed while gear is out, which is said, and the gear comes back`() async throws {
        let stage = try await Stage { depot in [["asset": .string(try await depot.asset("CAM-1").rawValue)]] }
        try await stage.depot.scan("CAM-1", at: stage.depot.outDoor)
        _ = try await stage.edit(["state": "closed"])
        let warnings = try await stage.depot.projects.warnings(of: stage.project)
        #expect(warnings == ["1 piece is still out for Festival. Gear can come back at any time."])
        #expect(try await stage.depot.scan("CAM-1", at: stage.depot.inDoor).word == "IN")
        #expect(try await stage.depot.projects.warnings(of: stage.project).isEmpty)
        #expect(try await stage.sheet()["progress"] == ["back": 1, "done": 0, "extra": 0, "total": 1])
    }

    @Test func `lists go by start, page by page, with templates and the archive apart`() async throws {
        let stage = try await Stage()
        for day in [9, 2, 5] { _ = try await stage.depot.project("Day \(day)", in: Double(day)) }
        let times: JSON = ["startsAt": "2027-01-01T08:00Z", "endsAt": "2027-01-02T08:00Z"]
        for fields in [["name": "Small stage", "isTemplate": true] as JSON, ["name": "Old", "archived": true]] {
            _ = try await stage.depot.projects.create(fields.adding(times), by: stage.manager)
        }
        var names: [String] = []
        var query = ProjectBoard.Query()
        query.limit = 3
        repeat {
            let page = try await stage.depot.projects.list(query)
            names += page["items"]?.items.compactMap { $0["name"]?.string } ?? []
            query.cursor = page["next"]?.string
            #expect(page["total"] == 4)
        } while query.cursor != nil
        #expect(names == ["Festival", "Day 2", "Day 5", "Day 9"])
        query = ProjectBoard.Query()
        query.template = true
        #expect(try await stage.depot.projects.list(query)["items"]?.items.map { $0["name"] } == ["Small stage"])
        query.template = nil
        query.archived = nil
        query.text = "old"
        #expect(try await stage.depot.projects.list(query)["items"]?.items.map { $0["name"] } == ["Old"])
    }
}
