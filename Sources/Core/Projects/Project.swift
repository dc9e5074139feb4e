// A job that gear goes out for, as a record that people edit. What it takes along is PullSheet.swift's.
package import Foundation
package import GRDB

/// A job: gear goes out for it while it is accepted. A template is one that nothing goes out for.
package struct Project: RegistryRecord {
    package typealias ID = Identifier<Project>

    package enum State: String, Sendable, CaseIterable {
        case planned, accepted, closed
    }

    package let id: ID
    package let name: String
    package let state: State
    package let starts: Date
    package let ends: Date
    package let place: String?
    package let note: String?
    package let isTemplate: Bool
    /// JSON of the people: `{"person": {"id", "name"}, "part"}` each.
    let people: String
    package let isArchived: Bool
    package var version: Int64
    package var updated: Date

    package static let table = RecordTable(
        name: "project", topic: .projects, word: "project", heading: "name",
        fields: [
            RecordField("name", "Name", .line(200), .required),
            RecordField("state", "State", .choice(State.allCases.map(\.rawValue)), .preset),
            RecordField("startsAt", column: "starts", "Start", .instant, .required),
            RecordField("endsAt", column: "ends", "End", .instant, .required),
            RecordField("place", "Place", .line(200)),
            RecordField("note", "Note", .lines(4_000)),
            RecordField("isTemplate", column: "is_template", "Template", .flag, .preset),
            RecordField("people", "People", .part, .preset),
            RecordField("archived", "Archived", .archived),
        ], seeds: ["state": State.planned.rawValue.databaseValue])

    package init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        state = State(rawValue: row["state"]) ?? .planned
        starts = Date(milliseconds: row["starts"])
        ends = Date(milliseconds: row["ends"])
        place = row["place"]
        note = row["note"]
        isTemplate = row["is_template"]
        people = row["people"] as String? ?? "[]"
        isArchived = (row["archived"] as Int64?) != nil
        version = row["version"]
        updated = Date(milliseconds: row["updated"])
    }

    static let selection = """
        SELECT project.*, (
          SELECT json_group_array(json_object('person', json_object('id', id, 'name', name), 'part', part))
          FROM (
            SELECT person.id, person.name, part FROM project_person JOIN person ON person.id = project_person.person
            WHERE project_person.project = project.id ORDER BY person.name COLLATE NOCASE, person.id)) AS people
        FROM project
        """

    package static func find(_ id: ID, in database: Database) throws -> Project? {
        try fetchOne(database.cachedStatement(sql: selection + " WHERE project.id = ?"), arguments: [id.rawValue])
    }

    /// The project as the API gives it, without its pull sheet.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "state": .string(state.rawValue),
            "startsAt": .time(starts), "endsAt": .time(ends), "place": .optional(place), "note": .optional(note),
            "isTemplate": .bool(isTemplate), "people": .verbatim(Array(people.utf8)), "archived": .bool(isArchived),
            "version": .int(version), "updatedAt": .time(updated),
        ]
    }

    package var reference: NamedReference<Project> { NamedReference(id: id, name: name) }
}
