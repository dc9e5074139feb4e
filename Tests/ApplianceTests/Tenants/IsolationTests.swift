// Two organisations on one box: whatever the people, programs and screens of one ask, nothing of the other comes back, and
// its names are answered as names that exist nowhere.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct IsolationTests {
    /// What asks at the first organisation: headers for each role and for its token.
    private static func asking(_ box: TestBox) throws -> [(who: String, headers: [String: String])] {
        try Role.allCases.map { role in
            let person = try #require(DemoDepot.people.first { $0.role == role })
            let headers = ["Cookie": try box.signIn(person.name, pin: person.pin, at: "northlight-rental")]
            let session = try box.ask("GET", "/api/v1/session", headers: headers, authorization: nil)
            try #require(try session.fields().text("role") == role.rawValue)
            return (role.rawValue, headers)
        } + [("a program", ["Authorization": "Bearer \(box.token)"])]
    }

    /// One of everything that the first organisation has, by the name of its list.
    private static func own(_ box: TestBox) throws -> [String: String] {
        var own: [String: String] = [:]
        for list in ["assets", "models", "categories", "people", "projects", "doors", "unknowns"] {
            own[list] = try box.ask("GET", "/api/v1/\(list)").fields().list("items").first?.text("id")
        }
        own["places"] = try box.ask("POST", "/api/v1/places", ["name": "Shelf 9"]).fields().text("id")
        own["lines"] = try box.ask("GET", "/api/v1/projects/\(own["projects"] ?? "")").fields().list("lines").first?
            .text("id")
        return own
    }

    @Test func `another organisation's names are answered on every route as names that exist nowhere`() async throws {
        try await TestBox.run { box in
            let other = try SecondHouse(on: box)
            #expect(other.ids.count >= 14, "\(other.ids.keys.sorted())")
            let (before, seq) = (try other.picture(on: box), try other.seq(on: box))
            let document = try JSON(parsing: box.ask("GET", "/api/v1/openapi.json").body)
            // A passphrase is nobody's name, and whoever gives wrong ones has to wait.
            let requests = try StrangeRequest.all(in: document, own: Self.own(box)).filter {
                $0.path != "/api/v1/session/passphrase"
            }
            #expect(requests.count > 150)
            for (who, headers) in try Self.asking(box) {
                // What a body may hold is the same for all who may send it; the admin may send all.
                for request in requests where who == "admin" || !request.place.hasPrefix("body") {
                    try Self.compare(request, who, headers, other, box)
                }
            }
            #expect(try other.seq(on: box) == seq)
            #expect(try other.picture(on: box) == before)
        }
    }

    private static func compare(
        _ request: StrangeRequest, _ who: String, _ headers: [String: String], _ other: SecondHouse, _ box: TestBox
    ) throws {
        func answer(_ id: String) throws -> (status: Int, text: String, detail: String) {
            let asked = request.about(id)
            let answer = try box.ask(asked.method, asked.path, asked.body, headers: headers, authorization: nil)
            let text = answer.text.replacingOccurrences(of: id, with: "#")
            return (answer.status, text, answer.status < 400 ? "" : Fields(Array(text.utf8)).text("detail") ?? "")
        }
        let strange = try answer(UUIDv7.text(at: Date()))
        for id in other.ids.values {
            let known = try answer(id)
            let said = "\(request.method) \(request.path), \(request.place), as \(who), of \(id)"
            #expect(strange.status == known.status && strange.detail == known.detail, "\(said): \(strange) \(known)")
            #expect(known.status != 500 && strange.status != 500, "\(said)")
            let leaked = ([SecondHouse.mark, SecondHouse.codeMark] + other.ids.values).first { known.text.contains($0) }
            #expect(leaked == nil, "\(said): \(known.text)")
        }
    }

    @Test func `what the other organisation calls its things finds nothing, and its codes are unknown`() async throws {
        try await TestBox.run { box in
            let other = try SecondHouse(on: box)
            for (who, headers) in try Self.asking(box) {
                func ask(_ method: String, _ path: String, _ body: JSON? = nil) throws -> Answer {
                    try box.ask(method, path, body, headers: headers, authorization: nil)
                }
                for list in ["assets", "models", "people", "projects"] {
                    let found = try ask("GET", "/api/v1/\(list)?q=\(SecondHouse.mark)").fields()
                    #expect(found.list("items").isEmpty, "\(list) as \(who)")
                }
                for code in ["\(SecondHouse.codeMark)-1", "\(SecondHouse.codeMark)-BADGE"] {
                    let lookup = try ask("GET", "/api/v1/lookup?code=\(code)")
                    let nothing = try ask("GET", "/api/v1/lookup?code=NOTHING-1")
                    #expect(lookup.text.replacingOccurrences(of: code, with: "NOTHING-1") == nothing.text)
                    let scan = try ask("POST", "/api/v1/scans", ["code": .string(code)])
                    #expect(try scan.fields().text("outcome") == "unknown", "\(code) as \(who)")
                    #expect(!scan.text.contains(SecondHouse.mark))
                }
                // The sequence of a Change is a name in each one's own log.
                _ = try ask("POST", "/api/v1/changes/\(try other.seq(on: box))/undo")
            }
            let cost = try other.ask(box, "GET", "/api/v1/assets/\(other.ids["asset"] ?? "")/cost")
            #expect(try cost.fields().number("value") == 77_777)
        }
    }

    @Test func `a cursor of one organisation's list leads nowhere but through the other's own`() async throws {
        try await TestBox.run { box in
            let other = try SecondHouse(on: box)
            for number in 2...4 {
                _ = try other.ask(
                    box, "POST", "/api/v1/assets",
                    [
                        "number": .string("\(SecondHouse.codeMark)-\(number)"), "name": .string(SecondHouse.mark),
                        "model": .string(other.ids["model"] ?? ""),
                    ])
            }
            let page = try other.ask(box, "GET", "/api/v1/assets?limit=1").fields()
            let next = try #require(page.text("next"))
            let led = try box.ask("GET", "/api/v1/assets?limit=500&cursor=\(next)")
            #expect(!led.text.contains(SecondHouse.mark) && [200, 400].contains(led.status))
        }
    }

    @Test func `no screen hears of another organisation, live or in what is replayed`() async throws {
        try await TestBox.run { box in
            let other = try SecondHouse(on: box)
            let about = try other.ask(box, "GET", "/api/v1/about").fields()
            let position = (epoch: about.text("epoch") ?? "", seq: 1)
            let screens = try Self.asking(box).flatMap { who, headers in
                try [nil, position].map { since in
                    let live = try box.live(headers, authorization: nil)
                    let role = Role(rawValue: who) ?? .manager
                    let topics = Topic.allCases.filter { $0.role <= role }.map(\.rawValue)
                    let begun = try live.subscribe(topics, since: since)
                    #expect(begun.text("type") == (since == nil ? "subscribed" : "reset"))
                    return live
                }
            }
            let asset = "/api/v1/assets/\(other.ids["asset"] ?? "")"
            _ = try other.ask(box, "PATCH", asset, ["note": .string("\(SecondHouse.mark) again")])
            _ = try other.ask(box, "PATCH", asset + "/cost", ["value": 88_888])
            _ = try other.ask(box, "POST", "/api/v1/scans", ["code": .string("\(SecondHouse.codeMark)-1")])
            _ = try other.ask(
                box, "PATCH", "/api/v1/assets",
                ["ids": [.string(other.ids["asset"] ?? "")], "set": ["owner": "Others"]])
            _ = try box.ask("PATCH", "/api/v1/assets/\(box.asset("CAM-7").text("id") ?? "")", ["note": "ours"])
            for screen in screens {
                while true {
                    let frame = try screen.socket.readFrame()
                    #expect(!frame.text.contains(SecondHouse.mark) && !frame.text.contains(SecondHouse.codeMark))
                    #expect(other.ids.values.allSatisfy { !frame.text.contains($0) })
                    if frame.text.contains("\"ours\"") { break }
                }
            }
        }
    }

    @Test func `signing in says nothing of whether an organisation exists`() async throws {
        try await TestBox.run { box in
            let other = try SecondHouse(on: box)
            let passphrase = "seven lamps on a blue truck"
            let welcome = try box.ask(
                "POST", "/api/v1/session/link",
                ["secret": .string(other.invitation), "passphrase": .string(passphrase)], authorization: nil)
            try #require(welcome.status == 200, "\(welcome.text)")
            func signIn(_ query: String, passphrase: String) throws -> Answer {
                try box.ask(
                    "POST", "/api/v1/session" + query,
                    ["name": "Administrator", "passphrase": .string(passphrase)], authorization: nil)
            }
            #expect(try signIn("?organisation=\(other.slug)", passphrase: passphrase).status == 200)
            let wrong = try signIn("?organisation=\(other.slug)", passphrase: "no such words at all")
            let words = try wrong.fields().text("detail")
            for query in ["?organisation=nobody-at-all", "?organisation=northlight-rental", ""] {
                let answer = try signIn(query, passphrase: passphrase)
                #expect(answer.status == wrong.status && answer.status == 401)
                #expect(try answer.fields().text("detail") == words)
            }
            // Who may sign in by PIN is shown to screens that the organisation trusts, and to no others.
            for slug in [other.slug, "nobody-at-all"] {
                let shown = try box.ask("GET", "/api/v1/session/people?organisation=\(slug)", authorization: nil)
                #expect(shown.status == 403 && !shown.text.contains(SecondHouse.mark))
            }
        }
    }

    @Test func `a secret of one organisation opens nothing of the other, and is its own's after a restart`()
        async throws
    {
        let folder = NSTemporaryDirectory() + "depotd-two-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let other = try await TestBox.run(folder: folder) { try SecondHouse(on: $0) }
        try await TestBox.run(folder: folder) { box in
            let about = try other.ask(box, "GET", "/api/v1/about").fields()
            #expect(about.text("organisation") == "Zyxbeta Films")
            #expect(try box.ask("GET", "/api/v1/about").fields().text("organisation") == DemoDepot.organisationName)
            let asset = "/api/v1/assets/\(other.ids["asset"] ?? "")"
            #expect(try other.ask(box, "GET", asset).status == 200)
            #expect(try box.ask("GET", asset).status == 404)
            #expect(try other.ask(box, "GET", "/api/v1/assets").fields().number("total") == 1)
        }
    }
}
