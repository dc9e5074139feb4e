// A walk over everything the box answers, by people and a program who are not in a room: nothing of it is in any field,
// count, search result, error, export, file or frame, and nothing tells it from a room that never was.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct ChatWalkTests {
    /// What was said and sent between two people, and every word and name that would give it away.
    private struct Secret {
        let room: String
        let message: String
        let file: String
        let seq: Int
        var ids: [String] { [room, message, file] }
        static let words = ["xyzzy", "plugh", "plover"]

        static func make(_ ana: ChatPerson, _ ben: ChatPerson) throws -> Secret {
            let room = try ana.direct(ben)
            let sent = try ana.send(SamplePicture.png(width: 64, height: 64), as: "plover.png", in: room)
            let file = try #require(sent.text("id"))
            let said = try ana.say("xyzzy behind the map", in: room, files: [file])
            let (message, seq) = (try #require(said.text("id")), try #require(said.number("seq")))
            let path = "/rooms/\(room)/messages/\(message)"
            let answers = [
                try ben.ask("PUT", path + "/reactions", ["emoji": "👍", "on": true]),
                try ana.ask("PATCH", path, ["text": "plugh xyzzy behind the map"]),
            ]
            #expect(answers.allSatisfy { $0.status == 200 })
            return Secret(room: room, message: message, file: file, seq: seq)
        }
    }

    private struct Asking {
        let name: String
        let ask: (String, String, JSON?) throws -> Answer
    }

    private static func strangers(_ box: TestBox) throws -> [Asking] {
        let people = try ["Jo Okafor", "Mara Lindqvist"].map { name in
            let person = try ChatPerson(name, on: box)
            return Asking(name: name) { try person.ask($0, $1, $2) }
        }
        return people + [Asking(name: "a key with every scope") { try box.ask($0, "/api/v1" + $1, $2) }]
    }

    /// Every address that is read, but the live socket, and the whole depot as one file, which is an admin's and in the trail.
    private static func addresses(_ box: TestBox) throws -> [String] {
        let document = try JSON(parsing: box.ask("GET", "/api/v1/openapi.json").body)
        return (document["paths"]?.members ?? []).filter { $0.value["get"] != nil }.map(\.key)
            .filter { $0.hasPrefix("/api/v1/") && !$0.hasSuffix("/live") && !$0.hasSuffix("/guest") }
            .map { String($0.dropFirst("/api/v1".count)) }.filter { $0 != "/backup" }
    }

    @Test func `no address answers a stranger with anything of a room, whichever name is asked for`() async throws {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let strangers = try Self.strangers(box)
            let lists = ["/rooms", "/presence", "/messages?q=behind"]
            let before = try strangers.map { stranger in try lists.map { try stranger.ask("GET", $0, nil).text } }
            let secret = try Secret.make(ana, ben)
            let nowhere = UUIDv7.text(at: Date())
            let addresses = try Self.addresses(box)
            #expect(addresses.count > 60)
            for (stranger, before) in zip(strangers, before) {
                for address in addresses {
                    for asked in address.contains("{id}") ? secret.ids + [ana.id] : [""] {
                        func told(_ asked: String) throws -> String {
                            let path = address.replacingOccurrences(of: "{id}", with: asked)
                                .replacingOccurrences(of: "{file}", with: asked == nowhere ? nowhere : secret.file)
                                .replacingOccurrences(
                                    of: "{message}", with: asked == nowhere ? nowhere : secret.message)
                            let answer = try stranger.ask("GET", path + "?q=xyzzy", nil)
                            return "\(answer.status) \(answer.text.replacingOccurrences(of: asked, with: ""))"
                        }
                        let answer = try told(asked)
                        // What was asked for may be said again.
                        let known = asked.isEmpty ? [] : [asked, secret.file, secret.message]
                        let given = (Secret.words + secret.ids).filter { !known.contains($0) && answer.contains($0) }
                        #expect(given == [], "\(stranger.name) \(address) \(asked)")
                        guard secret.ids.contains(asked) else { continue }
                        let strange = try told(nowhere)
                        #expect(answer.prefix(3) == strange.prefix(3), "\(stranger.name) \(address)")
                    }
                }
                // Not one more room, message or unread than before.
                let after = try lists.map { try stranger.ask("GET", $0, nil).text }
                #expect(after == before, "\(stranger.name)")
            }
            #expect(try ben.texts(secret.room).contains("plugh xyzzy behind the map"))
        }
    }

    @Test func `no screen of a stranger hears of a room, live, as a signal, or replayed from any place`() async throws {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let about = try ana.ask("GET", "/about").fields()
            let start = (epoch: about.text("epoch") ?? "", seq: about.number("seq") ?? 0)
            let topics = Topic.allCases.map(\.rawValue)
            let (jo, mara) = (try ChatPerson("Jo Okafor", on: box), try ChatPerson("Mara Lindqvist", on: box))
            let maras = topics.filter { $0 != "audit" }
            var screens = [("Jo", try jo.listen(to: topics)), ("Mara", try mara.listen(to: maras))]
            let program = try box.live()
            try program.subscribe(maras)
            screens.append(("a key", program))
            let secret = try Secret.make(ana, ben)
            let anas = try ana.listen()
            try anas.send(["type": "typing", "room": .string(secret.room), "on": true])
            let bens = try ben.listen()
            try bens.acknowledge(secret.room, epoch: start.epoch, delivered: secret.seq, read: secret.seq)
            _ = try anas.fact("receipts")
            #expect(try ana.ask("DELETE", "/rooms/\(secret.room)/messages/\(secret.message)").status < 300)
            screens.append(("Jo from there", try jo.listen(to: topics, since: start)))
            screens.append(("Mara from the beginning", try mara.listen(to: maras, since: (start.epoch, 0))))
            _ = try box.ask("PATCH", "/api/v1/assets/\(box.asset("CAM-7").text("id") ?? "")", ["note": "sentinel"])
            for (name, screen) in screens {
                var isDone = false
                while !isDone {
                    let frame = try screen.socket.readFrame()
                    guard frame.opcode == 1 else { continue }
                    let text = String(decoding: frame.payload, as: UTF8.self)
                    let given = (Secret.words + secret.ids).filter { text.contains($0) }
                    #expect(given == [], "\(name): \(text)")
                    isDone = text.contains("sentinel")
                }
            }
        }
    }

    @Test func `a place in a list that was given to somebody of the room leads a stranger nowhere`() async throws {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let secret = try Secret.make(ana, ben)
            try ana.say("xyzzy again", in: secret.room)
            var next: String?
            // What was said is found a moment later.
            #expect(
                waits {
                    next = (try? ben.ask("GET", "/messages?q=xyzzy&limit=1").fields())?.text("next")
                    return next != nil
                })
            let cursor = next ?? ""
            #expect(try ben.ask("GET", "/messages?q=xyzzy&cursor=\(cursor)").fields().list("items").count == 1)
            for name in ["Jo Okafor", "Mara Lindqvist"] {
                let stranger = try ChatPerson(name, on: box)
                let found = try stranger.ask("GET", "/messages?q=xyzzy&cursor=\(cursor)").fields()
                #expect(found.list("items").isEmpty && found.text("next") == nil, "\(name)")
                for place in ["before", "after", "around"] {
                    let page = try stranger.ask("GET", "/rooms/\(secret.room)/messages?\(place)=\(secret.seq)")
                    #expect(page.status == 404 && !page.text.contains("xyzzy"), "\(name) \(place)")
                }
            }
        }
    }

    @Test func `who left finds nothing of later: no word, reaction, file, count, and not even that there was more`()
        async throws
    {
        try await TestBox.run { box in
            let (ana, ben) = (try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box))
            let mara = try ChatPerson("Mara Lindqvist", on: box)
            let people = JSON.array([.string(ana.id), .string(ben.id)])
            let room = try #require(
                try mara.ask("POST", "/rooms", ["kind": "job", "name": "Van", "people": people]).fields().text("id"))
            let said = try ana.say("while Ben was there", in: room)
            #expect(try ben.ask("DELETE", "/rooms/\(room)/me").status < 300)
            // Were the room to come up in the list, there would be something to see.
            try ben.say("in another room", in: ben.direct(ana))
            let paths = ["", "/messages", "/receipts"].map { "/rooms/\(room)" + $0 } + ["/rooms", "/messages?q=xyzzy"]
            let before = try paths.map { try ben.ask("GET", $0).text }
            let bens = try ben.listen(to: ["chat", "assets"])
            let file = try #require(
                try ana.send(SamplePicture.png(width: 64, height: 64), as: "plover.png", in: room).text("id"))
            try ana.say("xyzzy when he was gone", in: room, files: [file])
            let path = "/rooms/\(room)/messages/\(said.text("id") ?? "")"
            #expect(try ana.ask("PATCH", path, ["text": "xyzzy said otherwise"]).status == 200)
            #expect(try mara.ask("PUT", path + "/reactions", ["emoji": "👍", "on": true]).status == 200)
            let jo = try ChatPerson("Jo Okafor", on: box)
            let more = JSON.array([.string(ana.id), .string(mara.id), .string(jo.id)])
            #expect(try mara.ask("PATCH", "/rooms/\(room)", ["people": more]).status == 200)
            let maras = try mara.listen()
            try maras.send(["type": "typing", "room": .string(room), "on": true])
            let about = try ana.ask("GET", "/about").fields()
            let seq = about.number("seq") ?? 0
            try maras.acknowledge(room, epoch: about.text("epoch") ?? "", delivered: seq, read: seq)
            _ = try maras.fact("receipts")
            let after = try paths.map { try ben.ask("GET", $0).text }
            for (path, (before, after)) in zip(paths, zip(before, after)) { #expect(before == after, "\(path)") }
            for size in ["", "/small"] {
                #expect(try ben.ask("GET", "/rooms/\(room)/files/\(file)\(size)").status == 404)
            }
            #expect(try !ben.ask("GET", path + "/versions").text.contains("xyzzy"))
            _ = try box.ask("PATCH", "/api/v1/assets/\(box.asset("CAM-7").text("id") ?? "")", ["note": "sentinel"])
            var heard = ""
            while !heard.contains("sentinel") {
                heard = String(decoding: try bens.socket.readFrame().payload, as: UTF8.self)
                #expect(!heard.contains(room), "\(heard)")
            }
        }
    }
}
