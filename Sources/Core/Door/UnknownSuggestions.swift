// What a waiting code may be: gear that an open sheet still misses, gear of a kind that went through the door with it,
// and gear whose kind has codes like it. Each reason has a weight; gear that has no code of its own yet goes first.
import Foundation
import GRDB

/// Suggests gear for waiting codes. Made for one list of them: what several codes ask for is looked up once.
struct UnknownSuggestions {
    /// Most pieces suggested for one code.
    static let countMax = 5
    /// Reads at the same door within this time are of one visit.
    static let visitMilliseconds: Int64 = 600_000
    /// Most reads before and behind in the journal that are looked at for it.
    private static let visitReadCountMax: Int64 = 200
    private static let lineCountMax = 500
    /// Lines of sheets that a code without a project is held against.
    private static let lineCountForNoProject = 20

    /// A reason to think of a model, or of one unit of it.
    private struct Reason {
        var model: Model.ID
        var unit: Asset.ID?
        var why: String
        var weight: Int
        /// Whether a sheet wants it: then it must be free, and may have a code already, whose label came off.
        var isWanted = false
    }

    private struct Line {
        let project: NamedReference<Project>
        let unit: Asset.ID?
        let model: Model.ID
    }

    private struct Unit {
        let asset: Asset
        let hasCode: Bool
    }

    private var lines: [Line]?
    private var units: [String: [Unit]] = [:]
    private var drafts: [Model.ID: JSON] = [:]

    /// `{"suggestions": [{"asset", "why"}], "draft"}` for one code.
    mutating func json(for tag: WaitingTag, in database: Database) throws -> JSON {
        guard tag.scanCode.natural != nil else { return ["suggestions": [], "draft": nil] }
        let reasons =
            try alike(tag, in: database) + missing(tag, in: database) + visited(tag, in: database)
        var found: [Asset.ID: (unit: Unit, weight: Int, why: [String])] = [:]
        for reason in reasons {
            for unit in try fitting(reason, tag, in: database) {
                let known = found[unit.asset.id] ?? (unit, unit.hasCode ? 0 : 1, [])
                found[unit.asset.id] = (unit, known.weight + reason.weight, known.why + [reason.why])
            }
        }
        let best = found.values.sorted { ($1.weight, $0.unit.asset.sort) < ($0.weight, $1.unit.asset.sort) }
        return [
            "suggestions": .array(
                best.prefix(Self.countMax).map { one in
                    ["asset": one.unit.asset.brief, "why": .string(one.why.joined(separator: ", "))]
                }),
            "draft": try draft(for: tag, reasons, in: database),
        ]
    }

