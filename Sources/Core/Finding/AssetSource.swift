// Which filter to read a list by: the one with the fewest rows. Counting them reads an index and no gear. Rows of a
// filter that has several sources are gathered once, for the page and the counts of the same list.
import GRDB
import Synchronization

extension AssetFilter {
    /// A filter with an index of its own, and how many rows it has at most.
    struct Source {
        /// Where its rows were gathered, it gives them from there.
        let part: Part
        let count: Int
        var isGathered = false
    }

    /// The filter with the fewest rows, counted up to one more than `countMax`; nil when none has an index. A part with
    /// more gives some of its rows only.
    func fewest(upTo countMax: Int, in database: Database) throws -> Source? {
        var fewest: Source?
        for part in parts where !part.sources.isEmpty {
            let source = try source(part, upTo: countMax, in: database)
            if source.count < fewest?.count ?? .max { fewest = source }
        }
        return fewest
    }

    private func source(_ part: Part, upTo countMax: Int, in database: Database) throws -> Source {
        let isHeld = part.sources.count > 1
        let count = try found.count(of: part, upTo: isHeld ? max(countMax, bounds.held) : countMax, in: database)
        guard isHeld, count <= bounds.held else { return Source(part: part, count: count) }
        let rows = try found.rows(of: part, in: database)
        var gathered = part
        let list = "[" + rows.map(String.init).joined(separator: ",") + "]"
        gathered.sources = [
            Rows(
                rows: """
                    FROM json_each(\(list)) AS gathered
                    CROSS JOIN asset ON asset.rowid = gathered.value WHERE 1
                    """)
        ]
        return Source(part: gathered, count: rows.count, isGathered: true)
    }
}

extension AssetFilter.Part {
    /// The rows that the sources give, each once: SQL from FROM to the end of WHERE. At most `limit` of several sources.
    func rows(limit: Int?) -> SQL {
        if sources.count == 1 { return sources[0].rows }
        let all = sources.map { "SELECT asset.rowid AS place \($0.rows)" as SQL }.joined(separator: " UNION ALL ")
        let some: SQL = limit.map { "LIMIT \($0)" } ?? ""
        return """
            FROM (SELECT DISTINCT place FROM (\(all)) \(some)) AS hit CROSS JOIN asset ON asset.rowid = hit.place WHERE 1
            """
    }
}

/// What the filters of one query gave in one snapshot.
final class FoundRows: Sendable {
    private struct Known {
        var counts: [Key: Int] = [:]
        var rows: [Int: [Int64]] = [:]
    }

    private struct Key: Hashable {
        let part: Int
        let countMax: Int
    }

    private let known = Mutex(Known())

    /// How many rows a part has at most, up to one more than `countMax`.
    func count(of part: AssetFilter.Part, upTo countMax: Int, in database: Database) throws -> Int {
        if let count = part.hitCount { return min(count, countMax + 1) }
        let key = Key(part: part.id, countMax: countMax)
        if let count = known.withLock({ $0.counts[key] }) { return count }
        let hits = part.sources.map { source -> SQL in source.hits ?? source.rows }
        let counted = hits.map { "SELECT 1 \($0)" as SQL }.joined(separator: " UNION ALL ")
        let count = try Int.fetchOne(
            database,
            SQLRequest(literal: "SELECT count(*) FROM (\(counted) LIMIT \(countMax + 1))", cached: true))
        known.withLock { $0.counts[key] = count }
        return count ?? 0
    }

    /// The rowids of all rows of a part, each once.
    func rows(of part: AssetFilter.Part, in database: Database) throws -> [Int64] {
        if let rows = known.withLock({ $0.rows[part.id] }) { return rows }
        let all = part.sources.map { "SELECT asset.rowid \($0.rows)" as SQL }.joined(separator: " UNION ")
        let rows = try Int64.fetchAll(database, SQLRequest(literal: all, cached: true))
        known.withLock { $0.rows[part.id] = rows }
        return rows
    }
}
