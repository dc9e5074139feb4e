// Which filter to read a list by: the one with the fewest rows. Finding that out reads the rows, so they are kept for the
// page and the counts of the same list.
import GRDB
import Synchronization

extension AssetFilter {
    /// A filter with an index of its own, and how many rows it has at most.
    struct Source {
        /// Where its rows were kept, it gives them from there.
        let part: Part
        let count: Int
    }

    /// Most rows that are kept.
    private static let keptCountMax = 4_000

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
        let all = part.sources.joined(separator: " UNION ALL ")
        guard countMax <= Self.keptCountMax else {
            let count = try Int.fetchOne(
                database,
                SQLRequest(literal: "SELECT count(*) FROM (\(all) LIMIT \(countMax + 1))", cached: true))
            return Source(part: part, count: count ?? 0)
        }
        let rows = try found.rows(of: part.id, upTo: countMax) {
            try Int64.fetchAll(
                database, SQLRequest(literal: "SELECT place FROM (\(all) LIMIT \(countMax + 1))", cached: true))
        }
        var kept = part
        let list = "[" + Set(rows).sorted().map(String.init).joined(separator: ",") + "]"
        kept.sources = ["SELECT value AS place FROM json_each(\(list))"]
        return Source(part: kept, count: rows.count)
    }
}

extension AssetFilter.Part {
    /// SQL of the rowids that the sources give, each once, as `place`.
    func rows(limit: Int?) -> SQL {
        let all = sources.joined(separator: " UNION ALL ")
        let some: SQL = limit.map { "SELECT place FROM (\(all) LIMIT \($0))" } ?? all
        return sources.count == 1 ? some : "SELECT DISTINCT place FROM (\(some))"
    }
}

/// The rows that the filters of one query gave in one snapshot.
final class FoundRows: Sendable {
    private struct Key: Hashable {
        let part: Int
        let countMax: Int
    }

    private let rows = Mutex<[Key: [Int64]]>([:])

    func rows(of part: Int, upTo countMax: Int, _ read: () throws -> [Int64]) rethrows -> [Int64] {
        let key = Key(part: part, countMax: countMax)
        if let known = rows.withLock({ $0[key] }) { return known }
        let read = try read()
        rows.withLock { $0[key] = read }
        return read
    }
}
