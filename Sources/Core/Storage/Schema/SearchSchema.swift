// What finding needs of the schema: the text that is searched, the status that is filtered by, and the orders of
// lists. All of it follows from other rows and is kept true by triggers; a read at the door pays for status alone.
import GRDB

enum SearchSchema {
    static func apply(to database: Database) throws {
        try database.execute(sql: "DROP VIEW asset_row")
        try database.execute(sql: columns)
        try database.execute(sql: text)
        try database.execute(sql: names)
        try database.execute(sql: status)
        try database.execute(sql: views)
        try database.execute(sql: assetRow)
    }

    /// SQL of the status of the asset `row` names. The one place that says what a status is.
    static func status(of row: String) -> String {
        """
        CASE
          WHEN \(row).condition <> 'fit' THEN \(row).condition
          WHEN EXISTS (SELECT 1 FROM custody WHERE custody.asset = \(row).id) THEN 'in_use'
          WHEN EXISTS (
            SELECT 1 FROM pull_line JOIN project AS sheet ON sheet.id = pull_line.project
            WHERE pull_line.asset = \(row).id AND pull_line.archived IS NULL
              AND sheet.state = 'accepted' AND sheet.archived IS NULL) THEN 'reserved'
          ELSE 'available'
        END
        """
    }

    /// `docid` is the asset's whole number for the index of words: the rowid of a table without a whole-number key may
    /// change. The table is not built anew, because the triggers of its geometry name it.
    /// A line that was taken off its sheet is `archived` and reserves nothing.
    private static let columns = """
        ALTER TABLE pull_line ADD COLUMN archived INTEGER;
        ALTER TABLE asset DROP COLUMN search;
        ALTER TABLE asset ADD COLUMN docid INTEGER;
        ALTER TABLE asset ADD COLUMN name_sort TEXT NOT NULL DEFAULT '';
        ALTER TABLE asset ADD COLUMN status TEXT NOT NULL DEFAULT 'available' CHECK (
          status IN ('available', 'reserved', 'in_use', 'maintenance', 'damaged', 'lost', 'retired'));
        UPDATE asset SET docid = rowid, name_sort = sort_key(name), status = \(status(of: "asset"));
        CREATE UNIQUE INDEX asset_docid ON asset (docid);
        DROP INDEX asset_model;
        CREATE INDEX asset_model ON asset (model, sort, id);
        CREATE INDEX asset_name ON asset (name_sort, id);
        CREATE INDEX asset_updated ON asset (updated, id);
        CREATE INDEX asset_status ON asset (status, sort, id);
        CREATE INDEX asset_owner ON asset (owner) WHERE owner IS NOT NULL;
        CREATE INDEX asset_condition ON asset (condition) WHERE condition <> 'fit';
        CREATE INDEX asset_archived ON asset (archived) WHERE archived IS NOT NULL;
        CREATE INDEX custody_person ON custody (person) WHERE person IS NOT NULL;
        """

    /// The text is folded already, so the tokenizer has only to split it at spaces.
    private static let tokens = "tokenize = 'ascii', prefix = '1 2 3'"

    private static func gearText(_ condition: String) -> String {
        """
        SELECT asset.docid, gear_text(asset.number, asset.name, asset.serial, model.maker, model.name, asset.note,
          (SELECT group_concat(value, ' ') FROM identifier
           WHERE identifier.asset = asset.id AND value <> asset.number AND value IS NOT asset.serial))
        FROM asset JOIN model ON model.id = asset.model WHERE \(condition)
        """
    }

    private static func writeText(where condition: String) -> String {
        """
        INSERT INTO asset_text (docid, text) \(gearText(condition))
          ON CONFLICT (docid) DO UPDATE SET text = excluded.text WHERE text <> excluded.text;
        """
    }

