// The audit trail of a running box: what was done and refused is in it, for admins only, and a flood is a line.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct AuditRouteTests {
    private static func entries(_ box: TestBox, _ query: String) throws -> [Fields] {
        try box.askAsAdmin("GET", "/api/v1/audit?\(query)").fields().list("items")
    }

    /// Waits for entries: what is refused is noted a moment later.
    private static func wait(for count: Int, _ box: TestBox, _ query: String) throws -> [Fields] {
        #expect(waits { ((try? entries(box, query)) ?? []).count >= count })
        return try entries(box, query)
    }

    @Test func `an edit is in the trail with who, from where, what it was and what it became`() async throws {
        try await TestBox.run { box in
            let mara = try box.signIn("Mara Lindqvist", pin: "4711")
            let lens = try #require(try box.asset("LENS-1").text("id"))
            let edit = try box.ask(
                "PATCH", "/api/v1/assets/\(lens)", ["note": "front ring"], headers: ["Cookie": mara], authorization: nil
            )
            #expect(edit.status == 200)
            let entry = try #require(try Self.entries(box, "subject=\(lens)&kind=edited").first)
            #expect(entry.object("person").text("name") == "Mara Lindqvist" && entry.text("address") == "127.0.0.1")
            #expect(
                entry.object("data").text("note") == "front ring" && entry.object("data").object("before").has("note"))
            let table = try box.askAsAdmin("GET", "/api/v1/audit.csv?subject=\(lens)")
            #expect(table["content-type"] == "text/csv; charset=utf-8" && table.text.contains("Mara Lindqvist,"))
        }
    }

    @Test func `who signed in and out, and what left as a file, is in the trail`() async throws {
        try await TestBox.run { box in
            let mara = ["Cookie": try box.signIn("Mara Lindqvist", pin: "4711")]
            let project = try box.ask("GET", "/api/v1/projects").fields().list("items").first?.text("id") ?? ""
            for path in ["export/assets.csv", "export/people.csv", "projects/\(project)/sheet.csv"] {
                let file = try box.ask("GET", "/api/v1/\(path)", headers: mara, authorization: nil)
                #expect(file.status == 200, "\(path)")
            }
            _ = try box.ask("DELETE", "/api/v1/session", headers: mara, authorization: nil)
            let entries = try Self.entries(box, "topic=audit&limit=200")
                .filter { $0.object("person").text("name") == "Mara Lindqvist" }
            #expect(entries.map { $0.text("kind") } == ["signedOut", "exported", "exported", "exported", "signedIn"])
            #expect(entries.allSatisfy { $0.text("address") == "127.0.0.1" })
        }
    }

    @Test func `a token that was given for a key, a backup and the trail itself as a file are in the trail`()
        async throws
    {
        try await TestBox.run { box in
            let key = try box.makeKey("Shop", [.read])
            _ = try box.exchange(key.secret)
            #expect(try box.askAsAdmin("GET", "/api/v1/audit.csv?topic=audit").status == 200)
            #expect(try box.askAsAdmin("POST", "/api/v1/backup").status == 202)
            let given = try #require(try Self.entries(box, "topic=audit&kind=tokenIssued").first)
            #expect(given.object("data").text("name") == "Shop" && given.object("data").text("scopes") == "read")
            #expect(given.text("device") == "Shop" && given.text("address") == "127.0.0.1")
            let left = try Self.entries(box, "topic=audit&kind=exported").map { $0.object("data").text("asked") }
            #expect(left == ["POST /api/v1/backup", "GET /api/v1/audit.csv"])
        }
    }

    @Test func `what is refused before somebody is known is in the trail of the organisation it was asked of`()
        async throws
    {
        try await TestBox.run { box in
            let other = try SecondHouse(on: box)
            let query = "?organisation=\(other.slug)"
            let session: JSON = ["name": "Nobody", "passphrase": "wrong all day long"]
            #expect(try box.ask("POST", "/api/v1/session" + query, session, authorization: nil).status == 401)
            let foreign = try box.ask(
                "POST", "/api/v1/session" + query, session, headers: ["Origin": "https://evil.example"],
                authorization: nil)
            #expect(foreign.status == 403)
            let guest = try WireSocket(
                port: box.port, path: "/api/v1/live/guest" + query, headers: ["Host": "127.0.0.1:\(box.port)"])
            try guest.send(text: "who knows")
            #expect(try guest.readCloseCode() == 4401)
            let path = "/api/v1/audit?topic=audit&limit=200"
            let headers = ["Authorization": "Bearer \(other.adminToken)"]
            func asked() throws -> Set<String> {
                let entries = try box.ask("GET", path, headers: headers, authorization: nil).fields().list("items")
                return Set(
                    entries.filter { ["refused", "signInFailed"].contains($0.text("kind") ?? "") }
                        .compactMap { $0.object("data").text("asked") })
            }
            let expected: Set = ["POST /api/v1/session", "POST from another site", "GET /api/v1/live/guest"]
            _ = waits { (try? asked()) == expected }
            #expect(try asked() == expected)
            #expect(try Self.entries(box, "topic=audit&kind=refused").isEmpty)
            #expect(try Self.entries(box, "topic=audit&kind=signInFailed").isEmpty)
        }
    }

    @Test func `refusals are noted once and then counted`() async throws {
        try await TestBox.run { box in
            let ana = try box.signIn("Ana Vidal", pin: "1111")
            for _ in 1...50 {
                let answer = try box.ask("GET", "/api/v1/keys", headers: ["Cookie": ana], authorization: nil)
                #expect(answer.status == 403)
            }
            for _ in 1...50 {
                let answer = try box.ask(
                    "GET", "/api/v1/assets", headers: ["Authorization": "Bearer x.y.z"], authorization: nil)
                #expect(answer.status == 401)
            }
            let foreign = try box.ask(
                "POST", "/api/v1/scans", ["code": "CAM-7"], headers: ["Origin": "https://evil.example"])
            #expect(foreign.status == 403)
            let refused = try Self.wait(for: 3, box, "topic=audit&kind=refused")
            #expect(refused.count == 3)
            let asked = Dictionary(uniqueKeysWithValues: refused.map { ($0.object("data").text("asked") ?? "", $0) })
            #expect(asked["GET /api/v1/keys"]?.object("person").text("name") == "Ana Vidal")
            #expect(asked["GET /api/v1/assets"]?.object("data").text("code") == "unauthorized")
            #expect(asked["POST from another site"]?.text("address") == "127.0.0.1")
        }
    }

    @Test func `who opens a page and is not signed in was refused nothing`() async throws {
        try await TestBox.run { box in
            #expect(try box.ask("GET", "/api/v1/session", authorization: nil).status == 401)
            _ = try box.ask("GET", "/api/v1/assets", authorization: nil)
            let refused = try Self.wait(for: 1, box, "topic=audit&kind=refused")
            #expect(refused.map { $0.object("data").text("asked") } == ["GET /api/v1/assets"])
        }
    }

    @Test func `a filter that makes no sense is refused`() async throws {
        try await TestBox.run { box in
            for query in ["topic=everything", "from=yesterday", "cursor=x", "limit=0", "limit=201"] {
                let answer = try box.askAsAdmin("GET", "/api/v1/audit?\(query)")
                #expect(answer.status == 400, "\(query)")
            }
            for query in [
                "q=%27%3B--", "person=%27", "kind=%25", "device=%00x", "q=\(String(repeating: "a", count: 4_000))",
            ] {
                let answer = try box.askAsAdmin("GET", "/api/v1/audit?\(query)")
                #expect([200, 400].contains(answer.status), "\(query)")
            }
        }
    }

    @Test func `the trail is heard live by admins only`() async throws {
        try await TestBox.run { box in
            let screen = try box.live()
            try screen.send(["type": "subscribe", "topics": ["audit"]])
            #expect(try screen.next().text("code") == "forbidden")
            let admin = try box.live(["Authorization": "Bearer \(box.adminToken)"], authorization: nil)
            try admin.subscribe(["audit"])
            _ = try box.makeKey("Shop", [.read])
            #expect(try admin.change().text("kind") == "keyMade")
        }
    }
}
