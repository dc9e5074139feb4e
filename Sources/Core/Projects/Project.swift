// A job that gear goes out for.
package import Foundation
package import GRDB

/// A job: gear goes out for it while it is accepted.
package struct Project: Sendable, FetchableRecord {
    package typealias ID = Identifier<Project>

    package enum State: String, Sendable, CaseIterable {
        case planned, accepted, closed
    }

    package let id: ID
    package let name: String
    package let state: State
    package let starts: Date
    package let ends: Date

    package init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        state = State(rawValue: row["state"]) ?? .planned
        starts = Date(milliseconds: row["starts"])
        ends = Date(milliseconds: row["ends"])
    }

    package static func find(_ id: ID, in database: Database) throws -> Project? {
        try Project.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM project WHERE id = ?"), arguments: [id.rawValue])
    }

    package var reference: NamedReference<Project> { NamedReference(id: id, name: name) }
}

extension Project {
    /// The project as the API gives it, with the progress of its pull sheet.
    package func json(_ progress: Progress) -> JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "state": .string(state.rawValue),
            "startsAt": .time(starts), "endsAt": .time(ends), "progress": progress.json,
        ]
    }
}

/// How much of a pull sheet is out, in pieces.
package struct Progress: Sendable, Equatable {
    package let done: Int
    package let total: Int

    /// `{"done", "total"}`.
    package var json: JSON { ["done": .int(Int64(done)), "total": .int(Int64(total))] }

    /// `12 of 41 on the sheet`.
    package var words: String { "\(done) of \(total) on the sheet" }
}
