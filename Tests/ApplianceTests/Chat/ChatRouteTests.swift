// Talking over HTTP: once however often it is sent, refused with the limit, and nothing for who is not in the room.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct ChatRouteTests {
    @Test func `a message that is sent again is answered as it was and is there once`() async throws {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let room = try ana.direct(ben)
            let id = UUIDv7.text(at: Date())
            let body: JSON = ["id": .string(id), "text": "once"]
            let first = try ana.ask("POST", "/rooms/\(room)/messages", body)
            let again = try ana.ask("POST", "/rooms/\(room)/messages", body)
            #expect(first.status == 201 && again.status == 200)
            #expect(try first.fields().number("seq") == again.fields().number("seq"))
            #expect(try ben.texts(room).filter { $0 == "once" }.count == 1)
        }
    }

    @Test func `what can not be said is refused with the limit in words`() async throws {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let room = try ana.direct(ben)
            func refusal(_ text: String, id: String = UUIDv7.text(at: Date())) throws -> (Int, String) {
                let answer = try ana.ask("POST", "/rooms/\(room)/messages", ["id": .string(id), "text": .string(text)])
                return (answer.status, answer.text)
            }
            let long = try refusal(String(repeating: "a", count: 5_000))
            #expect(long.0 == 400 && long.1.contains("at most 4000 characters"))
            let huge = try refusal(String(repeating: "a", count: 1 << 20))
            #expect(huge.0 == 413 && huge.1.contains("1048576 bytes"))
            #expect(try refusal("\u{200B}\u{202E}  \n").0 == 400)
            #expect(try refusal("hi", id: "not-a-uuid").0 == 400)
            let markup = try ana.say("<script>alert(1)</script>", in: room)
            #expect(markup.text("text") == "<script>alert(1)</script>")
            #expect(try ana.say("a\u{202E}cba", in: room).text("text") == "acba")
        }
    }

    @Test func `a storm of messages is told to wait, and what was taken is all there`() async throws {
        try await TestBox.run(flags: ["limits.events_per_minute": "20", "sign_in.trust_loopback": "false"]) { box in
            let (ana, ben) = (
                try ChatPerson("Ana Vidal", on: box, isElsewhere: true),
                try ChatPerson("Ben Ortiz", on: box, isElsewhere: true)
            )
            let room = try ben.direct(ana)
            var taken = 0
            for number in 1...40 {
                let answer = try ana.ask(
                    "POST", "/rooms/\(room)/messages",
                    ["id": .string(UUIDv7.text(at: Date())), "text": .string("storm \(number)")])
                if answer.status == 201 { taken += 1 } else { #expect(answer.status == 429) }
            }
            #expect((15...25).contains(taken))
            #expect(try ben.texts(room).filter { $0.hasPrefix("storm") }.count == taken)
        }
    }

    @Test func `a walk over all of chat by somebody who is not in a room finds nothing of it`() async throws {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let room = try ana.direct(ben)
            let said = try ana.say("xyzzy secret", in: room)
            let message = said.text("id") ?? ""
            let nowhere = UUIDv7.text(at: Date())
            for stranger in [try ChatPerson("Jo Okafor", on: box), try ChatPerson("Mara Lindqvist", on: box)] {
                let text: JSON = ["text": "xyzzy"]
                let asked: [(String, String, JSON?)] = [
                    ("GET", "/rooms/#", nil), ("GET", "/rooms/#/messages", nil),
                    ("GET", "/rooms/#/messages?at=2020-01-01T00:00Z", nil),
                    ("GET", "/rooms/#/messages?around=\(said.number("seq") ?? 0)", nil),
                    ("GET", "/rooms/#/receipts", nil),
                    ("GET", "/rooms/#/export.jsonl", nil), ("GET", "/messages?q=xyzzy&room=#", nil),
                    ("GET", "/rooms/#/messages/\(message)/versions", nil),
                    ("PATCH", "/rooms/#/messages/\(message)", text),
                    ("POST", "/rooms/#/messages", ["id": .string(message), "text": "xyzzy"]),
                    ("DELETE", "/rooms/#/me", nil),
                    ("DELETE", "/rooms/#/messages/\(message)", nil), ("PATCH", "/rooms/#", ["retentionDays": 1]),
                    ("PUT", "/rooms/#/messages/\(message)/reactions", ["emoji": "👍", "on": true]),
                    ("POST", "/rooms/#/files", ["name": "a.txt", "byteCount": 1]),
                    ("GET", "/rooms/#/files/\(message)", nil),
                ]
                for (method, path, body) in asked {
                    func told(_ room: String) throws -> String {
                        let answer = try stranger.ask(method, path.replacingOccurrences(of: "#", with: room), body)
                        let detail = try answer.status < 400 ? "" : answer.fields().text("detail") ?? ""
                        return "\(answer.status) \(detail)"
                    }
                    let (known, strange) = (try told(room), try told(nowhere))
                    #expect(known == strange && known.hasPrefix("404"), "\(method) \(path): \(known), \(strange)")
                }
                for path in ["/rooms", "/messages?q=xyzzy", "/presence", "/audit", "/audit.csv", "/people/\(ana.id)"] {
                    let answer = try stranger.ask("GET", path)
                    #expect(!answer.text.contains("xyzzy") && !answer.text.contains(room), "\(path)")
                }
            }
            #expect(try ben.texts(room).contains("xyzzy secret"))
        }
    }

    @Test func `a manager who is in a room takes it along as a file, and the trail says so`() async throws {
        try await TestBox.run { box in
            let (ana, mara) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Mara Lindqvist", on: box))
            let room = try mara.room("Festival North")
            try ana.say("for the record", in: room)
            let file = try mara.ask("GET", "/rooms/\(room)/export.jsonl")
            #expect(file.status == 200 && file.text.contains("for the record"))
            #expect(try ana.ask("GET", "/rooms/\(room)/export.jsonl").status == 403)
            let trail = try box.askAsAdmin("GET", "/api/v1/audit?kind=exported").text
            #expect(trail.contains("export.jsonl"))
        }
    }
}
