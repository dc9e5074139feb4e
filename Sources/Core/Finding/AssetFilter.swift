// An AssetQuery as SQL. Each filter is two things: a check that holds for a row of `asset` or not, and a source that
// gives the rows it holds for from an index of its own. Whoever reads picks the source with the fewest rows.
package import GRDB

/// The filters of an ``AssetQuery``, looked up in one snapshot.
package struct AssetFilter: Sendable {
    /// What a filter is about; facets leave their own out.
    enum Aspect: Sendable {
        case words, status, category, model, place, owner, condition, holder, project, archived
    }

    struct Part: Sendable {
        /// Its place among the filters of the query.
        let id: Int
        let aspect: Aspect
        /// Holds for a row of `asset` or does not.
        let check: SQL
        /// Where all rows for which it holds come from, but for some that other filters leave out. Of several sources
        /// each gives some, and a row may be in two. Empty when there is no index.
        var sources: [Rows] = []
        /// Whether the check needs no more of a row than every index of an order has.
        var isLight = false
        /// Whether its source is the list of all rows that have all of the words.
        var isGathered = false
        /// How many rows its text has, up to one more than ``AssetBounds/gathered``; nil for what is not about text.
        var hitCount: Int?
        /// The condition on the row `wanted` of `model`, for what is about models.
        var models: SQL?
    }

    /// Where rows of `asset` come from.
    struct Rows: Sendable {
        /// SQL from FROM to the end of WHERE.
        let all: SQL
        /// What leaves some out at once that other filters leave out.
        var checks: [SQL] = []
        /// The same without `asset`, where as many are counted without it, and SQL of the asset's `docid` there.
        var hits: SQL?
        var docid: SQL = "asset.docid"

        /// SQL from FROM to the end of WHERE, without what is left out at once.
        var rows: SQL { ([all] + checks).joined(separator: " AND ") }
    }

    var parts: [Part]
    let bounds: AssetBounds
    let found = FoundRows()

    /// The condition on a row of `asset`, for whoever lists, exports or edits what a list shows.
    package var condition: SQL { parts.map(\.check).joined(separator: " AND ") }

    /// - Throws: what the Store throws.
    package init(_ query: AssetQuery, in database: Database) throws {
        parts = []
        bounds = query.bounds
        switch query.archive {
        case .current: add(.archived, "asset.archived IS NULL")
        case .archived:
            add(
                .archived, "asset.archived IS NOT NULL",
                "FROM asset INDEXED BY asset_archived WHERE archived IS NOT NULL")
        case .all: add(.archived, "1")
        }
        parts[0].isLight = true
        addStates(query)
        try addCategory(query.category, in: database)
        if let model = query.model?.rawValue {
            add(.model, "asset.model = \(model)", "FROM asset INDEXED BY asset_model WHERE model = \(model)")
            parts[parts.count - 1].models = "wanted.id = \(model)"
        }
        if let place = query.place { try addPlace(place, in: database) }
        if let owner = query.owner {
            add(.owner, "asset.owner = \(owner)", "FROM asset INDEXED BY asset_owner WHERE owner = \(owner)")
        }
        if let person = query.holder?.rawValue { addCustody(.holder, "person", "custody_person", person) }
        if let project = query.project?.rawValue { addCustody(.project, "project", "custody_project", project) }
        try addWords(SearchText(query.text), in: database)
    }

    /// The condition on a row that came from the source of a part.
    func condition(from part: Part) -> SQL {
        let others = parts.filter { $0.id != part.id && !(part.isGathered && $0.aspect == .words) }
        return (["1"] + others.map(\.check)).joined(separator: " AND ")
    }

    /// The filters but those about one thing.
    func without(_ aspect: Aspect) -> AssetFilter {
        var filter = self
        filter.parts.removeAll { $0.aspect == aspect }
        return filter
    }

    private mutating func add(_ aspect: Aspect, _ check: SQL, _ sources: SQL...) {
        append(aspect, check, sources.map { Rows(all: $0) })
    }

    mutating func append(_ aspect: Aspect, _ check: SQL, _ sources: [Rows]) {
        parts.append(Part(id: parts.count, aspect: aspect, check: check, sources: sources))
    }

    private mutating func addStates(_ query: AssetQuery) {
        if !query.statuses.isEmpty {
            let statuses = query.statuses.map(\.rawValue)
            add(
                .status, "asset.status IN \(statuses)", "FROM asset INDEXED BY asset_status WHERE status IN \(statuses)"
            )
        }
        guard !query.conditions.isEmpty else { return }
        let conditions = query.conditions.map(\.rawValue)
        if query.conditions.contains(.fit) { return add(.condition, "asset.condition IN \(conditions)") }
        add(
            .condition, "asset.condition IN \(conditions)",
            "FROM asset INDEXED BY asset_condition WHERE condition <> 'fit' AND condition IN \(conditions)")
    }

    private mutating func addCategory(_ wanted: String?, in database: Database) throws {
        guard let wanted else { return }
        let category =
            try String.fetchOne(
                database.cachedStatement(sql: "SELECT id FROM category WHERE id = ?1 OR name = ?1 COLLATE NOCASE"),
                arguments: [wanted]) ?? ""
        add(
            .category, "asset.model IN (SELECT id FROM model WHERE category = \(category))",
            """
            FROM model CROSS JOIN asset INDEXED BY asset_model ON asset.model = model.id
            WHERE model.category = \(category)
            """)
        parts[parts.count - 1].models = "wanted.category = \(category)"
    }

    private mutating func addPlace(_ place: Place.ID, in database: Database) throws {
        let inside = try String.fetchAll(
            database.cachedStatement(
                sql: """
                    WITH RECURSIVE inside (id) AS (
                      SELECT ? UNION SELECT place.id FROM inside JOIN place ON coalesce(place.parent, '') = inside.id)
                    SELECT id FROM inside
                    """), arguments: [place.rawValue])
        let list = Self.list(inside)
        add(
            .place, "asset.place IN (SELECT value FROM json_each(\(list)))",
            """
            FROM json_each(\(list)) AS inside CROSS JOIN asset INDEXED BY asset_homes ON asset.place = inside.value WHERE 1
            """)
    }

    private mutating func addCustody(_ aspect: Aspect, _ column: String, _ index: String, _ id: String) {
        let column = SQL(sql: "custody.\(column)")
        let held: SQL = "FROM custody INDEXED BY \(sql: index)"
        append(
            aspect, "EXISTS (SELECT 1 FROM custody WHERE custody.asset = asset.id AND \(column) = \(id))",
            [
                Rows(
                    all: """
                        \(held) CROSS JOIN asset INDEXED BY asset_found ON asset.docid = custody.asset_docid
                        WHERE \(column) = \(id)
                        """, hits: "\(held) WHERE \(column) = \(id)")
            ])
    }

    /// Texts as one argument, however many they are.
    static func list(_ texts: [String]) -> String { JSON.array(texts.map(JSON.string)).text }
}
