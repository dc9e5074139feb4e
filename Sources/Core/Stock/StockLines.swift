// The lines of pull sheets that counted stock serves.
import GRDB

enum StockLines {
    /// A line that still wants pieces.
    struct Match {
        let line: PullLine.ID
        let project: NamedReference<Project>
        /// Pieces still wanted.
        let wanted: Int64
    }

    /// The open lines for a model, those of `preferred` first, then of the project that starts first.
    static func open(
        for model: Model.ID, preferring preferred: Project.ID?, in database: Database
    ) throws -> [Match] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT line.id, project.id AS project, project.name, line.quantity -
                      (SELECT coalesce(sum(quantity), 0) FROM stock_out WHERE stock_out.line = line.id) AS wanted
                    FROM pull_line AS line JOIN project ON project.id = line.project
                    WHERE line.model = :model AND line.archived IS NULL AND project.state = 'accepted'
                      AND project.archived IS NULL AND wanted > 0
                    ORDER BY project.id = :preferred DESC, project.starts, line.rank
                    """), arguments: ["model": model.rawValue, "preferred": preferred?.rawValue ?? ""]
        ).map { row in
            Match(
                line: row["id"], project: NamedReference(id: row["project"], name: row["name"]), wanted: row["wanted"])
        }
    }
}
