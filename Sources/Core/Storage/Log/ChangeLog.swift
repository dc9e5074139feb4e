// Reading the log back: for screens that were away longer than the ring in memory reaches.
import GRDB

extension Change {
    static func find(_ seq: Int64, in database: Database) throws -> Change? {
        try fetchOne(database.cachedStatement(sql: "SELECT * FROM change WHERE seq = ?"), arguments: [seq])
    }
}

extension Store {
    /// The Changes after `seq`, in order, at most `limit`.
    package func changes(after seq: Int64, limit: Int) async throws -> [Change] {
        try await read { database in
            try ShownMessages.fill(
                Change.fetchAll(
                    database, sql: "SELECT * FROM change WHERE seq > ? ORDER BY seq LIMIT ?", arguments: [seq, limit]),
                in: database)
        }
    }
}
