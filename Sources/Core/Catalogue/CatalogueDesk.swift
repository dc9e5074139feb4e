// Lists of what the depot's gear is made of: models with their units, categories, and the places where gear lives.
import Foundation
import GRDB

/// Which of the records that can be put away are wanted.
package enum ArchiveFilter: String, Sendable, CaseIterable {
    /// Those in use, those put away, and both.
    case current = "false", archived = "true", all

    /// The condition on a table's `archived`.
    func sql(_ table: String) -> String {
        switch self {
        case .current: "\(table).archived IS NULL"
        case .archived: "\(table).archived IS NOT NULL"
        case .all: "1"
        }
    }
}

/// Which models to list.
package struct ModelQuery: Sendable {
    /// Words that must all occur in the name, maker or category, without regard to case and accents.
    package var text = ""
    package var category: Category.ID?
    package var archive = ArchiveFilter.current
    /// 1 to ``limitMax``.
    package var limit = 50
    package var cursor: String?

    package static let limitMax = 200

    package init() {}
}

/// Lists models, categories and places for everybody who is signed in.
package struct CatalogueDesk: Sendable {
    private let store: Store

    package init(store: Store) { self.store = store }

    /// One page of models by name: `{"items": [{…, "units": {"total", "available"}}], "next"}`.
    ///
    /// - Throws: `invalid` for a limit out of range or a cursor that was not given out.
    package func models(_ query: ModelQuery) async throws -> JSON {
        guard (1...ModelQuery.limitMax).contains(query.limit) else {
            throw Failure(.invalid, "A page has 1 to \(ModelQuery.limitMax) items.", field: "limit")
        }
        let after = try query.cursor.map { try ListCursor.parts(of: $0, count: 2) }
        return try await store.read { database in
            let models = try Self.page(query, after: after, in: database)
            let items = Array(models.prefix(query.limit))
            let units = try Self.units(of: items.map(\.id), in: database)
            let last = models.count > query.limit ? items.last : nil
            return [
                "items": .array(items.map { $0.json.adding(["units": units[$0.id] ?? Self.none]) }),
                "next": .optional(last.map { ListCursor.text([$0.name, $0.id.rawValue]) }),
            ]
        }
    }

    /// One model with its units.
    ///
    /// - Throws: `notFound`.
    package func model(_ id: Model.ID) async throws -> (model: Model, json: JSON) {
        try await store.read { database in
            let model = try RecordEdit.find(id, in: database)
            let units = try Self.units(of: [id], in: database)[id] ?? Self.none
            let accessories = try Accessories.list(of: id, in: database)
            return (model, model.json.adding(["units": units, "accessories": .array(accessories)]))
        }
    }

    /// The number and the home that the next unit of a model would have: `{"number", "home"}`.
    ///
    /// - Throws: `notFound`.
    package func nextNumber(of id: Model.ID) async throws -> JSON {
        try await store.read { database in
            _ = try RecordEdit.find(id, in: database)
            return [
                "number": .optional(try NumberSeries.next(of: id, in: database)),
                "home": try NumberSeries.home(of: id, in: database).orNull(),
            ]
        }
    }

    /// The categories by name, each with how many `models` it has that are not archived.
    package func categories(_ archive: ArchiveFilter) async throws -> [JSON] {
        try await store.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT category.*,
                      (SELECT count(*) FROM model WHERE category = category.id AND archived IS NULL) AS models
                    FROM category WHERE \(archive.sql("category")) ORDER BY name COLLATE NOCASE, id
                    """
            ).map { try Category(row: $0).json.adding(["models": .int($0["models"])]) }
        }
    }

    /// The places in the order of their paths, each with how many `assets` have their home right there.
    package func places(_ archive: ArchiveFilter) async throws -> [JSON] {
        try await store.read { database in
            try Row.fetchAll(database, sql: Self.placesSelection(archive)).map {
                try Place(row: $0).json.adding(["assets": .int($0["assets"])])
            }
        }
    }

    static let unitsSelection = """
        SELECT model, count(*) AS total, sum(status = 'available') AS available FROM asset
        WHERE model IN (SELECT value FROM json_each(?)) AND archived IS NULL GROUP BY model
        """

    static func placesSelection(_ archive: ArchiveFilter) -> String {
        """
        SELECT place.*, outer.path AS parent_path,
          (SELECT count(*) FROM asset WHERE asset.place = place.id AND asset.archived IS NULL) AS assets
        FROM place LEFT JOIN place AS outer ON outer.id = place.parent
        WHERE \(archive.sql("place")) ORDER BY replace(place.path, ' / ', char(1)) COLLATE NOCASE, place.id
        """
    }

    private static let none: JSON = ["total": 0, "available": 0]

    /// One model more than a page has, so that it is known whether there is a next one.
    private static func page(_ query: ModelQuery, after: [String]?, in database: Database) throws -> [Model] {
        var sql = Model.selection + " WHERE \(query.archive.sql("model"))"
        var arguments: [any DatabaseValueConvertible] = []
        if let category = query.category {
            sql += " AND model.category = ?"
            arguments.append(category.rawValue)
        }
        if let after {
            sql += " AND (model.name COLLATE NOCASE, model.id) > (?, ?)"
            arguments += after
        }
        sql += " ORDER BY model.name COLLATE NOCASE, model.id"
        let words = SearchText(query.text)
        // A depot has some hundreds of kinds of gear, and SQLite can not fold what is not ASCII.
        if words.isEmpty { sql += " LIMIT \(query.limit + 1)" }
        var models: [Model] = []
        let rows = try Model.fetchCursor(database, sql: sql, arguments: StatementArguments(arguments))
        while models.count <= query.limit, let model = try rows.next() {
            let text = [model.maker, model.name, model.category?.name].compactMap { $0 }.joined(separator: " ")
            if words.matches(text) { models.append(model) }
        }
        return models
    }

    /// How many units of these models there are, and how many of them nobody has or wants.
    private static func units(of models: [Model.ID], in database: Database) throws -> [Model.ID: JSON] {
        let rows = try Row.fetchAll(
            database, sql: unitsSelection, arguments: [JSON.array(models.map { .string($0.rawValue) }).text])
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (row["model"] as Model.ID, ["total": .int(row["total"]), "available": .int(row["available"])] as JSON)
            })
    }
}
