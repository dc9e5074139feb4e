// What is said: in order, once, edited and deleted with a trace, found again, and let go of.
import Foundation
import Testing

@testable import Core

@Suite struct MessageTests {
    @Test func `a message that is sent again is the same message`() async throws {
        let chat = try await ChatDepot()
        let room = try await chat.direct(chat.ana, chat.ben)
        let draft = chat.draft("Where is the hazer?")
        let first = try await chat.talk.desk.post(draft, to: room, by: chat.ana)
        let again = try await chat.talk.desk.post(draft, to: room, by: chat.ana)
        #expect(first.isNew && !again.isNew && first.message["seq"] == again.message["seq"])
        #expect(try await chat.texts(room, chat.ben) == ["Where is the hazer?"])
        await #expect(throws: Failure(.conflict, "")) {
            try await chat.talk.desk.post(draft, to: room, by: chat.ben)
        }
    }

    @Test func `pages lead both ways through a room without a gap, and to a day`() async throws {
        let chat = try await ChatDepot()
        let room = try await chat.direct(chat.ana, chat.ben)
        var said: [Said] = []
        for number in 1...25 { said.append(try await chat.say("number \(number)", in: room, chat.ana)) }
        var seen = try await chat.page(.end, room, chat.ben, limit: 10)
        while let first = seen.first {
            let older = try await chat.page(.before(first.seq), room, chat.ben, limit: 10)
            if older.isEmpty { break }
            seen = older + seen
        }
        #expect(seen.map(\.seq) == said.map(\.seq))
        let onward = try await chat.page(.after(said[4].seq), room, chat.ben, limit: 3)
        #expect(onward.map(\.text) == ["number 6", "number 7", "number 8"])
        let around = try await chat.page(.around(said[12].seq), room, chat.ben, limit: 4)
        #expect(around.map(\.text) == ["number 11", "number 12", "number 13", "number 14"])
        let at = try #require(RecordField.date(of: said[20].json["at"]?.string ?? ""))
        #expect(try await chat.page(.at(at), room, chat.ben, limit: 4).map(\.text).contains("number 21"))
        let end = try await chat.talk.history.page(.end, of: room, for: chat.ben.person, limit: 10)
        #expect(end["after"] == .null && end["before"] == .int(said[15].seq))
    }

    @Test func `an edit shows that it was one and what was said before; another one's message is not edited`()
        async throws
    {
        let chat = try await ChatDepot()
        let room = try await chat.direct(chat.ana, chat.ben)
        let said = try await chat.say("At eight", in: room, chat.ana)
        let edited = try await Said(chat.talk.desk.edit(said.id, in: room, text: "At nine", links: [], by: chat.ana))
        #expect(edited.text == "At nine" && edited.json["editedAt"] != .null && edited.seq == said.seq)
        let versions = try await chat.talk.history.versions(of: said.id, in: room, for: chat.ben.person)
        #expect(versions["items"]?.items.map { $0["text"]?.string } == ["At eight"])
        #expect(try await chat.search("nine", chat.ben) == ["At nine"])
        #expect(try await chat.search("eight", chat.ben).isEmpty)
        await #expect(throws: Failure(.forbidden, "")) {
            try await chat.talk.desk.edit(said.id, in: room, text: "At ten", links: [], by: chat.ben)
        }
    }

    @Test func `a deleted message leaves a trace and none of its words, in the log neither`() async throws {
        let chat = try await ChatDepot()
        let room = try await chat.direct(chat.ana, chat.ben)
        let said = try await chat.say("xyzzy one", in: room, chat.ana)
        _ = try await chat.talk.desk.edit(said.id, in: room, text: "xyzzy two", links: [], by: chat.ana)
        #expect(try await chat.search("xyzzy", chat.ben).count == 1)
        let deleted = try await Said(chat.talk.desk.delete(said.id, in: room, by: chat.ana))
        #expect(deleted.text == nil && deleted.json["deletedAt"] != .null && deleted.json["author"] != .null)
        #expect(try await chat.search("xyzzy", chat.ben).isEmpty)
        let versions = try await chat.talk.history.versions(of: said.id, in: room, for: chat.ben.person)
        #expect(versions["items"] == [])
        let log = try await chat.depot.changes().map { String(decoding: $0.body, as: UTF8.self) }.joined()
        #expect(!log.contains("xyzzy"))
        await #expect(throws: Failure(.conflict, "")) {
            try await chat.talk.desk.delete(said.id, in: room, by: chat.ana)
        }
    }

    @Test func `reactions are counted once a person and taken away again`() async throws {
        let chat = try await ChatDepot()
        let room = try await chat.direct(chat.ana, chat.ben)
        let said = try await chat.say("Load in at 14:00", in: room, chat.ana)
        for author in [chat.ana, chat.ben, chat.ben] {
            _ = try await chat.talk.desk.react("👍", isOn: true, to: said.id, in: room, by: author)
        }
        let seen = try #require(try await chat.page(.end, room, chat.ana).first)
        #expect(seen.json["reactions"]?.items.first?["people"]?.items.count == 2)
        for author in [chat.ana, chat.ben] {
            _ = try await chat.talk.desk.react("👍", isOn: false, to: said.id, in: room, by: author)
        }
        #expect(try await chat.page(.end, room, chat.ana).first?.json["reactions"] == [])
        for wrong in ["x", "👍👍", "", "<b>"] {
            await #expect(throws: Failure(.invalid, "")) {
                try await chat.talk.desk.react(wrong, isOn: true, to: said.id, in: room, by: chat.ana)
            }
        }
    }

    @Test func `a message points at gear, projects and people of the room, and at nothing else`() async throws {
        let chat = try await ChatDepot()
        let (project, room) = try await chat.project("Festival", chat.ana, chat.ben)
        let camera = try await chat.depot.asset("CAM-7")
        var draft = chat.draft("@Ben Ortiz bring #CAM-7")
        draft.links = [
            MessageLink(.person, chat.ben.person?.rawValue ?? ""), MessageLink(.asset, camera.rawValue),
            MessageLink(.project, project.rawValue),
        ]
        let said = try await Said(chat.talk.desk.post(draft, to: room, by: chat.ana).message)
        #expect(said.json["links"]?.items.compactMap { $0["name"]?.string } == ["Ben Ortiz", "CAM-7", "Festival"])
        let eve = try await chat.person("Eve")
        for link in [MessageLink(.person, eve.person?.rawValue ?? ""), MessageLink(.asset, "none")] {
            await #expect(throws: Failure(.invalid, "")) { try await chat.point(at: link, in: room) }
        }
    }

    @Test func `words are found without their diacritics, the newest first, by pages`() async throws {
        let chat = try await ChatDepot()
        let room = try await chat.direct(chat.ana, chat.ben)
        for number in 1...5 { try await chat.say("Der Kärcher ist hier \(number)", in: room, chat.ana) }
        #expect(try await chat.search("karcher", chat.ben).first == "Der Kärcher ist hier 5")
        #expect(try await chat.search("kaercher hier", chat.ben).count == 5)
        var search = ChatHistory.Search(text: "hier")
        search.limit = 2
        var texts: [String] = []
        repeat {
            let page = try await chat.talk.history.search(search, for: chat.ben.person)
            texts += (page["items"]?.items ?? []).compactMap { $0["text"]?.string }
            search.cursor = page["next"]?.string
        } while search.cursor != nil
        #expect(texts == (1...5).reversed().map { "Der Kärcher ist hier \($0)" })
    }

    @Test func `a room that keeps messages for a week lets go of older ones, everywhere`() async throws {
        let chat = try await ChatDepot()
        let mara = try await chat.person("Mara", .manager)
        let (_, room) = try await chat.project("Festival", chat.ana, mara)
        try await chat.say("plugh old", in: room, chat.ana)
        var edit = RoomBook.Edit()
        edit.retentionDays = 7
        _ = try await chat.talk.rooms.edit(room, edit, by: mara)
        chat.depot.clock.advance(.seconds(8 * 86_400))
        try await chat.say("plugh new", in: room, chat.ana)
        #expect(try await chat.search("plugh", chat.ana).count == 2)
        while try await chat.talk.erasure.sweep() {}
        #expect(try await chat.texts(room, chat.ana) == ["plugh new"])
        #expect(try await chat.search("plugh", chat.ana) == ["plugh new"])
    }

    @Test func `gear that is damaged on a job is told in the project's room`() async throws {
        let chat = try await ChatDepot()
        let camera = try await chat.depot.asset("CAM-7")
        let (project, room) = try await chat.project("Festival", chat.ana)
        _ = try await chat.depot.projects.addLine(["asset": .string(camera.rawValue)], to: project, by: Author())
        try await chat.depot.scan("BADGE-ANA", at: chat.depot.mainDoor)
        try await chat.depot.scan("CAM-7", at: chat.depot.outDoor)
        for status in [AssetStatus.damaged, .damaged] {
            _ = try await chat.depot.register.setStatus(
                of: camera, to: status, note: "Yoke bent", ifVersion: nil, actor: chat.ana.person, device: nil)
        }
        let cards = try await chat.page(.end, room, chat.ana).compactMap { $0.json["card"] }.filter { $0 != .null }
        #expect(cards.count == 1 && cards.first?["kind"] == "damage" && cards.first?["text"] == "Yoke bent")
        #expect(try await chat.search("yoke", chat.ana).count == 1)
    }
}
