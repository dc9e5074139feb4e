// What goes onto a pull sheet and off it: by choice with what belongs to it, by a scan, and in which order.
import Foundation
import GRDB

extension ProjectBoard {
    /// What an edit of a sheet did: the lines as they are now, the Changes in order, and what should be known.
    package struct SheetEdit: Sendable {
        /// The line that was meant, then those that came along.
        package var lines: [PullLine] = []
        /// Places in the log; undone one by one, the last one first.
        package var changes: [Int64] = []
        package var warnings: [String] = []

        fileprivate mutating func add(_ edited: Edited<PullLine>) {
            lines.append(edited.record)
            if let change = edited.change { changes.append(change) }
        }

        /// The line with `changes`, the lines that came `along`, and `warnings`.
        package var json: JSON {
            (lines.first?.json ?? [:]).adding([
                "changes": .array(changes.map(JSON.int)), "along": .array(lines.dropFirst().map(\.json)),
                "warnings": .array(warnings.map(JSON.string)),
            ])
        }
    }

    /// Adds a line at the end of the sheet. A model brings its accessories into the same section.
    ///
    /// - Parameter fields: those of ``PullLine``, and `withAccessories`.
    /// - Throws: `conflict` with `asset` and `line` for a unit that is on the sheet; `invalid`; `notFound`.
    package func addLine(_ fields: JSON, to id: Project.ID, by author: Author) async throws -> SheetEdit {
        try await store.write { try Self.add(fields, to: id, by: author, in: $0) }
    }

    /// Edits a line of the project's sheet.
    ///
    /// - Throws: as ``RecordEdit/edit(_:_:ifVersion:as:by:in:)``.
    package func editLine(
        _ line: PullLine.ID, of id: Project.ID, _ fields: JSON, ifVersion version: Int64?, by author: Author
    ) async throws -> SheetEdit {
        try await store.write { transaction in
            try Self.check(line, isOn: id, in: transaction.database)
            var edit = SheetEdit()
            edit.add(try RecordEdit.edit(line, fields, ifVersion: version, by: author, in: transaction))
            return try Self.warned(edit, id, in: transaction.database)
        }
    }

    /// Takes a line off the sheet; what is out for it stays out, without a line. - Throws: `notFound`.
    package func removeLine(_ line: PullLine.ID, of id: Project.ID, by author: Author) async throws -> SheetEdit {
        try await store.write { transaction in
            try Self.check(line, isOn: id, in: transaction.database)
            var edit = SheetEdit()
            edit.add(
                try RecordEdit.edit(
                    line, ["archived": true], ifVersion: nil, as: "removed", by: author, in: transaction))
            return edit
        }
    }

    static func add(
        _ fields: JSON, to id: Project.ID, by author: Author, in transaction: WriteTransaction
    ) throws -> SheetEdit {
        let database = transaction.database
        _ = try RecordEdit.find(id, in: database)
        var edit = SheetEdit()
        let own = fields.members.filter { !["withAccessories", "project", "rank", "archived"].contains($0.key) }
        let made = try append(.object(own), to: id, by: author, in: transaction)
        edit.add(made)
        if fields["withAccessories"] ?? true == true, let model = made.record.model?.id {
            for (accessory, quantity) in try accessories(of: model, in: database) {
                edit.add(
                    try raise(
                        accessory, by: quantity * made.record.quantity, in: made.record.section, of: id, author,
                        transaction))
            }
        }
        return try warned(edit, id, in: database)
    }

