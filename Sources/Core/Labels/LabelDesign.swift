// A design of one's own, as a record that people edit. The ones that come with the box are LabelPattern.swift's.
package import Foundation
package import GRDB

/// A label's design that somebody made.
package struct LabelDesign: RegistryRecord {
    package typealias ID = Identifier<LabelDesign>

    package let id: ID
    package let name: String
    package let use: LabelUse
    package let layout: LabelLayout
    package let isArchived: Bool
    package var version: Int64
    package var updated: Date

    package static let table = RecordTable(
        name: "label_design", topic: .labels, word: "design", heading: "name",
        fields: [
            RecordField("name", "Name", .line(100), .required),
            RecordField("use", "For", .choice(LabelUse.allCases.map(\.rawValue)), .required),
            RecordField("width", "Width", .number, .required),
            RecordField("height", "Height", .number, .required),
            RecordField("elements", "Elements", .list, .required),
            RecordField("archived", "Archived", .archived),
        ], kindPrefix: "design.")

    package init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        use = LabelUse(rawValue: row["use"]) ?? .gear
        layout = LabelLayout(
            width: row["width"], height: row["height"], elements: try Self.elements(row["elements"]))
        isArchived = (row["archived"] as Int64?) != nil
        version = row["version"]
        updated = Date(milliseconds: row["updated"])
    }

    package static func find(_ id: ID, in database: Database) throws -> LabelDesign? {
        try fetchOne(
            database.cachedStatement(sql: "SELECT * FROM label_design WHERE id = ?"), arguments: [id.rawValue])
    }

    /// The design as the API gives it.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "use": .string(use.rawValue),
            "width": .double(layout.width), "height": .double(layout.height), "elements": layout.elementList,
            "archived": .bool(isArchived), "version": .int(version), "updatedAt": .time(updated),
        ]
    }

    package static func check(
        _ columns: [String: DatabaseValue], before: LabelDesign?, in database: Database
    ) throws {
        func number(_ name: String) -> Double? { columns[name].flatMap(Double.fromDatabaseValue) }
        let elements = try columns["elements"].flatMap(String.fromDatabaseValue).map(Self.elements)
        try LabelLayout(
            width: number("width") ?? before?.layout.width ?? 0,
            height: number("height") ?? before?.layout.height ?? 0, elements: elements ?? before?.layout.elements ?? []
        ).check()
    }

    package static func clash(
        _ columns: [String: DatabaseValue], id: ID, in database: Database
    ) throws -> Failure? {
        Failure(.conflict, "There is a design of that name already.", field: "name")
    }

    private static func elements(_ text: String) throws -> [LabelElement] {
        do {
            return try JSONDecoder().decode([LabelElement].self, from: Data(text.utf8))
        } catch {
            throw Failure(
                .invalid,
                "An element of a design has a kind (text, code, logo or line), x, y, width and height in millimetres.",
                field: "elements", cause: "\(error)")
        }
    }
}

extension LabelLayout {
    /// The elements as the API gives them.
    package var elementList: JSON {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (try? encoder.encode(elements)).map { .verbatim([UInt8]($0)) } ?? []
    }

    /// `{"width", "height", "elements"}`.
    package var json: JSON { ["width": .double(width), "height": .double(height), "elements": elementList] }

    init(json text: String) throws { self = try JSONDecoder().decode(LabelLayout.self, from: Data(text.utf8)) }
}

extension LabelContent {
    /// `{"fields", "code", "shortCode"}`.
    package var json: JSON {
        [
            "fields": .object(
                fields.sorted { $0.key < $1.key }.map { JSON.Member(key: $0.key, value: .string($0.value)) }),
            "code": .string(code), "shortCode": .string(shortCode),
        ]
    }

    init(json text: String) throws { self = try JSONDecoder().decode(LabelContent.self, from: Data(text.utf8)) }
}

/// A design as it is asked for: `pattern:gear`, or the identifier of one's own.
package enum DesignChoice: Sendable, Equatable {
    case pattern(LabelUse)
    case own(LabelDesign.ID)

    /// - Throws: `invalid` for a pattern that there is not.
    package init(_ text: String) throws {
        guard text.hasPrefix("pattern:") else {
            self = .own(LabelDesign.ID(text))
            return
        }
        guard let use = LabelUse(rawValue: String(text.dropFirst(8))) else {
            throw Failure(.invalid, "There is no such design.", field: "design")
        }
        self = .pattern(use)
    }

    /// The layout on these labels.
    ///
    /// - Throws: `invalid` for a design that is larger than the labels; `notFound`.
    package func layout(on media: LabelMedia, in database: Database) throws -> LabelLayout {
        switch self {
        case .pattern(let use): return LabelPattern.layout(use, on: media)
        case .own(let id):
            let layout = try RecordEdit.find(id, in: database).layout
            try media.check(layout)
            return layout
        }
    }
}
