// What screens say of rooms and what rooms are shown that is not in the log: typing, receipts, presence.
import Core
import Drivers

extension LiveHub {
    /// Between two tellings of who types, and of who came and went.
    private static let typingPause = Duration.milliseconds(250)
    private static let presencePause = Duration.seconds(1)

    /// Tells rooms who types, and everybody who came and went, many at once: when a box starts all come within a second.
    /// On the loop.
    func startRooms() {
        loop.repeat(every: Self.typingPause) { [weak self] in self?.tellTyping() }
        loop.repeat(every: Self.presencePause) { [weak self] in self?.tellPresence() }
    }

    /// Shows something of a room to those who listen to it; one that still waits for a slow screen gives way to the next
    /// of its kind.
    func signal(_ room: Room.ID, _ kind: String, _ data: JSON) {
        loop.post { [self] in send(kind, data, to: .room(room), latestWins: "\(kind) \(room.rawValue)") }
    }

    /// Those who have a screen open.
    func online() async -> Set<Person.ID> {
        await withCheckedContinuation { continuation in
            let isPosted = loop.post { [self] in continuation.resume(returning: presence.online) }
            if !isPosted { continuation.resume(returning: []) }
        }
    }

    /// A screen says that its person types, or stopped. On the loop.
    func typing(_ session: LiveSession, in room: String?, isOn: Bool) {
        let room = Room.ID(room ?? "")
        guard let person = session.principal.person, rooms.isIn(room, person) else { return }
        typing.note(person, in: room, isOn: isOn)
    }

    /// A screen says how far its person is; what is of another epoch or ahead of the log is no receipt. On the loop.
    func take(_ places: [LiveSession.Message.Place], epoch: String?, from session: LiveSession) {
        guard let person = session.principal.person, epoch == position.epoch else { return }
        let device = session.principal.session?.rawValue ?? "program"
        receipts?.take(
            places.prefix(Self.placeCountMax).compactMap { place in
                let room = Room.ID(place.room)
                guard rooms.isIn(room, person), (0...position.seq).contains(place.delivered),
                    (0...position.seq).contains(place.read)
                else { return nil }
                return .init(
                    room: room, person: person, device: device, delivered: place.delivered, read: place.read)
            })
    }

    /// Most rooms of one message of receipts.
    private static let placeCountMax = 200

    private func tellTyping() {
        for (room, data) in typing.news() {
            send("typing", data, to: .room(room), latestWins: "typing \(room.rawValue)")
        }
    }

    private func tellPresence() {
        guard let (came, went) = presence.news() else { return }
        let now = store.clock.now
        for person in went {
            typing.forget(person)
            seen?.left(person, at: now)
        }
        let data: JSON = [
            "online": .array(came.map(\.rawValue).sorted().map(JSON.string)),
            "offline": .array(went.map(\.rawValue).sorted().map(JSON.string)), "at": .time(now),
        ]
        send("presence", data, to: .topic(.people), latestWins: nil)
    }
}
