// Projects and people over HTTP and the live socket, with the demo depot.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct ProjectRouteTests {
    private static let projects = "/api/v1/projects"

    private static func festival(_ box: TestBox) throws -> (path: String, fields: Fields) {
        let items = try box.ask("GET", projects).fields().list("items")
        let id = try #require(items.first { $0.text("name") == "Festival North" }?.text("id"))
        return ("\(projects)/\(id)", try box.ask("GET", "\(projects)/\(id)").fields())
    }

    private static func undo(_ answer: Answer, _ box: TestBox) throws -> Int {
        try box.ask("POST", "/api/v1/changes/\(answer["depotd-change"] ?? "0")/undo").status
    }

    @Test func `a project from the template is filled by scanning, goes out and is half returned`() async throws {
        try await TestBox.run { box in
            let template = try #require(
                try box.ask("GET", Self.projects + "?template=true").fields().list("items").first)
            #expect(template.text("name") == "Small stage")
            let made = try box.ask(
                "POST", Self.projects,
                [
                    "copyOf": .optional(template.text("id")), "name": "Street fair", "state": "accepted",
                    "startsAt": "2026-01-01T08:00Z",
                ])
            let path = Self.projects + "/" + (try made.fields().text("id") ?? "")
            #expect(made.status == 201)
            for code in ["LENS-1", "LENS-2"] {
                let scan = try box.ask("POST", path + "/scan", ["code": .string(code), "section": "Camera"])
                #expect(try scan.status == 200 && scan.fields().text("effect") == "added")
            }
            for code in ["LENS-1", "LENS-2"] { #expect(try box.scan(code).text("word") == "OUT") }
            let door = try #require(
                try box.ask("GET", "/api/v1/doors").fields().list("items").first { $0.text("name") == "Returns" })
            let back: JSON = ["code": "LENS-1", "door": .optional(door.text("id"))]
            #expect(try box.ask("POST", "/api/v1/scans", back).fields().text("word") == "IN")
            let shown = try box.ask("GET", path).fields()
            let progress = shown.object("progress")
            #expect(progress.number("done") == 1 && progress.number("back") == 1 && progress.number("extra") == 0)
            let lines = shown.list("lines").filter { $0.text("section") == "Camera" }
            #expect(lines.map { $0.number("out") } == [0, 1] && lines.map { $0.number("back") } == [1, 0])
            #expect(lines.last?.list("units").first?.text("number") == "LENS-2")
        }
    }

    @Test func `two people editing one project: the second gets the project as it is`() async throws {
        try await TestBox.run { box in
            let (path, _) = try Self.festival(box)
            let tag = try #require(try box.ask("GET", path)["etag"])
            let first = try box.ask("PATCH", path, ["place": "Gate 1"], headers: ["If-Match": tag])
            #expect(first.status == 200 && first["etag"] != tag)
            let second = try box.ask("PATCH", path, ["place": "Gate 2"], headers: ["If-Match": tag])
            #expect(try second.status == 412 && second.fields().object("current").text("place") == "Gate 1")
            #expect(try Self.undo(first, box) == 200)
            #expect(try box.ask("GET", path).fields().text("place") == "Harbour meadow, gate 3")
        }
    }

    @Test func `a line is added, edited, moved, taken off and brought back`() async throws {
        try await TestBox.run { box in
            let (path, fields) = try Self.festival(box)
            let lens = try box.asset("LENS-1").text("id") ?? ""
            let added = try box.ask("POST", path + "/lines", ["asset": .string(lens), "section": "Camera"])
            #expect(added.status == 201)
            let twice = try box.ask("POST", path + "/lines", ["asset": .string(lens)])
            #expect(try twice.status == 409 && twice.fields().object("line").text("section") == "Camera")
            let line = path + "/lines/" + (try added.fields().text("id") ?? "")
            let edited = try box.ask("PATCH", line, ["note": "wide"], headers: ["If-Match": added["etag"] ?? ""])
            #expect(try edited.fields().text("note") == "wide")
            let stale = try box.ask("PATCH", line, ["note": "long"], headers: ["If-Match": added["etag"] ?? ""])
            #expect(try stale.status == 412 && stale.fields().object("current").text("note") == "wide")
            let order: JSON = .array([.optional(try added.fields().text("id"))])
            let moved = try box.ask("PUT", path + "/lines/order", order)
            #expect(moved.status == 204)
            #expect(try box.ask("GET", path).fields().list("lines").first?.text("title") == "LENS-1")
            let removed = try box.ask("DELETE", line)
            #expect(try removed.status == 200 && box.ask("DELETE", line).status == 404)
            #expect(try box.ask("GET", path).fields().list("lines").count == fields.list("lines").count)
            #expect(try Self.undo(removed, box) == 200)
            #expect(try box.ask("GET", path).fields().list("lines").first?.text("note") == "wide")
        }
    }

    @Test func `progress is pushed when gear moves and when the sheet changes`() async throws {
        try await TestBox.run { box in
            let (path, fields) = try Self.festival(box)
            let before = fields.object("progress")
            let screen = try box.live()
            try screen.subscribe(["projects"])
            try box.scan("CAM-7")
            let signal = { try screen.next { $0.text("type") == "signal" && $0.text("kind") == "progress" } }
            let moved = try signal().object("data")
            #expect(moved.text("id") == fields.text("id"))
            #expect(moved.object("progress").number("done") == (before.number("done") ?? 0) + 1)
            let camera = try #require(fields.list("lines").first { $0.text("title") == "CAM-7" })
            #expect(moved.list("lines").first { $0.text("id") == camera.text("id") }?.number("out") == 1)
            _ = try box.ask("DELETE", path + "/lines/" + (camera.text("id") ?? ""))
            let change = try screen.change()
            #expect(change.text("kind") == "line.removed")
            #expect(change.object("data").text("project") == fields.text("id"))
            let edited = try signal().object("data").object("progress")
            #expect(edited.number("total") == (before.number("total") ?? 0) - 1)
            #expect(edited.number("extra") == (before.number("extra") ?? 0) + 1)
        }
    }

    @Test func `the sheet is walked shelf by shelf, and its table opens in a spreadsheet`() async throws {
        try await TestBox.run { box in
            let (path, _) = try Self.festival(box)
            let sheet = try box.ask("GET", path + "/sheet").fields()
            let sections = sheet.list("sections")
            #expect(
                sections.map { $0.text("section") } == ["Camera", "Light", "Audio", "Rigging", "Transport"])
            let places = try #require(sections.first).list("places")
            #expect(places.map { $0.text("place") } == ["Shelf A1", "Shelf A4"])
            let tripods = sections.first?.list("places").last?.list("lines").first
            #expect(tripods?.number("quantity") == 4 && tripods?.list("stands").first?.text("place") == "Shelf A4")
            let table = try box.ask("GET", path + "/sheet.csv")
            #expect(table["content-type"]?.hasPrefix("text/csv") == true)
            #expect(table.text.contains("Camera,Shelf A1,CAM-7,Sony FX6,1,0,0,,With the long lens\r\n"))
        }
    }

    @Test(
        arguments: [
            ("PUT", "/people", [["person": "nobody"]] as JSON, 400), ("POST", "/lines", ["asset": "nobody"], 400),
            ("POST", "/lines", [:], 400), ("POST", "/lines", ["model": "x", "quantity": 0], 400),
            ("PUT", "/lines/order", ["nobody"], 400), ("PATCH", "/lines/nobody", ["note": "x"], 404),
            ("DELETE", "/lines/nobody", [:], 404), ("POST", "/scan", ["code": "nobody knows"], 404),
            ("PATCH", "", ["endsAt": "2000-01-01T00:00Z"], 400), ("PATCH", "", ["lines": []], 400),
        ] as [(String, String, JSON, Int)])
    func `what is not right is refused and worded`(method: String, path: String, body: JSON, status: Int) async throws {
        try await TestBox.run { box in
            let answer = try box.ask(method, Self.festival(box).path + path, body)
            #expect(try answer.status == status && answer.fields().text("detail")?.isEmpty == false)
        }
    }
}

