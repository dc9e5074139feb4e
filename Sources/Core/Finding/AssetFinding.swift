// Finding gear: a page of what a query matches, with how many there are.
import GRDB

extension AssetRegister {
    /// One page: `{"items", "next", "total", "isTotalExact", "counts", "facets"}`. `counts` per status are of
    /// everything the query but its status matches; a next of null ends the list; `facets` are there when wanted.
    ///
    /// - Throws: `invalid` for a limit out of range or a cursor that was not given out for this order.
    package func list(_ query: AssetQuery) async throws -> JSON {
        guard (1...AssetQuery.limitMax).contains(query.limit) else {
            throw Failure(.invalid, "A page has 1 to \(AssetQuery.limitMax) items.", field: "limit")
        }
        return try await store.read(isLong: query.wantsFacets) { database in
            let filter = try AssetFilter(query, in: database)
            let page = try AssetPage(query, filter).read(in: database)
            let (counts, isExact) = try AssetCounts.byStatus(filter, query, in: database)
            let wanted = query.statuses.isEmpty ? AssetStatus.allCases : query.statuses
            let answer: JSON = [
                "items": .array(try Self.rows(page.docids, in: database).map(\.json)), "next": .optional(page.next),
                "total": .int(Set(wanted).reduce(0) { $0 + (counts[$1.rawValue] ?? 0) }),
                "isTotalExact": .bool(isExact),
                "counts": .object(
                    AssetStatus.allCases.map { .init(key: $0.rawValue, value: .int(counts[$0.rawValue] ?? 0)) }),
            ]
            guard query.wantsFacets else { return answer }
            let facets = try AssetCounts.facets(filter, upTo: query.bounds.faceted, in: database)
            return answer.adding(["facets": facets.json, "areFacetsExact": .bool(facets.isExact)])
        }
    }

    /// All that a query finds, a page at a time, so that no list of everything is ever in memory. Each page is a
    /// snapshot of its own.
    ///
    /// - Parameter body: gets the pieces and the connection they were read from.
    func each(
        _ query: AssetQuery, _ body: @escaping @Sendable ([Asset], Database) throws -> Void
    ) async throws {
        var query = query
        query.limit = AssetQuery.limitMax
        query.cursor = nil
        repeat {
            query.cursor = try await store.read(isLong: true) { [query] database in
                let page = try AssetPage(query, AssetFilter(query, in: database)).read(in: database)
                try body(Self.rows(page.docids, in: database), database)
                return page.next
            }
        } while query.cursor != nil
    }

    /// The identifiers of all that a query finds, a page more than `countMax` at most.
    package func ids(_ query: AssetQuery, atMost countMax: Int) async throws -> [Asset.ID] {
        try await store.read(isLong: true) { database in
            var query = query
            query.limit = AssetQuery.limitMax
            let filter = try AssetFilter(query, in: database)
            var ids: [Asset.ID] = []
            repeat {
                let page = try AssetPage(query, filter).read(in: database)
                ids += try String.fetchAll(
                    database.cachedStatement(
                        sql: """
                            SELECT asset.id FROM json_each(?) AS page
                            CROSS JOIN asset ON asset.docid = page.value ORDER BY page.key
                            """), arguments: [Self.list(page.docids)]
                ).map { Asset.ID($0) }
                query.cursor = page.next
            } while query.cursor != nil && ids.count <= countMax
            return ids
        }
    }

    private static func list(_ docids: [String]) -> String { "[" + docids.joined(separator: ",") + "]" }

    /// The pieces of these whole numbers, in the same order.
    private static func rows(_ docids: [String], in database: Database) throws -> [Asset] {
        try Asset.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT asset_row.* FROM json_each(?) AS page CROSS JOIN asset_row ON asset_row.docid = page.value
                    ORDER BY page.key
                    """), arguments: [list(docids)])
    }
}
