// A depot in which people talk.
import Foundation
import Logging
import Testing

@testable import Core

/// A test depot with rooms.
struct ChatDepot {
    let depot: TestDepot
    let talk: Talk

    init() async throws {
        depot = try await TestDepot()
        talk = try await Talk(
            store: depot.store, folder: depot.folder + "/files", maker: NoPictures(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    var ana: Author { Author(person: depot.ana, role: .crew) }
    var ben: Author { Author(person: depot.ben, role: .crew) }

    func person(_ name: String, _ role: Role = .crew) async throws -> Author {
        Author(person: try await depot.roster.add(name: name, role: role), role: role)
    }

    /// An accepted project with these people, and its room.
    func project(_ name: String, _ people: Author...) async throws -> (project: Project.ID, room: Room.ID) {
        let id = try await depot.project(name)
        try await setPeople(of: id, people)
        let room = try #require(try await room(of: id))
        return (id, room)
    }

    func setPeople(of project: Project.ID, _ people: [Author]) async throws {
        let list = JSON.array(people.map { ["person": .optional($0.person?.rawValue)] })
        _ = try await RecordDesk<Project>(store: depot.store)
            .edit(project, ["people": list], ifVersion: nil, by: Author())
    }

    func room(of project: Project.ID) async throws -> Room.ID? {
        try await depot.store.read { try Room.find(of: project, in: $0)?.id }
    }

    /// The room of two.
    func direct(_ one: Author, _ other: Author) async throws -> Room.ID {
        let room = try await talk.rooms.direct(with: try #require(other.person), by: one).room
        return Room.ID(try #require(room["id"]?.string))
    }

    func draft(_ text: String) -> ChatDesk.Draft {
        depot.clock.advance(.seconds(1))
        var draft = ChatDesk.Draft(id: Message.ID(at: depot.clock.now))
        draft.text = text
        return draft
    }

    @discardableResult
    func say(_ text: String, in room: Room.ID, _ author: Author) async throws -> Said {
        try await Said(talk.desk.post(draft(text), to: room, by: author).message)
    }

    func point(at link: MessageLink, in room: Room.ID) async throws {
        var pointing = draft("look")
        pointing.links = [link]
        _ = try await talk.desk.post(pointing, to: room, by: ana)
    }

    /// What somebody reads in a room.
    func texts(_ room: Room.ID, _ author: Author) async throws -> [String] {
        try await page(.end, room, author).map { $0.text ?? "" }
    }

    func page(_ place: ChatHistory.Place, _ room: Room.ID, _ author: Author, limit: Int = 50) async throws -> [Said] {
        let page = try await talk.history.page(place, of: room, for: author.person, limit: limit)
        return try (page["items"]?.items ?? []).map(Said.init)
    }

    func search(_ words: String, _ author: Author) async throws -> [String] {
        while try await talk.index.settle() {}
        let found = try await talk.history.search(ChatHistory.Search(text: words), for: author.person)
        return (found["items"]?.items ?? []).compactMap { $0["text"]?.string }
    }
}

/// A message as a test compares it.
struct Said {
    let id: Message.ID
    let seq: Int64
    let text: String?
    let json: JSON

    init(_ json: JSON) throws {
        self.json = try JSON(parsing: json.bytes)
        id = Message.ID(try #require(json["id"]?.string))
        guard case .int(let seq)? = json["seq"] else { throw Failure(.internal, "A message without a place.") }
        self.seq = seq
        text = json["text"]?.string
    }
}

/// For tests without photos: a picture is a file like any other.
struct NoPictures: PictureMaker {
    func make(from descriptor: CInt) async throws -> PictureMade? { nil }
}
