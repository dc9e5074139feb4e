// Who is typing in which room. A screen says so now and then while somebody types; that it stopped shows when it says so or
// nothing more, so nobody types for ever whose screen was shut. Loop-confined.
import Core

/// Those who are typing now.
struct LiveTyping {
    /// How long it holds after a screen said so; pages say it every three seconds.
    static let patience = Duration.seconds(6)
    /// Most people named; of more it is said how many.
    static let namedCountMax = 5

    private var deadlines: [Room.ID: [Person.ID: ContinuousClock.Instant]] = [:]
    private var changed: Set<Room.ID> = []

    mutating func note(_ person: Person.ID, in room: Room.ID, isOn: Bool, at now: ContinuousClock.Instant = .now) {
        let was = deadlines[room]?[person] != nil
        if isOn { deadlines[room, default: [:]][person] = now + Self.patience } else { drop(person, in: room) }
        if was != isOn { changed.insert(room) }
    }

    /// Forgets somebody whose last screen is gone.
    mutating func forget(_ person: Person.ID) {
        for room in deadlines.keys where deadlines[room]?[person] != nil {
            drop(person, in: room)
            changed.insert(room)
        }
    }

    /// What rooms are to be told since it was asked last: `{"room", "people", "count"}`.
    mutating func news(at now: ContinuousClock.Instant = .now) -> [(room: Room.ID, data: JSON)] {
        for (room, people) in deadlines {
            for (person, deadline) in people where deadline <= now {
                drop(person, in: room)
                changed.insert(room)
            }
        }
        defer { changed = [] }
        return changed.map { room in
            let people = (deadlines[room] ?? [:]).keys.map(\.rawValue).sorted()
            let data: JSON = [
                "room": .string(room.rawValue), "count": .int(Int64(people.count)),
                "people": .array(people.prefix(Self.namedCountMax).map(JSON.string)),
            ]
            return (room, data)
        }
    }

    private mutating func drop(_ person: Person.ID, in room: Room.ID) {
        deadlines[room]?[person] = nil
        if deadlines[room]?.isEmpty == true { deadlines[room] = nil }
    }
}