@Suite struct PeopleRouteTests {
    private static func person(_ name: String, _ box: TestBox) throws -> Fields {
        try #require(try box.ask("GET", "/api/v1/people").fields().list("items").first { $0.text("name") == name })
    }

    private static func path(_ name: String, _ box: TestBox) throws -> String {
        "/api/v1/people/" + (try person(name, box).text("id") ?? "")
    }

    @Test func `a new person gets a badge by scanning one, and acts with it`() async throws {
        try await TestBox.run { box in
            let made = try box.ask("POST", "/api/v1/people", ["name": "Kim Lang", "phone": "+49 30 1234"])
            let path = "/api/v1/people/" + (try made.fields().text("id") ?? "")
            #expect(made.status == 201)
            let taken = try box.ask("POST", path + "/badges", ["code": "BADGE-ANA"])
            #expect(try taken.status == 409 && taken.fields().object("person").text("name") == "Ana Vidal")
            let gear = try box.ask("POST", path + "/badges", ["code": "CAM-7"])
            #expect(try gear.status == 409 && gear.fields().object("asset").text("number") == "CAM-7")
            let given = try box.ask("POST", path + "/badges", ["code": "KIM/1"])
            #expect(given.status == 201)
            #expect(try box.scan("KIM/1").text("short") == "Kim Lang")
            let key = try #require(try given.fields().list("badges").first?.text("key"))
            let escaped = try #require(key.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            #expect(try box.ask("DELETE", path + "/badges/\(escaped)").status == 200)
            #expect(try box.ask("GET", path).fields().number("badgeCount") == 0)
        }
    }

