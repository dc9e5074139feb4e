// Who may see what of a room. Every way to a room leads through here: for whoever is not in it there is no such room, in
// the same words as for one that never was.
import GRDB

/// What somebody may see of a room.
package struct RoomAccess: Sendable {
    package let room: Room
    package let person: Person.ID
    /// The place in the log up to which they may read, because they left there; nil for all of it.
    package let until: Int64?
    let delivered: Int64
    let read: Int64

    /// - Throws: `notFound` for a room that is not there and for one that this person was never in.
    static func find(_ id: Room.ID, for person: Person.ID?, in database: Database) throws -> RoomAccess {
        guard let person, let room = try Room.find(id, in: database),
            let access = try find(room, for: person, in: database)
        else { throw stranger }
        return access
    }

    static func find(_ room: Room, for person: Person.ID, in database: Database) throws -> RoomAccess? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT until, delivered, read FROM room_member WHERE person = ? AND room = ?"),
            arguments: [person.rawValue, room.number])
        return row.map {
            RoomAccess(room: room, person: person, until: $0["until"], delivered: $0["delivered"], read: $0["read"])
        }
    }

    /// Somebody who is in the room now.
    ///
    /// - Throws: `notFound` as ``find(_:for:in:)``; `forbidden` for who left.
    static func inside(_ id: Room.ID, _ person: Person.ID?, in database: Database) throws -> RoomAccess {
        let access = try find(id, for: person, in: database)
        guard access.until == nil else {
            throw Failure(.forbidden, "You left this room. What was said up to then stays yours to read.")
        }
        return access
    }

    /// A room as those in it see it, for what is shown to all of them alike.
    static func whole(_ room: Room) -> RoomAccess {
        RoomAccess(room: room, person: Person.ID(""), until: nil, delivered: 0, read: 0)
    }

    /// Whether somebody of this role may write here.
    func mayWrite(as role: Role) -> Bool { until == nil && (room.kind != .announcements || role >= .manager) }

    /// The highest place they may read.
    var end: Int64 { until ?? .max }

    static var stranger: Failure { Failure(.notFound, "There is no such room.") }
}
