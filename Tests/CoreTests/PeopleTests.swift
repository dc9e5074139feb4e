// People as records: who may change what, badges, PINs, and what only managers are shown.
import Foundation
import Testing

@testable import Core

@Suite struct PeopleTests {
    private let manager = Author(role: .manager)

    private func edit(
        _ id: Person.ID, _ fields: JSON, by author: Author = Author(role: .manager), in depot: TestDepot
    ) async throws -> Edited<Person> {
        try await RecordDesk<Person>(store: depot.store).edit(id, fields, ifVersion: nil, by: author)
    }

    @Test func `only an admin gives and takes roles`() async throws {
        let depot = try await TestDepot()
        for fields in [["role": "manager"] as JSON, ["role": "admin"]] {
            await #expect(throws: Failure(.forbidden, "")) { try await edit(depot.ana, fields, in: depot) }
        }
        let raised = try await edit(depot.ana, ["role": "manager"], by: Author(role: .admin), in: depot)
        #expect(raised.record.role == .manager)
        let undo = ChangeUndo(store: depot.store)
        await #expect(throws: Failure(.forbidden, "")) {
            try await undo.undo(raised.change ?? 0, by: manager) { _ in true }
        }
        _ = try await undo.undo(raised.change ?? 0, by: Author(role: .admin)) { _ in true }
        #expect(try await depot.roster.find(depot.ana)?.role == .crew)
    }

    @Test(arguments: [["active": false] as JSON, ["role": "crew"]])
    func `nobody takes away the last active admin`(fields: JSON) async throws {
        let depot = try await TestDepot()
        let admin = Author(role: .admin)
        let jo = try await depot.roster.add(name: "Jo", role: .admin, pin: "9000")
        await #expect(throws: Failure(.conflict, "")) { try await edit(jo, fields, by: admin, in: depot) }
        _ = try await depot.roster.add(name: "Kim", role: .admin, pin: "9001")
        #expect(try await edit(jo, fields, by: admin, in: depot).change != nil)
    }

    @Test func `a manager does not put an admin out`() async throws {
        let depot = try await TestDepot()
        let jo = try await depot.roster.add(name: "Jo", role: .admin, pin: "9000")
        _ = try await depot.roster.add(name: "Kim", role: .admin, pin: "9001")
        await #expect(throws: Failure(.forbidden, "")) { try await edit(jo, ["active": false], in: depot) }
        #expect(try await edit(jo, ["phone": "+49 30 123456"], in: depot).record.phone == "+49 30 123456")
    }

    @Test(arguments: [
        ("email", "ana"), ("email", "a b@c"), ("phone", "call me"), ("language", "German"), ("role", "boss"),
        ("avatar", "none"), ("name", " "),
    ])
    func `what does not fit a person is refused at its field`(field: String, value: String) async throws {
        let depot = try await TestDepot()
        let failure = await #expect(throws: Failure.self) {
            try await edit(depot.ana, .object([.init(key: field, value: .string(value))]), in: depot)
        }
        #expect(failure?.code == .invalid && failure?.field == field)
    }

    @Test func `a note is in no Change that all may see, and an undo gives it back`() async throws {
        let depot = try await TestDepot()
        _ = try await edit(depot.ana, ["note": "Night shifts only", "phone": "030 1"], in: depot)
        let edited = try await edit(depot.ana, ["note": "Day shifts", "phone": "030 2"], in: depot)
        let last = try await depot.changes().suffix(2)
        #expect(last.map(\.topic) == [.people, .confidential] && last.first?.position.seq == edited.change)
        let (open, hidden) = (last.map { String(decoding: $0.body, as: UTF8.self) }[0], last.last?.body ?? [])
        #expect(!open.contains("shifts") && open.contains("030 2"))
        #expect(try JSON(parsing: hidden)["before"]?["note"] == "Night shifts only")
        #expect(Topic.confidential.role == .manager)
        _ = try await ChangeUndo(store: depot.store).undo(edited.change ?? 0, by: manager) { _ in true }
        let person = try await depot.roster.find(depot.ana)
        #expect(person?.note == "Night shifts only" && person?.phone == "030 1")
        #expect(person?.json(for: .crew)["note"] == nil && person?.json(for: .manager)["note"] != nil)
    }

    @Test func `a badge is given by its code, is one person's, and is undone`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        let given = try await depot.roster.assign("04A1B2C3D4E5F6", to: depot.ana, by: manager)
        #expect(try await depot.scan("04a1b2c3d4e5f6", at: depot.outDoor).short == "Ana Vidal")
        let taken = await #expect(throws: Failure.self) {
            try await depot.roster.assign("04A1B2C3D4E5F6", to: depot.ben, by: manager)
        }
        #expect(taken?.code == .conflict && taken?.details?["person"]?["name"] == "Ana Vidal")
        let gear = await #expect(throws: Failure.self) {
            try await depot.roster.assign("cam-7", to: depot.ben, by: manager)
        }
        #expect(gear?.code == .conflict && gear?.details?["asset"]?["id"]?.string == camera.rawValue)
        await #expect(throws: Failure(.invalid, "")) {
            try await depot.roster.assign("08A1B2C3", to: depot.ben, by: manager)
        }
        _ = try await ChangeUndo(store: depot.store).undo(given.change ?? 0, by: manager) { _ in true }
        #expect(try await depot.scan("04A1B2C3D4E5F6", at: depot.outDoor).outcome == "unknown")
    }

    @Test func `a badge of somebody who left counts no more and may be given on`() async throws {
        let depot = try await TestDepot()
        _ = try await depot.asset("CAM-7")
        try await depot.scan("BADGE-ANA", at: depot.outDoor)
        try await depot.scan("CAM-7", at: depot.outDoor)
        _ = try await edit(depot.ana, ["active": false], in: depot)
        let door = try await depot.door.door(depot.outDoor)
        #expect(door["acting"] == .null)
        #expect(try await depot.scan("BADGE-ANA", at: depot.outDoor).outcome == "unknown")
        let holds = try await depot.roster.detail(depot.ana, for: .manager).json["holds"]
        #expect(holds == .array([try #require(holds?[0])]) && holds?[0]?["number"] == "CAM-7")
        _ = try await depot.roster.assign("BADGE-ANA", to: depot.ben, by: manager)
        #expect(try await depot.scan("BADGE-ANA", at: depot.outDoor).short == "Ben Ortiz")
    }

    @Test func `a badge whose code has a slash is taken away by the key it was given out with`() async throws {
        let depot = try await TestDepot()
        let given = try await depot.roster.assign("A/B%2F\\C", to: depot.ana, by: manager).record
        let key = try #require(try given.badgeList[0]?["key"]?.string)
        #expect(!key.contains("/") && !key.contains("\\"))
        let left = try await depot.roster.unassign(key, from: depot.ana, by: manager).record
        #expect(try left.badgeList[0]?["label"] == "BADGE-ANA")
        await #expect(throws: Failure(.notFound, "")) {
            try await depot.roster.unassign(key, from: depot.ana, by: manager)
        }
    }

    @Test func `a PIN is one's own affair, or that of somebody with a higher role`() async throws {
        let depot = try await TestDepot()
        let jo = try await depot.roster.add(name: "Jo", role: .admin, pin: "9000")
        try await depot.secrets.setPIN("4444", of: depot.ana, by: manager)
        #expect(try await depot.secrets.matches(pin: "4444", of: depot.ana))
        #expect(try await depot.secrets.matches(pin: "1111", of: depot.ana) == false)
        try await depot.secrets.setPIN("5555", of: depot.ana, by: Author(person: depot.ana, role: .crew))
        for (id, author) in [(jo, manager), (depot.ben, Author(person: depot.ana, role: .crew))] {
            await #expect(throws: Failure(.forbidden, "")) {
                try await depot.secrets.setPIN("6666", of: id, by: author)
            }
        }
        let last = try #require(try await depot.changes().last { $0.kind == "pin" })
        #expect(!String(decoding: last.body, as: UTF8.self).contains("5555"))
    }

    @Test func `a person shows what they hold, their projects and their last movements`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.asset("CAM-7")
        let project = try await depot.project("Festival", .unit(camera))
        _ = try await RecordDesk<Project>(store: depot.store).edit(
            project, ["people": [["person": .string(depot.ana.rawValue), "part": "Camera"]]], ifVersion: nil,
            by: manager)
        try await depot.scan("BADGE-ANA", at: depot.outDoor)
        try await depot.scan("CAM-7", at: depot.outDoor)
        let json = try await depot.roster.detail(depot.ana, for: .crew).json
        #expect(json["holds"]?[0]?["project"]?["name"] == "Festival" && json["holdCount"] == 1)
        #expect(json["projects"]?[0]?["part"] == "Camera")
        #expect(json["movements"]?[0]?["kind"] == "out" && json["movements"]?[0]?["door"]?["name"] == "Out")
        #expect(json["badges"] == nil && json["badgeCount"] == 1)
        var query = Roster.Query()
        query.text = "vidal"
        #expect(try await depot.roster.list(query, for: .crew).map { $0["holdCount"] } == [1])
    }
}

extension JSON {
    fileprivate subscript(index: Int) -> JSON? {
        guard case .array(let items) = self, items.indices.contains(index) else { return nil }
        return items[index]
    }
}
