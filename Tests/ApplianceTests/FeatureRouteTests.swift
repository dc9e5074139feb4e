// The features over HTTP: scans, gear, doors, the inbox, sessions.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct FeatureRouteTests {
    @Test func `a scan sent twice with its key is carried out once`() async throws {
        try await TestBox.run { box in
            let headers = ["Idempotency-Key": "k-1"]
            let first = try box.ask("POST", "/api/v1/scans", ["code": "CAM-7"], headers: headers)
            let again = try box.ask("POST", "/api/v1/scans", ["code": "CAM-7"], headers: headers)
            #expect(first.status == 201 && again.status == 200)
            #expect(try first.fields().text("id") == again.fields().text("id"))
            let other = try box.ask("POST", "/api/v1/scans", ["code": "CAM-8"], headers: headers)
            #expect(other.status == 409)
        }
    }

    @Test func `a scan is undone once`() async throws {
        try await TestBox.run { box in
            let scan = try box.scan("CAM-7")
            let path = "/api/v1/scans/\(scan.text("id") ?? "")/undo"
            let undone = try box.ask("POST", path)
            #expect(undone.status == 201)
            #expect(try undone.fields().text("action") == "undone")
            #expect(try box.asset("CAM-7").text("status") == "reserved")
            #expect(try box.ask("POST", path).status == 409)
        }
    }

    @Test func `pages of gear hold each piece once, digits by value`() async throws {
        try await TestBox.run { box in
            var numbers: [String] = []
            var cursor: String? = ""
            while let place = cursor {
                let query = place.isEmpty ? "" : "&cursor=\(place.replacingOccurrences(of: "=", with: "%3D"))"
                let page = try box.ask("GET", "/api/v1/assets?limit=7\(query)").fields()
                numbers += page.list("items").compactMap { $0.text("number") }
                cursor = page.text("next")
            }
            #expect(Set(numbers).count == numbers.count && numbers.count == 91)
            let microphones = numbers.filter { $0.hasPrefix("MIC-") }
            #expect(microphones == (1...12).map { "MIC-\($0)" })
        }
    }

    @Test func `search looks through numbers, serials and codes without case`() async throws {
        try await TestBox.run { box in
            for (query, number) in [
                ("cam-7", "CAM-7"), ("cam4710259", "CAM-7"), ("04a1b2c3d41007", "CAM-7"), ("karcher%201", "SCRUB-1"),
            ] {
                let items = try box.ask("GET", "/api/v1/assets?q=\(query)").fields().list("items")
                #expect(items.contains { $0.text("number") == number }, "\(query)")
            }
        }
    }

    @Test func `a status set by hand opens and closes custody and keeps its note`() async throws {
        try await TestBox.run { box in
            let asset = try box.asset("LENS-1")
            let path = "/api/v1/assets/\(asset.text("id") ?? "")"
            let taken = try box.ask("PATCH", path + "/status", ["status": "in_use", "note": "to the studio"])
            #expect(try taken.fields().text("status") == "in_use" && taken.fields().has("holder"))
            let stale = try box.ask("PATCH", path + "/status", ["status": "available"], headers: ["If-Match": "\"1\""])
            #expect(stale.status == 412)
            let current = try #require(try box.ask("GET", path)["etag"])
            let back = try box.ask("PATCH", path + "/status", ["status": "available"], headers: ["If-Match": current])
            #expect(try back.status == 200 && back.fields().text("status") == "available")
            #expect(try back.fields().text("note") == "to the studio")
            let history = try box.ask("GET", path).fields().list("history")
            #expect(history.map { $0.text("kind") } == ["status", "status", "created"])
            #expect(history[1].text("note") == "to the studio" && history[1].text("status") == "in_use")
            let wrong = try box.ask("PATCH", path + "/status", ["status": "reserved"])
            #expect(try wrong.status == 400 && wrong.fields().text("field") == "status")
        }
    }

    @Test func `a door is set and says who acts`() async throws {
        try await TestBox.run { box in
            let door = try #require(try box.ask("GET", "/api/v1/doors").fields().list("items").first)
            let path = "/api/v1/doors/\(door.text("id") ?? "")"
            let edited = try box.ask("PATCH", path, ["direction": "in", "acting": nil, "actingMinutes": 5]).fields()
            #expect(edited.text("direction") == "in" && edited.number("actingMinutes") == 5)
            #expect(edited.object("acting").text("until") == nil)
            try box.scan("BADGE-BEN")
            #expect(try box.ask("GET", path).fields().object("acting").object("person").text("name") == "Ben Ortiz")
            #expect(try box.ask("PATCH", path, ["actingMinutes": 0]).status == 400)
            #expect(try box.ask("PATCH", path, ["project": "none"]).status == 404)
        }
    }

    @Test func `an unknown code is linked over the API and then known`() async throws {
        try await TestBox.run { box in
            try box.scan("9781861972712")
            let waiting = try box.ask("GET", "/api/v1/unknowns").fields().list("items")
            let tag = try #require(waiting.first { $0.text("code") == "9781861972712" })
            let spk = try box.asset("SPK-3")
            let linked = try box.ask(
                "POST", "/api/v1/unknowns/\(tag.text("id") ?? "")/link", ["asset": .string(spk.text("id") ?? "")])
            #expect(try linked.status == 200 && linked.fields().text("word") == "OUT")
            let other = try #require(waiting.first { $0.text("code") != "9781861972712" })
            #expect(try box.ask("POST", "/api/v1/unknowns/\(other.text("id") ?? "")/dismiss").status == 204)
            #expect(try box.ask("GET", "/api/v1/unknowns").fields().list("items").isEmpty)
        }
    }

    @Test func `a dismissed code comes back, unless it waits again already`() async throws {
        try await TestBox.run { box in
            try box.scan("9781861972712")
            let waiting = {
                try box.ask("GET", "/api/v1/unknowns").fields().list("items").compactMap { $0.text("code") }
            }
            let before = try waiting()
            let items = try box.ask("GET", "/api/v1/unknowns").fields().list("items")
            let path = "/api/v1/unknowns/\(try #require(items.first?.text("id")))"
            #expect(try box.ask("POST", path + "/dismiss").status == 204)
            #expect(try waiting() != before)
            #expect(try box.ask("POST", path + "/restore").status == 204)
            #expect(try waiting() == before)
            #expect(try box.ask("POST", path + "/dismiss").status == 204)
            try box.scan("9781861972712")
            #expect(try box.ask("POST", path + "/restore").status == 409)
            #expect(try box.ask("POST", "/api/v1/unknowns/none/restore").status == 404)
        }
    }

    @Test func `a PIN opens a session, wrong PINs have to wait, and signing out ends it`() async throws {
        try await TestBox.run { box in
            let people = try box.ask("GET", "/api/v1/session/people", authorization: nil).fields().list("items")
            let ana = try #require(people.first { $0.text("name") == "Ana Vidal" }?.text("id"))
            let signIn: (String) throws -> Answer = { pin in
                try box.ask(
                    "POST", "/api/v1/session", ["person": .string(ana), "pin": .string(pin)], authorization: nil)
            }
            let opened = try signIn("1111")
            let cookie = try #require(opened["set-cookie"])
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
            let session = ["Cookie": String(cookie.prefix { $0 != ";" })]
            let me = try box.ask("GET", "/api/v1/session", headers: session, authorization: nil)
            #expect(try me.fields().object("person").text("name") == "Ana Vidal")
            let readers = try box.ask("PATCH", "/api/v1/readers/x", ["name": "x"], headers: session, authorization: nil)
            #expect(readers.status == 403)
            #expect(try box.ask("DELETE", "/api/v1/session", headers: session, authorization: nil).status == 204)
            #expect(try box.ask("GET", "/api/v1/session", headers: session, authorization: nil).status == 401)
            for _ in 0..<5 { #expect(try signIn("0000").status == 401) }
            #expect(try signIn("1111").status == 429)
        }
    }
}
