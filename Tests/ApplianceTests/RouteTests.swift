// What every route has in common: who gets in, how it fails, and that it is in the document.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct RouteTests {
    /// The addresses that answer to somebody who is not signed in.
    private static let open: Set = [
        "GET /api/v1/session/people", "POST /api/v1/session", "POST /api/v1/session/badge",
        "POST /api/v1/session/link", "POST /api/v1/session/link/look", "GET /healthz", "GET /readyz", "GET /metrics",
        "GET /api/v1/openapi.json", "GET /api/v1/live/guest", "GET /api/v1/tokens/keys.json",
    ]

    @Test func `every route but the open ones asks who is there`() async throws {
        try await TestBox.run { box in
            let document = try box.ask("GET", "/api/v1/openapi.json", authorization: nil)
            let paths = try #require(
                (JSONSerialization.jsonObject(with: Data(document.body)) as? [String: Any])?["paths"]
                    as? [String: [String: Any]])
            for (path, operations) in paths {
                for method in operations.keys.map({ $0.uppercased() }) where !Self.open.contains("\(method) \(path)") {
                    let answer = try box.ask(
                        method, path.replacingOccurrences(of: "{id}", with: "x"), ["x": 1], authorization: nil)
                    #expect(answer.status == 401, "\(method) \(path)")
                    #expect(answer["content-type"] == "application/problem+json")
                }
            }
        }
    }

    @Test(arguments: [
        ("GET", "/api/v1/nothing", 404, "notFound"), ("DELETE", "/api/v1/assets", 405, "invalid"),
        ("GET", "/api/v1/assets?limit=0", 400, "invalid"), ("GET", "/api/v1/assets?cursor=%21", 400, "invalid"),
        ("GET", "/api/v1/assets?status=broken", 400, "invalid"), ("GET", "/api/v1/assets/none", 404, "notFound"),
        ("GET", "/api/v1/doors/none", 404, "notFound"), ("GET", "/api/v1/projects/none", 404, "notFound"),
        ("POST", "/api/v1/scans/none/undo", 404, "notFound"),
        ("POST", "/api/v1/unknowns/none/dismiss", 404, "notFound"), ("DELETE", "/api/v1/readers/none", 404, "notFound"),
    ])
    func `a wrong address gets a problem document`(method: String, path: String, status: Int, code: String) async throws
    {
        try await TestBox.run { box in
            let answer = try box.ask(method, path)
            let problem = try answer.fields()
            #expect(answer.status == status && problem.text("code") == code)
            #expect(problem.text("detail")?.isEmpty == false && problem.number("status") == status)
        }
    }

    @Test func `a body that is not right is answered with the field that is wrong`() async throws {
        try await TestBox.run { box in
            let bodies: [(JSON, String?)] = [
                (["kode": "CAM-7"], "code"), (["code": 7], "code"), (["code": ""], "code"), ([], nil),
                (["code": "CAM-7", "door": "none"], "door"),
            ]
            for (body, field) in bodies {
                let answer = try box.ask("POST", "/api/v1/scans", body)
                #expect((400...404).contains(answer.status), "\(body.text)")
                #expect(try answer.fields().text("field") == field, "\(body.text)")
            }
        }
    }

    @Test func `another host's name and another origin's write are refused`() async throws {
        try await TestBox.run { box in
            #expect(try box.ask("GET", "/healthz", headers: ["Host": "evil.example"]).status == 421)
            let forged = ["Origin": "http://evil.example"]
            #expect(try box.ask("POST", "/api/v1/scans", ["code": "CAM-7"], headers: forged).status == 403)
            let upgrade = ["Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"]
            let socket = try box.ask("GET", "/api/v1/live", headers: upgrade.merging(forged) { $1 })
            #expect(socket.status == 403)
            let own = ["Origin": "http://127.0.0.1:\(box.port)"]
            #expect(try box.ask("POST", "/api/v1/scans", ["code": "CAM-7"], headers: own).status == 201)
        }
    }

    @Test(arguments: ["/", "/door/x", "/api/v1/nothing", "/healthz", "/assets/none.js"])
    func `every answer carries the headers that protect the pages`(path: String) async throws {
        try await TestBox.run { box in
            let answer = try box.ask("GET", path)
            for (name, value) in FrontDoor.headers { #expect(answer[name.lowercased()] == value, "\(name)") }
        }
    }

    @Test func `pages are compressed, cached by their names, and known again`() async throws {
        try await TestBox.run { box in
            let index = try box.ask("GET", "/", headers: ["Accept-Encoding": "gzip, br"], authorization: nil)
            #expect(index["content-encoding"] == "gzip" && index["cache-control"] == "no-cache")
            let plain = try box.ask("GET", "/", authorization: nil)
            let script = try #require(plain.text.split(separator: "\"").first { $0.hasSuffix(".js") })
            let asset = try box.ask("GET", String(script), authorization: nil)
            #expect(asset["cache-control"]?.contains("immutable") == true)
            let known = try box.ask("GET", String(script), headers: ["If-None-Match": asset["etag"] ?? ""])
            #expect(known.status == 304 && known.body.isEmpty)
        }
    }

    @Test func `metrics, health and readiness answer this machine`() async throws {
        try await TestBox.run { box in
            let metrics = try box.ask("GET", "/metrics", authorization: nil).text
            for name in ["depotd_store_commits_total", "depotd_live_sockets_open", "depotd_resident_bytes"] {
                #expect(metrics.contains(name))
            }
            #expect(try box.ask("GET", "/healthz", authorization: nil).text == "ok\n")
            #expect(try box.ask("GET", "/readyz", authorization: nil).text == "ready\n")
        }
    }

    @Test func `a second daemon on the same folder refuses to start`() async throws {
        try await TestBox.run { box in
            let daemon = try Daemon(["demo", "--data", box.folder, "--listen", "127.0.0.1:0"])
            #expect(try daemon.waitForEnd() == 1)
            #expect(daemon.errors.contains("Another depotd already serves"))
        }
    }
}
