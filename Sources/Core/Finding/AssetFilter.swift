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
        /// Selects of the rowids of all rows for which it holds. One select gives exactly these; of several, each gives
        /// some, a row may be in two, and some are of rows for which it does not hold. Empty when there is no index.
        var sources: [SQL] = []
        /// Whether a row that came from the source need not be checked.
        var isExact = false
        /// The condition on the row `wanted` of `model`, for what is about models.
        var models: SQL?
    }

    var parts: [Part]
    let found = FoundRows()

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
        (["1"] + parts.filter { $0.id != part.id || !part.isExact }.map(\.check)).joined(separator: " AND ")
    }

    /// The filters but those about one thing.
    func without(_ aspect: Aspect) -> AssetFilter {
        var filter = self
        filter.parts.removeAll { $0.aspect == aspect }
        return filter
    }

    private mutating func add(_ aspect: Aspect, _ check: SQL, _ sources: SQL...) {
        append(aspect, check, sources.map { "SELECT asset.rowid AS place \($0)" })
    }

    private mutating func append(_ aspect: Aspect, _ check: SQL, _ sources: [SQL]) {
        parts.append(
            Part(id: parts.count, aspect: aspect, check: check, sources: sources, isExact: sources.count == 1))
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
            FROM json_each(\(list)) AS inside CROSS JOIN asset INDEXED BY asset_homes ON asset.place = inside.value
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

    /// A word that names somebody who may hold gear is a filter of its own, because its gear is in two indexes; the
    /// others are one question to the text index.
    private mutating func addWords(_ text: SearchText, in database: Database) throws {
        guard !text.isEmpty else { return }
        guard !text.isHopeless else { return append(.words, "0", ["SELECT 0 AS place WHERE 0"]) }
        let words = try text.words.map { (text: $0, named: try Self.named($0, in: database)) }
        // The most telling filter first: where all have many rows, that one is put in order.
        addOwn(words.filter(\.named.isEmpty).map(\.text))
        for word in words.filter({ !$0.named.isEmpty }).sorted(by: { $0.text.count > $1.text.count }) {
            append(
                .words, "(\(Self.says(word.text)) OR \(Self.isHeld(by: word.named)))",
                Self.sources(word.text, word.named))
        }
    }

    /// Words that only a row's own text can have. A single letter begins words of most rows: the index would go through
    /// them all for nothing, so it is only checked where there is a longer word.
    private mutating func addOwn(_ words: [String]) {
        guard !words.isEmpty else { return }
        let telling = words.contains { $0.count > 1 } ? words.filter { $0.count > 1 } : words
        append(.words, words.map(Self.says).joined(separator: " AND "), [Self.saying(telling)])
        parts[parts.count - 1].isExact = telling.count == words.count
    }

    /// Whether a row's text has the word.
    private static func says(_ word: String) -> SQL {
        "instr((SELECT text FROM asset_text WHERE docid = asset.docid), \(SearchText.needle(word))) > 0"
    }

    /// The rows whose text has all of the words.
    private static func saying(_ words: [String]) -> SQL {
        """
        SELECT asset.rowid AS place FROM asset_search CROSS JOIN asset INDEXED BY asset_docid
        ON asset.docid = asset_search.rowid
        WHERE asset_search MATCH \(words.map(SearchText.match).joined(separator: " AND "))
        """
    }

    private static func sources(_ word: String, _ named: Named) -> [SQL] {
        var sources = [saying([word])]
        if !named.people.isEmpty { sources.append(held("person", "custody_person", by: named.people)) }
        if !named.projects.isEmpty { sources.append(held("project", "custody_project", by: named.projects)) }
        return sources
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
