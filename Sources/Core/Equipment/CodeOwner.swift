// What a code finds: a badge's person, a piece of gear, or counted stock. No key has two owners (LikeCodes.swift), so the
// first identifier that anything has decides, and each is looked up once.
import GRDB

/// What a code stands for in this depot.
enum CodeOwner {
    case person(Person)
    case asset(Asset)
    case stock(Stock)

    var person: Person? { if case .person(let person) = self { person } else { nil } }
    var asset: Asset? { if case .asset(let asset) = self { asset } else { nil } }
    var stock: Stock? { if case .stock(let stock) = self { stock } else { nil } }

    /// What one of the code's identifiers finds, the most telling identifier first; nil when nothing has any of them.
    static func find(_ code: ScanCode, in database: Database) throws -> CodeOwner? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT 'person:' || person FROM badge JOIN person ON person.id = badge.person WHERE key = ?1 AND active
                UNION ALL SELECT 'asset:' || asset FROM identifier WHERE key = ?1
                UNION ALL SELECT 'stock:' || model FROM model_code WHERE key = ?1
                """)
        if let labelled = try labelled(code, in: database) { return labelled }
        for key in code.keys {
            guard let found = try String.fetchOne(statement, arguments: [key]),
                let colon = found.firstIndex(of: ":")
            else { continue }
            let id = String(found[found.index(after: colon)...])
            switch found[..<colon] {
            case "person": return try Person.find(Person.ID(id), in: database).map { .person($0) }
            case "asset": return try Asset.find(Asset.ID(id), in: database).map { .asset($0) }
            default: return try Stock.find(Identifier(id), in: database).map { .stock($0) }
            }
        }
        return nil
    }

    /// What a label of ours was printed for. A label that was printed blank is looked up like any code.
    static func labelled(_ code: ScanCode, in database: Database) throws -> CodeOwner? {
        guard let id = code.label?.identifier else { return nil }
        if let asset = try Asset.find(Asset.ID(id), in: database) { return .asset(asset) }
        return try Stock.find(Identifier(id), in: database).map { .stock($0) }
    }
}
