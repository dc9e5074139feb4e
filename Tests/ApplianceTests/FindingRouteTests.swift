// Lists over HTTP: each filter lists what it says, in every order and over every page, and what no list has is refused
// with the item's name.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

extension TestBox {
    /// A list of gear; `%A` and the like in `query` stand as they are.
    fileprivate func gear(_ query: String) throws -> Fields { try ask("GET", "/api/v1/assets?\(query)").fields() }

    fileprivate func numbers(_ query: String) throws -> [String] {
        try gear(query).list("items").compactMap { $0.text("number") }
    }

    /// All pages, three pieces at a time.
    fileprivate func pages(_ query: String) throws -> [String] {
        var (numbers, cursor): ([String], String?) = ([], nil)
        repeat {
            let page = try gear("\(query)&limit=3" + (cursor.map { "&cursor=\($0)" } ?? ""))
            numbers += page.list("items").compactMap { $0.text("number") }
            cursor = page.text("next")
        } while cursor != nil && numbers.count < 1_000
        return numbers
    }

    /// Gear of two owners in a shelf and in the room around it, one damaged and one put away. What is asked for by name.
    fileprivate func prepare() throws -> [String: String] {
        let room = try ask("POST", "/api/v1/places", ["name": "Hall 9"]).fields().text("id") ?? ""
        let shelf =
            try ask("POST", "/api/v1/places", ["name": "Top", "parent": .string(room)]).fields().text("id") ?? ""
        let edits: [(String, JSON)] = [
            ("MIC-3", ["owner": "Łódź & Co", "home": .string(room)]),
            ("MIC-4", ["owner": "Łódź & Co", "home": .string(shelf), "condition": "damaged"]),
            ("MIC-5", ["owner": "We", "home": .string(shelf)]),
            ("MIC-6", ["owner": "We", "home": .string(shelf), "archived": true]),
        ]
        for (number, edit) in edits {
            #expect(try ask("PATCH", "/api/v1/assets/\(asset(number).text("id") ?? "")", edit).status == 200)
        }
        let held = try gear("status=in_use&limit=500").list("items").first { $0.text("number") == "CAM-1" }
        let holder = try #require(held?.object("holder"))
        return [
            "room": room, "shelf": shelf, "ana": holder.object("person").text("id") ?? "",
            "festival": holder.object("project").text("id") ?? "",
            "category": held?.object("model").text("id") ?? "",
            "model": try asset("MIC-3").object("model").text("id") ?? "",
        ]
    }
}

@Suite struct FindingRouteTests {
    @Test func `each filter lists what it says, and filters hold together`() async throws {
        try await TestBox.run { box in
            let ids = try box.prepare()
            let (room, shelf) = (ids["room"] ?? "", ids["shelf"] ?? "")
            let (ana, festival) = (ids["ana"] ?? "", ids["festival"] ?? "")
            let out = [
                "CAM-1", "MIC-1", "MIC-2", "PANEL-1", "PANEL-2", "POINTE-1", "POINTE-2", "TRI-1", "TRI-2", "TRUSS-1",
                "TRUSS-2",
            ]
            let owner = "%C5%81%C3%B3d%C5%BA%20%26%20Co"
            let expected: [(String, [String])] = [
                ("owner=\(owner)", ["MIC-3", "MIC-4"]), ("owner=We", ["MIC-5"]), ("owner=we", []),
                ("holder=\(ana)", out), ("project=\(festival)", out), ("holder=\(ana)&project=none", []),
                ("place=\(room)", ["MIC-3", "MIC-4", "MIC-5"]), ("place=\(shelf)", ["MIC-4", "MIC-5"]),
                ("place=\(room)&owner=\(owner)&condition=damaged", ["MIC-4"]), ("place=none", []),
                ("model=\(ids["model"] ?? "")&status=in_use", ["MIC-1", "MIC-2"]),
                ("category=camera&holder=\(ana)", ["CAM-1", "TRI-1", "TRI-2"]),
                ("condition=damaged", ["MIC-4", "PANEL-6"]), ("condition=damaged,lost", ["MIC-4", "MIC-8", "PANEL-6"]),
                ("status=damaged&place=\(shelf)", ["MIC-4"]), ("condition=fit&place=\(room)", ["MIC-3", "MIC-5"]),
                ("archived=true", ["MIC-6"]), ("archived=all&place=\(shelf)", ["MIC-4", "MIC-5", "MIC-6"]),
                ("archived=false&owner=We", ["MIC-5"]),
                ("q=ulxd2&place=\(shelf)&archived=all", ["MIC-4", "MIC-5", "MIC-6"]),
                ("q=ana%20mic", ["MIC-1", "MIC-2"]), ("q=festival%20cam", ["CAM-1"]),
                ("owner=&place=\(shelf)", ["MIC-4", "MIC-5"]),
            ]
            for (query, numbers) in expected {
                let page = try box.gear(query + "&limit=500")
                #expect(page.list("items").compactMap { $0.text("number") }.sorted() == numbers, "\(query)")
                #expect(page.number("total") == numbers.count, "\(query)")
                #expect(try box.pages(query).sorted() == numbers, "\(query)")
            }
        }
    }

