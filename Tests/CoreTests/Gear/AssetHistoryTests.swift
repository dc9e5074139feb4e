// What happened to a piece of gear: in order, page by page, with what was before, and by an index.
import Foundation
import GRDB
import Testing

@testable import Core

@Suite struct AssetHistoryTests {
    private func kinds(_ items: JSON?) -> [String] {
        guard case .array(let items)? = items else { return [] }
        return items.compactMap { $0["kind"]?.string }
    }

    @Test func `movements, edits, statuses and codes are told newest first with who, where and what was before`()
        async throws
    {
        let depot = try await TestDepot()
        let camera = try await depot.gear("CAM-1").record
        _ = try await depot.project("Festival North", .unit(camera.id))
        try await depot.scan("BADGE-ANA", at: depot.outDoor)
        try await depot.scan("CAM-1", at: depot.outDoor)
        depot.clock.advance(.seconds(60))
        try await depot.scan("CAM-1", at: depot.inDoor)
        depot.clock.advance(.seconds(60))
        try await depot.edit(camera.id, ["number": "CAM-2", "name": "Spare"])
        depot.clock.advance(.seconds(60))
        _ = try await depot.register.setStatus(
            of: camera.id, to: .inUse, note: "to the studio", ifVersion: nil, actor: depot.ben, device: nil)
        depot.clock.advance(.seconds(60))
        let code = try await depot.register.attach(code: "LBL-1", to: camera.id, by: TestDepot.author).edited
        let page = try await depot.register.history(of: camera.id, limit: 50, cursor: nil)
        #expect(kinds(page["items"]) == ["identifier", "status", "edited", "in", "out", "created"])
        guard case .array(let items)? = page["items"] else { return }
        #expect(items[0]["identifier"]?["value"] == "LBL-1" && items[0]["change"] == code.change.map(JSON.int))
        #expect(items[1]["by"]?["name"] == "Ben Ortiz" && items[1]["note"] == "to the studio")
        #expect(items[1]["status"] == "in_use" && items[1]["before"]?["status"] == "reserved")
        #expect(items[2]["before"] == ["name": "Sony FX6", "number": "CAM-1"])
        #expect(items[2]["after"] == ["name": "Spare", "number": "CAM-2"])
        #expect(items[4]["person"]?["name"] == "Ana Vidal" && items[4]["project"]?["name"] == "Festival North")
        #expect(items[4]["door"]?["name"] == "Out" && items[4]["by"]?["name"] == "Ana Vidal")
        #expect(items[5]["before"] == .null && items[5]["after"] == .null)
    }

    @Test func `pages hold each entry once, whichever source it is from`() async throws {
        let depot = try await TestDepot()
        let camera = try await depot.gear("CAM-1").record
        for number in 0..<9 {
            try await depot.scan("CAM-1", at: number.isMultiple(of: 2) ? depot.outDoor : depot.inDoor)
            depot.clock.advance(.seconds(60))
            if number.isMultiple(of: 3) { try await depot.edit(camera.id, ["note": .string("\(number)")]) }
        }
        let whole = try await depot.register.history(of: camera.id, limit: 100, cursor: nil)
        #expect(whole["next"] == .null && kinds(whole["items"]).count == 13)
        for limit in [1, 2, 5, 13] {
            var seen: [JSON] = []
            var cursor: String?
            repeat {
                let page = try await depot.register.history(of: camera.id, limit: limit, cursor: cursor)
                guard case .array(let items)? = page["items"] else { break }
                #expect(items.count <= limit)
                seen += items
                cursor = page["next"]?.string
            } while cursor != nil
            #expect(JSON.array(seen) == whole["items"], "\(limit)")
        }
        for cursor in ["", "x", "MQ", ListCursor.text(["1", "x"]), ListCursor.text(["1", "2", "3"])] {
            let said = await refusal {
                _ = try await depot.register.history(of: camera.id, limit: 5, cursor: cursor)
            }
            #expect(said?.field == "cursor", "\(cursor)")
        }
    }

    @Test(arguments: [AssetHistory.eventSelection, AssetHistory.changeSelection])
    func `a page is read by an index and in its order, however much happened`(sql: String) async throws {
        let depot = try await TestDepot()
        let plan = try await depot.store.read { database in
            try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql, arguments: ["x", Int64.max, 51])
                .map { $0["detail"] as String }
        }
        #expect(!plan.contains { $0.contains("SCAN") || $0.contains("TEMP B-TREE") }, "\(plan)")
        #expect(
            plan.contains { $0.contains("custody_event_asset") } || plan.contains { $0.contains("change_subject") },
            "\(plan)")
    }
}
