// Models from a table: known by maker and name.
import Foundation
import GRDB

struct ModelSheet: ImportSheet {
    private let options: ImportOptions
    private let author: Author
    private let plain: PlainCells
    private let hasMaker: Bool
    private(set) var names: ImportNames
    private var seen: [String: Int] = [:]

    static func fields(in database: Database) throws -> [ImportField] {
        [
            Model.table.importField(
                "name", ["model", "modell", "modelname", "modellname", "bezeichnung", "name"], isRequired: true),
            Model.table.importField("maker", ["manufacturer", "brand", "make", "hersteller", "marke", "fabrikat"]),
            Model.table.importField("category", ["kategorie", "type", "typ", "group", "gruppe", "warengruppe"]),
            Model.table.importField("counting", ["zahlung", "zahlweise", "counted"]),
            Model.table.importField(
                "specifications", ["specs", "specification", "description", "beschreibung", "technischedaten"]),
            Model.table.importField("weightGrams", ["weight", "weightg", "gewicht", "gewichtg", "gewichtgramm"]),
            Model.table.importField("archived", ["archiviert", "inactive"]),
        ]
    }

    init(
        _ columns: ImportColumns, _ options: ImportOptions, by author: Author, at now: Date, in database: Database
    ) throws {
        self.options = options
        self.author = author
        plain = PlainCells(columns, of: Model.table, except: ["category"], at: now)
        hasMaker = columns.column(of: "maker") != nil
        names = try ImportNames(options, by: author, at: now, in: database)
    }

    mutating func judge(_ row: ImportRow, in database: Database) throws -> RowVerdict {
        let name = row.text("name")?.trimmed ?? ""
        let maker = row.text("maker")?.trimmed ?? ""
        let known = try known(name: name, maker: maker, category: row.text("category"), in: database)
        guard known.count < 2 else {
            return .refused([
                ImportError(field: "name", message: "There are \(known.count) models of this maker and name.")
            ])
        }
        let current = known.first
        var (values, errors) = try plain.read(row, isNew: current == nil, in: database)
        let key = "\(ImportNames.key(maker))\n\(ImportNames.key(name))\n\(ImportNames.key(row.text("category") ?? ""))"
        if let earlier = seen.updateValue(row.number, forKey: key) {
            errors.append(ImportError(field: "name", message: "\(name.shown) is in row \(earlier) already."))
        }
        if current != nil, errors.isEmpty {
            switch options.existing {
            case .skip: return .skipped
            case .refuse:
                return .refused([ImportError(field: "name", message: "There is a model \(name.shown) already.")])
            case .update: break
            }
        }
        var members = values.members
        let category = row.text("category")?.trimmed ?? ""
        if !category.isEmpty {
            switch try names.category(category, row: row.number, in: database) {
            case .success(let id):
                if (current?["category"] as String?) != id {
                    members.append(.init(key: "category", value: .string(id)))
                }
            case .failure(let error): errors.append(error)
            }
        } else if current == nil {
            errors.append(ImportError(field: "category", message: "Category is missing."))
        }
        guard errors.isEmpty else { return .refused(errors) }
        let author = author
        guard let current else {
            let fields = JSON.object(members)
            return .create(
                BatchOrder.Step { _ = try RecordEdit.create(Model.self, fields, by: author, in: $0) })
        }
        values = PlainCells.different(values, from: current)
        let fields = JSON.object(values.members + members.filter { $0.key == "category" })
        guard !fields.members.isEmpty else { return .unchanged }
        let (id, version): (Model.ID, Int64) = (current["id"], current["version"])
        return .update(
            BatchOrder.Step { _ = try RecordEdit.edit(id, fields, ifVersion: version, by: author, in: $0) })
    }

    /// The models of this name and maker; of several the ones of the category.
    private func known(name: String, maker: String, category: String?, in database: Database) throws -> [Row] {
        let key = ImportNames.key(name)
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT model.*, category.name AS category_name FROM model
                    JOIN category ON category.id = model.category WHERE model.name = ? COLLATE NOCASE
                    """), arguments: [key]
        ).filter { !hasMaker || ImportNames.key(($0["maker"] as String?) ?? "") == ImportNames.key(maker) }
        guard rows.count > 1, let category else { return rows }
        let same = rows.filter { ImportNames.key($0["category_name"]) == ImportNames.key(category) }
        return same.isEmpty ? rows : same
    }
}
