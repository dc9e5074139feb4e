// A way in and out of the depot: its direction, who acts at it, and which project it is set to.
package import Foundation
package import GRDB

/// Which way gear goes at a door.
package enum Direction: String, Sendable, Codable, CaseIterable {
    case out, `in`, both
}

/// A way in and out of the depot.
package struct Door: Sendable, FetchableRecord {
    package typealias ID = Identifier<Door>

    package let id: ID
    package let name: String
    package let direction: Direction
    /// Minutes without a scan after which a badge counts no more.
    package let actingMinutes: Int
    /// The project that everything goes out for; nil lets the pull sheets decide. What was put away since counts no more.
    package let project: NamedReference<Project>?
    private let actor: NamedReference<Person>?
    private let actingUntil: Date?

    package init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        direction = Direction(rawValue: row["direction"]) ?? .both
        actingMinutes = row["acting_minutes"]
        project = NamedReference(id: row["open_project"], name: row["project_name"])
        actor = NamedReference(id: row["actor"], name: row["actor_name"])
        actingUntil = (row["acting_until"] as Int64?).map(Date.init(milliseconds:))
    }

    /// Who acts at the door at `now`, by badge or by choice, and until when.
    package func acting(at now: Date) -> (person: NamedReference<Person>, until: Date)? {
        guard let actor, let actingUntil, actingUntil > now else { return nil }
        return (actor, actingUntil)
    }

    package var reference: NamedReference<Door> { NamedReference(id: id, name: name) }

    private static let selection = """
        SELECT door.*, person.name AS actor_name, project.id AS open_project, project.name AS project_name FROM door
        LEFT JOIN person ON person.id = door.actor
        LEFT JOIN project ON project.id = door.project AND project.archived IS NULL AND NOT project.is_template
        """

    package static func find(_ id: ID, in database: Database) throws -> Door? {
        try Door.fetchOne(database.cachedStatement(sql: selection + " WHERE door.id = ?"), arguments: [id.rawValue])
    }

    /// All doors in the order they were made; the first is where a scan goes that names none.
    package static func all(in database: Database) throws -> [Door] {
        try Door.fetchAll(database.cachedStatement(sql: selection + " ORDER BY door.rank"))
    }

    /// The door as the API gives it.
    package func json(at now: Date) -> JSON {
        let acting: JSON? = acting(at: now).map { ["person": $0.person.json, "until": .time($0.until)] }
        return [
            "id": .string(id.rawValue), "name": .string(name), "direction": .string(direction.rawValue),
            "actingMinutes": .int(Int64(actingMinutes)), "acting": acting ?? .null, "project": project.orNull(),
        ]
    }
}