    /// A new piece of the likeliest model: `{"model", "number", "home"}`; null when nothing speaks for one.
    private mutating func draft(for tag: WaitingTag, _ reasons: [Reason], in database: Database) throws -> JSON {
        let weights = Dictionary(reasons.map { ($0.model, $0.weight) }, uniquingKeysWith: +)
        guard let likeliest = weights.max(by: { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) })?.key else {
            return .null
        }
        if drafts[likeliest] == nil {
            let model = try RecordEdit.find(likeliest, in: database)
            drafts[likeliest] = [
                "model": NamedReference<Model>(id: model.id, name: model.name).json,
                "number": .optional(try NumberSeries.next(of: likeliest, in: database)),
                "home": try NumberSeries.home(of: likeliest, in: database).orNull(),
            ]
        }
        let draft = drafts[likeliest] ?? .null
        return tag.ownNumber.map { draft.replacing("number", with: .string($0)) } ?? draft
    }

    /// Models of which a unit has a code that differs only at its end.
    private func alike(_ tag: WaitingTag, in database: Database) throws -> [Reason] {
        let selection = """
            SELECT identifier.value, asset.model, asset.number FROM identifier JOIN asset ON asset.id = identifier.asset
            WHERE asset.archived IS NULL AND
            """
        let before = try database.cachedStatement(
            sql: selection + " key < ? AND key > ? ORDER BY key DESC LIMIT 2")
        let behind = try database.cachedStatement(
            sql: selection + " key > ? AND key < ? ORDER BY key LIMIT 2")
        var reasons: [Reason] = []
        for identifier in tag.scanCode.identifiers {
            let (key, scheme) = (identifier.lookupKey, identifier.scheme.rawValue)
            let rows =
                try Row.fetchAll(before, arguments: [key, scheme + ":"])
                + Row.fetchAll(behind, arguments: [key, scheme + ";"])
            for row in rows {
                let model: Model.ID = row["model"]
                let isKnown = reasons.contains { $0.model == model }
                guard !isKnown, Self.isAlike(identifier.value, row["value"]) else { continue }
                let number: String = row["number"]
                reasons.append(
                    Reason(model: model, why: "its code is like \(number)'s", weight: 4))
            }
        }
        return reasons
    }

    /// Whether two codes begin alike for more than half of their length, and for three characters at least.
    static func isAlike(_ one: String, _ other: String) -> Bool {
        let count = one.commonPrefix(with: other, options: .caseInsensitive).count
        return count >= 3 && count * 2 > max(one.count, other.count)
    }

    /// What the open sheets still miss: the meant project's, else the next ones'.
    private mutating func missing(_ tag: WaitingTag, in database: Database) throws -> [Reason] {
        guard tag.direction != .in else { return [] }
        let lines = try self.lines ?? Self.openLines(in: database)
        self.lines = lines
        let own = lines.filter { $0.project.id == tag.project?.id }
        let meant = own.isEmpty ? Array(lines.prefix(Self.lineCountForNoProject)) : own
        return meant.map { line in
            Reason(
                model: line.model, unit: line.unit, why: "still missing on \(line.project.name)",
                weight: own.isEmpty ? 2 : 3, isWanted: true)
        }
    }

    private static func openLines(in database: Database) throws -> [Line] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT line.asset, coalesce(line.model, asset.model) AS model, sheet.id AS sheet, sheet.name
                FROM pull_line AS line JOIN project AS sheet ON sheet.id = line.project
                LEFT JOIN asset ON asset.id = line.asset
                WHERE sheet.state = 'accepted'
                  AND (SELECT count(*) FROM custody WHERE custody.line = line.id) < line.quantity
                ORDER BY sheet.starts, line.asset IS NULL, line.rank LIMIT \(lineCountMax)
                """
        ).map { row in
            Line(
                project: NamedReference(id: row["sheet"], name: row["name"]), unit: row["asset"], model: row["model"])
        }
    }

    /// Models of gear that was read at the same door just before or after.
    private func visited(_ tag: WaitingTag, in database: Database) throws -> [Reason] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT asset.model, asset.number, min(abs(scan.place - :place)) AS distance
                    FROM scan JOIN asset ON asset.id = scan.asset
                    WHERE scan.door = :door AND scan.place BETWEEN :place - :reads AND :place + :reads
                      AND abs(scan.at - :at) <= :window
                    GROUP BY asset.model ORDER BY distance LIMIT 4
                    """),
            arguments: [
                "place": tag.place, "door": tag.door.id.rawValue, "reads": Self.visitReadCountMax,
                "at": tag.last.milliseconds, "window": Self.visitMilliseconds,
            ]
        ).map { row in
            let number: String = row["number"]
            return Reason(model: row["model"], why: "same visit as \(number)", weight: 2)
        }
    }

    /// The units that a reason speaks for and that can have gone the way the code was read.
    private mutating func fitting(_ reason: Reason, _ tag: WaitingTag, in database: Database) throws -> [Unit] {
        let direction = reason.isWanted ? .out : tag.direction
        let key = "\(direction.rawValue) \(reason.unit?.rawValue ?? reason.model.rawValue)"
        if units[key] == nil { units[key] = try Self.units(reason, direction, in: database) }
        return (units[key] ?? []).filter { reason.isWanted || !$0.hasCode }
    }

    private static func units(_ reason: Reason, _ direction: Direction, in database: Database) throws -> [Unit] {
        let statuses: [AssetStatus] =
            switch direction {
            case .out: [.available, .reserved]
            case .in: [.inUse, .lost]
            case .both: [.available, .reserved, .inUse]
            }
        let names = statuses.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return try Row.fetchAll(
            database,
            sql: """
                SELECT asset.*, EXISTS (
                  SELECT 1 FROM identifier WHERE identifier.asset = asset.id AND scheme NOT IN ('own', 'serial')
                ) AS has_code
                FROM asset_row AS asset
                WHERE \(reason.unit == nil ? "asset.model" : "asset.id") = ? AND asset.status IN (\(names))
                  AND asset.archived IS NULL
                ORDER BY has_code, asset.sort LIMIT \(countMax)
                """, arguments: [reason.unit?.rawValue ?? reason.model.rawValue]
        ).map { Unit(asset: try Asset(row: $0), hasCode: $0["has_code"]) }
    }
}
