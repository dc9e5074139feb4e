// One page of a list of gear, with work that is bounded: along the index of the list's order while the filters hold
// often enough, else from the filter with the fewest rows, which are put in order.
import Foundation
import GRDB

/// Reads one page.
struct AssetPage {
    let filter: AssetFilter
    let order: AssetOrder
    /// What the cursors of this list say.
    let name: String
    let limit: Int
    let bounds: AssetBounds
    /// What was typed, where what begins like it comes first.
    let beginning: String?
    let cursor: AssetCursor?

    /// - Throws: `invalid` for a cursor of another list.
    init(_ query: AssetQuery, _ filter: AssetFilter) throws {
        self.filter = filter
        order = query.order ?? AssetOrder(.number)
        let typed =
            query.order == nil
            ? query.text.precomposedStringWithCanonicalMapping.trimmingCharacters(in: .whitespacesAndNewlines) : ""
        beginning = typed.isEmpty || typed.utf8.count > 64 ? nil : typed
        let name = beginning == nil ? order.text : "match"
        self.name = name
        limit = query.limit
        bounds = query.bounds
        cursor = try query.cursor.map { [order] in try AssetCursor($0, of: order, named: name) }
    }

    /// The `docid`s of the page in order and where it ended; a nil cursor ends the list.
    func read(in database: Database) throws -> (docids: [String], next: String?) {
        let rows = try few(in: database).map { try sorted($0, in: database) } ?? walked(in: database)
        let shown = rows.prefix(limit)
        guard rows.count > limit, let last = shown.last else { return (shown.map(\.docid), nil) }
        let next = AssetCursor(order: name, isPastBeginning: last.isPastBeginning, keys: last.keys)
        return (shown.map(\.docid), next.text)
    }

    /// A row's place in the order.
    private struct Place {
        let keys: [String]
        let isPastBeginning: Bool
        var docid: String { keys[keys.count - 1] }
    }

    /// The filter whose rows are few enough to be put in order; nil to go along the index.
    private func few(in database: Database) throws -> AssetFilter.Part? {
        guard let fewest = try filter.fewest(upTo: bounds.sorted, in: database) else { return nil }
        return fewest.part.isGathered || fewest.count <= bounds.sorted ? fewest.part : nil
    }

    // MARK: - In order by itself

    /// Along the index, in stretches; nil is never returned, because the last way has no bound.
    private func walked(in database: Database) throws -> [Place] {
        var rows: [Place] = []
        for stretch in stretches {
            let isOnlyBeginning = beginning != nil && !stretch.isPastBeginning
            guard isOnlyBeginning || !isQuicklySorted,
                let more = try walk(stretch, count: limit + 1 - rows.count, in: database)
            else {
                guard
                    let any = filter.parts.first(where: { $0.aspect == .words && !$0.sources.isEmpty })
                        ?? filter.parts.first(where: { !$0.sources.isEmpty })
                else { return rows }
                return try sorted(any, in: database)
            }
            rows += more
            if rows.count > limit { break }
        }
        return rows
    }

    /// A part of the index: from a row or a text on, up to a text.
    private struct Stretch {
        var from: String?
        var to: String?
        var after: [DatabaseValue]?
        var isPastBeginning = false
    }

    /// First what begins like the number, then the rest, as far as the cursor has not passed it.
    private var stretches: [Stretch] {
        let after = cursor?.values(of: order)
        guard let beginning else { return [Stretch(after: after)] }
        let rest = Stretch(after: cursor?.isPastBeginning == true ? after : nil, isPastBeginning: true)
        guard cursor?.isPastBeginning != true else { return [rest] }
        let ranges = Asset.sortRanges(beginning: beginning).compactMap { range -> Stretch? in
            guard let reached = cursor?.keys.first else { return Stretch(from: range.lower, to: range.upper) }
            if reached.utf8.lexicographicallyPrecedes(range.lower.utf8) {
                return Stretch(from: range.lower, to: range.upper)
            }
            return reached.utf8.lexicographicallyPrecedes(range.upper.utf8)
                ? Stretch(to: range.upper, after: after) : nil
        }
        return ranges + [rest]
    }

    /// Whether nothing is asked but words, which not too many texts have, and the index by which they are met says where
    /// each row is in the order.
    private var isQuicklySorted: Bool {
        order.key == .number && filter.parts.allSatisfy(\.isLight)
            && filter.parts.contains { $0.hitCount ?? .max <= bounds.met }
    }

    /// How far to go along the index before another way is taken. Where the index says whether a row is in the list, it
    /// is quick; and what has a word that not many have is quickly put in order.
    private var walkMax: Int {
        guard let hitCount = filter.parts.lazy.compactMap(\.hitCount).first else { return bounds.walked }
        let isLight = filter.parts.allSatisfy(\.isLight)
        if hitCount <= bounds.gathered / 2 { return isLight ? bounds.walked : bounds.walked / 4 }
        return isLight ? bounds.walked * 5 : bounds.walked
    }

