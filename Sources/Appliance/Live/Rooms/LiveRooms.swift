// Who is in which room, as the stream of Changes says it: so that what is said reaches those who were in the room at that
// place in the log and nobody else. Loop-confined, like the hub that asks it for each delivery.
import Core

/// The people of the rooms, at the place in the log that the hub has reached.
struct LiveRooms {
    /// What a Change says of who is in a room.
    enum Coming: Sendable {
        case joined([Person.ID])
        case left([Person.ID])

        init?(_ change: Change) {
            guard change.topic == .chat, ["joined", "left"].contains(change.kind),
                case .array(let people)? = try? JSON(parsing: change.body)["people"]
            else { return nil }
            let ids = people.compactMap(\.string).map { Person.ID($0) }
            self = change.kind == "joined" ? .joined(ids) : .left(ids)
        }
    }

    private var people: [Room.ID: Set<Person.ID>] = [:]
    private var rooms: [Person.ID: Set<Room.ID>] = [:]

    init(_ memberships: [RoomBook.Membership] = []) {
        for membership in memberships { join(membership.person, membership.room) }
    }

    func isIn(_ room: Room.ID, _ person: Person.ID?) -> Bool {
        person.map { people[room]?.contains($0) ?? false } ?? false
    }

    func rooms(of person: Person.ID?) -> Set<Room.ID> { person.flatMap { rooms[$0] } ?? [] }

    func count(of room: Room.ID) -> Int { people[room]?.count ?? 0 }

    mutating func join(_ person: Person.ID, _ room: Room.ID) {
        people[room, default: []].insert(person)
        rooms[person, default: []].insert(room)
    }

    mutating func leave(_ person: Person.ID, _ room: Room.ID) {
        people[room]?.remove(person)
        rooms[person]?.remove(room)
    }
}
