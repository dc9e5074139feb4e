// What the people of the demo depot said to each other since yesterday: a festival that goes out, a bent yoke, a van.
import Core
import Foundation

/// Fills the demo depot's rooms with a conversation.
struct DemoChat {
    let talk: Talk
    let people: [Person]
    let register: AssetRegister
    let now: Date

    private struct Line {
        let minutesAgo: Double
        let who: String
        let text: String
        var answers: Int?
        var reactions: [(String, String)] = []
    }

    /// Does nothing where somebody spoke already.
    func fill() async throws {
        guard let mara = author("Mara Lindqvist") else { return }
        let rooms = try await talk.rooms.list(for: mara.person)["items"].map(Self.items) ?? []
        guard rooms.allSatisfy({ $0["last"] == .null || $0["last"]?["card"] != .null }) else { return }
        guard let ana = author("Ana Vidal"), let ben = author("Ben Ortiz")?.person, let other = mara.person else {
            return
        }
        // In the order in which they were last spoken in.
        try await say(Self.office, in: room(of: talk.rooms.direct(with: other, by: ana).room))
        if let id = rooms.first(where: { $0["kind"] == "announcements" }).map(room(of:)) {
            try await say(Self.announcements, in: id)
        }
        try await say(Self.direct, in: room(of: talk.rooms.direct(with: ben, by: ana).room))
        try await say(
            Self.crew, in: room(of: talk.rooms.make("Light crew", with: [ben, ana.person].compactMap { $0 }, by: mara)))
        if let id = rooms.first(where: { $0["title"] == "Festival North" }).map(room(of:)) {
            try await say(Self.festival, in: id)
        }
    }

    private func room(of json: JSON) -> Room.ID { Room.ID(json["id"]?.string ?? "") }

    private static func items(_ json: JSON) -> [JSON] {
        guard case .array(let items) = json else { return [] }
        return items
    }

    private func author(_ name: String) -> Author? {
        people.first { $0.name == name }.map { Author(person: $0.id, role: $0.role) }
    }

    private func say(_ lines: [Line], in room: Room.ID) async throws {
        var said: [Message.ID] = []
        for line in lines {
            guard let author = author(line.who) else { continue }
            let at = now.addingTimeInterval(-line.minutesAgo * 60)
            var draft = ChatDesk.Draft(id: Message.ID(at: at))
            draft.text = line.text
            draft.at = at
            draft.replyTo = line.answers.map { said[$0] }
            draft.links = try await links(in: line.text)
            _ = try await talk.desk.post(draft, to: room, by: author)
            for (who, emoji) in line.reactions {
                guard let reader = self.author(who) else { continue }
                _ = try await talk.desk.react(emoji, isOn: true, to: draft.id, in: room, by: reader)
            }
            said.append(draft.id)
        }
    }

    private func links(in text: String) async throws -> [MessageLink] {
        var links = people.filter { text.contains("@\($0.name)") }.map { MessageLink(.person, $0.id.rawValue) }
        for match in text.matches(of: /#([A-Z]+-\d+)/) {
            var query = AssetQuery()
            query.text = String(match.1)
            let found = try await register.list(query)["items"].map(Self.items) ?? []
            let asset = found.first { $0["number"]?.string == String(match.1) }
            if let id = asset?["id"]?.string { links.append(MessageLink(.asset, id)) }
        }
        return links
    }

    private static let (mara, ana, ben, jo) = ("Mara Lindqvist", "Ana Vidal", "Ben Ortiz", "Jo Okafor")

    private static let festival: [Line] = [
        Line(
            minutesAgo: 1_500, who: mara,
            text: "Load in is at 14:00 tomorrow, gate 3. The meadow is soft: no more than 3.5 t beside the track."),
        Line(
            minutesAgo: 1_488, who: ben, text: "Then the truss goes on the small van and we drive twice 🚐",
            reactions: [(mara, "👍"), (ana, "😅")]),
        Line(
            minutesAgo: 1_479, who: ana,
            text: "Camera is packed but for the long lens. @Ben Ortiz is #LENS-3 on your shelf?"),
        Line(minutesAgo: 1_471, who: ben, text: "Found it behind the dimmers. Top row now.", answers: 2),
        Line(minutesAgo: 1_470, who: ana, text: "🙏"),
        Line(
            minutesAgo: 96, who: mara,
            text: "Morning! Rain from six tonight, so rain covers for all eight Pointes please.",
            reactions: [(ben, "✅")]),
        Line(minutesAgo: 88, who: ben, text: "They are in the dolly. I am two short, will ask the school for theirs."),
        Line(
            minutesAgo: 61, who: ana, text: "#CAM-1 and both tripods are out. The second camera goes with the next run."
        ),
        Line(
            minutesAgo: 34, who: ben,
            text: "Yoke of #PANEL-6 is bent, it can not hang. I put it in repair, take #PANEL-3 instead."),
        Line(
            minutesAgo: 31, who: mara, text: "Thanks for telling it at once. I have ordered the part.", answers: 8,
            reactions: [(ben, "🙏"), (ana, "👍")]),
        Line(minutesAgo: 12, who: ana, text: "Who brings the gaffer tape?\nWe have two rolls for the whole meadow."),
        Line(minutesAgo: 9, who: ben, text: "Six rolls in my bag. Never again like in June 😄"),
    ]
    private static let announcements: [Line] = [
        Line(
            minutesAgo: 2_900, who: jo,
            text: "The hall is closed on Monday for the fire inspection. Returns go to the loading bay."),
        Line(
            minutesAgo: 240, who: mara,
            text: "New rule from today: what comes back wet goes on the drying rack first, then through the door.",
            reactions: [(ana, "👍"), (ben, "👍")]),
    ]
    private static let direct: [Line] = [
        Line(minutesAgo: 190, who: ana, text: "Are you on the late van?"),
        Line(minutesAgo: 186, who: ben, text: "Yes, leaving at 15:30. Coffee at the gate?"),
        Line(minutesAgo: 185, who: ana, text: "☕ deal"),
    ]
    private static let office: [Line] = [
        Line(minutesAgo: 420, who: mara, text: "Could you count the V-mounts when you are at the shelf?"),
        Line(minutesAgo: 402, who: ana, text: "Eleven good ones, two that do not hold. I put a red dot on them."),
        Line(minutesAgo: 400, who: mara, text: "Perfect, thank you!"),
    ]
    private static let crew: [Line] = [
        Line(minutesAgo: 150, who: mara, text: "Here is the room for the light crew of the week."),
        Line(minutesAgo: 140, who: ben, text: "I bring the spare dimmer rack on Thursday."),
    ]
}
