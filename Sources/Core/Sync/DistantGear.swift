// The gear of the other depots, as the hub told it: a copy to look at, beside the depot's own records and never mixed with
// them. It is replaced as the hub tells anew, so nobody edits it here.
import Foundation
package import GRDB

/// The gear of other depots.
package struct DistantGear: Sendable {
    /// `words` is what is searched, folded; `pos` and the like are in `upstream`.
    static let schema = """
        CREATE TABLE distant_asset (
          id TEXT PRIMARY KEY, node TEXT NOT NULL, depot TEXT NOT NULL, number TEXT NOT NULL, sort TEXT NOT NULL,
          words TEXT NOT NULL, fields TEXT NOT NULL CHECK (json_valid(fields))
        ) STRICT;
        CREATE INDEX distant_asset_sort ON distant_asset (sort, id);
        """

    /// Words of one search that are looked at.
    private static let wordCountMax = 8

    private let store: Store

    package init(store: Store) { self.store = store }

    /// Those in which every word is found, in the order of their numbers.
    ///
    /// - Returns: at most `limit`, and how many there are.
    package func list(_ words: String, limit: Int) async throws -> (items: [JSON], count: Int) {
        let wanted = SearchText.folded(words).split(separator: " ").prefix(Self.wordCountMax).map {
            "%" + Self.literal($0) + "%"
        }
        let filter = wanted.isEmpty ? "1" : wanted.map { _ in "words LIKE ? ESCAPE '!'" }.joined(separator: " AND ")
        return try await store.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT depot, fields FROM distant_asset WHERE \(filter) ORDER BY sort, id LIMIT \(limit)",
                arguments: StatementArguments(wanted))
            let count = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM distant_asset WHERE \(filter)",
                arguments: StatementArguments(wanted))
            return (try rows.map { try Self.json($0) }, count ?? 0)
        }
    }

    private static func literal(_ word: Substring) -> String {
        String(word).replacing("!", with: "!!").replacing("%", with: "!%").replacing("_", with: "!_")
    }

    private static func json(_ row: Row) throws -> JSON {
        let fields = try JSON(parsing: Array((row["fields"] as String).utf8))
        return [
            "depot": .string(row["depot"]), "number": fields["number"] ?? .null, "name": fields["name"] ?? .null,
            "model": fields["model"]?["name"] ?? .null, "category": fields["category"] ?? .null,
            "status": fields["status"] ?? .null, "person": fields["holder"]?["person"]?["name"] ?? .null,
            "project": fields["holder"]?["project"]?["name"] ?? .null, "since": fields["holder"]?["since"] ?? .null,
            "home": fields["home"]?["name"] ?? .null,
        ]
    }

    /// Keeps what the hub told and up to where it goes. Told again, it is the same.
    static func keep(_ answer: PullAnswer, in transaction: WriteTransaction) throws -> SyncLedger {
        let database = transaction.database
        if answer.isFresh { try database.execute(sql: "DELETE FROM distant_asset") }
        for asset in answer.assets { try keep(asset, in: database) }
        try database.cachedStatement(sql: "UPDATE upstream SET hub_epoch = ?, hub_pos = ?, hub_mark = ?")
            .execute(arguments: [answer.place.epoch, answer.place.pos, answer.place.mark])
        return try SyncLedger.load(in: database)
    }

    private static func keep(_ asset: DistantAsset, in database: Database) throws {
        let fields = asset.fields
        guard fields["removed"] != true, fields["archived"] != true else {
            return try database.cachedStatement(sql: "DELETE FROM distant_asset WHERE id = ?")
                .execute(arguments: [asset.id])
        }
        let number = fields["number"]?.string ?? ""
        let said = [
            number, fields["name"]?.string, fields["model"]?["name"]?.string, fields["maker"]?.string,
            fields["category"]?.string, fields["serial"]?.string, fields["holder"]?["person"]?["name"]?.string,
            fields["holder"]?["project"]?["name"]?.string, asset.depot,
        ]
        try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO distant_asset (id, node, depot, number, sort, words, fields)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            asset.id, asset.node, asset.depot, number, Asset.sortKey(number),
            SearchText.folded(said.compactMap { $0 }.joined(separator: " ")), fields.text,
        ])
    }
}
