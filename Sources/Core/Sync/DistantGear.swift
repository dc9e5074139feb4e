// The gear of the other depots that was never here, as the hub told it: a copy to look at. A piece that is scanned here is
// taken over (RowMerge+Arrival.swift), and is in the depot's own records from then on.
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
        // A number such as CAM-7 is looked for as a whole, though folding parts it.
        let wanted = words.split(separator: " ").map { SearchText.folded(String($0)) }.filter { !$0.isEmpty }
            .prefix(Self.wordCountMax).map { "%" + Self.literal($0) + "%" }
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

    private static func literal(_ word: String) -> String {
        word.replacing("!", with: "!!").replacing("%", with: "!%").replacing("_", with: "!_")
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

    /// Codes by which a piece is known when it comes to a door here.
    static let keySchema = """
        CREATE TABLE distant_key (
          key TEXT NOT NULL, asset TEXT NOT NULL REFERENCES distant_asset ON DELETE CASCADE, PRIMARY KEY (key, asset)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX distant_key_asset ON distant_key (asset);
        """

    static func forget(_ id: String, in database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM distant_asset WHERE id = ?").execute(arguments: [id])
    }

    /// Which depot said the latest of a piece.
    static func depot(of id: Asset.ID, in database: Database) throws -> String {
        try String.fetchOne(
            database.cachedStatement(sql: "SELECT depot FROM distant_asset WHERE id = ?"), arguments: [id.rawValue])
            ?? "another depot"
    }

    /// The piece of another depot that a code is of, if it is of one alone.
    static func find(_ code: ScanCode, in database: Database) throws -> Asset.ID? {
        if let id = code.label?.identifier,
            let known = try String.fetchOne(
                database.cachedStatement(sql: "SELECT id FROM distant_asset WHERE id = ?"), arguments: [id])
        {
            return Asset.ID(known)
        }
        for key in code.keys {
            let found = try String.fetchAll(
                database.cachedStatement(sql: "SELECT asset FROM distant_key WHERE key = ? LIMIT 2"), arguments: [key])
            if found.count == 1 { return found.first.map { Asset.ID($0) } }
        }
        return nil
    }

    /// Keeps a piece of another depot as the hub told it. Told again, it is the same.
    static func keep(_ told: ToldRow, in database: Database) throws {
        let row = told.row
        try forget(row.id, in: database)
        guard row.value("removed") != true, row.value("archived") != true else { return }
        let fields = JSON.object(
            row.fields.keys.sorted().map { .init(key: $0, value: row.value($0) ?? .null) })
        let depot = try HubRows.depot(told.node, in: database)
        let number = fields["number"]?.string ?? ""
        let said = [
            number, fields["name"]?.string, fields["model"]?["name"]?.string, fields["maker"]?.string,
            fields["category"]?.string, fields["serial"]?.string, fields["holder"]?["person"]?["name"]?.string,
            fields["holder"]?["project"]?["name"]?.string, depot,
        ]
        try database.cachedStatement(
            sql: """
                INSERT INTO distant_asset (id, node, depot, number, sort, words, fields) VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            row.id, told.node, depot, number, Asset.sortKey(number),
            SearchText.folded(said.compactMap { $0 }.joined(separator: " ")), fields.text,
        ])
        for identifier in row.identifiers {
            try database.cachedStatement(sql: "INSERT OR IGNORE INTO distant_key (key, asset) VALUES (?, ?)")
                .execute(arguments: [identifier.lookupKey, row.id])
        }
    }
}

extension MergedRow {
    /// The codes of a piece of gear beside its number and its serial.
    var codes: [AssetIdentifier] {
        fields.keys.filter { $0.hasPrefix("identifier:") }.sorted().compactMap { value($0) }
            .compactMap(AssetIdentifier.init(_:))
    }

    /// All by which a piece of gear is known.
    fileprivate var identifiers: [AssetIdentifier] {
        let own = value("number")?.string.map { AssetIdentifier(.own, $0) }
        return [own, value("serial")?.string.map { AssetIdentifier(.serial, $0) }].compactMap { $0 } + codes
    }
}
