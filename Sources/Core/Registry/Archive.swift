// What was used is archived and never deleted: nothing new may refer to what is archived, and what is still in use can
// not be put away.
import GRDB

enum Archive {
    /// Refuses to put away what others still depend on, and says how many.
    ///
    /// - Parameter sql: counts those that depend on it.
    static func refuse(_ name: String, having word: String, sql: String, _ id: String, in database: Database) throws {
        let count = try Int.fetchOne(database, sql: sql, arguments: [id]) ?? 0
        guard count > 0 else { return }
        let words = count == 1 ? "1 \(word) that is" : "\(count) \(word)s that are"
        throw Failure(
            .conflict, "\(name) has \(words) not archived. Archive \(count == 1 ? "it" : "them") first.",
            field: "archived")
    }

    /// Refuses a new reference to a row that was put away.
    static func refuse(reference id: String?, to table: String, at field: String, in database: Database) throws {
        guard let id else { return }
        let isArchived = try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT archived IS NOT NULL FROM \(table) WHERE id = ?"), arguments: [id])
        if isArchived == true { throw refusal(of: table, at: field) }
    }

    /// What is said of a new reference to what was put away.
    static func refusal(of word: String, at field: String) -> Failure {
        Failure(.invalid, "That \(word) is archived. Take it out of the archive first.", field: field)
    }
}
