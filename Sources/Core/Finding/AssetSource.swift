// Which filter to read a list by: the one with the fewest rows. Counting them reads an index and no gear. Rows of a
// filter that has several sources are gathered once, for the page and the counts of the same list.
import GRDB
import Synchronization

extension AssetFilter {
    /// A filter with an index of its own, and how many rows it has at most.
    struct Source {
        let part: Part
        let count: Int
    }

    /// The filter with the fewest rows, counted up to one more than `countMax`; nil when none has an index. A part with
    /// more gives some of its rows only.
    func fewest(upTo countMax: Int, in database: Database) throws -> Source? {
        let sources = try parts.filter { !$0.sources.isEmpty }.map { part in
            let partMax = part.sources.count > 1 ? max(countMax, bounds.held) : countMax
            return Source(part: part, count: try found.count(of: part, upTo: partMax, in: database))
        }
        let fewest = sources.min { $0.count < $1.count }
        let word = sources.filter { $0.part.aspect == .words }.min { $0.count < $1.count }
        guard let word, word.part.sources.count > 1, word.count <= bounds.held else { return fewest }
        let gathered = try gathered(word.part, in: database)
        return gathered.count <= fewest?.count ?? 0 ? gathered : fewest
    }

    /// All rows that have all of the words, of which this one names somebody.
    private func gathered(_ name: Part, in database: Database) throws -> Source {
        let others = parts.filter { $0.aspect == .words && $0.id != name.id }
        let rows = try found.rows(
            of: name, own: others.filter { $0.sources.count == 1 }.map(\.check),
            names: others.filter { $0.sources.count > 1 }.map(\.check), in: database)
        var gathered = name
        let list = "[" + rows.map(String.init).joined(separator: ",") + "]"
        gathered.sources = [
            Rows(
                all: """
                    FROM json_each(\(list)) AS gathered
                    CROSS JOIN asset INDEXED BY asset_found ON asset.docid = gathered.value WHERE 1
                    """)
        ]
        gathered.isGathered = true
        return Source(part: gathered, count: rows.count)
    }
}

extension AssetFilter.Part {
    /// The rows that the sources give, each once: SQL from FROM to the end of WHERE. At most `limit` of several sources.
    func rows(limit: Int?) -> SQL {
        if sources.count == 1 { return sources[0].rows }
        let all = sources.map { $0.docids(where: []) }.joined(separator: " UNION ALL ")
        let some: SQL = limit.map { "LIMIT \($0)" } ?? ""
        return """
            FROM (SELECT DISTINCT docid FROM (\(all)) \(some)) AS hit
            CROSS JOIN asset INDEXED BY asset_found ON asset.docid = hit.docid WHERE 1
            """
    }
}

extension AssetFilter.Rows {
    /// SQL of the `docid`s of all rows for which the checks hold too: without `asset` where nothing is asked of it.
    fileprivate func docids(where more: [SQL]) -> SQL {
        if let hits, (checks + more).isEmpty { return "SELECT \(docid) AS docid \(hits)" }
        return "SELECT asset.docid AS docid \(([rows] + more).joined(separator: " AND "))"
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

    /// The `docid`s of all rows of a part for which the checks hold, each once and in order: put in order here, because
    /// SQLite's UNION takes four times as long.
    ///
    /// - Parameter names: checks that a source with checks has made.
    func rows(of part: AssetFilter.Part, own: [SQL], names: [SQL], in database: Database) throws -> [Int64] {
        if let rows = known.withLock({ $0.rows[part.id] }) { return rows }
        let all = part.sources.map { $0.docids(where: own + ($0.checks.isEmpty ? names : [])) }
        let request = SQLRequest<Int64>(literal: all.joined(separator: " UNION ALL "), cached: true)
        let rows = try Set(request.fetchAll(database)).sorted()
        known.withLock { $0.rows[part.id] = rows }
        return rows
    }
}
