// People from a table: known by name, and by e-mail where several have one name. PINs are never in a file.
import Foundation
import GRDB

struct PersonSheet: ImportSheet {
    private let options: ImportOptions
    private let author: Author
    private let plain: PlainCells
    let names: ImportNames
    private var seen: [String: Int] = [:]
    /// By name, as names are compared.
    private let known: [String: [Person.ID]]

    static func fields(in database: Database) throws -> [ImportField] {
        [
            Person.table.importField("name", ["fullname", "person", "mitarbeiter", "vollername"], isRequired: true),
            Person.table.importField("role", ["rolle", "rights", "rechte"]),
            Person.table.importField("active", ["aktiv"]),
            Person.table.importField("email", ["mail", "emailaddress", "emailadresse"]),
            Person.table.importField("phone", ["telephone", "mobile", "telefon", "handy", "mobil"]),
            Person.table.importField("language", ["sprache"]),
            Person.table.importField("note", ["notes", "notiz", "bemerkung"]),
        ]
    }

    init(
        _ columns: ImportColumns, _ options: ImportOptions, by author: Author, at now: Date, in database: Database
    ) throws {
        self.options = options
        self.author = author
        plain = PlainCells(columns, of: Person.table, except: ["avatar", "badges"], at: now)
        names = try ImportNames(options, by: author, at: now, in: database)
        known = Dictionary(
            grouping: try Row.fetchAll(database, sql: "SELECT id, name FROM person ORDER BY id"),
            by: { ImportNames.key($0["name"]) }
        ).mapValues { $0.map { $0["id"] } }
    }

    mutating func judge(_ row: ImportRow, in database: Database) throws -> RowVerdict {
        let name = row.text("name")?.trimmed ?? ""
        let email = ImportNames.key(row.text("email") ?? "")
        let statement = try database.cachedStatement(sql: "SELECT * FROM person WHERE id = ?")
        var known = try (self.known[name.utf8.count > 1_000 ? "" : ImportNames.key(name)] ?? []).compactMap {
            try Row.fetchOne(statement, arguments: [$0.rawValue])
        }
        if known.count > 1 { known = known.filter { ImportNames.key(($0["email"] as String?) ?? "") == email } }
        guard known.count < 2 else {
            return .refused([ImportError(field: "name", message: "There are \(known.count) people of this name.")])
        }
        let current = known.first
        var (values, errors) = try plain.read(row, isNew: current == nil, in: database)
        if let earlier = seen.updateValue(row.number, forKey: "\(ImportNames.key(name))\n\(email)") {
            errors.append(ImportError(field: "name", message: "\(name.shown) is in row \(earlier) already."))
        }
        func text(_ name: String) -> String? { values.stored(name).flatMap(String.fromDatabaseValue) }
        if let oddity = Person.oddity(email: text("email"), phone: text("phone"), language: text("language")) {
            errors.append(ImportError(field: oddity.field, message: oddity.message))
        }
        if let current { values = PlainCells.different(values, from: current) }
        let role = values.stored("role").flatMap(String.fromDatabaseValue)
        if let role, author.role < .admin, current != nil || role != Role.crew.rawValue {
            errors.append(ImportError(field: "role", message: "Only an admin gives and takes roles."))
        }
        guard errors.isEmpty else { return .refused(errors) }
        let (fields, author) = (JSON.object(values.members), author)
        guard let current else {
            return .create(BatchOrder.Step { _ = try RecordEdit.create(Person.self, fields, by: author, in: $0) })
        }
        switch options.existing {
        case .skip: return .skipped
        case .refuse: return .refused([ImportError(field: "name", message: "\(name.shown) is there already.")])
        case .update: break
        }
        guard !fields.members.isEmpty else { return .unchanged }
        let (id, version): (Person.ID, Int64) = (current["id"], current["version"])
        return .update(
            BatchOrder.Step { _ = try RecordEdit.edit(id, fields, ifVersion: version, by: author, in: $0) })
    }
}
