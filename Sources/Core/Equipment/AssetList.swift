// Lists of gear: searched, filtered, a page at a time.
import Foundation
import GRDB

/// What to list.
package struct AssetQuery: Sendable {
    /// Words that must all occur in the number, name, serial, codes, or the names of holder and project.
    package var text = ""
    package var statuses: [AssetStatus] = []
    package var category: String?
    /// 1 to ``limitMax``.
    package var limit = 50
    /// Where the last page ended, as it was given out.
    package var cursor: String?

    package static let limitMax = 500

    package init() {}
}

extension AssetRegister {
    /// One page by number, digits by value: `{"items", "next", "total", "counts"}`. `total` and `counts` per status
    /// are of everything the words and the category match; a next of null ends the list.
    ///
    /// - Throws: `invalid` for a limit out of range or a cursor that was not given out.
    package func list(_ query: AssetQuery) async throws -> JSON {
        guard (1...AssetQuery.limitMax).contains(query.limit) else {
            throw Failure(.invalid, "A page has 1 to \(AssetQuery.limitMax) items.", field: "limit")
        }
        let after = try query.cursor.map(Self.place(of:))
        return try await store.read { database in
            let filter = Self.filter(query)
            let items = try Self.page(query, filter, after: after, in: database)
            let counts = try Self.counts(filter, in: database)
            let wanted = query.statuses.isEmpty ? counts.keys.map { $0 } : query.statuses.map(\.rawValue)
            return [
                "items": .array(items.prefix(query.limit).map(\.json)),
                "next": items.count > query.limit ? .string(Self.cursor(after: items[query.limit - 1])) : .null,
                "total": .int(wanted.reduce(0) { $0 + (counts[$1] ?? 0) }),
                "counts": .object(
                    AssetStatus.allCases.map { .init(key: $0.rawValue, value: .int(counts[$0.rawValue] ?? 0)) }),
            ]
        }
    }

    /// All that a query finds, by number and a page at a time, so that no list of everything is ever in memory. Each
    /// page is a snapshot of its own.
    ///
    /// - Parameter body: gets the pieces and the connection they were read from.
    func each(
        _ query: AssetQuery, pageCount: Int = 500,
        _ body: @escaping @Sendable ([Asset], Database) throws -> Void
    ) async throws {
        var query = query
        query.limit = pageCount
        var after: (sort: String, id: String)?
        repeat {
            after = try await store.read { [query, after] database -> (sort: String, id: String)? in
                let filter = Self.filter(query)
                let items = try Self.page(query, filter, after: after, in: database)
                try body(Array(items.prefix(query.limit)), database)
                guard items.count > query.limit else { return nil }
                return (items[query.limit - 1].sort, items[query.limit - 1].id.rawValue)
            }
        } while after != nil
    }

    /// The identifiers of all that a query finds, at most `countMax` and one more.
    package func ids(_ query: AssetQuery, atMost countMax: Int) async throws -> [Asset.ID] {
        try await store.read { database in
            var query = query
            query.limit = countMax
            return try Self.page(query, Self.filter(query), after: nil, in: database).map(\.id)
        }
    }

    private struct Filter {
        var sql = "1"
        var arguments: [any DatabaseValueConvertible] = []
    }

    private static func filter(_ query: AssetQuery) -> Filter {
        var filter = Filter()
        for word in query.text.folded.split(whereSeparator: \.isWhitespace).prefix(8) {
            filter.sql += """
                 AND instr(search || char(10) || lower(coalesce(holder_name, '') || char(10) ||
                     coalesce(held_for_name, '')), ?)
                """
            filter.arguments.append(String(word))
        }
        if let category = query.category {
            filter.sql += " AND category = ?"
            filter.arguments.append(category)
        }
        return filter
    }

    private static func page(
        _ query: AssetQuery, _ filter: Filter, after: (sort: String, id: String)?, in database: Database
    ) throws -> [Asset] {
        var sql = "SELECT * FROM asset_row WHERE \(filter.sql)"
        var arguments = filter.arguments
        if !query.statuses.isEmpty {
            sql += " AND status IN (\(query.statuses.map { _ in "?" }.joined(separator: ", ")))"
            arguments += query.statuses.map(\.rawValue)
        }
        if let after {
            sql += " AND (sort, id) > (?, ?)"
            arguments += [after.sort, after.id]
        }
        sql += " ORDER BY sort, id LIMIT ?"
        arguments.append(query.limit + 1)
        return try Asset.fetchAll(database, sql: sql, arguments: StatementArguments(arguments))
    }

    private static func counts(_ filter: Filter, in database: Database) throws -> [String: Int64] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT status, count(*) AS count FROM asset_row WHERE \(filter.sql) GROUP BY status",
            arguments: StatementArguments(filter.arguments))
        return Dictionary(uniqueKeysWithValues: rows.map { ($0["status"], $0["count"]) })
    }

    private static func cursor(after asset: Asset) -> String {
        Data("\(asset.sort)\n\(asset.id.rawValue)".utf8).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
    }

    /// What a cursor that was given out says. - Throws: `invalid` for any other.
    static func place(of cursor: String) throws -> (sort: String, id: String) {
        let base64 = cursor.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let parts = Data(base64Encoded: base64).flatMap { String(data: $0, encoding: .utf8) }?
            .split(separator: "\n", omittingEmptySubsequences: false)
        guard let parts, parts.count == 2 else {
            throw Failure(.invalid, "That is not a cursor of this list.", field: "cursor")
        }
        return (String(parts[0]), String(parts[1]))
    }
}
