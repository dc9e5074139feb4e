// What is suggested for a code that nothing answers to, and gear that is made of it.
import Foundation
import Testing

@testable import Core

@Suite struct UnknownTests {
    private func waiting(_ depot: TestDepot, _ code: String) async throws -> JSON {
        let all = try await depot.door.unknowns()
        return try #require(all.first { $0["code"]?.string == code })
    }

    private func suggested(_ tag: JSON) -> [String] {
        guard case .array(let items)? = tag["suggestions"] else { return [] }
        return items.map { "\($0["asset"]?["number"]?.string ?? ""): \($0["why"]?.string ?? "")" }
    }

    @Test func `a unit without a code whose sisters have one like it comes first`() async throws {
        let depot = try await TestDepot()
        for number in 1...3 { try await depot.gear("CAM-\(number)", ["codes": [.string("SONY-44-\(number)")]]) }
        try await depot.gear("CAM-4")
        try await depot.scan("SONY-44-4", at: depot.outDoor)
        let tag = try await waiting(depot, "SONY-44-4")
        #expect(suggested(tag) == ["CAM-4: its code is like CAM-3's"])
        #expect(tag["draft"]?["number"] == "CAM-5" && tag["draft"]?["model"]?["name"] == "FX6")
    }

    @Test func `gear that the sheet misses and gear of the same visit are suggested with their reasons`() async throws {
        let depot = try await TestDepot()
        for number in 1...3 { try await depot.gear("CAM-\(number)") }
        _ = try await depot.project("Festival North", .model(depot.camera, quantity: 2))
        try await depot.scan("CAM-1", at: depot.outDoor)
        try await depot.scan("NEW-LABEL", at: depot.outDoor)
        let tag = try await waiting(depot, "NEW-LABEL")
        let why = "still missing on Festival North, same visit as CAM-1"
        #expect(suggested(tag) == ["CAM-2: \(why)", "CAM-3: \(why)"])
        // Long after, the visit is over.
        depot.clock.advance(.seconds(3_600))
        try await depot.scan("LATE-LABEL", at: depot.outDoor)
        #expect(try await suggested(waiting(depot, "LATE-LABEL")).first == "CAM-2: still missing on Festival North")
    }

    @Test func `what comes in is gear that was out`() async throws {
        let depot = try await TestDepot()
        for number in 1...4 { try await depot.gear("CAM-\(number)") }
        for number in 1...2 { try await depot.scan("CAM-\(number)", at: depot.outDoor) }
        try await depot.scan("CAM-1", at: depot.inDoor)
        try await depot.scan("NEW-LABEL", at: depot.inDoor)
        #expect(try await suggested(waiting(depot, "NEW-LABEL")) == ["CAM-2: same visit as CAM-1"])
    }

    @Test func `a code that can not be learnt is suggested for nothing`() async throws {
        let depot = try await TestDepot()
        try await depot.gear("CAM-1")
        _ = try await depot.project("Festival North", .model(depot.camera, quantity: 2))
        try await depot.scan("08112233", at: depot.outDoor)
        let tag = try #require(try await depot.door.unknowns().first)
        #expect(suggested(tag).isEmpty && tag["draft"] == .null)
        let id = UnknownTag.ID(tag["id"]?.string ?? "")
        let fields: JSON = ["model": .string(depot.camera.rawValue)]
        let said = await refusal { _ = try await depot.door.create(id, fields, by: TestDepot.author) }
        #expect(said?.code == .invalid && said?.message.hasPrefix("Phones") == true)
        #expect(try await depot.door.unknowns().count == 1)
    }

