// What cells call by name: models, categories and places. Found among those that are there, or made: then the making is
// a step of its own before the rows, and rows name it by the identifier it will have.
import Foundation
import GRDB

/// The names that cells may refer by. Filled once at the beginning of a check.
struct ImportNames {
    private struct KnownModel {
        let id: String
        let maker: String
        let name: String
        let category: String
    }

    /// What a name stands for, or the words that refuse it.
    typealias Answer = Result<String, ImportError>

    private let makesMissing: Bool
    private let author: Author
    private let now: Date
    private var models: [String: [KnownModel]] = [:]
    private var modelsByTitle: [String: [KnownModel]] = [:]
    private var categories: [String: String] = [:]
    private var places: [String: String] = [:]
    /// Answers by the cells that asked; most rows ask what one before them asked.
    private var asked: [String: Answer] = [:]
    private var customByModel: [String: [CustomField]] = [:]
    /// What has to be made, in order.
    private(set) var makes: [BatchOrder.Step] = []
    private(set) var made: [JSON] = []

    init(_ options: ImportOptions, by author: Author, at now: Date, in database: Database) throws {
        makesMissing = options.makesMissing
        self.author = author
        self.now = now
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT model.id, coalesce(maker, '') AS maker, model.name, category.name AS category
                FROM model JOIN category ON category.id = model.category ORDER BY model.archived IS NOT NULL, model.id
                """)
        for row in rows {
            add(KnownModel(id: row["id"], maker: row["maker"], name: row["name"], category: row["category"]))
        }
        for row in try Row.fetchAll(database, sql: "SELECT id, name FROM category") {
            categories[Self.key(row["name"])] = row["id"]
        }
        for row in try Row.fetchAll(database, sql: "SELECT id, path FROM place") {
            places[Self.key(row["path"])] = row["id"]
        }
    }

    /// Names compare without case, and however they are composed.
    static func key(_ name: String) -> String {
        let name = name.trimmed
        if name.isPlain { return name.lowercased() }
        return name.precomposedStringWithCanonicalMapping.lowercased()
    }

    private mutating func add(_ model: KnownModel) {
        models[Self.key(model.name), default: []].append(model)
        let title = Self.key("\(model.maker) \(model.name)")
        modelsByTitle[title, default: []].append(model)
    }

    /// The model of a name, or of maker and name in one.
    ///
    /// - Parameters:
    ///   - maker: nil when the file says nothing of makers.
    ///   - current: the model a piece has; it wins where several are called alike.
    mutating func model(
        _ name: String, maker: String?, category: String?, current: String?, row: Int, in database: Database
    ) throws -> Answer {
        let key = "model\n\(name)\n\(maker ?? "\u{0}")\n\(category ?? "")"
        if current == nil, let answer = asked[key] { return answer }
        let answer = try findModel(
            name, maker: maker, category: category, current: current, row: row, in: database)
        if current == nil { asked[key] = answer }
        return answer
    }

    private mutating func findModel(
        _ name: String, maker: String?, category: String?, current: String?, row: Int, in database: Database
    ) throws -> Answer {
        let (nameKey, makerKey) = (Self.key(name), maker.map(Self.key))
        var found = models[nameKey] ?? []
        if let makerKey {
            found = found.filter { Self.key($0.maker) == makerKey }
            if found.isEmpty, makerKey.isEmpty { found = modelsByTitle[nameKey] ?? [] }
        } else {
            let exact = modelsByTitle[nameKey] ?? []
            if !exact.isEmpty { found = exact }
        }
        if found.count > 1, let category {
            let same = found.filter { Self.key($0.category) == Self.key(category) }
            if !same.isEmpty { found = same }
        }
        if let same = found.first(where: { $0.id == current }) { return .success(same.id) }
        if found.count > 1 {
            return .failure(
                ImportError(
                    field: "model", message: "There are \(found.count) models \(name.shown). Give the maker too."))
        }
        if let one = found.first { return .success(one.id) }
        guard makesMissing else { return .failure(ImportError(field: "model", message: "There is no such model.")) }
        return try make(model: name, maker: maker, category: category, row: row, in: database)
    }

    private mutating func make(
        model name: String, maker: String?, category: String?, row: Int, in database: Database
    ) throws -> Answer {
        guard let category, !category.trimmed.isEmpty else {
            return .failure(
                ImportError(
                    field: "model",
                    message: "There is no model \(name.shown). A column with its category lets it be made."))
        }
        let categoryID: String
        switch try self.category(category, row: row, in: database) {
        case .success(let id): categoryID = id
        case .failure(let error): return .failure(error)
        }
        let maker = maker.flatMap { $0.trimmed.isEmpty ? nil : $0 }
        let fields: [(String, String, JSON)] = [
            ("model", "name", .string(name)), ("maker", "maker", .optional(maker)),
        ]
        for (cell, field, value) in fields {
            if let refusal = refusal(of: value, as: field, in: Model.table, at: cell, database) {
                return .failure(refusal)
            }
        }
        let id: Model.ID = make(
            ["name": .string(name), "maker": .optional(maker), "category": .string(categoryID)], "model",
            [maker, name].compactMap { $0 }.joined(separator: " "), row: row)
        add(KnownModel(id: id.rawValue, maker: maker ?? "", name: name.trimmed, category: category))
        return .success(id.rawValue)
    }

    /// The custom fields of a model's gear; none for a model that has to be made in a category that has to be made.
    mutating func customFields(ofModel id: String, in database: Database) throws -> [CustomField] {
        if let fields = customByModel[id] { return fields }
        let name = models.values.lazy.joined().first { $0.id == id }?.category ?? ""
        let category = try categories[Self.key(name)].flatMap { try Category.find(Category.ID($0), in: database) }
        let fields = try category?.customFields(in: database) ?? []
        customByModel[id] = fields
        return fields
    }

    /// The category of a name.
    mutating func category(_ name: String, row: Int, in database: Database) throws -> Answer {
        let key = Self.key(name)
        if let id = categories[key] { return .success(id) }
        guard makesMissing else {
            return .failure(ImportError(field: "category", message: "There is no such category."))
        }
        if let refusal = refusal(of: .string(name), as: "name", in: Category.table, at: "category", database) {
            return .failure(refusal)
        }
        let id: Category.ID = make(["name": .string(name)], "category", name.trimmed, row: row)
        categories[key] = id.rawValue
        return .success(id.rawValue)
    }

    /// The place of a path such as `Hall / Rack 2 / Shelf`; the ones around it are made too.
    mutating func place(_ path: String, row: Int, in database: Database) throws -> Answer {
        if let answer = asked["place\n" + path] { return answer }
        let answer = try findPlace(path, row: row, in: database)
        asked["place\n" + path] = answer
        return answer
    }

    private mutating func findPlace(_ path: String, row: Int, in database: Database) throws -> Answer {
        if let id = places[Self.key(path)] { return .success(id) }
        guard path.utf8.count <= 4_000 else {
            return .failure(ImportError(field: "home", message: "There is no such place."))
        }
        // As paths are written; a stroke without spaces is part of a name, such as `Rack 1/2`.
        let names = path.components(separatedBy: " / ").map(\.trimmed)
        if let id = places[Self.key(names.joined(separator: " / "))] { return .success(id) }
        guard makesMissing else { return .failure(ImportError(field: "home", message: "There is no such place.")) }
        guard names.count <= Place.depthMax, !names.contains("") else {
            return .failure(
                ImportError(
                    field: "home", message: "A place has 1 to \(Place.depthMax) names with / between them."))
        }
        for name in names {
            if let refusal = refusal(of: .string(name), as: "name", in: Place.table, at: "home", database) {
                return .failure(refusal)
            }
        }
        var parent: String?
        for depth in 1...names.count {
            let outer = names.prefix(depth).joined(separator: " / ")
            if let known = places[Self.key(outer)] {
                parent = known
                continue
            }
            let id: Place.ID = make(
                ["name": .string(names[depth - 1]), "parent": .optional(parent)], "place", outer, row: row)
            places[Self.key(outer)] = id.rawValue
            parent = id.rawValue
        }
        return .success(parent ?? "")
    }

    private func refusal(
        of value: JSON, as name: String, in table: RecordTable, at cell: String, _ database: Database
    ) -> ImportError? {
        guard let field = table.field(name) else { return nil }
        do {
            _ = try field.stored(value, at: now, in: database)
            return nil
        } catch { return ImportError(field: cell, message: (error as? Failure)?.message ?? "\(error)") }
    }

    private mutating func make<Record: RegistryRecord>(
        _ fields: JSON, _ word: String, _ name: String, row: Int
    ) -> Identifier<Record> {
        let id = Identifier<Record>(at: now)
        let author = author
        makes.append(
            BatchOrder.Step(row: row) { transaction in
                _ = try RecordEdit.create(Record.self, fields, id: id, by: author, in: transaction)
            })
        made.append(["kind": .string(word), "name": .string(ImportTable.shown(name))])
        return id
    }
}

extension String {
    /// Cut for a sentence.
    var shown: String { ImportTable.shown(self) }
}