    @Test func `crew sees who colleagues are and not what managers note of them`() async throws {
        try await TestBox.run { box in
            let ana = try Self.path("Ana Vidal", box)
            #expect(try box.ask("PATCH", ana, ["note": "Knows the crane", "email": "ana@depot.example"]).status == 200)
            let ben = try ["Cookie": box.signIn("Ben Ortiz", pin: "2222")]
            for path in [ana, "/api/v1/people", "/api/v1/lookup?code=BADGE-ANA", "/api/v1/session"] {
                let answer = try box.ask("GET", path, headers: ben, authorization: nil)
                #expect(answer.status == 200 && !answer.text.contains("crane") && !answer.text.contains("BADGE-ANA\"}"))
            }
            #expect(try box.ask("GET", ana, headers: ben, authorization: nil).text.contains("ana@depot.example"))
            #expect(try box.ask("GET", ana).text.contains("Knows the crane"))
            #expect(try box.ask("GET", "/api/v1/session/people", authorization: nil).text.contains("@") == false)
            let screen = try box.live(ben, authorization: nil)
            try screen.send(["type": "subscribe", "topics": ["people", "people.confidential"]])
            #expect(try screen.next { $0.text("type") == "error" }.text("code") == "forbidden")
        }
    }

    @Test func `somebody who is put out is signed out at once, here and on the live socket`() async throws {
        try await TestBox.run { box in
            let ana = try ["Cookie": box.signIn("Ana Vidal", pin: "1111")]
            let screen = try box.live(ana, authorization: nil)
            try screen.subscribe(["assets"])
            let out = try box.ask("PATCH", Self.path("Ana Vidal", box), ["active": false])
            #expect(out.status == 200)
            #expect(waits { (try? box.ask("GET", "/api/v1/session", headers: ana, authorization: nil).status) == 401 })
            #expect(throws: (any Error).self) { while true { _ = try screen.change() } }
            #expect(try box.signIn("Ana Vidal", pin: "1111") == "")
            #expect(try box.ask("GET", "/api/v1/people?archived=true").fields().list("items").count == 1)
        }
    }

    @Test func `a PIN is changed with the present one, and the other sessions end`() async throws {
        try await TestBox.run { box in
            let here = try ["Cookie": box.signIn("Ana Vidal", pin: "1111")]
            let elsewhere = try ["Cookie": box.signIn("Ana Vidal", pin: "1111")]
            let path = try Self.path("Ana Vidal", box) + "/pin"
            let put = { (body: JSON) in try box.ask("PUT", path, body, headers: here, authorization: nil) }
            #expect(try put(["pin": "5678"]).fields().text("field") == "current")
            #expect(try put(["pin": "5678", "current": "0000"]).status == 400)
            #expect(try put(["pin": "56", "current": "1111"]).fields().text("field") == "pin")
            #expect(try put(["pin": "5678", "current": "1111"]).status == 204)
            #expect(try box.ask("GET", "/api/v1/session", headers: here, authorization: nil).status == 200)
            #expect(try box.ask("GET", "/api/v1/session", headers: elsewhere, authorization: nil).status == 401)
            let others = try Self.path("Jo Okafor", box) + "/pin"
            #expect(try box.ask("PUT", others, ["pin": "1234"]).status == 403)
            #expect(try !box.signIn("Ana Vidal", pin: "5678").isEmpty)
        }
    }
}
