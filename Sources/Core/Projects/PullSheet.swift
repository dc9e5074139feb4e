// What a project takes along: lines by unit, or by model and quantity. A line is served by custody that names it, so
// progress is counted from facts and never kept.
import Foundation
package import GRDB

/// One line of a pull sheet.
package struct PullLine: Sendable {
    package typealias ID = Identifier<PullLine>

    package enum Wanted: Sendable, Equatable {
        case unit(Asset.ID)
        case model(Model.ID, quantity: Int)
    }
}

/// Reads pull sheets inside a transaction or a snapshot.
package enum PullSheet {
    /// A line that an asset would serve.
    struct Match {
        let line: PullLine.ID
        let project: Project
        let isByUnit: Bool
    }

    /// The open lines that this asset would serve, best first: those of `preferred`, then by unit before by model,
    /// then the project that starts first. A line is open while fewer pieces are out for it than it asks for.
    static func openLines(for asset: Asset, preferring preferred: Project.ID?, in database: Database) throws -> [Match]
    {
        let statement = try database.cachedStatement(
            sql: """
                SELECT project.*, line.id AS line, line.asset IS NOT NULL AS by_unit
                FROM pull_line AS line JOIN project ON project.id = line.project
                WHERE (line.asset = :asset OR line.model = :model) AND project.state = 'accepted'
                  AND (SELECT count(*) FROM custody WHERE custody.line = line.id AND custody.asset <> :asset)
                      < line.quantity
                ORDER BY project.id = :preferred DESC, by_unit DESC, project.starts, line.rank
                """)
        let rows = try Row.fetchAll(
            statement,
            arguments: [
                "asset": asset.id.rawValue, "model": asset.model.id.rawValue, "preferred": preferred?.rawValue ?? "",
            ])
        return try rows.map { Match(line: $0["line"], project: try Project(row: $0), isByUnit: $0["by_unit"]) }
    }

    /// How much of the project's sheet is out.
    package static func progress(of project: Project.ID, in database: Database) throws -> Progress {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT coalesce(sum(quantity), 0) AS total,
                      (SELECT count(*) FROM custody JOIN pull_line AS served ON served.id = custody.line
                       WHERE served.project = :project) +
                      (SELECT coalesce(sum(stock_out.quantity), 0) FROM stock_out
                       JOIN pull_line AS served ON served.id = stock_out.line
                       WHERE served.project = :project) AS done
                    FROM pull_line WHERE project = :project
                    """), arguments: ["project": project.rawValue])
        return Progress(done: row?["done"] ?? 0, total: row?["total"] ?? 0)
    }

    /// The sheet's lines in order, as the API gives them.
    package static func lines(of project: Project.ID, in database: Database) throws -> [JSON] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT line.*, asset.number, asset.name AS asset_name, model.name AS model_name,
                  (SELECT count(*) FROM custody WHERE custody.line = line.id) +
                  (SELECT coalesce(sum(quantity), 0) FROM stock_out WHERE stock_out.line = line.id) AS out
                FROM pull_line AS line LEFT JOIN asset ON asset.id = line.asset
                LEFT JOIN model ON model.id = line.model
                WHERE line.project = ? ORDER BY line.rank
                """, arguments: [project.rawValue])
        return rows.map { row in
            let asset: JSON? = (row["asset"] as String?).map {
                ["id": .string($0), "number": .string(row["number"]), "name": .string(row["asset_name"])]
            }
            let model: JSON? = (row["model"] as String?).map {
                ["id": .string($0), "name": .string(row["model_name"])]
            }
            return [
                "id": .string(row["id"]), "asset": asset ?? .null, "model": model ?? .null,
                "quantity": .int(row["quantity"]), "out": .int(row["out"]), "note": .optional(row["note"]),
            ]
        }
    }
}