    @Test func `each order goes both ways, over all pages of any filter`() async throws {
        try await TestBox.run { box in
            let ids = try box.prepare()
            let filters = [
                "archived=all", "place=\(ids["room"] ?? "")", "holder=\(ids["ana"] ?? "")", "q=mic", "category=Light",
            ]
            for filter in filters {
                let all = try box.gear("\(filter)&limit=500").list("items")
                for (key, value) in [
                    ("name", { $0.text("name") ?? "" }), ("status", { $0.text("status") ?? "" }),
                    ("updated", { $0.text("updatedAt") ?? "" }),
                ] as [(String, (Fields) -> String)] {
                    let values = Dictionary(
                        uniqueKeysWithValues: all.map { ($0.text("number") ?? "", value($0).lowercased()) })
                    let (up, down) = (try box.pages("\(filter)&sort=\(key)"), try box.pages("\(filter)&sort=-\(key)"))
                    #expect(up.map { values[$0] ?? "" } == values.values.sorted(), "\(filter) \(key)")
                    #expect(down == up.reversed() && Set(up).count == up.count, "\(filter) \(key)")
                }
                let byNumber = try box.pages("\(filter)&sort=number")
                #expect(try box.pages("\(filter)&sort=-number") == byNumber.reversed(), "\(filter)")
                #expect(byNumber.count == all.count)
            }
            #expect(try box.pages("category=Light&sort=number").suffix(3) == ["POINTE-10", "POINTE-11", "POINTE-12"])
        }
    }

    @Test func `what no list has is refused with its name, and nothing is read for it`() async throws {
        try await TestBox.run { box in
            let cursor = try box.gear("sort=name&limit=1").text("next") ?? ""
            for (query, field) in [
                ("status=gone", "status"), ("status=in_use,", nil), ("condition=rusty", "condition"),
                ("sort=price", "sort"), ("sort=--name", "sort"), ("archived=maybe", "archived"), ("limit=0", "limit"),
                ("limit=501", "limit"), ("limit=ten", "limit"), ("facets=2", "facets"), ("cursor=x", "cursor"),
                ("sort=-name&cursor=\(cursor)", "cursor"), ("q=mic&cursor=\(cursor)", "cursor"),
            ] as [(String, String?)] {
                let answer = try box.ask("GET", "/api/v1/assets?\(query)")
                #expect(answer.status == (field == nil ? 200 : 400), "\(query)")
                #expect(try answer.fields().text("field") == field, "\(query)")
            }
            #expect(try box.gear("owner=\(String(repeating: "x", count: 3_000))").number("total") == 0)
        }
    }

    @Test func `facets count what each filter would leave, and are asked apart from the list`() async throws {
        try await TestBox.run { box in
            let ids = try box.prepare()
            #expect(!(try box.gear("q=mic").has("facets")))
            let facets = try box.gear("place=\(ids["shelf"] ?? "")&facets=1&limit=1").object("facets")
            #expect(facets.list("owner").map { $0.text("value") } == ["We", "Łódź & Co"])
            #expect(facets.list("owner").map { $0.number("count") } == [1, 1])
            #expect(facets.list("place").contains { $0.text("name") == "Hall 9" && $0.number("count") == 1 })
            let held = try box.gear("holder=\(ids["ana"] ?? "")&facets=1").object("facets")
            #expect(held.list("category").first?.text("name") == "Light")
            #expect(held.list("holder").map { $0.text("name") } == ["Ana Vidal"])
            #expect(held.list("project").map { $0.number("count") } == [11])
        }
    }
}