    @Test func `gear is made of a code, has it, and goes where the scan meant it to go`() async throws {
        let depot = try await TestDepot()
        try await depot.gear("CAM-8")
        let festival = try await depot.project("Festival North", .model(depot.camera, quantity: 2))
        try await depot.scan("BADGE-ANA", at: depot.outDoor)
        try await depot.scan("4006381333931", at: depot.outDoor)
        depot.clock.advance(.seconds(3_600))
        let tag = try await waiting(depot, "4006381333931")
        let (outcome, change) = try await depot.door.create(
            UnknownTag.ID(tag["id"]?.string ?? ""), ["model": .string(depot.camera.rawValue), "note": "new"],
            by: TestDepot.author)
        let told = try Told(body: outcome)
        #expect(told.word == "OUT" && outcome["asset"]?["number"] == "CAM-9" && change != nil)
        let asset = try await depot.register.find(Asset.ID(outcome["asset"]?["id"]?.string ?? "")).asset
        #expect(asset.holder?.person?.name == "Ana Vidal" && asset.holder?.project?.id == festival)
        #expect(asset.note == "new" && asset.name == "Sony FX6")
        #expect(try await depot.values(of: asset.id) == ["4006381333931", "CAM-9"])
        #expect(try await depot.door.unknowns().isEmpty)
        #expect(try await depot.scan("4006381333931", at: depot.inDoor).word == "IN")
        let again = await refusal {
            _ = try await depot.door.create(
                UnknownTag.ID(tag["id"]?.string ?? ""), ["model": .string(depot.camera.rawValue)], by: TestDepot.author)
        }
        #expect(again?.code == .notFound)
    }

    @Test func `a label of ours that was printed ahead gives the new piece its number`() async throws {
        let depot = try await TestDepot()
        try await depot.gear("CAM-8")
        try await depot.scan("depotd:CAM-12", at: depot.outDoor)
        let tag = try await waiting(depot, "depotd:CAM-12")
        #expect(tag["draft"]?["number"] == "CAM-12" && tag["draft"]?["model"]?["name"] == "FX6")
        let (outcome, _) = try await depot.door.create(
            UnknownTag.ID(tag["id"]?.string ?? ""), ["model": .string(depot.camera.rawValue)], by: TestDepot.author)
        #expect(outcome["asset"]?["number"] == "CAM-12")
    }

    @Test func `fields that are not right make nothing and let the code wait`() async throws {
        let depot = try await TestDepot()
        try await depot.gear("CAM-8")
        try await depot.scan("NEW-LABEL", at: depot.outDoor)
        let id = UnknownTag.ID(try await waiting(depot, "NEW-LABEL")["id"]?.string ?? "")
        let bodies: [(JSON, String)] = [
            ([:], "model"), (["model": "none"], "number"),
            (["model": .string(depot.camera.rawValue), "number": "cam-8"], "number"),
            (["model": .string(depot.camera.rawValue), "condition": "good"], "condition"),
        ]
        for (fields, _) in bodies {
            let said = await refusal { _ = try await depot.door.create(id, fields, by: TestDepot.author) }
            #expect(said?.code == .invalid || said?.code == .conflict, "\(fields.text)")
        }
        #expect(try await depot.door.unknowns().count == 1)
        #expect(try await depot.scan("CAM-9", at: depot.outDoor).outcome == "unknown")
    }

    static let lookups: [(code: String, kind: String)] = [
        ("CAM-1", "asset"), ("cam-1", "asset"), ("depotd:CAM-1", "asset"), ("badge-ana", "person"),
        ("(01)04006381333931(21)77", "asset"), ("(01)04006381333931(21)78", "model"), ("(01)04006381333931", "model"),
        ("fx6", "model"), ("nothing", "unknown"),
    ]

    @Test func `a code is looked up as the door would, and nothing is moved`() async throws {
        let depot = try await TestDepot()
        try await depot.gear("CAM-1", ["codes": ["(01)04006381333931(21)77"]])
        let seq = depot.store.position.seq
        let desk = LookupDesk(store: depot.store)
        for row in Self.lookups {
            let found = try await desk.find(row.code)
            #expect(found["kind"]?.string == row.kind, "\(row.code)")
            #expect((found[row.kind] != nil) == (row.kind != "unknown"), "\(row.code)")
        }
        #expect(await refusal { _ = try await desk.find(" ") }?.code == .invalid)
        #expect(await refusal { _ = try await desk.find(String(repeating: "x", count: 5_000)) }?.code == .tooLarge)
        #expect(depot.store.position.seq == seq)
    }
}
