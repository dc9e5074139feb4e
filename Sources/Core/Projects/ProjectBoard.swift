// The projects of the organisation: the list, one with its pull sheet, and a new one as a copy. What goes onto a sheet
// is ProjectBoard+Lines.swift's; the print for the warehouse is WarehouseSheet.swift's.
package import Foundation
import GRDB

/// Makes and reads projects. Everybody signed in may read them; making and editing them is for managers.
package struct ProjectBoard: Sendable {
    let store: Store

    package init(store: Store) { self.store = store }

    /// Makes a project, or a copy of another one: its people and its sheet, but not what is out for it. What `fields`
    /// leaves out is as there; a new start moves the end with it.
    ///
    /// - Throws: as ``RecordEdit/create(_:_:id:by:in:)``; `invalid` for a copy of what is not there.
    package func create(
        _ fields: JSON, copyOf original: Project.ID? = nil, by author: Author
    ) async throws -> Edited<Project> {
        try await store.write { transaction in
            guard let original else {
                return try RecordEdit.create(Project.self, fields, by: author, in: transaction)
            }
            return try Self.copy(original, with: fields, by: author, in: transaction)
        }
    }

    /// Adds a project with its pull sheet.
    package func add(
        name: String, state: Project.State, starts: Date, ends: Date, lines: [(PullLine.Wanted, note: String?)]
    ) async throws -> Project.ID {
        try await store.write { transaction in
            let fields: JSON = [
                "name": .string(name), "state": .string(state.rawValue), "startsAt": .time(starts),
                "endsAt": .time(ends),
            ]
            let id = try RecordEdit.create(Project.self, fields, by: Author(), in: transaction).record.id
            for line in lines {
                let wanted: JSON =
                    switch line.0 {
                    case .unit(let asset): ["asset": .string(asset.rawValue)]
                    case .model(let model, let quantity):
                        ["model": .string(model.rawValue), "quantity": .int(Int64(quantity))]
                    }
                _ = try Self.add(
                    wanted.adding(["note": .optional(line.note)]), to: id, by: Author(), in: transaction)
            }
            return id
        }
    }

    private static func copy(
        _ id: Project.ID, with fields: JSON, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Project> {
        let database = transaction.database
        guard let original = try Project.find(id, in: database) else {
            throw Failure(.invalid, "There is no such project to copy.", field: "copyOf")
        }
        let starts = fields["startsAt"]?.string.flatMap(RecordField.date(of:)) ?? original.starts
        let ends = starts.addingTimeInterval(original.ends.timeIntervalSince(original.starts))
        let defaults: JSON = [
            "name": .string(original.name), "startsAt": .time(starts), "endsAt": .time(ends),
            "place": .optional(original.place), "note": .optional(original.note),
            "people": try JSON(parsing: Array(original.people.utf8)),
        ]
        let missing = defaults.members.filter { fields[$0.key] == nil }
        let made = try RecordEdit.create(
            Project.self, fields.adding(.object(missing)), by: author, in: transaction)
        for served in try PullSheet.lines(of: id, in: database) {
            let fields = try wanted(by: served.line, in: database).adding([
                "project": .string(made.record.id.rawValue), "section": .optional(served.line.section),
                "note": .optional(served.line.note), "rank": .int(served.line.rank),
            ])
            _ = try RecordEdit.create(PullLine.self, fields, by: author, in: transaction)
        }
        return made
    }

    /// What a copy of a line asks for: a unit that is out of use for good leaves its model on the sheet.
    private static func wanted(by line: PullLine, in database: Database) throws -> JSON {
        guard let unit = try line.asset.flatMap({ try Asset.find($0.id, in: database) }) else {
            return ["model": line.model.orNull(), "quantity": .int(line.quantity)]
        }
        return unit.isGone ? ["model": unit.model.json] : ["asset": .string(unit.id.rawValue)]
    }

    /// What an edit of a project should be told about.
    package func warnings(of id: Project.ID) async throws -> [String] {
        try await store.read { database in
            guard let project = try Project.find(id, in: database) else { return [] }
            return try SheetWarnings.of(project, in: database)
        }
    }
}

extension Asset {
    /// Whether it is out of use for good.
    var isGone: Bool { isArchived || condition == .retired }
}

// MARK: - Reading

extension ProjectBoard {
    /// Which projects to list.
    package struct Query: Sendable {
        /// Words that must all occur in the name, place or note.
        package var text = ""
        package var states: [Project.State] = []
        /// Whether to list templates; nil lists both.
        package var template: Bool? = false
        /// Whether to list what is archived; nil lists both.
        package var archived: Bool? = false
        /// 1 to ``limitMax``.
        package var limit = 100
        /// Where the last page ended, as it was given out.
        package var cursor: String?

        package static let limitMax = 500

        package init() {}
    }

    /// One page of projects, the ones that start first first, with their progress: `{"items", "next", "total"}`.
    ///
    /// - Throws: `invalid` for a cursor that was not given out.
    package func list(_ query: Query) async throws -> JSON {
        let after = try query.cursor.map(Self.place(of:))
        return try await store.read { database in
            let (filter, arguments) = Self.filter(query)
            let projects = try Project.fetchAll(
                database,
                sql: Project.selection + " WHERE \(filter)" + (after == nil ? "" : " AND (starts, id) > (?, ?)")
                    + " ORDER BY starts, id LIMIT ?",
                arguments: StatementArguments(arguments + (after.map { [$0.starts, $0.id] } ?? []) + [query.limit + 1])
                    ?? [])
            let total = try Int64.fetchOne(
                database, sql: "SELECT count(*) FROM project WHERE \(filter)",
                arguments: StatementArguments(arguments) ?? [])
            let shown = Array(projects.prefix(query.limit))
            let progress = try PullSheet.progress(of: shown.map(\.id), in: database)
            return [
                "items": .array(
                    shown.map { $0.json.adding(["progress": progress[$0.id]?.json ?? .null]) }),
                "next": projects.count > query.limit ? .optional(shown.last.map(Self.cursor(after:))) : .null,
                "total": .int(total ?? 0),
            ]
        }
    }

    /// One project with its people, its lines and what each is served by, and what is out for it without a line.
    ///
    /// - Throws: `notFound`.
    package func find(_ id: Project.ID) async throws -> (project: Project, json: JSON) {
        try await store.read { database in
            let project = try RecordEdit.find(id, in: database)
            let units = try PullSheet.units(of: id, in: database)
            let concerns = try SheetWarnings.byLine(of: project, in: database)
            let lines = try PullSheet.lines(of: id, in: database).map { served in
                Self.json(of: served, units: units[served.line.id] ?? [], concerns[served.line.id] ?? [])
            }
            let extra = (units[nil] ?? []).map { $0.brief.adding(["isOut": true]) }
            let returned = try PullSheet.returnedExtras(of: id, in: database).map { $0.brief.adding(["isOut": false]) }
            let progress = try PullSheet.progress(of: [id], in: database)[id]
            let json = project.json.adding([
                "progress": progress?.json ?? .null, "lines": .array(lines), "extra": .array(extra + returned),
                "extraStock": .array(try PullSheet.stockExtras(of: id, in: database)),
                "warnings": .array(try SheetWarnings.of(project, in: database).map(JSON.string)),
            ])
            return (project, json)
        }
    }

    static func json(of served: PullSheet.Served, units: [Asset], _ warnings: [String]) -> JSON {
        served.line.json.adding([
            "out": .int(served.out), "back": .int(served.back), "units": .array(units.map(\.brief)),
            "warnings": .array(warnings.map(JSON.string)),
        ])
    }

    private static func filter(_ query: Query) -> (sql: String, arguments: [any DatabaseValueConvertible]) {
        var terms = ["1"]
        var arguments: [any DatabaseValueConvertible] = []
        for word in query.text.lowercased().split(whereSeparator: \.isWhitespace).prefix(8) {
            terms.append("instr(lower(name || char(10) || coalesce(place, '') || char(10) || coalesce(note, '')), ?)")
            arguments.append(String(word))
        }
        if !query.states.isEmpty {
            terms.append("state IN (\(query.states.map { _ in "?" }.joined(separator: ", ")))")
            arguments += query.states.map(\.rawValue)
        }
        if let template = query.template { terms.append("is_template = \(template ? 1 : 0)") }
        if let archived = query.archived { terms.append("project.archived IS \(archived ? "NOT NULL" : "NULL")") }
        return (terms.joined(separator: " AND "), arguments)
    }

    private static func cursor(after project: Project) -> String {
        ListCursor.text([String(project.starts.milliseconds), project.id.rawValue])
    }

    private static func place(of cursor: String) throws -> (starts: Int64, id: String) {
        let parts = try ListCursor.parts(of: cursor, count: 2)
        guard let starts = Int64(parts[0]) else { throw ListCursor.stranger }
        return (starts, parts[1])
    }
}
