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
        let aspect: Aspect
        /// Holds for a row of `asset` or does not.
        let check: SQL
        /// Selects of the rowids of all rows for which it holds. One select gives exactly these; of several, each gives
        /// some, a row may be in two, and some are of rows for which it does not hold. Empty when there is no index.
        var sources: [SQL] = []
        /// The condition on the row `wanted` of `model`, for what is about models.
        var models: SQL?
        /// Whether a row that came from the source need not be checked.
        var isExact: Bool { sources.count == 1 }
    }

    var parts: [Part]

    /// The condition on a row of `asset`, for whoever lists, exports or edits what a list shows.
    package var condition: SQL { parts.map(\.check).joined(separator: " AND ") }

    /// - Throws: what the Store throws.
    package init(_ query: AssetQuery, in database: Database) throws {
        parts = []
        switch query.archive {
        case .current: add(.archived, "asset.archived IS NULL")
        case .archived:
            add(
                .archived, "asset.archived IS NOT NULL",
                "FROM asset INDEXED BY asset_archived WHERE archived IS NOT NULL")
        case .all: add(.archived, "1")
        }
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
        (["1"] + parts.filter { $0.aspect != part.aspect || !part.isExact }.map(\.check)).joined(separator: " AND ")
    }

    /// The filters but those about one thing.
    func without(_ aspect: Aspect) -> AssetFilter {
        var filter = self
        filter.parts.removeAll { $0.aspect == aspect }
        return filter
    }

    private mutating func add(_ aspect: Aspect, _ check: SQL, _ sources: SQL...) {
        parts.append(Part(aspect: aspect, check: check, sources: sources.map { "SELECT asset.rowid AS place \($0)" }))
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
            FROM json_each(\(list)) AS inside CROSS JOIN asset INDEXED BY asset_place ON asset.place = inside.value
            """)
    }

    private mutating func addCustody(_ aspect: Aspect, _ column: String, _ index: String, _ id: String) {
        let column = SQL(sql: "custody.\(column)")
        add(
            aspect, "EXISTS (SELECT 1 FROM custody WHERE custody.asset = asset.id AND \(column) = \(id))",
            """
            FROM custody INDEXED BY \(sql: index) CROSS JOIN asset ON asset.id = custody.asset WHERE \(column) = \(id)
            """)
    }

    /// Texts as one argument, however many they are.
    static func list(_ texts: [String]) -> String { JSON.array(texts.map(JSON.string)).text }
}

// MARK: - Words

extension AssetFilter {
    /// Who holds gear and is named by a word.
    private struct Named {
        var people: Set<String> = []
        var projects: Set<String> = []
        var isEmpty: Bool { people.isEmpty && projects.isEmpty }
    }

    private mutating func addWords(_ text: SearchText, in database: Database) throws {
        guard !text.isEmpty else { return }
        guard !text.isHopeless else {
            return parts.append(Part(aspect: .words, check: "0", sources: ["SELECT 0 AS place WHERE 0"]))
        }
        var check: [SQL] = []
        var anyone = Named()
        for word in text.words {
            let named = try Self.named(word, in: database)
            anyone.people.formUnion(named.people)
            anyone.projects.formUnion(named.projects)
            let needle = SearchText.needle(word)
            let own: SQL = "instr((SELECT text FROM asset_text WHERE docid = asset.docid), \(needle)) > 0"
            check.append(named.isEmpty ? own : "(\(own) OR \(Self.isHeld(by: named)))")
        }
        var sources: [SQL] = [
            """
            SELECT asset.rowid AS place FROM asset_search CROSS JOIN asset INDEXED BY asset_docid
            ON asset.docid = asset_search.rowid WHERE asset_search MATCH \(text.match)
            """
        ]
        if !anyone.people.isEmpty { sources.append(Self.held("person", "custody_person", by: anyone.people)) }
        if !anyone.projects.isEmpty { sources.append(Self.held("project", "custody_project", by: anyone.projects)) }
        parts.append(Part(aspect: .words, check: check.joined(separator: " AND "), sources: sources))
    }

    private static func named(_ word: String, in database: Database) throws -> Named {
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT kind, id FROM name_search WHERE name_search MATCH ?"),
            arguments: [SearchText.match(word)])
        var named = Named()
        while let row = try rows.next() {
            if row[0] == "person" { named.people.insert(row[1]) } else { named.projects.insert(row[1]) }
        }
        return named
    }

    private static func isHeld(by named: Named) -> SQL {
        """
        EXISTS (SELECT 1 FROM custody WHERE custody.asset = asset.id AND (
          custody.person IN (SELECT value FROM json_each(\(list(named.people.sorted()))))
          OR custody.project IN (SELECT value FROM json_each(\(list(named.projects.sorted()))))))
        """
    }

    private static func held(_ column: String, _ index: String, by ids: Set<String>) -> SQL {
        """
        SELECT asset.rowid AS place FROM json_each(\(list(ids.sorted()))) AS holder
        CROSS JOIN custody INDEXED BY \(sql: index) ON custody.\(sql: column) = holder.value
        CROSS JOIN asset ON asset.id = custody.asset
        """
    }
}
