// The projects of the organisation and their pull sheets.
package import Foundation
import GRDB

/// Adds and reads projects. Everybody signed in may read them; making them is for managers.
package struct ProjectBoard: Sendable {
    private let store: Store

    package init(store: Store) { self.store = store }

    /// Adds a project with its pull sheet.
    package func add(
        name: String, state: Project.State, starts: Date, ends: Date, lines: [(PullLine.Wanted, note: String?)]
    ) async throws -> Project.ID {
        try await store.write { transaction in
            let id: Project.ID = transaction.newID()
            let database = transaction.database
            try database.execute(
                sql: "INSERT INTO project (id, name, state, starts, ends) VALUES (?, ?, ?, ?, ?)",
                arguments: [id.rawValue, name, state.rawValue, starts.milliseconds, ends.milliseconds])
            for (rank, line) in lines.enumerated() {
                try Self.insert(line.0, note: line.note, rank: rank, of: id, in: transaction)
            }
            try transaction.append(
                .projects, "created", subject: id.rawValue,
                ["id": .string(id.rawValue), "name": .string(name), "state": .string(state.rawValue)])
            return id
        }
    }

    /// All projects, the ones that start first first.
    package func all() async throws -> [JSON] {
        try await store.read { database in
            try Project.fetchAll(database, sql: "SELECT * FROM project ORDER BY starts, id").map {
                $0.json(try PullSheet.progress(of: $0.id, in: database))
            }
        }
    }

    /// One project with the lines of its pull sheet.
    ///
    /// - Throws: `notFound`.
    package func find(_ id: Project.ID) async throws -> JSON {
        try await store.read { database in
            guard let project = try Project.find(id, in: database) else {
                throw Failure(.notFound, "There is no such project.")
            }
            return project.json(try PullSheet.progress(of: id, in: database))
                .adding(["lines": .array(try PullSheet.lines(of: id, in: database))])
        }
    }

    private static func insert(
        _ wanted: PullLine.Wanted, note: String?, rank: Int, of project: Project.ID, in transaction: WriteTransaction
    ) throws {
        let line: PullLine.ID = transaction.newID()
        let (asset, model, quantity): (String?, String?, Int) =
            switch wanted {
            case .unit(let asset): (asset.rawValue, nil, 1)
            case .model(let model, let quantity): (nil, model.rawValue, quantity)
            }
        try transaction.database.execute(
            sql: "INSERT INTO pull_line (id, project, asset, model, quantity, note, rank) VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [line.rawValue, project.rawValue, asset, model, quantity, note, rank])
    }
}
