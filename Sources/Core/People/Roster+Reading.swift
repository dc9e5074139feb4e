// What the pages show of people: the list, and one person with what they hold, their projects and what they last moved.
import Foundation
import GRDB

extension Roster {
    /// Which people to list.
    package struct Query: Sendable {
        /// Words that must all occur in the name, e-mail or phone.
        package var text = ""
        /// Whether people who are not active any more are listed; nil lists all.
        package var archived: Bool? = false

        package init() {}
    }

    /// Most people of one list; a depot has dozens.
    static let listCountMax = 1_000

    /// Most movements shown of one person.
    static let movementCountMax = 50

    /// The people by name, each with `badgeCount` and `holdCount`, as somebody of this role may see them.
    package func list(_ query: Query, for role: Role) async throws -> [JSON] {
        try await store.read { database in
            var sql = """
                SELECT listed.*, (SELECT count(*) FROM badge WHERE badge.person = listed.id) AS badge_count,
                  (SELECT count(*) FROM custody WHERE custody.person = listed.id) +
                  (SELECT coalesce(sum(quantity), 0) FROM stock_out WHERE stock_out.person = listed.id) AS hold_count
                FROM (\(Person.selection)) AS listed WHERE 1
                """
            if let archived = query.archived { sql += " AND active = \(archived ? 0 : 1)" }
            let rows = try Row.fetchAll(
                database, sql: sql + " ORDER BY name COLLATE NOCASE, id LIMIT \(Self.listCountMax)")
            let words = query.text.folded.split(whereSeparator: \.isWhitespace)
            return try rows.compactMap { row in
                let person = try Person(row: row)
                let text = [person.name, person.email ?? "", person.phone ?? ""].joined(separator: "\n").folded
                guard words.allSatisfy({ text.contains($0) }) else { return nil }
                return person.json(for: role).adding([
                    "badgeCount": .int(row["badge_count"]), "holdCount": .int(row["hold_count"]),
                ])
            }
        }
    }

    /// One person with what they hold, their projects, and their last movements, newest first.
    ///
    /// - Throws: `notFound`.
    package func detail(_ id: Person.ID, for role: Role) async throws -> (person: Person, json: JSON) {
        try await store.read { database in
            let person = try RecordEdit.find(id, in: database)
            let holds = try Self.holds(of: id, in: database)
            let stock = try Self.stock(of: id, in: database)
            let badgeCount = try Int64.fetchOne(
                database, sql: "SELECT count(*) FROM badge WHERE person = ?", arguments: [id.rawValue])
            let json = person.json(for: role).adding([
                "badgeCount": .int(badgeCount ?? 0),
                "holdCount": .int(stock.reduce(Int64(holds.count)) { $0 + $1.quantity }), "holds": .array(holds),
                "holdsStock": .array(stock.map(\.json)),
                "projects": .array(try Self.projects(of: id, in: database)),
                "movements": .array(try Self.movements(of: id, in: database)),
            ])
            return (person, json)
        }
    }

    private static func holds(of id: Person.ID, in database: Database) throws -> [JSON] {
        try Asset.fetchAll(
            database, sql: "SELECT * FROM asset_row WHERE holder = ? ORDER BY sort, id", arguments: [id.rawValue]
        ).map { asset in
            asset.brief.adding([
                "project": asset.holder?.project.orNull() ?? .null,
                "since": asset.holder.map { .time($0.since) } ?? .null,
            ])
        }
    }

    /// The counted stock a person has: `{"model", "quantity", "project", "since"}` each.
    private static func stock(of id: Person.ID, in database: Database) throws -> [(quantity: Int64, json: JSON)] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT stock_out.*, model.name, project.name AS project_name
                FROM stock_out JOIN model ON model.id = stock_out.model
                LEFT JOIN project ON project.id = stock_out.project WHERE person = ? ORDER BY model.name, since
                """, arguments: [id.rawValue]
        ).map { row in
            let json: JSON = [
                "model": NamedReference<Model>(id: row["model"], name: row["name"]).json,
                "quantity": .int(row["quantity"]),
                "project": NamedReference<Project>(id: row["project"], name: row["project_name"]).orNull(),
                "since": .time(Date(milliseconds: row["since"])),
            ]
            return (row["quantity"], json)
        }
    }

    private static func projects(of id: Person.ID, in database: Database) throws -> [JSON] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT project.*, part FROM project_person JOIN project ON project.id = project_person.project
                WHERE person = ? AND project.archived IS NULL AND NOT is_template ORDER BY starts DESC, id LIMIT 100
                """, arguments: [id.rawValue]
        ).map { row in
            [
                "id": .string(row["id"]), "name": .string(row["name"]), "state": .string(row["state"]),
                "startsAt": .time(Date(milliseconds: row["starts"])), "endsAt": .time(Date(milliseconds: row["ends"])),
                "part": .optional(row["part"]),
            ]
        }
    }

    private static func movements(of id: Person.ID, in database: Database) throws -> [JSON] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT event.kind, event.at, asset.id AS asset, asset.number, asset.name,
                  project.id AS project, project.name AS project_name, door.id AS door, door.name AS door_name
                FROM custody_event AS event JOIN asset ON asset.id = event.asset
                LEFT JOIN project ON project.id = event.project LEFT JOIN door ON door.id = event.door
                WHERE event.person = ? ORDER BY event.place DESC LIMIT \(movementCountMax)
                """, arguments: [id.rawValue]
        ).map { row in
            [
                "kind": .string(row["kind"]), "at": .time(Date(milliseconds: row["at"])),
                "asset": ["id": .string(row["asset"]), "number": .string(row["number"]), "name": .string(row["name"])],
                "project": NamedReference<Project>(id: row["project"], name: row["project_name"]).orNull(),
                "door": NamedReference<Door>(id: row["door"], name: row["door_name"]).orNull(),
            ]
        }
    }
}