    private static func append(
        _ fields: JSON, to id: Project.ID, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<PullLine> {
        let rank = try Int64.fetchOne(
            transaction.database, sql: "SELECT coalesce(max(rank), 0) + 1 FROM pull_line WHERE project = ?",
            arguments: [id.rawValue])
        return try RecordEdit.create(
            PullLine.self, fields.adding(["project": .string(id.rawValue), "rank": .int(rank ?? 1)]), by: author,
            in: transaction)
    }

    /// Asks for more of a model in a section, in the line that does already if there is one.
    private static func raise(
        _ model: Model.ID, by quantity: Int64, in section: String?, of id: Project.ID, _ author: Author,
        _ transaction: WriteTransaction
    ) throws -> Edited<PullLine> {
        guard let line = try PullLine.on(id, section, by: model, in: transaction.database) else {
            let fields: JSON = [
                "model": .string(model.rawValue), "quantity": .int(quantity), "section": .optional(section),
            ]
            return try append(fields, to: id, by: author, in: transaction)
        }
        return try RecordEdit.edit(
            line.id, ["quantity": .int(line.quantity + quantity)], ifVersion: nil, by: author, in: transaction)
    }

    private static func accessories(of model: Model.ID, in database: Database) throws -> [(Model.ID, Int64)] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT accessory, quantity FROM accessory JOIN model ON model.id = accessory
                WHERE accessory.model = ? AND model.archived IS NULL ORDER BY model.name COLLATE NOCASE, model.id
                """, arguments: [model.rawValue]
        ).map { ($0["accessory"], $0["quantity"]) }
    }

    private static func check(_ line: PullLine.ID, isOn id: Project.ID, in database: Database) throws {
        let found = try PullLine.find(line, in: database)
        guard let found, found.project == id, !found.isArchived else {
            throw Failure(.notFound, "There is no such line. It may have been taken off the sheet.")
        }
    }

    private static func warned(_ edit: SheetEdit, _ id: Project.ID, in database: Database) throws -> SheetEdit {
        let project = try RecordEdit.find(id, in: database)
        var edit = edit
        for line in edit.lines { edit.warnings += try SheetWarnings.about(line, of: project, in: database) }
        return edit
    }
}

// MARK: - By scan

extension ProjectBoard {
    /// What a scan on a project's page did.
    package enum ScanEffect: String, Sendable, CaseIterable {
        case added, raised, already, person
    }

    /// Puts what a code stands for onto the sheet: the unit, one more of its model where that is wanted or where
    /// pieces are only counted, or a person.
    ///
    /// - Parameter byModel: asks for any unit of the model instead of this one.
    /// - Returns: `{"effect", "short", "line", "asset", "person", "changes", "warnings"}`.
    /// - Throws: `notFound` for a code that nobody has; `conflict` for gear that is out of use for good.
    package func scan(
        _ code: String, onto id: Project.ID, section: String?, byModel: Bool, by author: Author
    ) async throws -> JSON {
        try await store.write { transaction in
            let database = transaction.database
            let project = try RecordEdit.find(id, in: database)
            let code = ScanCode(raw: Array(code.utf8), symbology: nil)
            let asset: Asset
            switch try CodeOwner.find(code, in: database) {
            case .person(let person): return try Self.add(person, to: project, by: author, in: transaction)
            case .stock(let stock):
                return try Self.add(
                    NamedReference(id: stock.model, name: stock.name), in: section, to: project, by: author,
                    in: transaction)
            case .asset(let found): asset = found
            case nil: throw Failure(.notFound, "Nothing here has the code \(code.text).", field: "code")
            }
            guard !asset.isGone else {
                throw Failure(
                    .conflict, "\(asset.number) is out of use.", field: "code", details: ["asset": asset.brief])
            }
            let answer =
                byModel
                ? try Self.add(asset.model, in: section, to: project, by: author, in: transaction)
                : try Self.add(asset, in: section, to: project, by: author, in: transaction)
            // Being on a sheet may have reserved it.
            return answer.replacing("asset", with: try RecordEdit.find(asset.id, in: database).brief)
        }
    }

    private static func add(
        _ asset: Asset, in section: String?, to project: Project, by author: Author, in transaction: WriteTransaction
    ) throws -> JSON {
        if let line = try PullLine.on(project.id, by: asset.id, in: transaction.database) {
            var edit = SheetEdit()
            edit.lines = [line]
            return said(.already, "\(asset.number) is on the sheet already", edit, asset: asset)
        }
        let edit = try add(
            ["asset": .string(asset.id.rawValue), "section": .optional(section)], to: project.id, by: author,
            in: transaction)
        return said(.added, "\(asset.number) added to \(project.name)", edit, asset: asset)
    }

    private static func add(
        _ model: NamedReference<Model>, in section: String?, to project: Project, by author: Author,
        in transaction: WriteTransaction
    ) throws -> JSON {
        let isThere = try PullLine.on(project.id, section, by: model.id, in: transaction.database) != nil
        var edit = SheetEdit()
        edit.add(try raise(model.id, by: 1, in: section, of: project.id, author, transaction))
        edit = try warned(edit, project.id, in: transaction.database)
        let title = edit.lines.first?.title ?? model.name
        return said(isThere ? .raised : .added, "\(title) on the sheet", edit)
    }

    private static func add(
        _ person: Person, to project: Project, by author: Author, in transaction: WriteTransaction
    ) throws -> JSON {
        guard case .array(let people) = try JSON(parsing: Array(project.people.utf8)) else { return .null }
        let isThere = people.contains { $0["person"]?["id"]?.string == person.id.rawValue }
        guard !isThere else {
            return said(.already, "\(person.name) is on the project already", SheetEdit(), person: person)
        }
        let fields: JSON = ["people": .array(people + [["person": .string(person.id.rawValue)]])]
        let edited = try RecordEdit.edit(project.id, fields, ifVersion: nil, by: author, in: transaction)
        var edit = SheetEdit()
        edit.changes = edited.change.map { [$0] } ?? []
        return said(.person, "\(person.name) joins \(project.name)", edit, person: person)
    }

    private static func said(
        _ effect: ScanEffect, _ short: String, _ edit: SheetEdit, asset: Asset? = nil, person: Person? = nil
    ) -> JSON {
        [
            "effect": .string(effect.rawValue), "short": .string(short), "line": edit.lines.first?.json ?? .null,
            "asset": asset?.brief ?? .null, "person": person?.brief ?? .null,
            "changes": .array(edit.changes.map(JSON.int)), "warnings": .array(edit.warnings.map(JSON.string)),
        ]
    }
}
