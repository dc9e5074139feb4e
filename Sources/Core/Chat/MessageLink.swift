// What a message points at: a piece of gear, a project, a place, or somebody of the room. The words stand in the text as
// `@Name` or `#Name`; what they mean is beside it, so that a page makes links of them without reading markup.
import Foundation
import GRDB

/// Something that a message points at.
package struct MessageLink: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case person, asset, project, place
    }

    package let kind: Kind
    package let id: String

    package init(_ kind: Kind, _ id: String) {
        self.kind = kind
        self.id = id
    }

    /// Most things that one message points at.
    package static let countMax = 20

    /// The links as they are kept, with the names by which they stand in the text: `{"kind", "id", "name"}`.
    ///
    /// - Throws: `invalid` for what is not there, and for somebody who is not in the room.
    static func json(of links: [MessageLink], in room: Room, _ database: Database) throws -> JSON {
        guard links.count <= countMax else {
            throw Failure(.invalid, "A message points at most at \(countMax) things.", field: "links")
        }
        return .array(
            try links.map { link in
                guard let name = try link.name(in: room, database) else {
                    let word = link.kind == .person ? "person in this room" : link.kind.rawValue
                    throw Failure(.invalid, "There is no such \(word).", field: "links")
                }
                return ["kind": .string(link.kind.rawValue), "id": .string(link.id), "name": .string(name)]
            })
    }

    private func name(in room: Room, _ database: Database) throws -> String? {
        let sql =
            switch kind {
            case .asset: "SELECT number FROM asset WHERE id = ?"
            case .project: "SELECT name FROM project WHERE id = ?"
            case .place: "SELECT path FROM place WHERE id = ?"
            case .person:
                """
                SELECT name FROM person JOIN room_member ON room_member.person = person.id
                WHERE person.id = ? AND room = \(room.number) AND until IS NULL
                """
            }
        return try String.fetchOne(database, sql: sql, arguments: [id])
    }
}

/// What another part of the house tells a room: damage at the door, a delivery, a booking. Shown as a card with a link.
package struct RoomCard: Sendable {
    /// What happened, such as `damage`; a page shows a picture for those it knows.
    package let kind: String
    /// One line that says all to somebody in a hurry.
    package let title: String
    package var text: String?
    package var links: [MessageLink] = []

    package init(_ kind: String, _ title: String, text: String? = nil, links: [MessageLink] = []) {
        self.kind = kind
        self.title = title
        self.text = text
        self.links = links
    }
}
