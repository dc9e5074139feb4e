// Gear records over HTTP: made, coded, edited, undone, looked up, with pictures and costs, by those who may.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

extension TestBox {
    /// The model of this name.
    fileprivate func model(_ name: String) throws -> Fields {
        let items = try ask("GET", "/api/v1/models?limit=200").fields().list("items")
        return try #require(items.first { $0.text("name") == name })
    }

    fileprivate func undo(_ answer: Answer) throws -> Answer {
        try ask("POST", "/api/v1/changes/\(answer["depotd-change"] ?? "none")/undo")
    }
}

@Suite struct GearRouteTests {
    @Test func `gear is made with its codes, found by them, and unmade`() async throws {
        try await TestBox.run { box in
            let model = try box.model("FX6").text("id") ?? ""
            let made = try box.ask(
                "POST", "/api/v1/assets", ["number": "CAM-20", "model": .string(model), "codes": ["LBL-20"]])
            let asset = try made.fields()
            #expect(made.status == 201 && made["etag"] == "\"1\"" && asset.text("name") == "Sony FX6")
            #expect(asset.list("identifiers").map { $0.text("value") } == ["LBL-20", "CAM-20"])
            let found = try box.ask("GET", "/api/v1/lookup?code=lbl-20").fields()
            #expect(found.text("kind") == "asset" && found.object("asset").text("number") == "CAM-20")
            let twice = try box.ask("POST", "/api/v1/assets", ["number": "cam-20", "model": .string(model)])
            #expect(try twice.status == 409 && twice.fields().text("field") == "number")
            #expect(try twice.fields().object("asset").text("id") == asset.text("id"))
            #expect(try box.undo(made).status == 200)
            #expect(try box.ask("GET", "/api/v1/assets/\(asset.text("id") ?? "")").status == 404)
            #expect(try box.ask("GET", "/api/v1/lookup?code=lbl-20").fields().text("kind") == "unknown")
        }
    }

    @Test func `a code is given by its reading and taken away by its key`() async throws {
        try await TestBox.run { box in
            let asset = try box.asset("LENS-1").text("id") ?? ""
            let path = "/api/v1/assets/\(asset)/identifiers"
            let given = try box.ask("POST", path, ["code": "https://example.com/x?a=b/c"])
            #expect(given.status == 201 && given["etag"] == "\"2\"")
            let identifier = try given.fields().list("identifiers").first { $0.text("scheme") == "barcode" }
            let key = try #require(identifier?.text("key"))
            let taken = try box.ask("DELETE", "\(path)/\(key)")
            #expect(taken.status == 204 && taken["etag"] == "\"3\"")
            #expect(try box.ask("DELETE", "\(path)/\(key)").status == 404)
            #expect(try box.undo(taken).status == 200)
            let history = try box.ask("GET", "/api/v1/assets/\(asset)/history?limit=2").fields()
            #expect(history.list("items").map { $0.text("kind") } == ["identifier", "identifier"])
            let next = history.text("next") ?? ""
            let more = try box.ask("GET", "/api/v1/assets/\(asset)/history?cursor=\(next)").fields().list("items")
            #expect(more.map { $0.text("kind") } == ["identifier", "created"])
            #expect(try box.ask("GET", "/api/v1/assets/\(asset)/history?cursor=x").status == 400)
            #expect(try box.ask("POST", path, ["code": "BADGE-ANA"]).status == 409)
        }
    }

    @Test func `a shelf's code with slashes is taken off the stock by the key it was given out with`() async throws {
        try await TestBox.run { box in
            let models = try box.ask("GET", "/api/v1/models?limit=100").fields().list("items")
            let cable = try #require(models.first { $0.text("counting") == "counted" }?.text("id"))
            let path = "/api/v1/models/\(cable)/codes"
            #expect(try box.ask("POST", path, ["code": "Halle/1/äö?&%2F"]).status == 201)
            let codes = try box.ask("GET", "/api/v1/models/\(cable)/stock").fields().list("codes")
            let key = try #require(codes.first { $0.text("value")?.hasPrefix("Halle/") == true }?.text("key"))
            let escaped = try #require(key.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            #expect(try box.ask("DELETE", "\(path)?key=\(escaped)").status == 204)
            #expect(try box.ask("DELETE", "\(path)?key=\(escaped)").status == 404)
            let left = try box.ask("GET", "/api/v1/models/\(cable)/stock").fields().list("codes")
            #expect(left.map { $0.text("value") } == ["SHELF-C4"])
        }
    }

