// Everything as a file: gear, models and people as tables that ImportDesk reads back as they were, gear as JSON Lines and
// as GeoJSON. Read a page at a time from a snapshot each; what is written is handed over in pieces.
import Foundation
import GRDB
private import Synchronization

/// What a file is written as.
package enum ExportFormat: String, Sendable, CaseIterable {
    case csv, jsonLines = "jsonl", geoJSON = "geojson"

    /// - Source: RFC 4180, RFC 7946; JSON Lines has no registered type.
    package var contentType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8"
        case .jsonLines: "application/x-ndjson"
        case .geoJSON: "application/geo+json"
        }
    }
}

/// Writes the depot as files.
package struct ExportDesk: Sendable {
    /// Takes the next bytes of a file.
    package typealias Sink = @Sendable ([UInt8]) throws -> Void

    private let store: Store
    private let register: AssetRegister

    package init(store: Store) {
        self.store = store
        register = AssetRegister(store: store)
    }

    /// Gear as a list has it, all of it.
    ///
    /// - Parameter role: what things cost is in a table for managers only.
    package func assets(
        _ query: AssetQuery, as format: ExportFormat, for role: Role, to sink: @escaping Sink
    ) async throws {
        switch format {
        case .csv:
            let columns = try await store.read { try AssetColumns(for: role, in: $0) }
            var head = CSVWriter()
            head.append(columns.titles)
            try sink(head.take())
            try await register.each(query) { assets, database in
                var writer = CSVWriter(continuing: ())
                for asset in assets { writer.append(try columns.cells(of: asset, in: database)) }
                try sink(writer.take())
            }
        case .jsonLines:
            try await register.each(query) { assets, _ in
                try sink(assets.flatMap { $0.json.bytes + [0x0A] })
            }
        case .geoJSON: try await features(query, to: sink)
        }
    }

    /// A GeoJSON collection of the gear. Its point is where it is at home, which is the depot.
    ///
    /// - Source: RFC 7946 §3.3.
    private func features(_ query: AssetQuery, to sink: @escaping Sink) async throws {
        try sink(Array(#"{"type":"FeatureCollection","features":["#.utf8))
        let isFirst = Mutex(true)
        try await register.each(query) { assets, database in
            let point = try Self.point(in: database)
            var bytes: [UInt8] = []
            for asset in assets {
                let feature: JSON = [
                    "type": "Feature", "id": .string(asset.id.rawValue),
                    "geometry": point, "properties": asset.json,
                ]
                let needsComma = isFirst.withLock { isFirst in
                    defer { isFirst = false }
                    return !isFirst
                }
                bytes += (needsComma ? [UInt8(ascii: ","), 0x0A] : [0x0A]) + feature.bytes
            }
            try sink(bytes)
        }
        try sink(Array("\n]}\n".utf8))
    }

    /// Where the depot is; null when nobody said.
    private static func point(in database: Database) throws -> JSON {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT X(position) AS x, Y(position) AS y FROM depot ORDER BY id LIMIT 1"))
        guard let longitude = row?["x"] as Double?, let latitude = row?["y"] as Double? else { return .null }
        return ["type": "Point", "coordinates": [.double(longitude), .double(latitude)]]
    }

    /// All people, active or not; for managers.
    package func people(to sink: @escaping Sink) async throws {
        let bytes = try await store.read { database in
            var writer = CSVWriter()
            writer.append(["name", "role", "active", "email", "phone", "language", "note"])
            for person in try Row.fetchAll(database, sql: "SELECT * FROM person ORDER BY name, id") {
                let texts = ["email", "phone", "language", "note"].map { (person[$0] as String?) ?? "" }
                let isActive: Bool = person["active"]
                writer.append([person["name"], person["role"], CustomCells.cell(of: .bool(isActive))] + texts)
            }
            return writer.bytes
        }
        try sink(bytes)
    }

    /// All models.
    package func models(to sink: @escaping Sink) async throws {
        let titles = ["name", "maker", "category", "counting", "specifications", "weightGrams", "archived"]
        var head = CSVWriter()
        head.append(titles)
        try sink(head.take())
        var last = ""
        while true {
            let next = try await store.read { [last] database -> String? in
                let models = try Model.fetchAll(
                    database, sql: Model.selection + " WHERE model.id > ? ORDER BY model.id LIMIT 500",
                    arguments: [last])
                var writer = CSVWriter(continuing: ())
                for model in models {
                    writer.append([
                        model.name, model.maker ?? "", model.category?.name ?? "", model.counting.rawValue,
                        model.specifications ?? "", model.weightGrams.map(String.init) ?? "",
                        CustomCells.cell(of: .bool(model.isArchived)),
                    ])
                }
                try sink(writer.take())
                return models.last?.id.rawValue
            }
            guard let next else { return }
            last = next
        }
    }
}

/// The columns of gear as a table.
struct AssetColumns: Sendable {
    let titles: [String]
    private let customKeys: [String]
    private let hasCost: Bool

    init(for role: Role, in database: Database) throws {
        customKeys = try CustomCells.keys(in: database)
        hasCost = role >= .manager
        titles =
            [
                "number", "name", "model", "maker", "category", "serial", "home", "owner", "condition", "note",
                "archived", "codes",
            ] + customKeys.map { CustomCells.prefix + $0 } + (hasCost ? Self.costs.map(\.title) : [])
    }

    /// In cents, as the API has them.
    private static let costs = [
        (title: "cost.value", column: "value_cents"), (title: "cost.price", column: "price_cents"),
        (title: "cost.boughtOn", column: "bought_on"), (title: "cost.supplier", column: "supplier"),
    ]

    func cells(of asset: Asset, in database: Database) throws -> [String] {
        var cells = [
            asset.number, asset.name, asset.model.name, asset.maker ?? "", asset.category, asset.serial ?? "",
            asset.home?.name ?? "", asset.owner ?? "", asset.condition.rawValue, asset.note ?? "",
            CustomCells.cell(of: .bool(asset.isArchived)), try codes(of: asset, in: database),
        ]
        if !customKeys.isEmpty {
            // Most gear has none, and reading JSON costs.
            let custom = asset.custom == "{}" ? [:] : try JSON(parsing: Array(asset.custom.utf8))
            cells += customKeys.map { CustomCells.cell(of: custom[$0]) }
        }
        guard hasCost else { return cells }
        let cost = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM cost WHERE id = ?"), arguments: [asset.id])
        return cells
            + Self.costs.map { column in
                cost.map { row in Self.text(row[column.column]) } ?? ""
            }
    }

    private static func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .int64(let cents): String(cents)
        case .string(let text): text
        default: ""
        }
    }

    private func codes(of asset: Asset, in database: Database) throws -> String {
        let own = [AssetIdentifier(.own, asset.number), asset.serial.map { AssetIdentifier(.serial, $0) }]
            .compactMap { $0?.lookupKey }
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT key, scheme, value FROM identifier WHERE asset = ? ORDER BY key"),
            arguments: [asset.id])
        return CodeCell.cell(
            of: rows.compactMap { row in
                guard !own.contains(row["key"]), let scheme = AssetIdentifier.Scheme(rawValue: row["scheme"]) else {
                    return nil
                }
                return AssetIdentifier(scheme, row["value"])
            })
    }
}
