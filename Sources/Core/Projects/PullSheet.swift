// What a project takes along and how far that is. A line is served by custody that names it, so what is out and what
// came back are counted from facts and never kept.
import Foundation
package import GRDB

/// Reads pull sheets inside a transaction or a snapshot.
package enum PullSheet {
    /// SQL for how many pieces are out now for the line of this alias: units, and pieces of counted stock. The one place
    /// where that is counted.
    private static func out(_ line: String = "line") -> String {
        """
        ((SELECT count(*) FROM custody WHERE custody.line = \(line).id) +
         (SELECT coalesce(sum(quantity), 0) FROM stock_out WHERE stock_out.line = \(line).id))
        """
    }

    /// SQL for how many pieces came home again for the line of this alias; units that are out for it anew are not
    /// counted.
    private static func home(_ line: String = "line") -> String {
        """
        ((SELECT count(DISTINCT event.asset) FROM custody_event AS event
          WHERE event.line = \(line).id AND event.kind = 'in'
            AND NOT EXISTS (SELECT 1 FROM custody_event AS reversal WHERE reversal.undoes = event.id)
            AND NOT EXISTS (SELECT 1 FROM custody WHERE custody.asset = event.asset AND custody.line = \(line).id)) +
         (SELECT coalesce(sum(quantity), 0) FROM stock_event AS event
          WHERE event.line = \(line).id AND event.kind = 'in'
            AND NOT EXISTS (SELECT 1 FROM stock_event AS reversal WHERE reversal.undoes = event.id)))
        """
    }

    /// The lines of sheets with `out` and `home` beside their own columns.
    private static let counted = """
        SELECT line.*, asset.number AS asset_number, asset.name AS asset_name, model.name AS model_name,
          \(out()) AS out, \(home()) AS home
        FROM pull_line AS line LEFT JOIN asset ON asset.id = line.asset LEFT JOIN model ON model.id = line.model
        WHERE line.archived IS NULL
        """

    /// A line with what was done about it.
    package struct Served {
        let line: PullLine
        package let out: Int64
        /// Pieces that came back, at most what the line still asks for: a unit that was replaced is not counted twice.
        package let back: Int64

        init(row: Row) throws {
            line = try PullLine(row: row)
            out = row["out"]
            back = min(row["home"], max(0, line.quantity - out))
        }
    }

    /// The lines of a project's sheet in order.
    static func lines(of project: Project.ID, in database: Database) throws -> [Served] {
        try Row.fetchAll(
            database.cachedStatement(sql: counted + " AND line.project = ? ORDER BY line.rank, line.id"),
            arguments: [project.rawValue]
        ).map(Served.init)
    }

    /// One line of a sheet.
    static func line(_ id: PullLine.ID, in database: Database) throws -> Served? {
        try Row.fetchOne(
            database.cachedStatement(sql: counted + " AND line.id = ?"), arguments: [id.rawValue]
        ).map(Served.init)
    }

    /// What is out now, by line; under nil what is out for the project without a line of its sheet.
    static func units(of project: Project.ID, in database: Database) throws -> [PullLine.ID?: [Asset]] {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT asset_row.*, line.id AS served
                    FROM custody JOIN asset_row ON asset_row.id = custody.asset
                    LEFT JOIN pull_line AS line
                      ON line.id = custody.line AND line.project = :project AND line.archived IS NULL
                    WHERE custody.project = :project ORDER BY asset_row.sort, asset_row.id
                    """), arguments: ["project": project.rawValue])
        return try Dictionary(
            grouping: rows.map { (line: $0["served"] as PullLine.ID?, asset: try Asset(row: $0)) }, by: \.line
        ).mapValues { $0.map(\.asset) }
    }

    /// The counted stock that is out for the project without a line of its sheet: `{"model", "quantity"}` each.
    static func stockExtras(of project: Project.ID, in database: Database) throws -> [JSON] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT model.id, model.name, sum(stock_out.quantity) AS quantity
                    FROM stock_out JOIN model ON model.id = stock_out.model
                    WHERE stock_out.project = ? AND \(isExtra("stock_out")) GROUP BY model.id ORDER BY model.name
                    """), arguments: [project.rawValue]
        ).map { row in
            [
                "model": NamedReference<Model>(id: row["id"], name: row["name"]).json,
                "quantity": .int(row["quantity"]),
            ]
        }
    }

    /// SQL for whether what is out for a project serves no line of its sheet.
    private static func isExtra(_ table: String) -> String {
        """
        NOT EXISTS (
          SELECT 1 FROM pull_line AS line WHERE line.id = \(table).line AND line.project = \(table).project
            AND line.archived IS NULL)
        """
    }

    /// What went out for the project without a line and came home again.
    static func returnedExtras(of project: Project.ID, in database: Database) throws -> [Asset] {
        try Asset.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT * FROM asset_row WHERE id IN (
                      SELECT event.asset FROM custody_event AS event
                      WHERE event.project = :project AND event.line IS NULL AND event.kind = 'in'
                        AND NOT EXISTS (SELECT 1 FROM custody_event AS reversal WHERE reversal.undoes = event.id))
                      AND id NOT IN (SELECT asset FROM custody WHERE project = :project)
                    ORDER BY sort, id
                    """), arguments: ["project": project.rawValue])
    }
}

// MARK: - Progress

/// How far a pull sheet is, in pieces.
package struct Progress: Sendable, Equatable {
    /// Out now.
    package let done: Int
    package let total: Int
    /// Home again; nil where nobody counted it.
    package var back: Int?
    /// Out for the project without a line of its sheet.
    package var extra: Int?

    /// `{"done", "total"}`, with `back` and `extra` where they were counted.
    package var json: JSON {
        let counted = [("back", back), ("extra", extra)].compactMap { key, count in
            count.map { JSON.Member(key: key, value: .int(Int64($0))) }
        }
        return JSON.object([
            .init(key: "done", value: .int(Int64(done))), .init(key: "total", value: .int(Int64(total))),
        ])
        .adding(.object(counted))
    }

    /// `12 of 41 on the sheet`.
    package var words: String { "\(done) of \(total) on the sheet" }
}

extension PullSheet {
    /// How much of the project's sheet is out: what a door says.
    package static func progress(of project: Project.ID, in database: Database) throws -> Progress {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT coalesce(sum(line.quantity), 0) AS total, coalesce(sum(\(out())), 0) AS done
                    FROM pull_line AS line WHERE line.project = ? AND line.archived IS NULL
                    """), arguments: [project.rawValue])
        return Progress(done: row?["done"] ?? 0, total: row?["total"] ?? 0)
    }

    /// How far the sheets of these projects are, there and back.
    package static func progress(of projects: [Project.ID], in database: Database) throws -> [Project.ID: Progress] {
        let marks = projects.map { _ in "?" }.joined(separator: ", ")
        let lines = try Row.fetchAll(
            database,
            sql: """
                SELECT project, sum(quantity) AS total, sum(out) AS done,
                  sum(min(home, max(0, quantity - out))) AS back
                FROM (\(counted) AND line.project IN (\(marks))) GROUP BY project
                """, arguments: StatementArguments(projects.map(\.rawValue)))
        let extras = try Row.fetchAll(
            database,
            sql: """
                SELECT project, sum(quantity) AS extra FROM (
                  SELECT project, 1 AS quantity FROM custody WHERE project IN (\(marks)) AND \(isExtra("custody"))
                  UNION ALL
                  SELECT project, quantity FROM stock_out WHERE project IN (\(marks)) AND \(isExtra("stock_out")))
                GROUP BY project
                """, arguments: StatementArguments((projects + projects).map(\.rawValue)))
        var found = Dictionary(
            uniqueKeysWithValues: projects.map { ($0, Progress(done: 0, total: 0, back: 0, extra: 0)) })
        for row in lines {
            found[row["project"]] = Progress(done: row["done"], total: row["total"], back: row["back"], extra: 0)
        }
        for row in extras { found[row["project"]]?.extra = row["extra"] }
        return found
    }
}

