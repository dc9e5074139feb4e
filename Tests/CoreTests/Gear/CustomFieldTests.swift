// The fields that a category gives its gear: how they are defined, checked, and never lost.
import Foundation
import GRDB
import Testing

@testable import Core

@Suite struct CustomFieldTests {
    private static let fields: JSON = [
        ["key": "mount", "name": "Mount", "kind": "choice", "choices": ["E", "PL"], "required": true],
        ["key": "hours", "name": "Hours", "kind": "number", "unit": "h"],
        ["key": "checkedOn", "name": "Checked on", "kind": "day"],
        ["key": "label", "name": "Label", "kind": "text"],
        ["key": "insured", "name": "Insured", "kind": "flag"],
    ]

    /// The category of the depot's cameras with the fields above.
    private func category(of depot: TestDepot) async throws -> Core.Category.ID {
        let model = try await RecordDesk<Model>(store: depot.store).find(depot.camera)
        let id = try #require(model.category?.id)
        try await depot.edit(id, ["fields": Self.fields])
        return id
    }

    static let definitions: [(what: String, field: JSON, said: String)] = [
        ("no object", 7, "it is no object"),
        ("a capital key", ["key": "Mount", "name": "M", "kind": "text"], "a key is"),
        ("a long key", ["key": .string(String(repeating: "a", count: 41)), "name": "M", "kind": "text"], "a key is"),
        ("a strange kind", ["key": "a", "name": "M", "kind": "colour"], "its kind is one of"),
        ("no name", ["key": "a", "name": " ", "kind": "text"], "its name is missing"),
        ("a choice of nothing", ["key": "a", "name": "M", "kind": "choice"], "nothing to choose from"),
        ("choices of a text", ["key": "a", "name": "M", "kind": "text", "choices": ["x"]], "only a choice"),
        ("a choice twice", ["key": "a", "name": "M", "kind": "choice", "choices": ["x", "X"]], "there twice"),
        ("a choice that is a number", ["key": "a", "name": "M", "kind": "choice", "choices": [1]], "wrong type"),
        ("required by a word", ["key": "a", "name": "M", "kind": "text", "required": "yes"], "true or false"),
        ("a strange member", ["key": "a", "name": "M", "kind": "text", "color": 1], "it has no color"),
    ]

    @Test func `a field that is defined wrongly is refused by its number`() async throws {
        let depot = try await TestDepot()
        for row in Self.definitions {
            let right: JSON = ["key": "ok", "name": "Right", "kind": "text"]
            let said = await refusal {
                try await depot.make(Core.Category.self, ["name": "Light", "fields": [right, row.field]])
            }
            #expect(said?.field == "fields", "\(row.what)")
            #expect(said?.message.hasPrefix("Field 2: ") == true, "\(row.what): \(said?.message ?? "")")
            #expect(said?.message.contains(row.said) == true, "\(row.what): \(said?.message ?? "")")
        }
        let many = (0...30).map { JSON.object([.init(key: "key", value: .string("f\($0)"))]) }
        let said = await refusal { try await depot.make(Core.Category.self, ["name": "L", "fields": .array(many)]) }
        #expect(said?.message == "A category has at most 30 fields.")
        let twice: JSON = [["key": "a", "name": "A", "kind": "text"], ["key": "a", "name": "B", "kind": "text"]]
        let double = await refusal { try await depot.make(Core.Category.self, ["name": "L", "fields": twice]) }
        #expect(double?.message == "Field 2: B is there twice.")
    }

    static let values: [(custom: JSON, errors: [String])] = [
        (["mount": "PL", "hours": .double(12.5), "checkedOn": "2026-11-21", "label": " blue ", "insured": true], []),
        (["mount": "E", "hours": 3], []), ([:] as JSON, ["custom.mount: Mount is missing."]),
        (["mount": "X"], ["custom.mount: Mount is one of E, PL."]),
        (["mount": "E", "hours": "many"], ["custom.hours: Hours is a number."]),
        (["mount": "E", "checkedOn": "2026-02-30"], ["custom.checkedOn: Checked on is a day such as 2026-11-21."]),
        (["mount": "E", "insured": "yes"], ["custom.insured: Insured has the wrong type."]),
        (["mount": "E", "colour": "red"], ["custom.colour: This category has no field colour."]),
        (
            ["hours": [], "label": "a\u{7}"],
            [
                "custom.mount: Mount is missing.", "custom.hours: Hours is a number.",
                "custom.label: Label has a character that can not be shown.",
            ]
        ),
    ]

    @Test func `gear is held against its category's fields`() async throws {
        let depot = try await TestDepot()
        _ = try await category(of: depot)
        for (index, row) in Self.values.enumerated() {
            let said = await refusal { try await depot.gear("CAM-\(index)", ["custom": row.custom]) }
            #expect(said?.errors ?? [] == row.errors, "\(row.custom.text)")
            #expect(said?.field == row.errors.first.map { String($0.prefix { $0 != ":" }) }, "\(row.custom.text)")
        }
        let first = try await depot.store.read {
            try Asset.fetchOne($0, sql: "SELECT * FROM asset_row WHERE number = 'CAM-0'")
        }
        #expect(
            first?.custom
                == #"{"mount":"PL","hours":12.5,"checkedOn":"2026-11-21","label":"blue","insured":true}"#)
    }

    @Test func `what is stored in fields that are gone, or of another kind now, is never lost`() async throws {
        let depot = try await TestDepot()
        let category = try await category(of: depot)
        let camera = try await depot.gear("CAM-1", ["custom": ["mount": "PL", "hours": 12, "label": "blue"]]).record
        try await depot.edit(
            category,
            [
                "fields": [
                    ["key": "label", "name": "Label", "kind": "number"],
                    ["key": "plate", "name": "Plate", "kind": "text", "required": true],
                ]
            ])
        // An edit of something else asks for nothing new.
        try await depot.edit(camera.id, ["note": "scratched"])
        let said = await refusal { try await depot.edit(camera.id, ["custom": ["label": "blue"]]) }
        #expect(said?.errors == ["custom.plate: Plate is missing."])
        let edited = try await depot.edit(camera.id, ["custom": ["label": "blue", "plate": "B-7"]])
        #expect(edited.record.custom == #"{"label":"blue","plate":"B-7","hours":12,"mount":"PL"}"#)
        #expect(await refusal { try await depot.edit(camera.id, ["custom": ["label": "red", "plate": "B-7"]]) } != nil)
        try await depot.undo(edited.change)
        let after = try await depot.register.find(camera.id).asset
        #expect(try JSON(parsing: Array(after.custom.utf8))["hours"] == 12)
    }

    @Test func `an edit of the same fields in another order is none`() async throws {
        let depot = try await TestDepot()
        _ = try await category(of: depot)
        let camera = try await depot.gear("CAM-1", ["custom": ["mount": "PL", "hours": 12]]).record
        #expect(try await depot.edit(camera.id, ["custom": ["hours": 12, "mount": "PL"]]).change == nil)
    }
}