    private static let text = """
        CREATE TABLE asset_text (docid INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
        CREATE VIRTUAL TABLE asset_search USING fts5 (
          text, content = 'asset_text', content_rowid = 'docid', columnsize = 0, \(tokens));
        CREATE TRIGGER asset_text_added AFTER INSERT ON asset_text BEGIN
          INSERT INTO asset_search (rowid, text) VALUES (NEW.docid, NEW.text);
        END;
        CREATE TRIGGER asset_text_changed AFTER UPDATE ON asset_text BEGIN
          INSERT INTO asset_search (asset_search, rowid, text) VALUES ('delete', OLD.docid, OLD.text);
          INSERT INTO asset_search (rowid, text) VALUES (NEW.docid, NEW.text);
        END;
        CREATE TRIGGER asset_text_removed AFTER DELETE ON asset_text BEGIN
          INSERT INTO asset_search (asset_search, rowid, text) VALUES ('delete', OLD.docid, OLD.text);
        END;
        INSERT INTO asset_text (docid, text) \(gearText("1"));
        CREATE TRIGGER asset_said AFTER UPDATE OF number, name, serial, note, model ON asset BEGIN
          \(writeText(where: "asset.id = NEW.id"))
        END;
        CREATE TRIGGER asset_removed AFTER DELETE ON asset BEGIN
          DELETE FROM asset_text WHERE docid = OLD.docid;
          UPDATE asset_tally SET count = count - 1 WHERE status = OLD.status AND OLD.archived IS NULL;
        END;
        CREATE TRIGGER identifier_added AFTER INSERT ON identifier
        WHEN NOT EXISTS (SELECT 1 FROM asset WHERE id = NEW.asset AND (number = NEW.value OR serial = NEW.value)) BEGIN
          \(writeText(where: "asset.id = NEW.asset"))
        END;
        CREATE TRIGGER identifier_removed AFTER DELETE ON identifier BEGIN
          \(writeText(where: "asset.id = OLD.asset"))
        END;
        CREATE TRIGGER model_said AFTER UPDATE OF name, maker ON model BEGIN
          \(writeText(where: "asset.model = NEW.id"))
        END;
        """

    /// Who may hold gear, by name: `kind` is `person` or `project`.
    private static let names = """
        CREATE VIRTUAL TABLE name_search USING fts5 (text, kind UNINDEXED, id UNINDEXED, columnsize = 0, \(tokens));
        """
        + ["person", "project"].map { table in
            """
            INSERT INTO name_search (text, kind, id) SELECT search_text(name), '\(table)', id FROM \(table);
            CREATE TRIGGER \(table)_named AFTER INSERT ON \(table) BEGIN
              INSERT INTO name_search (text, kind, id) VALUES (search_text(NEW.name), '\(table)', NEW.id);
            END;
            CREATE TRIGGER \(table)_renamed AFTER UPDATE OF name ON \(table) WHEN NEW.name <> OLD.name BEGIN
              UPDATE name_search SET text = search_text(NEW.name) WHERE id = NEW.id AND kind = '\(table)';
            END;
            CREATE TRIGGER \(table)_unnamed AFTER DELETE ON \(table) BEGIN
              DELETE FROM name_search WHERE id = OLD.id AND kind = '\(table)';
            END;
            """
        }.joined(separator: "\n")

    private static func writeStatus(where condition: String) -> String {
        "UPDATE asset SET status = \(status(of: "asset")) WHERE \(condition);"
    }

