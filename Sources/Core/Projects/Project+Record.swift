// What is kept true when a project is edited: it ends after it starts, a template is never accepted, and its people are
// people of the roster.
import Foundation
package import GRDB

extension Project {
    /// Most people of one project.
    static let peopleCountMax = 200

    package static func check(
        _ columns: [String: DatabaseValue], before: Project?, in database: Database
    ) throws {
        let time = { (name: String, old: Date?) in columns[name].flatMap(Int64.fromDatabaseValue) ?? old?.milliseconds }
        if let starts = time("starts", before?.starts), let ends = time("ends", before?.ends), ends < starts {
            throw Failure(.invalid, "The end is before the start.", field: "endsAt")
        }
        let state = columns["state"].flatMap(String.fromDatabaseValue).flatMap(State.init) ?? before?.state ?? .planned
        let isTemplate = columns["is_template"].flatMap(Bool.fromDatabaseValue) ?? before?.isTemplate ?? false
        if isTemplate, state != .planned {
            throw Failure(.invalid, "A template is never accepted or closed. Copy it to a project.", field: "state")
        }
        if isTemplate, let before, !before.isTemplate, try outCount(of: before.id, in: database) > 0 {
            throw Failure(.conflict, "Gear is out for this project, so it is no template.", field: "isTemplate")
        }
    }

    package static func settle(
        _ project: Project, before: Project?, in transaction: WriteTransaction
    ) throws -> Project {
        try RoomBook.settle(project, in: transaction)
        return project
    }

    /// A project that was made by mistake goes with the lines it was made with.
    package static func letGo(of project: Project, in transaction: WriteTransaction) throws {
        let database = transaction.database
        let later = try Row.fetchOne(
            database,
            sql: """
                SELECT 1 FROM pull_line JOIN project ON project.id = pull_line.project
                WHERE project.id = ? AND (pull_line.updated > project.updated OR pull_line.version > 1)
                """, arguments: [project.id.rawValue])
        guard later == nil else {
            throw Failure(.conflict, "The sheet of \(project.name) was edited since. Archive the project instead.")
        }
        try RoomBook.letGo(of: project, in: transaction)
        for table in ["project_person", "pull_line"] {
            try database.execute(sql: "DELETE FROM \(table) WHERE project = ?", arguments: [project.id.rawValue])
        }
    }

    package static func belongings(of project: Project, in database: Database) throws -> JSON {
        ["lines": .array(try PullSheet.lines(of: project.id, in: database).map(\.line.json))]
    }

    package static func giveBack(_ before: JSON, to project: Project, in transaction: WriteTransaction) throws {
        guard case .array(let lines)? = before["lines"] else { return }
        for line in lines {
            let fields = line.members.filter { PullLine.table.field($0.key) != nil }
            _ = try RecordEdit.create(
                PullLine.self, .object(fields), id: line["id"]?.string.map { PullLine.ID($0) }, by: Author(),
                in: transaction)
        }
    }

    package static func store(
        _ value: JSON, as field: RecordField, of id: Project.ID, in transaction: WriteTransaction
    ) throws {
        guard case .array(let items) = value, items.count <= peopleCountMax else {
            throw field.refusal("People are a list of at most \(peopleCountMax).")
        }
        let database = transaction.database
        let person = RecordField("person", "Person", .reference(table: "person", word: "person"), .required)
        let part = RecordField("part", "Part", .line(100))
        var seen: Set<DatabaseValue> = []
        try database.execute(sql: "DELETE FROM project_person WHERE project = ?", arguments: [id.rawValue])
        for item in items {
            let who = try person.stored(item["person"] ?? .null, at: transaction.now, in: database)
            guard seen.insert(who).inserted else { throw field.refusal("Somebody is on the project twice.") }
            let what = try part.stored(item["part"] ?? .null, at: transaction.now, in: database)
            try database.execute(
                sql: "INSERT INTO project_person (project, person, part) VALUES (?, ?, ?)",
                arguments: [id.databaseValue, who, what])
        }
    }

    /// How many pieces are out for a project.
    static func outCount(of id: Project.ID, in database: Database) throws -> Int {
        try Int.fetchOne(
            database,
            sql: """
                SELECT (SELECT count(*) FROM custody WHERE project = :project) +
                  (SELECT coalesce(sum(quantity), 0) FROM stock_out WHERE project = :project)
                """, arguments: ["project": id.rawValue]) ?? 0
    }
}

extension Project {
    package static func reverse(
        _ change: Change, of project: Project, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Project>? {
        guard change.kind == "ordered" else { return nil }
        let body = try JSON(parsing: change.body)
        let seq = try ProjectBoard.reverseOrder(body, of: project.id, by: author, in: transaction)
        return Edited(record: project, change: seq)
    }
}
