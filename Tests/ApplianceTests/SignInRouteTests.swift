// Signing in over HTTP: what a browser has to show before its cookie counts, who may see what of whom, and that a session
// that ends takes its live socket with it.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct SignInRouteTests {
    private static func id(_ name: String, _ box: TestBox) throws -> String {
        let people = try box.ask("GET", "/api/v1/people").fields().list("items")
        return try #require(people.first { $0.text("name") == name }?.text("id"))
    }

    private static func byPassphrase(_ name: String, _ box: TestBox) throws -> [String: String] {
        let passphrase = try #require(DemoDepot.people.first { $0.name == name }?.passphrase)
        let answer = try box.ask(
            "POST", "/api/v1/session", ["name": .string(name), "passphrase": .string(passphrase)], authorization: nil)
        return ["Cookie": String((answer["set-cookie"] ?? "").prefix { $0 != ";" })]
    }

    @Test(arguments: [
        (["Origin": "http://evil.example"], 403), (["Origin": "null"], 403), (["Sec-Fetch-Site": "cross-site"], 403),
        (["Sec-Fetch-Site": "same-site"], 403), (["Sec-Fetch-Site": "none"], 403),
        (["Sec-Fetch-Site": "same-origin"], 204),
        ([:], 403),
    ])
    func `a cookie changes something only from a page of ours`(headers: [String: String], status: Int) async throws {
        try await TestBox.run { box in
            let cookie = try Self.byPassphrase("Ana Vidal", box)
            // By hand: the test's own client says where it is from.
            let lines = cookie.merging(headers) { $1 }.merging(["Host": "127.0.0.1:\(box.port)"]) { $1 }
            let wire = try Wire(port: box.port)
            try wire.send(
                "DELETE /api/v1/session HTTP/1.1\r\n" + lines.map { "\($0.key): \($0.value)\r\n" }.joined() + "\r\n")
            #expect(try wire.readAnswer().status == status)
            let isStill = try box.ask("GET", "/api/v1/session", headers: cookie, authorization: nil).status == 200
            #expect(isStill == (status == 403))
        }
    }

    @Test func `a browser that nobody trusts sees no faces and signs in by no PIN`() async throws {
        try await TestBox.run(flags: ["sign_in.trust_loopback": "false"]) { box in
            #expect(try box.ask("GET", "/api/v1/session/people", authorization: nil).status == 403)
            let ana = try Self.id("Ana Vidal", box)
            let byPIN: JSON = ["person": .string(ana), "pin": "1111"]
            #expect(try box.ask("POST", "/api/v1/session", byPIN, authorization: nil).status == 403)
            #expect(
                try box.ask("POST", "/api/v1/session/badge", ["code": "BADGE-ANA"], authorization: nil).status == 403)
            let mara = try Self.byPassphrase("Mara Lindqvist", box)
            let made = try box.ask("POST", "/api/v1/screens", ["name": "Bay"], headers: mara, authorization: nil)
            let cookie = try #require(made["set-cookie"])
            #expect(made.status == 201 && cookie.contains("HttpOnly; SameSite=Strict") && cookie.contains("Max-Age="))
            let screen = ["Cookie": String(cookie.prefix { $0 != ";" })]
            #expect(try box.ask("GET", "/api/v1/session/people", headers: screen, authorization: nil).status == 200)
            #expect(try box.ask("POST", "/api/v1/session", byPIN, headers: screen, authorization: nil).status == 200)
            let path = try "/api/v1/screens/" + #require(made.fields().text("id"))
            #expect(try box.ask("DELETE", path, headers: mara, authorization: nil).status == 204)
            #expect(try box.ask("GET", "/api/v1/session/people", headers: screen, authorization: nil).status == 403)
        }
    }

    @Test func `signing out everywhere ends the sessions and their live sockets`() async throws {
        try await TestBox.run { box in
            let (here, there) = (try Self.byPassphrase("Ana Vidal", box), try Self.byPassphrase("Ana Vidal", box))
            let screens = try [here, there].map { try box.live($0, authorization: nil) }
            for screen in screens { try screen.subscribe(["assets"]) }
            let path = "/api/v1/people/" + (try Self.id("Ana Vidal", box))
            let sessions = try box.ask("GET", path + "/sign-in", headers: here, authorization: nil).fields().list(
                "sessions")
            #expect(sessions.count == 2)
            #expect(try box.ask("DELETE", path + "/sessions", headers: here, authorization: nil).status == 204)
            for screen in screens { #expect(try screen.socket.readCloseCode() == 4401) }
            #expect(try box.ask("GET", "/api/v1/session", headers: there, authorization: nil).status == 401)
        }
    }

    @Test func `crew sees and ends nobody else's sessions, a manager those of crew`() async throws {
        try await TestBox.run { box in
            let ana = try Self.byPassphrase("Ana Vidal", box)
            let mara = try Self.byPassphrase("Mara Lindqvist", box)
            let ben = "/api/v1/people/" + (try Self.id("Ben Ortiz", box))
            let jo = "/api/v1/people/" + (try Self.id("Jo Okafor", box))
            for (cookie, person, status) in [(ana, ben, 403), (mara, jo, 403)] {
                for (method, path) in [("GET", "/sign-in"), ("DELETE", "/sessions"), ("POST", "/link")] {
                    let answer = try box.ask(
                        method, person + path, method == "POST" ? [:] : nil, headers: cookie, authorization: nil)
                    #expect(answer.status == status, "\(method) \(path)")
                }
            }
            #expect(try box.ask("DELETE", ben + "/sessions", headers: mara, authorization: nil).status == 204)
            let link = try box.ask("POST", ben + "/link", [:], headers: mara, authorization: nil).fields()
            #expect(link.text("link")?.contains("/welcome#") == true && link.object("qr").number("size") ?? 0 >= 21)
        }
    }

    @Test func `signing in again makes another session and ends the one that was there`() async throws {
        try await TestBox.run { box in
            let first = try Self.byPassphrase("Ana Vidal", box)
            let answer = try box.ask(
                "POST", "/api/v1/session", ["name": "Ana Vidal", "passphrase": "cables never tangle"], headers: first,
                authorization: nil)
            let second = ["Cookie": String((answer["set-cookie"] ?? "").prefix { $0 != ";" })]
            #expect(second != first)
            #expect(try box.ask("GET", "/api/v1/session", headers: first, authorization: nil).status == 401)
            #expect(try box.ask("GET", "/api/v1/session", headers: second, authorization: nil).status == 200)
        }
    }
}
