// One line of a pull sheet, as a record that people edit: a unit, or a model and how many of it.
package import Foundation
package import GRDB

/// One line of a pull sheet.
package struct PullLine: RegistryRecord {
    package typealias ID = Identifier<PullLine>

    package enum Wanted: Sendable, Equatable {
        case unit(Asset.ID)
        case model(Model.ID, quantity: Int)
    }

    package let id: ID
    package let project: Project.ID
    /// The unit; nil for a line by model.
    let asset: NamedReference<Asset>?
    let assetNumber: String?
    /// The model; nil for a line by unit.
    let model: NamedReference<Model>?
    package let quantity: Int64
    package let section: String?
    package let note: String?
    let rank: Int64
    /// Taken off the sheet.
    package let isArchived: Bool
    package var version: Int64
    package var updated: Date

    /// Most pieces that one line asks for.
    package static let quantityMax: Int64 = 100_000

    package static let table = RecordTable(
        name: "pull_line", topic: .projects, word: "line", heading: "title",
        fields: [
            RecordField("project", "Project", .reference(table: "project", word: "project"), .required),
            RecordField("asset", "Unit", .reference(table: "asset", word: "gear")),
            RecordField("model", "Model", .reference(table: "model", word: "model")),
            RecordField("quantity", "Quantity", .whole(1...quantityMax), .preset),
            RecordField("section", "Section", .line(100)),
            RecordField("note", "Note", .lines(1_000)),
            RecordField("rank", "Rank", .whole(0...1_000_000_000), .preset),
            RecordField("archived", "Taken off", .archived),
        ], kindPrefix: "line.", seeds: ["quantity": 1.databaseValue, "rank": 0.databaseValue], always: ["project"])

    package init(row: Row) throws {
        id = row["id"]
        project = row["project"]
        asset = NamedReference(id: row["asset"], name: row["asset_name"])
        assetNumber = row["asset_number"]
        model = NamedReference(id: row["model"], name: row["model_name"])
        quantity = row["quantity"]
        section = row["section"]
        note = row["note"]
        rank = row["rank"]
        isArchived = (row["archived"] as Int64?) != nil
        version = row["version"]
        updated = Date(milliseconds: row["updated"])
    }

    static let selection = """
        SELECT line.*, asset.number AS asset_number, asset.name AS asset_name, model.name AS model_name
        FROM pull_line AS line LEFT JOIN asset ON asset.id = line.asset LEFT JOIN model ON model.id = line.model
        """

    package static func find(_ id: ID, in database: Database) throws -> PullLine? {
        try fetchOne(database.cachedStatement(sql: selection + " WHERE line.id = ?"), arguments: [id.rawValue])
    }

    /// What the line asks for, in words: `CAM-7`, `4 × FX6`.
    package var title: String { assetNumber ?? "\(quantity) × \(model?.name ?? "")" }

    /// The line as the API gives it, without what is out for it.
    package var json: JSON {
        let asset: JSON? = asset.map {
            ["id": .string($0.id.rawValue), "number": .optional(assetNumber), "name": .string($0.name)]
        }
        return [
            "id": .string(id.rawValue), "title": .string(title), "project": .string(project.rawValue),
            "asset": asset ?? .null, "model": model.orNull(), "quantity": .int(quantity),
            "section": .optional(section), "note": .optional(note), "rank": .int(rank), "archived": .bool(isArchived),
            "version": .int(version), "updatedAt": .time(updated),
        ]
    }
}

extension PullLine {
    /// Most lines of one sheet.
    static let countMax = 2_000

    package static func check(
        _ columns: [String: DatabaseValue], before: PullLine?, in database: Database
    ) throws {
        let asset = columns["asset"].flatMap(Asset.ID.fromDatabaseValue)
        if let before {
            let kept = [
                "project": before.project.databaseValue, "asset": before.asset?.id.databaseValue ?? .null,
                "model": before.model?.id.databaseValue ?? .null,
            ]
            guard kept.allSatisfy({ columns[$0.key] ?? $0.value == $0.value }) else {
                throw Failure(.invalid, "A line keeps what it asks for. Take it off and add another one.")
            }
            let quantity = columns["quantity"].flatMap(Int64.fromDatabaseValue) ?? 1
            if before.asset != nil, quantity != 1 { throw onlyOne }
            let comesBack = columns["archived"] == .null && before.isArchived
            if comesBack, let unit = before.asset { try refuseTwice(unit.id, on: before.project, in: database) }
            return
        }
        let model = columns["model"].flatMap(Model.ID.fromDatabaseValue)
        guard (asset == nil) != (model == nil) else {
            throw Failure(.invalid, "A line asks for a unit or for a model.", field: "asset")
        }
        guard let project = columns["project"].flatMap(Project.ID.fromDatabaseValue) else { return }
        let count = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM pull_line WHERE project = ? AND archived IS NULL",
            arguments: [project.rawValue])
        guard count ?? 0 < countMax else { throw Failure(.conflict, "A sheet has at most \(countMax) lines.") }
        guard let asset else { return }
        if columns["quantity"].flatMap(Int64.fromDatabaseValue) ?? 1 != 1 { throw onlyOne }
        try refuseTwice(asset, on: project, in: database)
    }

    private static var onlyOne: Failure { Failure(.invalid, "Of a unit there is one.", field: "quantity") }

    /// - Throws: `conflict` with the `asset` and the `line` that asks for it already.
    private static func refuseTwice(_ asset: Asset.ID, on project: Project.ID, in database: Database) throws {
        guard let line = try on(project, by: asset, in: database) else { return }
        let name = try Project.find(project, in: database)?.name ?? "the project"
        let section = line.section.map { ", in \($0)" } ?? ""
        throw Failure(
            .conflict, "\(line.title) is on the sheet of \(name) already\(section).", field: "asset",
            details: ["asset": try Asset.find(asset, in: database)?.brief ?? .null, "line": line.json])
    }

    /// The line of a sheet that asks for this unit.
    static func on(_ project: Project.ID, by asset: Asset.ID, in database: Database) throws -> PullLine? {
        try fetchOne(
            database, sql: selection + " WHERE line.asset = ? AND line.project = ? AND line.archived IS NULL",
            arguments: [asset.rawValue, project.rawValue])
    }

    /// The line of a sheet's section that asks for this model.
    static func on(
        _ project: Project.ID, _ section: String?, by model: Model.ID, in database: Database
    ) throws -> PullLine? {
        try fetchOne(
            database,
            sql: selection + """
                 WHERE line.project = ? AND line.model = ? AND line.section IS ? AND line.archived IS NULL
                ORDER BY line.rank LIMIT 1
                """, arguments: [project.rawValue, model.rawValue, section])
    }
}
