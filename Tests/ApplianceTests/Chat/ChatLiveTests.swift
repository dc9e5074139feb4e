// Talking as screens see it: who hears what, what is replayed, who types, how far everybody is, who is there.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct ChatLiveTests {
    private static func crew(_ box: TestBox) throws -> (ana: ChatPerson, ben: ChatPerson, mara: ChatPerson) {
        (
            try ChatPerson("Ana Vidal", on: box), try ChatPerson("Ben Ortiz", on: box),
            try ChatPerson("Mara Lindqvist", on: box)
        )
    }

    private static func position(_ person: ChatPerson) throws -> (epoch: String, seq: Int) {
        let about = try person.ask("GET", "/about").fields()
        return (about.text("epoch") ?? "", about.number("seq") ?? 0)
    }

    @Test func `a message is shown whole to those in the room, live and in what is replayed, and to nobody else`()
        async throws
    {
        try await TestBox.run { box in
            let (ana, ben, mara) = try Self.crew(box)
            let room = try ana.direct(ben)
            let place = try Self.position(ana)
            let (bens, maras) = (try ben.listen(), try mara.listen())
            let said = try ana.say("only for you", in: room)
            for screen in [bens, try ben.listen(since: place)] {
                let heard = try screen.fact("posted")
                #expect(heard.text("topic") == "chat.\(room)")
                #expect(heard.object("data").object("message").text("text") == "only for you")
                #expect(heard.number("seq") == said.number("seq"))
            }
            // What Mara hears next is what she may: nothing of the room of two came before.
            let own = try mara.room("Festival North")
            try ana.say("for all of us", in: own)
            for screen in [maras, try mara.listen(since: place)] {
                #expect(try screen.change().object("data").object("message").text("text") == "for all of us")
            }
        }
    }

    @Test func `a room one is not in can not be listened to, in the words for one that never was`() async throws {
        try await TestBox.run { box in
            let (ana, ben, mara) = try Self.crew(box)
            let room = try ana.direct(ben)
            let jo = try ChatPerson("Jo Okafor", on: box)
            for person in [mara, jo] {
                let live = try box.live(["Cookie": person.cookie], authorization: nil)
                func refusal(_ room: String) throws -> String {
                    try live.send(["type": "subscribe", "topics": [.string("chat.\(room)")]])
                    let told = try live.next { ["error", "subscribed"].contains($0.text("type")) }
                    return "\(told.text("type") ?? "") \(told.text("code") ?? "") \(told.text("message") ?? "")"
                }
                let told = try refusal(room)
                let strange = try refusal(UUIDv7.text(at: Date()))
                #expect(told.hasPrefix("error notFound") && told == strange)
            }
            let program = try box.live()
            try program.subscribe(["chat"])
            try ana.say("not for programs", in: room)
            _ = try box.ask("PATCH", "/api/v1/assets/\(box.asset("CAM-7").text("id") ?? "")", ["note": "x"])
            try program.subscribe(["assets"])
            _ = try box.ask("PATCH", "/api/v1/assets/\(box.asset("CAM-7").text("id") ?? "")", ["note": "y"])
            #expect(try program.change().text("topic") == "assets")
        }
    }

    @Test func `who joins hears the room from then on, and who leaves hears no more`() async throws {
        try await TestBox.run { box in
            let (ana, ben, mara) = try Self.crew(box)
            let bens = try ben.listen()
            let made = try mara.ask("POST", "/rooms", ["kind": "job", "name": "Van", "people": [.string(ana.id)]])
                .fields()
            let room = try #require(made.text("id"))
            try mara.say("before Ben", in: room)
            func setPeople(_ people: [ChatPerson]) throws {
                let list = JSON.array(people.map { .string($0.id) })
                #expect(try mara.ask("PATCH", "/rooms/\(room)", ["people": list]).status == 200)
            }
            try setPeople([mara, ana, ben])
            #expect(try bens.fact("joined").text("topic") == "chat.\(room)")
            try mara.say("with Ben", in: room)
            #expect(try bens.fact("posted").object("data").object("message").text("text") == "with Ben")
            try setPeople([mara, ana])
            #expect(try bens.fact("left").text("topic") == "chat.\(room)")
            try mara.say("without Ben", in: room)
            try ana.say("you there?", in: ana.direct(ben))
            #expect(try bens.fact("posted").object("data").object("message").text("text") == "you there?")
            #expect(try ben.texts(room) == ["before Ben", "with Ben"])
            #expect(try ben.ask("GET", "/messages?q=without").fields().list("items").isEmpty)
        }
    }

    @Test func `typing is told to the room and expires by itself, also when the screen is gone`() async throws {
        try await TestBox.run { box in
            let (ana, ben, _) = try Self.crew(box)
            let room = try ana.direct(ben)
            let (anas, bens) = (try ana.listen(), try ben.listen())
            try anas.send(["type": "typing", "room": .string(room), "on": true])
            let typing = try bens.fact("typing").object("data")
            #expect(typing.number("count") == 1 && typing.text("room") == room)
            #expect(try bens.fact("typing").object("data").number("count") == 0)
            let stranger = try ChatPerson("Jo Okafor", on: box).listen()
            try stranger.send(["type": "typing", "room": .string(room), "on": true])
            try anas.send(["type": "typing", "room": .string(room), "on": true])
            #expect(try bens.fact("typing").object("data").number("count") == 1)
        }
    }

    @Test func `receipts are watermarks that never run ahead of what was said, and the unread are counted by them`()
        async throws
    {
        try await TestBox.run { box in
            let (ana, ben, _) = try Self.crew(box)
            let room = try ana.direct(ben)
            func unread() throws -> Int? { try ben.rooms().first { $0.text("id") == room }?.number("unread") }
            let before = try unread() ?? 0
            let said = try (1...3).map { try ana.say("number \($0)", in: room).number("seq") ?? 0 }
            #expect(try unread() == before + 3)
            let (anas, bens) = (try ana.listen(), try ben.listen())
            let epoch = try Self.position(ben).epoch
            // Ahead of the log, of another epoch, and of a room that is not theirs: none of it counts.
            try bens.acknowledge(room, epoch: epoch, delivered: 1_000_000, read: 1_000_000)
            try bens.acknowledge(room, epoch: "another", delivered: said[2], read: said[2])
            try bens.acknowledge(room, epoch: epoch, delivered: said[2], read: said[1])
            let told = try #require(try anas.fact("receipts").object("data").list("receipts").first)
            #expect(told.text("person") == ben.id)
            #expect(told.number("delivered") == said[2] && told.number("read") == said[1])
            #expect(try unread() == 1)
            // A place between messages is the message before it; lower ones change nothing.
            let other = try ana.say("elsewhere", in: ana.room("Festival North")).number("seq") ?? 0
            try bens.acknowledge(room, epoch: epoch, delivered: other, read: other)
            #expect(try anas.fact("receipts").object("data").list("receipts").first?.number("read") == said[2])
            let listed = try ana.ask("GET", "/rooms/\(room)/receipts").fields().list("receipts")
            #expect(listed.first { $0.text("person") == ben.id }?.number("devices") == 1)
        }
    }

    @Test func `somebody with two screens is there once, and gone when the last one is`() async throws {
        try await TestBox.run { box in
            let (ana, ben, _) = try Self.crew(box)
            let watch = try ana.listen(to: ["people"])
            func isOnline() throws -> Bool {
                let items = try ana.ask("GET", "/presence").text
                return items.contains("{\"person\":\"\(ben.id)\",\"online\":true")
            }
            #expect(try !isOnline())
            let (first, second) = (try ben.listen(), try ben.listen())
            _ = try watch.next { $0.text("kind") == "presence" && $0.object("data").has("online") }
            #expect(try isOnline())
            try first.socket.sendClose(1000)
            Thread.sleep(forTimeInterval: 6.5)
            #expect(try isOnline())
            try second.socket.sendClose(1000)
            Thread.sleep(forTimeInterval: 6.5)
            #expect(try !isOnline())
        }
    }
}