    private func walk(_ stretch: Stretch, count: Int, in database: Database) throws -> [Place]? {
        var bounds: [SQL] = []
        if let after = stretch.after { bounds.append(isAfter(after)) }
        if let from = try first(of: stretch, in: database) { bounds.append("asset.sort >= \(from)") }
        if let to = stretch.to { bounds.append("asset.sort < \(to)") }
        let hasOtherWay = filter.parts.contains { !$0.sources.isEmpty }
        var end: [DatabaseValue]?
        if hasOtherWay {
            end = try Row.fetchOne(
                database,
                SQLRequest(
                    literal: """
                        SELECT \(sql: keys) FROM asset INDEXED BY \(sql: order.index)
                        WHERE \((bounds + ["1"]).joined(separator: " AND "))
                        ORDER BY \(sql: orderBy) LIMIT 1 OFFSET \(walkMax)
                        """, cached: true)
            ).map { Array($0.databaseValues) }
            if let end {
                bounds.append("(\(sql: keys)) \(sql: order.isDescending ? ">=" : "<=") (\(Self.values(end)))")
            }
        }
        var checks = bounds + [filter.condition]
        if beginning != nil { checks.append(stretch.isPastBeginning ? "NOT (\(begins))" : begins) }
        let rows = try places(
            """
            SELECT \(sql: keys), \(stretch.isPastBeginning) FROM asset INDEXED BY \(sql: order.index)
            WHERE \(checks.joined(separator: " AND ")) ORDER BY \(sql: orderBy) LIMIT \(count)
            """, in: database)
        return rows.count < count && end != nil ? nil : rows
    }

    /// Where a stretch begins. Numbers of one kind lie together, so gear of a model or a category is gone to at once.
    private func first(of stretch: Stretch, in database: Database) throws -> String? {
        guard order == AssetOrder(.number), let models = filter.parts.lazy.compactMap(\.models).first else {
            return stretch.from
        }
        let from = stretch.from ?? stretch.after.flatMap { String.fromDatabaseValue($0[0]) } ?? ""
        let first = try String.fetchOne(
            database,
            SQLRequest(
                literal: """
                    SELECT min((SELECT sort FROM asset INDEXED BY asset_model
                      WHERE model = wanted.id AND sort >= \(from) ORDER BY sort LIMIT 1))
                    FROM model AS wanted WHERE \(models)
                    """, cached: true))
        return first ?? "\u{10FFFF}"
    }

    // MARK: - Put in order

    private func sorted(_ part: AssetFilter.Part, in database: Database) throws -> [Place] {
        var checks = [filter.condition(from: part)]
        let lead: SQL = beginning == nil ? "0" : "(CASE WHEN \(begins) THEN 0 ELSE 1 END)"
        if let cursor {
            let after = isAfter(cursor.values(of: order))
            checks.append(
                beginning == nil
                    ? after
                    : "(\(lead) > \(cursor.isPastBeginning) OR (\(lead) = \(cursor.isPastBeginning) AND \(after)))")
        }
        return try places(
            """
            SELECT \(sql: keys), \(lead) AS lead \(part.rows(limit: nil)) AND \(checks.joined(separator: " AND "))
            ORDER BY lead, \(sql: orderBy) LIMIT \(limit + 1)
            """, in: database)
    }

    // MARK: - SQL

    private var keys: String { order.columns.map { "asset.\($0)" }.joined(separator: ", ") }

    private var orderBy: String {
        order.columns.map { "asset.\($0)\(order.isDescending ? " DESC" : "")" }.joined(separator: ", ")
    }

    private func isAfter(_ place: [DatabaseValue]) -> SQL {
        "(\(sql: keys)) \(sql: order.isDescending ? "<" : ">") (\(Self.values(place)))"
    }

    private static func values(_ values: [DatabaseValue]) -> SQL {
        values.map { "\($0)" as SQL }.joined(separator: ", ")
    }

    /// Whether the number begins as what was typed, ASCII case folded, as the number's own index folds it. The stretches
    /// are part of it, so that no row can be in neither half of the list.
    private var begins: SQL {
        guard let beginning else { return "0" }
        let ranges = Asset.sortRanges(beginning: beginning).map { range -> SQL in
            "(asset.sort >= \(range.lower) AND asset.sort < \(range.upper))"
        }
        return """
            (\(ranges.joined(separator: " OR ")))
            AND substr(asset.number, 1, \(beginning.unicodeScalars.count)) = \(beginning) COLLATE NOCASE
            """
    }

    private func places(_ request: SQL, in database: Database) throws -> [Place] {
        try Row.fetchAll(database, SQLRequest(literal: request, cached: true)).map { row in
            let values = Array(row.databaseValues)
            return Place(
                keys: values.dropLast().map { String.fromDatabaseValue($0) ?? "\(Int64.fromDatabaseValue($0) ?? 0)" },
                isPastBeginning: values.last == 1.databaseValue)
        }
    }
}
