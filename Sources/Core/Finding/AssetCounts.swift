// How many pieces a list has: by status, and by the values of each filter. Counts are exact as long as one of the
// filters has few enough rows; beyond that they are what was found among the rows that were looked at.
import GRDB

/// Counts for a list.
enum AssetCounts {
    /// Most values of a facet.
    static let valueCountMax = 200

    /// Pieces by status of everything but the status matches; whether that is all of them.
    static func byStatus(_ filter: AssetFilter, _ query: AssetQuery, in database: Database) throws -> (
        counts: [String: Int64], isExact: Bool
    ) {
        let filter = filter.without(.status)
        let countMax = query.bounds.counted
        guard let source = try filter.fewest(upTo: countMax, in: database) else {
            let isAll = query.archive == .current && !filter.parts.contains { $0.aspect != .archived }
            let rows: SQL =
                isAll
                ? "SELECT status, count FROM asset_tally"
                : "SELECT status, count(*) FROM asset WHERE \(filter.condition) GROUP BY status"
            return (try pairs(rows, in: database), true)
        }
        let counts = try pairs(
            """
            SELECT status, count(*) FROM (
              SELECT CASE WHEN \(filter.condition(from: source.part)) THEN asset.status END AS status
              \(source.part.rows(limit: countMax + 1)) LIMIT \(countMax + 1))
            WHERE status IS NOT NULL GROUP BY status
            """, in: database)
        return (counts, source.count <= countMax)
    }

    private static func pairs(_ request: SQL, in database: Database) throws -> [String: Int64] {
        let rows = try Row.fetchAll(database, SQLRequest(literal: request, cached: true))
        return Dictionary(rows.map { ($0[0], $0[1]) }, uniquingKeysWith: +)
    }

    // MARK: - Facets

    /// What a facet counts, and where the names of its values are.
    private struct Facet {
        let name: String
        let aspect: AssetFilter.Aspect
        /// SQL of the value of a row of `asset`.
        let value: SQL
        /// SQL of all rows that have a value, from FROM on, and of the value there: where no filter has few rows, the
        /// narrowest index is gone through.
        let all: (from: SQL, value: SQL)
        /// SQL of the name of `hit.value`, and of what to show in its place.
        var shown: SQL = "hit.value"
        var title: SQL
    }

    private static let allHeld: SQL = """
        FROM custody CROSS JOIN asset INDEXED BY asset_found ON asset.docid = custody.asset_docid WHERE 1
        """

    private static let facets: [Facet] = [
        Facet(
            name: "category", aspect: .category, value: "asset.model", all: ("FROM asset WHERE 1", "asset.model"),
            shown: "(SELECT category FROM model WHERE id = hit.value)",
            title: "(SELECT name FROM category WHERE id = shown)"),
        Facet(
            name: "place", aspect: .place, value: "asset.place",
            all: ("FROM asset WHERE asset.place IS NOT NULL", "asset.place"),
            title: "(SELECT path FROM place WHERE id = shown)"),
        Facet(
            name: "owner", aspect: .owner, value: "asset.owner",
            all: ("FROM asset WHERE asset.owner IS NOT NULL", "asset.owner"), title: "shown"),
        Facet(
            name: "holder", aspect: .holder, value: "(SELECT person FROM custody WHERE custody.asset = asset.id)",
            all: (allHeld, "custody.person"),
            title: "(SELECT name FROM person WHERE id = shown)"),
        Facet(
            name: "project", aspect: .project, value: "(SELECT project FROM custody WHERE custody.asset = asset.id)",
            all: (allHeld, "custody.project"),
            title: "(SELECT name FROM project WHERE id = shown)"),
    ]

    /// The values of each facet among what everything but its own filter matches: `{"category": [{"value", "name",
    /// "count"}, …], …}`, the most frequent first; whether these are all.
    static func facets(
        _ filter: AssetFilter, upTo facetCountMax: Int, in database: Database
    ) throws -> (json: JSON, isExact: Bool) {
        var isExact = true
        let members = try facets.map { facet in
            let filter = filter.without(facet.aspect)
            let source = try filter.fewest(upTo: facetCountMax, in: database)
            isExact = isExact && source?.count ?? 0 <= facetCountMax
            return JSON.Member(
                key: facet.name,
                value: .array(try values(of: facet, filter, source?.part, upTo: facetCountMax, in: database)))
        }
        return (.object(members), isExact)
    }

    private static func values(
        of facet: Facet, _ filter: AssetFilter, _ part: AssetFilter.Part?, upTo countMax: Int,
        in database: Database
    ) throws -> [JSON] {
        let from: SQL = part.map { "\($0.rows(limit: countMax + 1)) LIMIT \(countMax + 1)" } ?? facet.all.from
        let value = part == nil ? facet.all.value : facet.value
        let condition = part.map(filter.condition) ?? filter.condition
        let rows = try Row.fetchAll(
            database,
            SQLRequest(
                literal: """
                    SELECT shown, \(facet.title) AS title, sum(count) AS count FROM (
                      SELECT \(facet.shown) AS shown, hit.count FROM (
                        SELECT value, count(*) AS count FROM (
                          SELECT CASE WHEN \(condition) THEN \(value) END AS value
                          \(from))
                        WHERE value IS NOT NULL GROUP BY value) AS hit)
                    GROUP BY shown ORDER BY count DESC, title LIMIT \(valueCountMax)
                    """, cached: true))
        return rows.map { row in
            [
                "value": .string(row["shown"]), "name": .string(row["title"] as String? ?? ""),
                "count": .int(row["count"]),
            ]
        }
    }
}
