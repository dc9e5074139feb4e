// Models, categories and places: their lists, what may be archived, and what may not be inside or part of itself.
import Foundation
import GRDB
import Testing

@testable import Core

@Suite struct CatalogueTests {
    private func model(_ depot: TestDepot, _ name: String, _ more: JSON = .object([])) async throws -> Model {
        let category = try await RecordDesk<Model>(store: depot.store).find(depot.camera).category?.id.rawValue
        let fields: JSON = ["name": .string(name), "category": .optional(category)]
        return try await depot.make(Model.self, fields.adding(more))
    }

    private func place(_ depot: TestDepot, _ name: String, in parent: Place? = nil) async throws -> Place {
        try await depot.make(Place.self, ["name": .string(name), "parent": .optional(parent?.id.rawValue)])
    }

    @Test func `a place that moves takes the paths of all within along, and never goes into itself`() async throws {
        let depot = try await TestDepot()
        let hall = try await place(depot, "Hall")
        let rack = try await place(depot, "Rack", in: hall)
        let shelf = try await place(depot, "Shelf", in: rack)
        let other = try await place(depot, "Yard")
        #expect(shelf.path == "Hall / Rack / Shelf")
        try await depot.edit(rack.id, ["parent": .string(other.id.rawValue)])
        #expect(try await RecordDesk<Place>(store: depot.store).find(shelf.id).path == "Yard / Rack / Shelf")
        let cycle = await refusal { try await depot.edit(other.id, ["parent": .string(shelf.id.rawValue)]) }
        #expect(cycle?.message == "A place can not be inside itself: Yard in Shelf in Rack in Yard.")
        #expect(cycle?.field == "parent" && cycle?.code == .invalid)
        let own = await refusal { try await depot.edit(rack.id, ["parent": .string(rack.id.rawValue)]) }
        #expect(own?.message == "A place can not be inside itself.")
        let twin = await refusal { _ = try await place(depot, "rack", in: other) }
        #expect(twin?.code == .conflict && twin?.field == "name")
        #expect(try await RecordDesk<Place>(store: depot.store).find(other.id).parent == nil)
    }

    @Test func `places are eight deep at most, also when a deep one is moved into another`() async throws {
        let depot = try await TestDepot()
        var chain = [try await place(depot, "1")]
        for number in 2...8 { chain.append(try await place(depot, "\(number)", in: chain.last)) }
        let deep = await refusal { _ = try await place(depot, "9", in: chain.last) }
        #expect(deep?.message == "Places can be 8 deep at most.")
        let room = try await place(depot, "Room")
        _ = try await place(depot, "Rack", in: room)
        let moved = await refusal { try await depot.edit(room.id, ["parent": .string(chain[6].id.rawValue)]) }
        #expect(moved?.field == "parent")
        try await depot.edit(room.id, ["parent": .string(chain[5].id.rawValue)])
    }

    @Test func `places are listed by path with the gear that lives there`() async throws {
        let depot = try await TestDepot()
        let hall = try await place(depot, "Hall")
        let rack = try await place(depot, "Rack", in: hall)
        _ = try await place(depot, "Hall 2")
        let old = try await place(depot, "Attic")
        try await depot.edit(old.id, ["archived": true])
        try await depot.gear("CAM-1", ["home": .string(rack.id.rawValue)])
        let gone = try await depot.gear("CAM-2", ["home": .string(rack.id.rawValue)]).record
        try await depot.edit(gone.id, ["archived": true])
        let desk = CatalogueDesk(store: depot.store)
        let listed = try await desk.places(.current)
        #expect(listed.map { $0["path"]?.string } == ["Hall", "Hall / Rack", "Hall 2"])
        #expect(listed.map { $0["assets"] } == [0, 1, 0])
        #expect(try await desk.places(.archived).map { $0["name"]?.string } == ["Attic"])
        #expect(try await desk.places(.all).count == 4)
        let said = await refusal { try await depot.gear("CAM-3", ["home": .string(old.id.rawValue)]) }
        #expect(said?.message == "That place is archived. Take it out of the archive first." && said?.field == "home")
    }

