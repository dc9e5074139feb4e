// Receipts: how often a room is told, and what a large one is told.
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Core

@Suite struct ReceiptTests {
    /// What rooms were told.
    private final class Told: Sendable {
        private let kept = Mutex<[JSON]>([])
        var all: [JSON] { kept.withLock { $0 } }
        func add(_ json: JSON) { kept.withLock { $0.append(json) } }
    }

    private static func note(
        _ chat: ChatDepot, _ room: Room.ID, _ author: Author, _ device: String, delivered: Int64, read: Int64
    ) throws {
        chat.talk.receipts.take([
            .init(
                room: room, person: try #require(author.person), device: device, delivered: delivered, read: read)
        ])
    }

    @Test func `however often devices say how far somebody is, the room is told once, of the furthest`() async throws {
        let chat = try await ChatDepot()
        let room = try await chat.direct(chat.ana, chat.ben)
        var said: [Int64] = []
        for number in 1...20 { said.append(try await chat.say("line \(number)", in: room, chat.ana).seq) }
        for seq in said.shuffled() {
            for device in ["phone", "desk"] {
                try Self.note(chat, room, chat.ben, device, delivered: seq, read: seq - 1)
            }
        }
        let told = Told()
        while try await chat.talk.receipts.settle(tell: { told.add($1) }) {}
        #expect(told.all.count == 1)
        let receipts = try #require(told.all.first?["receipts"]?.items)
        #expect(receipts.count == 1 && receipts.first?["delivered"] == .int(said[19]))
        #expect(receipts.first?["read"] == .int(said[18]) && receipts.first?["devices"] == 2)
        // What changes nothing is told to nobody.
        try Self.note(chat, room, chat.ben, "phone", delivered: said[3], read: said[3])
        while try await chat.talk.receipts.settle(tell: { told.add($1) }) {}
        #expect(told.all.count == 1)
    }

    @Test func `a room is told at most once a second however fast somebody reads`() async throws {
        let chat = try await ChatDepot()
        let room = try await chat.direct(chat.ana, chat.ben)
        var said: [Int64] = []
        for number in 1...60 { said.append(try await chat.say("line \(number)", in: room, chat.ana).seq) }
        let told = Told()
        let clock = ContinuousClock()
        let start = clock.now
        let receipts = chat.talk.receipts
        let running = Task { await receipts.run { told.add($1) } }
        for seq in said {
            try Self.note(chat, room, chat.ben, "phone", delivered: seq, read: seq)
            try await Task.sleep(for: .milliseconds(40))
        }
        #expect(await comes { told.all.last?["receipts"]?.items.first?["read"] == .int(said[59]) })
        let seconds = Int((clock.now - start).components.seconds) + 1
        running.cancel()
        await running.value
        #expect((1...seconds).contains(told.all.count), "\(told.all.count) in \(seconds) s")
    }

    @Test func `a room of more than thirty is told how many are how far, and not who`() async throws {
        let chat = try await ChatDepot()
        let mara = try await chat.person("Mara", .manager)
        var crew: [Author] = []
        for number in 1...ReceiptBook.namedCountMax { crew.append(try await chat.person("Hand \(number)")) }
        let made = try await chat.talk.rooms.make("Stage", with: crew.compactMap(\.person), by: mara)
        let room = Room.ID(try #require(made["id"]?.string))
        let first = try await chat.say("Doors at six", in: room, mara).seq
        let second = try await chat.say("At half past five", in: room, mara).seq
        for (number, hand) in crew.enumerated() {
            try Self.note(
                chat, room, hand, "phone", delivered: number < 20 ? second : first, read: number < 5 ? first : 0)
        }
        let told = Told()
        while try await chat.talk.receipts.settle(tell: { told.add($1) }) {}
        let listed = try await chat.talk.receipts.list(of: room, for: mara.person)
        for json in [try #require(told.all.last), listed] {
            #expect(json["memberCount"] == 31 && json["receipts"] == nil)
            // Mara wrote them, so she read them.
            let steps = try ["delivered", "read"].map { way in
                try #require(json["levels"]?[way]?.items).prefix(2).map(\.text)
            }
            func step(_ seq: Int64, _ count: Int64) -> String {
                JSON.object([.init(key: "seq", value: .int(seq)), .init(key: "count", value: .int(count))]).text
            }
            #expect(steps == [[step(second, 21), step(first, 31)], [step(second, 1), step(first, 6)]])
            for hand in crew { #expect(!json.text.contains(hand.person?.rawValue ?? "")) }
        }
        // One fewer, and it is said who.
        try await chat.talk.rooms.leave(room, by: crew[29])
        let named = try await chat.talk.receipts.list(of: room, for: mara.person)
        #expect(named["levels"] == nil && named["receipts"]?.items.count == 30)
        #expect(try await chat.talk.receipts.list(of: room, for: crew[29].person)["receipts"]?.items.isEmpty == true)
    }
}