    /// Status follows from condition, custody and the sheets. `asset_tally` counts the gear in use by status.
    private static let status = """
        CREATE TABLE asset_tally (status TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO asset_tally (status, count) VALUES ('available', 0), ('reserved', 0), ('in_use', 0),
          ('maintenance', 0), ('damaged', 0), ('lost', 0), ('retired', 0);
        UPDATE asset_tally SET count =
          (SELECT count(*) FROM asset WHERE asset.status = asset_tally.status AND archived IS NULL);
        CREATE TRIGGER asset_added AFTER INSERT ON asset BEGIN
          UPDATE asset_tally SET count = count + 1 WHERE status = NEW.status AND NEW.archived IS NULL;
          UPDATE asset SET docid = (SELECT coalesce(max(docid), 0) + 1 FROM asset), name_sort = sort_key(NEW.name),
            status = \(status(of: "asset")) WHERE id = NEW.id;
          \(writeText(where: "asset.id = NEW.id"))
        END;
        CREATE TRIGGER asset_named AFTER UPDATE OF name ON asset WHEN NEW.name <> OLD.name BEGIN
          UPDATE asset SET name_sort = sort_key(NEW.name) WHERE id = NEW.id;
        END;
        CREATE TRIGGER asset_moved AFTER UPDATE OF status, archived ON asset
        WHEN OLD.status <> NEW.status OR (OLD.archived IS NULL) <> (NEW.archived IS NULL) BEGIN
          UPDATE asset_tally SET count = count - 1 WHERE status = OLD.status AND OLD.archived IS NULL;
          UPDATE asset_tally SET count = count + 1 WHERE status = NEW.status AND NEW.archived IS NULL;
        END;
        CREATE TRIGGER asset_found AFTER UPDATE OF condition ON asset WHEN NEW.condition <> OLD.condition BEGIN
          \(writeStatus(where: "id = NEW.id"))
        END;
        CREATE TRIGGER custody_given AFTER INSERT ON custody BEGIN
          \(writeStatus(where: "id = NEW.asset"))
        END;
        CREATE TRIGGER custody_ended AFTER DELETE ON custody BEGIN
          \(writeStatus(where: "id = OLD.asset"))
        END;
        CREATE TRIGGER pull_line_added AFTER INSERT ON pull_line WHEN NEW.asset IS NOT NULL BEGIN
          \(writeStatus(where: "id = NEW.asset"))
        END;
        CREATE TRIGGER pull_line_changed AFTER UPDATE OF asset, project, archived ON pull_line BEGIN
          \(writeStatus(where: "id IN (OLD.asset, NEW.asset)"))
        END;
        CREATE TRIGGER pull_line_removed AFTER DELETE ON pull_line WHEN OLD.asset IS NOT NULL BEGIN
          \(writeStatus(where: "id = OLD.asset"))
        END;
        CREATE TRIGGER project_decided AFTER UPDATE OF state, archived ON project
        WHEN NEW.state <> OLD.state OR (NEW.archived IS NULL) <> (OLD.archived IS NULL) BEGIN
          \(writeStatus(where: "id IN (SELECT asset FROM pull_line WHERE project = NEW.id)"))
        END;
        """

    /// What a list showed, kept under a name: `query` is the address's, without its question mark.
    private static let views = """
        CREATE TABLE saved_view (
          id TEXT PRIMARY KEY, page TEXT NOT NULL CHECK (page <> ''), name TEXT NOT NULL CHECK (name <> ''),
          query TEXT NOT NULL, person TEXT REFERENCES person, is_shared INTEGER NOT NULL DEFAULT 0
            CHECK (is_shared IN (0, 1)),
          version INTEGER NOT NULL DEFAULT 1, updated INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX saved_view_name
          ON saved_view (page, is_shared, iif(is_shared, '', coalesce(person, '')), name COLLATE NOCASE);
        """

    /// An asset with all that a list shows of it.
    private static let assetRow = """
        CREATE VIEW asset_row AS
        SELECT asset.*, model.name AS model_name, model.maker, model.category AS category_id,
          category.name AS category, model.picture, place.path AS place_path,
          custody.person AS holder, person.name AS holder_name,
          custody.project AS held_for, project.name AS held_for_name, custody.since AS held_since
        FROM asset JOIN model ON model.id = asset.model JOIN category ON category.id = model.category
        LEFT JOIN place ON place.id = asset.place
        LEFT JOIN custody ON custody.asset = asset.id
        LEFT JOIN person ON person.id = custody.person
        LEFT JOIN project ON project.id = custody.project;
        """
}
