// The pull sheet as the warehouse walks it: section by section and, within one, shelf by shelf.
import Foundation
import GRDB

/// The sheet of one project for those who pick it.
package struct WarehouseSheet: Sendable {
    /// One line as the warehouse sees it.
    struct Row: Sendable {
        var section: String?
        /// Where to go; nil when nobody knows.
        var place: String?
        var number: String?
        var name: String
        var quantity: Int64
        var out: Int64
        var back: Int64
        /// Units of a model line that are here and could go out, by place.
        var stands: [(place: String?, here: Int64)]
        var note: String?
        var status: AssetStatus?
        var line: PullLine.ID
    }

    package let project: Project
    let progress: Progress?
    let rows: [Row]

    static func read(_ id: Project.ID, in database: Database) throws -> WarehouseSheet {
        let project = try RecordEdit.find(id, in: database)
        let rows = try PullSheet.lines(of: id, in: database).map { try row($0, in: database) }
        let progress = try PullSheet.progress(of: [id], in: database)[id]
        return WarehouseSheet(project: project, progress: progress, rows: rows)
    }

    private static func row(_ served: PullSheet.Served, in database: Database) throws -> Row {
        let line = served.line
        var row = Row(
            section: line.section, number: line.assetNumber, name: line.asset?.name ?? line.model?.name ?? "",
            quantity: line.quantity, out: served.out, back: served.back, stands: [], note: line.note, line: line.id)
        if let asset = try line.asset.flatMap({ try Asset.find($0.id, in: database) }) {
            row.place = asset.home?.name
            row.status = asset.status
        }
        if let model = line.model {
            row.stands = try stands(of: model.id, in: database)
            row.place = row.stands.first?.place
        }
        return row
    }

    /// Where units of a model stand that could go out now, most of them first.
    private static func stands(of model: Model.ID, in database: Database) throws -> [(place: String?, here: Int64)] {
        try GRDB.Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT place_path AS place, count(*) AS here FROM asset_row
                    WHERE model = ? AND archived IS NULL AND status IN ('available', 'reserved')
                    GROUP BY place_path ORDER BY here DESC, place_path
                    """), arguments: [model.rawValue]
        ).map { ($0["place"], $0["here"]) }
    }

    /// The rows by section in the order of the sheet, and by place within one; what has no place comes last.
    private var sections: [(name: String?, places: [(path: String?, rows: [Row])])] {
        var names: [String?] = []
        for row in rows where !names.contains(row.section) { names.append(row.section) }
        return names.map { name in
            let places = Dictionary(grouping: rows.filter { $0.section == name }, by: \.place)
            let paths = places.keys.sorted { one, other in
                guard let one, let other else { return one != nil }
                return one.localizedStandardCompare(other) == .orderedAscending
            }
            return (name, paths.map { ($0, places[$0] ?? []) })
        }
    }

    /// `{"project", "progress", "sections": [{"section", "places": [{"place", "lines": […]}]}]}`.
    package var json: JSON {
        [
            "project": project.json, "progress": progress?.json ?? .null,
            "sections": .array(
                sections.map { section in
                    [
                        "section": .optional(section.name),
                        "places": .array(
                            section.places.map { place in
                                ["place": .optional(place.path), "lines": .array(place.rows.map(\.json))]
                            }),
                    ]
                }),
        ]
    }

    /// The titles of ``table``'s columns.
    private static let titles = [
        "Section", "Place", "Number", "Name", "Quantity", "Out", "Back", "Here", "Note",
    ]

    /// Rows of text in the order of the walk, titles first.
    package var table: [[String]] {
        let rows = sections.flatMap { section in
            section.places.flatMap { place in
                place.rows.map { row in
                    [
                        section.name ?? "", place.path ?? "", row.number ?? "", row.name, String(row.quantity),
                        String(row.out), String(row.back), row.here.map { String($0) } ?? "", row.note ?? "",
                    ]
                }
            }
        }
        return [Self.titles] + rows
    }
}

extension WarehouseSheet.Row {
    /// How many of a model line's units are here; nil for a line by unit.
    fileprivate var here: Int64? { number == nil ? stands.reduce(0) { $0 + $1.here } : nil }

    fileprivate var json: JSON {
        [
            "id": .string(line.rawValue), "number": .optional(number), "name": .string(name),
            "quantity": .int(quantity), "out": .int(out), "back": .int(back), "note": .optional(note),
            "status": .optional(status?.rawValue), "here": here.map(JSON.int) ?? .null,
            "stands": .array(stands.map { ["place": .optional($0.place), "here": .int($0.here)] }),
        ]
    }
}

extension ProjectBoard {
    /// The sheet as the warehouse walks it. - Throws: `notFound`.
    package func sheet(of id: Project.ID) async throws -> WarehouseSheet {
        try await store.read { try WarehouseSheet.read(id, in: $0) }
    }
}