    @Test func `models are listed by name, page by page, with their units`() async throws {
        let depot = try await TestDepot()
        for number in 1...3 { try await depot.gear("CAM-\(number)") }
        try await depot.scan("CAM-1", at: depot.outDoor)
        for name in ["flowtech", "Bürste", "Zoom", "a tripod"] { _ = try await model(depot, name) }
        let desk = CatalogueDesk(store: depot.store)
        var query = ModelQuery()
        query.limit = 2
        var names: [String] = []
        repeat {
            let page = try await desk.models(query)
            guard case .array(let items)? = page["items"] else { break }
            names += items.compactMap { $0["name"]?.string }
            for item in items where item["name"] == "FX6" { #expect(item["units"] == ["total": 3, "available": 2]) }
            query.cursor = page["next"]?.string
        } while query.cursor != nil
        #expect(names == ["a tripod", "Bürste", "flowtech", "FX6", "Zoom"])
        for (text, found) in [("burste", ["Bürste"]), ("sony fx", ["FX6"]), ("camera zoo", ["Zoom"]), ("x'--", [])] {
            var query = ModelQuery()
            query.text = text
            guard case .array(let items)? = try await desk.models(query)["items"] else { continue }
            #expect(items.compactMap { $0["name"]?.string } == found, "\(text)")
        }
        var stranger = ModelQuery()
        stranger.cursor = "!"
        #expect(await refusal { _ = try await desk.models(stranger) }?.field == "cursor")
    }

    @Test func `units and homes are counted by an index that has all it needs`() async throws {
        let depot = try await TestDepot()
        for (sql, index, arguments): (String, String, StatementArguments) in [
            (CatalogueDesk.unitsSelection, "asset_units", ["[]"]),
            (CatalogueDesk.placesSelection(.current), "asset_homes", []),
        ] {
            let plan = try await depot.store.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments)
                    .map { $0["detail"] as String }
            }
            #expect(plan.contains { $0.contains("USING COVERING INDEX \(index) ") }, "\(plan)")
        }
    }

    @Test func `what is in use is not archived, and what is archived gets nothing new`() async throws {
        let depot = try await TestDepot()
        let units = [try await depot.gear("CAM-1").record, try await depot.gear("CAM-2").record]
        let two = await refusal { try await depot.edit(depot.camera, ["archived": true]) }
        #expect(two?.message == "FX6 has 2 units that are not archived. Archive them first.")
        #expect(two?.code == .conflict && two?.field == "archived")
        try await depot.edit(units[0].id, ["archived": true])
        let one = await refusal { try await depot.edit(depot.camera, ["archived": true]) }
        #expect(one?.message == "FX6 has 1 unit that is not archived. Archive it first.")
        try await depot.edit(units[1].id, ["archived": true])
        let category = try #require(try await RecordDesk<Model>(store: depot.store).find(depot.camera).category?.id)
        let held = await refusal { try await depot.edit(category, ["archived": true]) }
        #expect(held?.message == "Camera has 1 model that is not archived. Archive it first.")
        try await depot.edit(depot.camera, ["archived": true])
        let new = await refusal { try await depot.gear("CAM-3") }
        #expect(new?.message == "That model is archived. Take it out of the archive first.")
        let back = await refusal { try await depot.edit(units[0].id, ["archived": false]) }
        #expect(back?.field == "model")
        try await depot.edit(category, ["archived": true])
        #expect(await refusal { _ = try await model(depot, "FX9") }?.field == "category")
        try await depot.edit(depot.camera, ["archived": false])
        try await depot.edit(units[0].id, ["archived": false])
    }

    @Test func `archived gear stops going out and still comes in`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.gear("CAM-1").record
        try await depot.scan("CAM-1", at: depot.outDoor)
        try await depot.edit(camera.id, ["archived": true])
        let back = try await depot.scan("CAM-1", at: depot.inDoor)
        #expect(back.outcome == "ok-but" && back.word == "IN" && back.short.contains("archived"))
        #expect(try await depot.register.find(camera.id).asset.holder == nil)
        let again = try await depot.scan("CAM-1", at: depot.inDoor)
        #expect(again.word == "ALREADY IN" && again.short.contains("archived"))
        for door in [depot.outDoor, depot.mainDoor] {
            depot.clock.advance(.seconds(60))
            let out = try await depot.scan("CAM-1", at: door)
            #expect(out.outcome == "stop" && out.word == "STOP" && out.short == "archived: it must not leave")
        }
        let byHand = await refusal {
            _ = try await depot.register.setStatus(
                of: camera.id, to: .inUse, note: nil, ifVersion: nil, actor: nil, device: nil)
        }
        #expect(byHand?.message == "CAM-1 is archived: it must not leave.")
    }

    @Test func `accessories are set and undone, and a chain back to the model is named`() async throws {
        let depot = try await TestDepot()
        let accessories = Accessories(store: depot.store)
        let (cage, battery, plate) =
            (try await model(depot, "Cage"), try await model(depot, "Battery"), try await model(depot, "Plate"))
        func set(_ items: JSON, of model: Model.ID) async throws -> Int64? {
            try await accessories.set(items, of: model, ifVersion: nil, by: TestDepot.author).edited.change
        }
        func names(of model: Model.ID) async throws -> [String] {
            try await accessories.list(of: model).items.map {
                "\($0["quantity"]?.text ?? "") \($0["model"]?["name"]?.string ?? "")"
            }
        }
        let first = try await set(
            [["model": .string(cage.id.rawValue)], ["model": ["id": .string(battery.id.rawValue)], "quantity": 4]],
            of: depot.camera)
        #expect(try await names(of: depot.camera) == ["4 Battery", "1 Cage"])
        _ = try await set([["model": .string(plate.id.rawValue), "quantity": 1]], of: cage.id)
        let cycle = await refusal {
            _ = try await set([["model": .string(depot.camera.rawValue)]], of: plate.id)
        }
        #expect(cycle?.message == "Plate would be an accessory of itself: Plate → FX6 → Cage → Plate.")
        #expect(try await names(of: plate.id).isEmpty)
        let change = try #require(try await depot.changes().first { $0.position.seq == first })
        let body = try JSON(parsing: change.body)
        #expect(change.topic == .models && change.kind == "accessories" && body["before"]?["accessories"] == [])
        let second = try await set([], of: depot.camera)
        #expect(await refusal { try await depot.undo(first) }?.code == .conflict)
        try await depot.undo(second)
        #expect(try await names(of: depot.camera) == ["4 Battery", "1 Cage"])
        #expect(try await set([["model": .string(plate.id.rawValue)]], of: cage.id) == nil)
    }

    @Test func `accessories that are not right are each named`() async throws {
        let depot = try await TestDepot()
        let cage = try await model(depot, "Cage")
        let items: JSON = [
            ["model": .string(cage.id.rawValue)], ["model": .string(cage.id.rawValue)], ["model": "none"],
            ["model": .string(depot.camera.rawValue)], ["model": .string(cage.id.rawValue), "quantity": 0], 7,
        ]
        let said = await refusal {
            _ = try await Accessories(store: depot.store).set(
                items, of: depot.camera, ifVersion: nil, by: TestDepot.author)
        }
        #expect(
            said?.errors == [
                "items/1/model: This model is there twice.", "items/2/model: There is no such model.",
                "items/3/model: FX6 can not be an accessory of itself.",
                "items/4/quantity: Quantity is a whole number from 1 to 10000.", "items/5/model: Model is missing.",
            ])
    }

    @Test func `a cost is begun, edited, undone, and only told on its own topic`() async throws {
        let depot = try await TestDepot()
        let desk = CostDesk(store: depot.store)
        let camera = try await depot.gear("CAM-1").record
        let none = try await desk.find(of: camera.id)
        #expect(none.version == 0 && none.subject == "CAM-1" && none.value == nil)
        let seq = depot.store.position.seq
        let begun = try await desk.edit(
            of: camera.id, ["value": 450_000, "boughtOn": "2025-03-01"], ifVersion: 0, by: TestDepot.author)
        let stale = await refusal {
            _ = try await desk.edit(of: camera.id, ["value": 1], ifVersion: 0, by: TestDepot.author)
        }
        #expect(stale?.code == .stale && stale?.details?["current"]?["value"] == 450_000)
        let edited = try await desk.edit(of: camera.id, ["value": 400_000], ifVersion: 1, by: TestDepot.author)
        try await depot.undo(edited.change)
        #expect(try await desk.find(of: camera.id).value == 450_000)
        #expect(await refusal { try await depot.undo(begun.change) }?.code == .conflict)
        let model = try await desk.edit(of: depot.camera, ["price": 1], ifVersion: nil, by: TestDepot.author)
        try await depot.undo(model.change)
        #expect(try await desk.find(of: depot.camera).version == 0)
        let changes = try await depot.store.changes(after: seq, limit: 100)
        #expect(changes.count == 5 && changes.allSatisfy { $0.topic == .costs && $0.topic.role == .manager })
        let wrong: [(JSON, String)] = [
            (["value": -1], "value"), (["price": .double(1.5)], "price"), (["boughtOn": "yesterday"], "boughtOn"),
        ]
        for (fields, field) in wrong {
            let said = await refusal {
                _ = try await desk.edit(of: camera.id, fields, ifVersion: nil, by: TestDepot.author)
            }
            #expect(said?.field == field)
        }
        #expect(await refusal { _ = try await desk.find(of: Asset.ID("none")) }?.code == .notFound)
    }

    static let series: [(numbers: [String], next: String)] = [
        ([], "FX6-1"), (["CAM-8"], "CAM-9"), (["CAM-2", "CAM-10", "CAM-9"], "CAM-11"), (["K007"], "K008"),
        (["A-099"], "A-100"), (["CAM-1/B"], "CAM-2/B"), (["Spare"], "FX6-1"), (["2026-1", "2026-2"], "2026-3"),
        (["X-99999999999999999999"], "FX6-1"),
    ]

    @Test func `the next number follows the model's last one and is free`() async throws {
        for row in Self.series {
            let depot = try await TestDepot()
            for number in row.numbers { try await depot.gear(number) }
            let next = try await CatalogueDesk(store: depot.store).nextNumber(of: depot.camera)
            #expect(next["number"]?.string == row.next, "\(row.numbers)")
        }
        let depot = try await TestDepot()
        let other = try await model(depot, "Other")
        let shelf = try await place(depot, "Shelf")
        try await depot.gear("CAM-8", ["home": .string(shelf.id.rawValue)])
        try await depot.gear("cam-9", ["model": .string(other.id.rawValue)])
        let next = try await CatalogueDesk(store: depot.store).nextNumber(of: depot.camera)
        #expect(next["number"] == "CAM-10" && next["home"]?["name"] == "Shelf")
    }
}
