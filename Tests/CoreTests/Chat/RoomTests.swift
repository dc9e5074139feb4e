// Who is in which room, and what somebody sees who is not.
import Foundation
import Testing

@testable import Core

@Suite struct RoomTests {
    @Test func `a project's room is made when it is accepted, with the people of the project in it`() async throws {
        let chat = try await ChatDepot()
        let records = RecordDesk<Project>(store: chat.depot.store)
        let day = JSON.time(chat.depot.clock.now)
        let planned = try await records.create(
            [
                "name": "Gala", "startsAt": day, "endsAt": day,
                "people": [["person": .optional(chat.ana.person?.rawValue)]],
            ], by: Author())
        #expect(try await chat.room(of: planned.record.id) == nil)
        _ = try await records.edit(planned.record.id, ["state": "accepted"], ifVersion: nil, by: Author())
        let room = try #require(try await chat.room(of: planned.record.id))
        let seen = try await chat.talk.rooms.find(room, for: chat.ana.person)
        #expect(seen["title"] == "Gala" && seen["kind"] == "project" && seen["memberCount"] == 1)
        await #expect(throws: Failure(.notFound, "")) { try await chat.talk.rooms.find(room, for: chat.ben.person) }
    }

    @Test func `who leaves a project keeps what was said up to then, and who comes back sees all`() async throws {
        let chat = try await ChatDepot()
        let (project, room) = try await chat.project("Festival", chat.ana, chat.ben)
        let first = try await chat.say("before", in: room, chat.ana)
        try await chat.setPeople(of: project, [chat.ana])
        try await chat.say("after", in: room, chat.ana)
        _ = try await chat.talk.desk.edit(first.id, in: room, text: "before, edited", links: [], by: chat.ana)
        #expect(try await chat.texts(room, chat.ben) == ["before"])
        #expect(try await chat.search("after", chat.ben).isEmpty)
        #expect(try await chat.search("edited", chat.ben).isEmpty)
        await #expect(throws: Failure(.forbidden, "")) { try await chat.say("hello?", in: room, chat.ben) }
        try await chat.setPeople(of: project, [chat.ana, chat.ben])
        #expect(try await chat.texts(room, chat.ben) == ["before, edited", "after"])
    }

    @Test func `a room of two is one room whoever opens it`() async throws {
        let chat = try await ChatDepot()
        let room = try await chat.direct(chat.ana, chat.ben)
        #expect(try await chat.direct(chat.ben, chat.ana) == room)
        #expect(try await chat.talk.rooms.find(room, for: chat.ana.person)["title"] == "Ben Ortiz")
        #expect(try await chat.talk.rooms.find(room, for: chat.ben.person)["title"] == "Ana Vidal")
        await #expect(throws: Failure(.invalid, "")) { try await chat.direct(chat.ana, chat.ana) }
    }

    @Test func `everybody reads the announcements and managers write them`() async throws {
        let chat = try await ChatDepot()
        let mara = try await chat.person("Mara", .manager)
        let listed = try await chat.talk.rooms.list(for: chat.ana.person)
        let room = try #require(listed["items"]?.items.first { $0["kind"] == "announcements" })
        let id = Room.ID(try #require(room["id"]?.string))
        try await chat.say("The hall is closed on Monday", in: id, mara)
        #expect(try await chat.texts(id, chat.ana) == ["The hall is closed on Monday"])
        await #expect(throws: Failure(.forbidden, "")) { try await chat.say("fine", in: id, chat.ana) }
        #expect(try await chat.talk.rooms.find(id, for: chat.ana.person)["memberCount"] == 3)
    }

    @Test func `a job's room has whom a manager chose, and they may leave it`() async throws {
        let chat = try await ChatDepot()
        let mara = try await chat.person("Mara", .manager)
        let made = try await chat.talk.rooms.make("Light crew", with: [try #require(chat.ana.person)], by: mara)
        let room = Room.ID(try #require(made["id"]?.string))
        try await chat.say("Dimmers at nine", in: room, chat.ana)
        try await chat.talk.rooms.leave(room, by: chat.ana)
        try await chat.say("Make it ten", in: room, mara)
        #expect(try await chat.texts(room, chat.ana) == ["Dimmers at nine"])
        #expect(try await chat.talk.rooms.find(room, for: chat.ana.person)["isMember"] == false)
    }

    @Test func `somebody who is not in a room finds nothing of it in any way`() async throws {
        let chat = try await ChatDepot()
        let eve = try await chat.person("Eve", .admin)
        let (_, room) = try await chat.project("Festival", chat.ana)
        let said = try await chat.say("the safe is behind the map", in: room, chat.ana)
        let nowhere = Room.ID(at: chat.depot.clock.now)
        let asked: [(Room.ID) async throws -> Void] = [
            { _ = try await chat.talk.rooms.find($0, for: eve.person) },
            { _ = try await chat.talk.history.page(.end, of: $0, for: eve.person, limit: 50) },
            { _ = try await chat.talk.history.versions(of: said.id, in: $0, for: eve.person) },
            { try await chat.talk.history.export($0, for: eve.person) { _ in } },
            { _ = try await chat.talk.desk.post(chat.draft("let me in"), to: $0, by: eve) },
            { _ = try await chat.talk.desk.edit(said.id, in: $0, text: "no", links: [], by: eve) },
            { _ = try await chat.talk.desk.delete(said.id, in: $0, by: eve) },
            { _ = try await chat.talk.desk.react("👍", isOn: true, to: said.id, in: $0, by: eve) },
            { _ = try await chat.talk.rooms.edit($0, RoomBook.Edit(), by: eve) },
            { try await chat.talk.rooms.leave($0, by: eve) },
        ]
        for (number, ask) in asked.enumerated() {
            func words(_ room: Room.ID) async -> String {
                do { try await ask(room) } catch { return "\(error)" }
                return "it was let in"
            }
            let (told, strange) = (await words(room), await words(nowhere))
            #expect(told == strange && told.contains("There is no such room"), "way \(number): \(told)")
        }
        #expect(try await chat.search("safe", eve).isEmpty)
        #expect(try await chat.search("safe", chat.ana).count == 1)
        let trail = try await AuditTrail(store: chat.depot.store).list(AuditQuery())
        #expect(!trail.text.contains(room.rawValue) && !trail.text.contains("safe"))
    }
}
