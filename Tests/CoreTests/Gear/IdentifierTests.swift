// Codes given to gear and taken away, with their Changes and their undo.
import Foundation
import Testing

@testable import Core

@Suite struct IdentifierTests {
    @Test func `gear without a name is called what its model is called, and its codes find it`() async throws {
        let depot = try await TestDepot()
        let made = try await depot.gear("CAM-9", ["name": "", "codes": ["LBL-9", "04A1B2C3D41009"]]).record
        #expect(made.name == "Sony FX6" && made.version == 1)
        #expect(try await depot.values(of: made.id) == ["04A1B2C3D41009", "CAM-9", "LBL-9"])
        #expect(try await depot.scan("lbl-9", at: depot.outDoor).word == "OUT")
        let kinds = try await depot.changes().filter { $0.subject == made.id.rawValue }.map(\.kind)
        #expect(kinds == ["created", "identifier", "identifier", "custody"])
    }

    @Test func `a code is given, taken away, and both are undone`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.gear("CAM-1").record
        let given = try await depot.register.attach(code: "LBL-1", to: camera.id, by: TestDepot.author).edited
        #expect(given.record.version == 2)
        let key = try #require(try await depot.codes(of: camera.id).first { $0.value == "LBL-1" }?.key)
        let taken = try await depot.register.detach(key: key, from: camera.id, by: TestDepot.author)
        let change = try #require(try await depot.changes().last)
        let body = try JSON(parsing: change.body)
        #expect(change.kind == "identifier" && body["identifier"] == .null && body["version"] == 3)
        #expect(body["before"]?["identifier"]?["value"] == "LBL-1")
        #expect(try await depot.values(of: camera.id) == ["CAM-1"])
        try await depot.undo(taken.change)
        #expect(try await depot.values(of: camera.id) == ["CAM-1", "LBL-1"])
        let again = try await depot.changes().last?.position.seq
        try await depot.undo(again)
        #expect(try await depot.values(of: camera.id) == ["CAM-1"])
        let stale = await refusal { try await depot.undo(given.change) }
        #expect(stale?.code == .conflict && stale?.message.contains("changed again since") == true)
    }

    @Test func `number and serial are fields and not taken away like codes`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.gear("CAM-1", ["serial": "S-1"]).record
        for (key, value) in try await depot.codes(of: camera.id) {
            let said = await refusal {
                _ = try await depot.register.detach(key: key, from: camera.id, by: TestDepot.author)
            }
            #expect(said?.message == "\(value) is its number or serial number: edit that instead.")
        }
        let none = await refusal {
            _ = try await depot.register.detach(key: "none", from: camera.id, by: TestDepot.author)
        }
        #expect(none?.code == .notFound)
    }

    @Test func `gear that was made with codes is unmade whole`() async throws {
        let depot = try await TestDepot()
        let made = try await depot.gear("CAM-1", ["codes": ["LBL-1"]])
        try await depot.undo(made.change)
        let removed = try #require(try await depot.changes().last)
        #expect(removed.kind == "removed")
        #expect(try await depot.scan("LBL-1", at: depot.outDoor).outcome == "unknown")
        try await depot.undo(removed.position.seq)
        #expect(try await depot.values(of: made.record.id) == ["CAM-1", "LBL-1"])
        try await depot.edit(made.record.id, ["archived": true])
        #expect(await refusal { try await depot.gear("CAM-2", ["codes": ["LBL-1"]]) }?.code == .conflict)
    }

    @Test(arguments: [
        ("", "That code can not stand for a piece of gear."),
        ("08112233", "Phones and bank cards make this code up anew each time: it can not stand for gear."),
    ])
    func `a code that can not be learnt is refused in words`(code: String, said: String) async throws {
        let depot = try await TestDepot()
        let camera = try await depot.gear("CAM-1").record
        let refused = await refusal {
            _ = try await depot.register.attach(code: code, to: camera.id, by: TestDepot.author)
        }
        #expect(refused?.code == .invalid && refused?.message == said)
    }

    @Test func `a code that no reader could send is too long`() async throws {
        let depot = try await TestDepot()
        let code = String(repeating: "x", count: Scan.byteCountMax + 1)
        let refused = await refusal { try await depot.gear("CAM-1", ["codes": [.string(code)]]) }
        #expect(refused?.message == "A code has at most \(Scan.byteCountMax) bytes." && refused?.field == "codes")
    }

    @Test func `codes are a list of texts`() async throws {
        let depot = try await TestDepot()
        for codes: JSON in ["LBL", [1], .array((0...20).map { .string("L\($0)") })] {
            let said = await refusal { try await depot.gear("CAM-1", ["codes": codes]) }
            #expect(said?.field == "codes" && said?.code == .invalid, "\(codes.text)")
        }
    }

    static let names: [(what: String, fields: JSON, field: String, said: String)] = [
        ("10,000 characters", ["name": .string(String(repeating: "ä", count: 10_000))], "name", "at most 200"),
        ("a number of 10,000", ["number": .string(String(repeating: "9", count: 10_000))], "number", "at most 64"),
        ("a control character", ["name": "FX\u{7}6"], "name", "can not be shown"),
        ("a line end in one line", ["name": "FX\n6"], "name", "can not be shown"),
        ("a NUL", ["note": "a\u{0}b"], "note", "can not be shown"),
        ("nothing but blanks", ["number": " \t "], "number", "Number is missing."),
        ("a wrong type", ["name": 7], "name", "wrong type"), ("a strange field", ["colour": "red"], "colour", "has no"),
        ("no such model", ["model": "none"], "model", "There is no such model."),
        ("custom fields that are a list", ["custom": []], "custom", "wrong type"),
    ]

    @Test func `what can not be entered is named with its field`() async throws {
        let depot = try await TestDepot()
        for row in Self.names {
            let rest: JSON = ["number": "CAM-1", "model": .string(depot.camera.rawValue)]
            let fields = JSON.object(rest.members.filter { row.fields[$0.key] == nil } + row.fields.members)
            let said = await refusal { _ = try await depot.register.create(fields, by: TestDepot.author) }
            #expect(said?.code == .invalid && said?.field == row.field, "\(row.what): \(String(describing: said))")
            #expect(said?.message.contains(row.said) == true, "\(row.what): \(said?.message ?? "")")
        }
        let both = await refusal { _ = try await depot.register.create(["number": "", "x": 1], by: TestDepot.author) }
        #expect(both?.errors.count == 3 && both?.message == "3 fields are not right.")
    }
}