// MARK: - What a unit would serve

extension PullSheet {
    /// A line that an asset would serve.
    struct Match {
        let line: PullLine.ID
        let project: Project
        let isByUnit: Bool
    }

    /// The open lines that this asset would serve, best first: those of `preferred`, then by unit before by model,
    /// then the project that starts first. A line is open while fewer other pieces are out for it than it asks for.
    static func openLines(for asset: Asset, preferring preferred: Project.ID?, in database: Database) throws -> [Match]
    {
        let statement = try database.cachedStatement(
            sql: """
                SELECT project.*, line.id AS line, line.asset IS NOT NULL AS by_unit
                FROM pull_line AS line JOIN project ON project.id = line.project
                WHERE (line.asset = :asset OR line.model = :model) AND line.archived IS NULL
                  AND project.state = 'accepted' AND project.archived IS NULL
                  AND \(out()) - EXISTS (
                    SELECT 1 FROM custody WHERE custody.asset = :asset AND custody.line = line.id) < line.quantity
                ORDER BY project.id = :preferred DESC, by_unit DESC, project.starts, line.rank
                """)
        let rows = try Row.fetchAll(
            statement,
            arguments: [
                "asset": asset.id.rawValue, "model": asset.model.id.rawValue, "preferred": preferred?.rawValue ?? "",
            ])
        return try rows.map { Match(line: $0["line"], project: try Project(row: $0), isByUnit: $0["by_unit"]) }
    }
}
