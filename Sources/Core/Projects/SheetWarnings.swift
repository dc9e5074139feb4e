// What may be done with a sheet and should be known all the same: more than there is, a unit that another sheet takes at
// the same time, gear that is still out. Warnings refuse nothing.
import Foundation
import GRDB

/// Sentences about a sheet, fit to show.
enum SheetWarnings {
    /// All about a project: the ones of its lines, and what is out for it although it is closed.
    static func of(_ project: Project, in database: Database) throws -> [String] {
        var sentences: [String] = []
        let out = try Project.outCount(of: project.id, in: database)
        if project.state == .closed, out > 0 {
            let pieces = out == 1 ? "1 piece is" : "\(out) pieces are"
            sentences.append("\(pieces) still out for \(project.name). Gear can come back at any time.")
        }
        var seen: Set<String> = []
        for line in try PullSheet.lines(of: project.id, in: database) {
            for sentence in try about(line.line, of: project, in: database) where seen.insert(sentence).inserted {
                sentences.append(sentence)
            }
        }
        return sentences
    }

    /// The sentences about each line that has some.
    static func byLine(of project: Project, in database: Database) throws -> [PullLine.ID: [String]] {
        var found: [PullLine.ID: [String]] = [:]
        for served in try PullSheet.lines(of: project.id, in: database) {
            let sentences = try about(served.line, of: project, in: database)
            if !sentences.isEmpty { found[served.line.id] = sentences }
        }
        return found
    }

    /// What is odd about one line.
    static func about(_ line: PullLine, of project: Project, in database: Database) throws -> [String] {
        guard project.state != .closed, !project.isTemplate, !line.isArchived else { return [] }
        if let asset = line.asset { return try about(asset.id, of: project, in: database) }
        guard let model = line.model else { return [] }
        let wanted = try Int.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT sum(line.quantity) FROM pull_line AS line LEFT JOIN asset ON asset.id = line.asset
                    WHERE line.project = ? AND line.archived IS NULL AND coalesce(line.model, asset.model) = ?
                    """), arguments: [project.id.rawValue, model.id.rawValue])
        guard let owned = try owned(model.id, in: database), let wanted, wanted > owned else { return [] }
        return ["The sheet asks for \(wanted) × \(model.name), and the depot has \(owned)."]
    }

    /// How many pieces of a model there are that could go out some day; nil for stock that nobody has counted yet.
    private static func owned(_ model: Model.ID, in database: Database) throws -> Int? {
        try Int.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT CASE counting WHEN 'counted' THEN (SELECT total FROM stock WHERE stock.id = model.id)
                      ELSE (SELECT count(*) FROM asset WHERE asset.model = model.id AND asset.archived IS NULL
                        AND condition NOT IN ('lost', 'retired')) END
                    FROM model WHERE id = ?
                    """), arguments: [model.rawValue])
    }

    private static func about(_ id: Asset.ID, of project: Project, in database: Database) throws -> [String] {
        guard let asset = try Asset.find(id, in: database) else { return [] }
        var sentences: [String] = []
        if asset.isArchived {
            sentences.append("\(asset.number) is archived.")
        } else if asset.condition != .fit {
            sentences.append(
                "\(asset.number) is \(asset.condition == .maintenance ? "in repair" : asset.condition.rawValue).")
        }
        let others = try String.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT other.name FROM pull_line AS line JOIN project AS other ON other.id = line.project
                    WHERE line.asset = ? AND line.archived IS NULL AND other.id <> ? AND other.state = 'accepted'
                      AND other.archived IS NULL AND other.starts < ? AND other.ends > ? ORDER BY other.starts LIMIT 3
                    """),
            arguments: [id.rawValue, project.id.rawValue, project.ends.milliseconds, project.starts.milliseconds])
        return sentences + others.map { "\(asset.number) is on the sheet of \($0) at the same time." }
    }
}
