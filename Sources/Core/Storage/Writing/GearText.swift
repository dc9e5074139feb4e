// The text that gear is searched by, written at the end of each group of writes. FTS5 writes what it holds to the file
// at every savepoint, and each operation and each statement with triggers is one: written by triggers, a piece of gear
// costs twice as much. So triggers only note whose text is due, and a group writes them all at once.
import GRDB

enum GearText {
    /// Most texts of one group, so that it stays short. What is left is written by groups of its own.
    static let countMax = 100

    /// Pieces of gear have no places of their own on the map: what SpatiaLite does at each write of its geometry was a
    /// third of what the write cost.
    static func apply(to database: Database) throws {
        for sql in [
            "SELECT DisableSpatialIndex('asset', 'home_position')",
            "SELECT DiscardGeometryColumn('asset', 'home_position')",
        ] {
            _ = try Row.fetchOne(database, sql: sql)
        }
        // A migration runs without foreign keys, by which these would go too.
        for table in ["auth", "field_infos", "statistics", "time"] {
            try database.execute(sql: "DELETE FROM geometry_columns_\(table) WHERE f_table_name = 'asset'")
        }
        try database.execute(sql: "DROP TABLE idx_asset_home_position")
        try database.execute(sql: "ALTER TABLE asset DROP COLUMN home_position")
        for trigger in [
            "asset_text_added", "asset_text_changed", "asset_text_removed", "asset_said", "asset_removed",
            "asset_added", "identifier_added", "identifier_removed", "model_said",
        ] {
            try database.execute(sql: "DROP TRIGGER \(trigger)")
        }
        // Places are found by `asset_homes` as well.
        try database.execute(sql: "DROP INDEX asset_place")
        try database.execute(sql: "INSERT INTO asset_search (asset_search, rank) VALUES ('automerge', 0)")
        try database.execute(sql: due + identifierDue)
        try database.execute(sql: gear)
        try database.execute(sql: assetRow)
    }

    /// An asset with all that a list shows of it, in the order of ``Asset/Column``, and its whole number.
    private static let assetRow = """
        DROP VIEW asset_row;
        CREATE VIEW asset_row AS
        SELECT asset.id, number, asset.name, model, model.name AS model_name, model.maker, category.name AS category,
          serial, condition, status, asset.note, asset.place, place.path AS place_path, owner, custom, asset.archived,
          model.picture, asset.version, asset.updated, sort,
          custody.person AS holder, person.name AS holder_name,
          custody.project AS held_for, project.name AS held_for_name, custody.since AS held_since, docid
        FROM asset JOIN model ON model.id = asset.model JOIN category ON category.id = model.category
        LEFT JOIN place ON place.id = asset.place
        LEFT JOIN custody ON custody.asset = asset.id
        LEFT JOIN person ON person.id = custody.person
        LEFT JOIN project ON project.id = custody.project;
        """

    private static let due = """
        CREATE TABLE text_due (docid INTEGER PRIMARY KEY) STRICT;
        CREATE TRIGGER asset_said AFTER UPDATE OF number, name, serial, note, model ON asset
        WHEN NEW.number <> OLD.number OR NEW.name <> OLD.name OR NEW.serial IS NOT OLD.serial
          OR NEW.note IS NOT OLD.note OR NEW.model <> OLD.model BEGIN
          INSERT OR IGNORE INTO text_due (docid) VALUES (NEW.docid);
        END;
        CREATE TRIGGER model_said AFTER UPDATE OF name, maker ON model
        WHEN NEW.name <> OLD.name OR NEW.maker IS NOT OLD.maker BEGIN
          INSERT OR IGNORE INTO text_due (docid) SELECT docid FROM asset WHERE model = NEW.id;
        END;
        """

    /// Notes whose text is due when a code comes or goes.
    static let identifierDue = """
        CREATE TRIGGER identifier_added AFTER INSERT ON identifier BEGIN
          INSERT OR IGNORE INTO text_due (docid) SELECT docid FROM asset WHERE id = NEW.asset;
        END;
        CREATE TRIGGER identifier_removed AFTER DELETE ON identifier BEGIN
          INSERT OR IGNORE INTO text_due (docid) SELECT docid FROM asset WHERE id = OLD.asset;
        END;
        """

    /// New gear comes with its `docid`, `name_sort` and status: ``Asset/derived(from:in:)``.
    private static let gear = """
        CREATE TRIGGER asset_added AFTER INSERT ON asset BEGIN
          UPDATE asset_tally SET count = count + 1 WHERE status = NEW.status AND NEW.archived IS NULL;
          INSERT OR IGNORE INTO text_due (docid) VALUES (NEW.docid);
        END;
        CREATE TRIGGER asset_removed AFTER DELETE ON asset BEGIN
          UPDATE asset_tally SET count = count - 1 WHERE status = OLD.status AND OLD.archived IS NULL;
          INSERT OR IGNORE INTO text_due (docid) VALUES (OLD.docid);
        END;
        """

    /// Writes the texts that are due, at most ``countMax``.
    ///
    /// - Parameter mergesIndex: puts some of the index's segments together, which costs about as much again. Left to
    ///   itself FTS5 does it in bursts of 20 ms.
    /// - Returns: whether some are left.
    static func settle(in database: Database, mergesIndex: Bool) throws -> Bool {
        let statement = try database.cachedStatement(sql: "SELECT docid FROM text_due ORDER BY docid LIMIT \(countMax)")
        let due = try Int64.fetchAll(statement)
        guard let last = due.last else { return false }
        for sql in settling { try database.cachedStatement(sql: sql).execute(arguments: [last]) }
        if mergesIndex { try database.cachedStatement(sql: merging).execute() }
        return due.count == countMax
    }

    /// - Source: sqlite.org/fts5.html, sections 6.1 (automerge) and 6.7 (merge): the number is of index pages.
    private static let merging = "INSERT INTO asset_search (asset_search, rank) VALUES ('merge', 48)"

    private static let settling: [String] = {
        let those = "IN (SELECT docid FROM text_due WHERE docid <= ?1)"
        return [
            """
            INSERT INTO asset_search (asset_search, rowid, text)
            SELECT 'delete', docid, text FROM asset_text WHERE docid \(those)
            """,
            "DELETE FROM asset_text WHERE docid \(those)",
            """
            INSERT INTO asset_text (docid, text)
            SELECT asset.docid, gear_text(asset.number, asset.name, asset.serial, model.maker, model.name, asset.note,
              (SELECT group_concat(value, ' ') FROM identifier
               WHERE identifier.asset = asset.id AND value <> asset.number AND value IS NOT asset.serial))
            FROM asset JOIN model ON model.id = asset.model WHERE asset.docid \(those)
            """,
            "INSERT INTO asset_search (rowid, text) SELECT docid, text FROM asset_text WHERE docid \(those)",
            "DELETE FROM text_due WHERE docid <= ?1",
        ]
    }()
}