    @Test func `a category's fields are asked for and named`() async throws {
        try await TestBox.run { box in
            let categories = try box.ask("GET", "/api/v1/categories").fields().list("items")
            let camera = try #require(categories.first { $0.text("name") == "Camera" })
            #expect(camera.number("models") == 3)
            let path = "/api/v1/categories/\(camera.text("id") ?? "")"
            let fields: JSON = [["key": "mount", "name": "Mount", "kind": "choice", "choices": ["E", "PL"]]]
            #expect(try box.ask("PATCH", path, ["fields": fields]).status == 200)
            let asset = "/api/v1/assets/\(try box.asset("CAM-7").text("id") ?? "")"
            let right = try box.ask("PATCH", asset, ["custom": ["mount": "PL"]])
            #expect(try right.fields().object("custom").text("mount") == "PL")
            let wrong = try box.ask("PATCH", asset, ["custom": ["mount": "X"]])
            let problem = try wrong.fields()
            #expect(wrong.status == 400 && problem.text("field") == "custom.mount")
            #expect(problem.list("errors").map { $0.text("message") } == ["Mount is one of E, PL."])
            #expect(try box.ask("PATCH", path, ["fields": ["mount"]]).status == 400)
        }
    }

    @Test func `models, categories and places are listed, and archived ones only when asked for`() async throws {
        try await TestBox.run { box in
            let camera = try box.model("FX6")
            #expect(camera.object("units").number("total") == 8)
            let model = "/api/v1/models/\(camera.text("id") ?? "")"
            #expect(try box.ask("GET", model + "/next-number").fields().text("number") == "CAM-9")
            let refused = try box.ask("PATCH", model, ["archived": true])
            #expect(refused.status == 409)
            #expect(
                try refused.fields().text("detail") == "FX6 has 8 units that are not archived. Archive them first.")
            let place = try box.ask("POST", "/api/v1/places", ["name": "Attic"])
            let id = try place.fields().text("id") ?? ""
            #expect(try box.ask("PATCH", "/api/v1/places/\(id)", ["archived": true]).status == 200)
            for (query, isThere) in [("", false), ("?archived=true", true), ("?archived=all", true)] {
                let items = try box.ask("GET", "/api/v1/places" + query).fields().list("items")
                #expect(items.contains { $0.text("name") == "Attic" } == isThere, "\(query)")
            }
            #expect(try box.ask("GET", "/api/v1/places?archived=some").status == 400)
            #expect(try box.ask("GET", "/api/v1/models?cursor=x").status == 400)
            let category = camera.object("category").text("id") ?? ""
            let own = try box.ask("GET", "/api/v1/models?category=\(category)&q=sony").fields().list("items")
            #expect(own.map { $0.text("name") } == ["FX6"])
        }
    }

    @Test func `accessories come with every unit, and none is its own`() async throws {
        try await TestBox.run { box in
            let (camera, tripod) = (
                try box.model("FX6").text("id") ?? "", try box.model("flowtech 100").text("id") ?? ""
            )
            let path = "/api/v1/models/\(camera)/accessories"
            let set = try box.ask("PUT", path, ["items": [["model": .string(tripod), "quantity": 2]]])
            #expect(try set.status == 200 && set.fields().list("items").first?.number("quantity") == 2)
            let stale = try box.ask("PUT", path, ["items": []], headers: ["If-Match": "\"1\""])
            #expect(try stale.status == 412 && stale.fields().object("current").number("version") == 2)
            let unit = try box.ask("GET", "/api/v1/assets/\(try box.asset("CAM-7").text("id") ?? "")").fields()
            #expect(unit.list("accessories").map { $0.object("model").text("name") } == ["flowtech 100"])
            let cycle = try box.ask("PUT", "/api/v1/models/\(tripod)/accessories", [["model": .string(camera)]])
            #expect(
                try cycle.fields().text("detail")
                    == "flowtech 100 would be an accessory of itself: flowtech 100 → FX6 → flowtech 100.")
            #expect(try box.undo(set).status == 200)
            #expect(try box.ask("GET", path).fields().list("items").isEmpty)
        }
    }

    @Test func `gear is made of a waiting code and goes out at once`() async throws {
        try await TestBox.run { box in
            try box.scan("SONY-FX-0009")
            let waiting = try box.ask("GET", "/api/v1/unknowns").fields().list("items")
            let tag = try #require(waiting.first { $0.text("code") == "SONY-FX-0009" })
            #expect(tag.has("draft") && !tag.list("suggestions").isEmpty)
            let model = try box.model("FX6").text("id") ?? ""
            let path = "/api/v1/unknowns/\(tag.text("id") ?? "")/create"
            let made = try box.ask("POST", path, ["model": .string(model)])
            #expect(try made.status == 201 && made.fields().object("asset").text("number") == "CAM-9")
            #expect(try box.scan("sony-fx-0009").object("asset").text("number") == "CAM-9")
            #expect(try box.ask("POST", path, ["model": .string(model)]).status == 404)
        }
    }
}
