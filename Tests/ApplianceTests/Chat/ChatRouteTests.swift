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

    @Test func `a photo comes in pieces, is made anew, and is for those in the room`() async throws {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let room = try ana.direct(ben)
            let photo = SamplePicture.png(width: 640, height: 320)
            let begun = try ana.ask(
                "POST", "/rooms/\(room)/files", ["name": "../../case.png", "byteCount": .int(Int64(photo.count))]
            ).fields()
            let id = try #require(begun.text("id"))
            let half = photo.count / 2
            _ = try ana.bring(Array(photo[..<half]), at: 0, of: id, in: room)
            let again = try ana.bring(Array(photo[..<half]), at: 0, of: id, in: room)
            let reached = try again.fields().number("offset")
            #expect(again.status == 409 && reached == half)
            let done = try ana.bring(Array(photo[half...]), at: half, of: id, in: room).fields().object("file")
            #expect(done.text("name") == "case.jpg" && done.number("width") == 640 && done.text("type") == "image/jpeg")
            #expect(try ben.ask("GET", "/rooms/\(room)/files/\(id)").status == 404)
            let posted = try ana.ask(
                "POST", "/rooms/\(room)/messages",
                ["id": .string(UUIDv7.text(at: Date())), "files": [.string(id)]])
            #expect(posted.status == 201)
            let seen = try ben.ask("GET", "/rooms/\(room)/files/\(id)/small")
            #expect(PictureHeader(seen.body)?.width == 480 && seen["content-type"] == "image/jpeg")
            let mara = try ChatPerson("Mara Lindqvist", on: box)
            #expect(try mara.ask("GET", "/rooms/\(room)/files/\(id)").status == 404)
        }
    }

    @Test func `a picture that can not be made anew is refused and never given back as it came`() async throws {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let room = try ana.direct(ben)
            let right = SamplePicture.png(width: 64, height: 64)
            var huge = right
            huge.replaceSubrange(16..<24, with: [0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10])
            for (bytes, words) in [(Array(right.prefix(60)), "damaged"), (huge, "at most 25 million")] {
                let begun = try ana.ask(
                    "POST", "/rooms/\(room)/files", ["name": "notes.txt", "byteCount": .int(Int64(bytes.count))]
                ).fields()
                let id = try #require(begun.text("id"))
                let refused = try ana.bring(bytes, at: 0, of: id, in: room)
                #expect(refused.status == 400 && refused.text.contains(words), "\(refused.text)")
                #expect(try ana.ask("GET", "/rooms/\(room)/files/\(id)").status == 404)
            }
        }
    }

    @Test func `a file that is no picture is given back to be saved and never shown`() async throws {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let room = try ana.direct(ben)
            let page = Array("<html><script>alert(1)</script>".utf8)
            for name in ["page.html", "photo.jpg"] {
                let begun = try ana.ask(
                    "POST", "/rooms/\(room)/files", ["name": .string(name), "byteCount": .int(Int64(page.count))]
                ).fields()
                let id = try #require(begun.text("id"))
                let file = try ana.bring(page, at: 0, of: id, in: room).fields().object("file")
                #expect(file.text("type") == "application/octet-stream" && file.number("width") == nil)
                let back = try ana.ask("GET", "/rooms/\(room)/files/\(id)")
                #expect(back["content-disposition"]?.hasPrefix("attachment") == true && back.body == page)
                #expect(back["content-security-policy"]?.contains("sandbox") == true)
            }
            let big = try ana.ask("POST", "/rooms/\(room)/files", ["name": "film.mov", "byteCount": 90_000_000])
            #expect(big.status == 413 && big.text.contains("50 MiB"))
        }
    }
}

extension ChatPerson {
    /// Brings a piece of a file.
    func bring(_ piece: [UInt8], at offset: Int, of file: String, in room: String) throws -> Answer {
        let wire = try Wire(port: box.port)
        let head = [
            "PUT /api/v1/rooms/\(room)/files/\(file)?offset=\(offset) HTTP/1.1", "Host: 127.0.0.1:\(box.port)",
            "Connection: close", "Cookie: \(cookie)", "Origin: http://127.0.0.1:\(box.port)",
            "Content-Type: application/octet-stream", "Content-Length: \(piece.count)", "", "",
        ]
        try wire.send(Array(head.joined(separator: "\r\n").utf8) + piece)
        return try wire.readAnswer()
    }
}
