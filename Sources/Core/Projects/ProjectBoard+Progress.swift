// Which projects a Change moved, and how far they are then: what screens are told beside the facts.
import Foundation
import GRDB

extension ProjectBoard {
    /// Whether a Change may have moved a project on or back. Cheap: it is asked of every Change before its group is answered.
    package static func mayMove(_ change: Change) -> Bool {
        switch change.topic {
        case .assets: ["custody", "status", "undone"].contains(change.kind)
        case .models: change.kind == "stock.moved" || change.kind == "stock.undone"
        case .projects: change.kind.hasPrefix("line.")
        default: false
        }
    }

    /// The progress of the projects that these Changes moved, and of each line of their sheets.
    package func progress(after changes: [Change]) async throws -> [JSON] {
        try await store.read { database in
            let moved = try Set(changes.flatMap { try Self.projects(movedBy: $0, in: database) })
            let ids = moved.sorted { $0.rawValue < $1.rawValue }
            let progress = try PullSheet.progress(of: ids, in: database)
            return try ids.compactMap { id in
                guard let whole = progress[id] else { return nil }
                let lines = try PullSheet.lines(of: id, in: database).map { served -> JSON in
                    ["id": .string(served.line.id.rawValue), "out": .int(served.out), "back": .int(served.back)]
                }
                return ["id": .string(id.rawValue), "progress": whole.json, "lines": .array(lines)]
            }
        }
    }

    private static func projects(movedBy change: Change, in database: Database) throws -> [Project.ID] {
        if change.topic == .models {
            return try Project.ID.fetchAll(
                database,
                sql: """
                    SELECT DISTINCT project FROM stock_event WHERE model = ? AND at = ? AND project IS NOT NULL
                    """, arguments: [change.subject, change.time.date.milliseconds])
        }
        // SQLite finds a member in a tenth of the time that it takes to make all of them.
        let members = change.topic == .projects ? ["project"] : ["holder.project.id", "before.holder.project.id"]
        let found = members.map { "json_extract(body, '$.\($0)')" }.joined(separator: ", ")
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT \(found) FROM change WHERE seq = ?"), arguments: [change.position.seq]
        )
        return members.indices.compactMap { row?[$0] as String? }.map { Project.ID($0) }
    }
}
