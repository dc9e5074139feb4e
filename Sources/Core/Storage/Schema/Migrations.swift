// The schema's history. A migration that was shipped is never edited: the next change is a new one. Rules that must
// hold are in the schema itself: CHECK, NOT NULL, foreign keys and unique indexes.
import GRDB

enum Migrations {
    /// Brings the file up to date. Before a file that holds something is changed, a copy goes to `snapshots` beside it.
    ///
    /// - Parameter path: the file's; nil for one that has no folder.
    static func migrate(_ writer: DatabaseQueue, path: String?) throws {
        let migrator = migrator
        let done = try writer.read { try migrator.appliedIdentifiers($0) }
        if let path, !done.isEmpty, let next = migrator.migrations.first(where: { !done.contains($0) }) {
            try Snapshots(beside: path).take(of: writer, before: next)
        }
        try migrator.migrate(writer)
    }

    /// The names of all migrations this version knows.
    static var names: [String] { migrator.migrations }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 log") { try $0.execute(sql: log) }
        migrator.registerMigration("2 depot") { database in
            try database.execute(sql: "SELECT InitSpatialMetaData('WGS84_ONLY')")
            try database.execute(sql: depot)
            try database.execute(sql: gear)
            try database.execute(sql: positions)
        }
        migrator.registerMigration("3 projects and custody") { database in
            try database.execute(sql: projects)
            try database.execute(sql: custody)
            try database.execute(sql: assetRow)
        }
        migrator.registerMigration("4 door") { try $0.execute(sql: door) }
        migrator.registerMigration("5 epochs") { try $0.execute(sql: epochs) }
        migrator.registerMigration("6 registry") { try RegistrySchema.apply(to: $0) }
        migrator.registerMigration("7 search") { try SearchSchema.apply(to: $0) }
        migrator.registerMigration("8 batches") { try $0.execute(sql: BatchSchema.sql) }
        migrator.registerMigration("9 stock") { try StockSchema.apply(to: $0) }
        migrator.registerMigration("10 people and pull sheets") { try $0.execute(sql: SheetSchema.sql) }
        migrator.registerMigration("11 gear in lists") { try $0.execute(sql: gearInLists) }
        migrator.registerMigration("12 text of gear") { try GearText.apply(to: $0) }
        migrator.registerMigration("13 passphrases") { try $0.execute(sql: passphrases) }
        migrator.registerMigration("14 finding") { try $0.execute(sql: FindingIndexes.sql) }
        migrator.registerMigration("15 unused pictures") { try $0.execute(sql: PictureSweep.schema) }
        migrator.registerMigration("16 audit") { try $0.execute(sql: audit) }
        migrator.registerMigration("17 chat") { try $0.execute(sql: RoomSchema.sql + MessageFiles.schema) }
        migrator.registerMigration("23 fewer pages a scan") { try $0.execute(sql: fewerPages) }
        migrator.registerMigration("26 upstream") { try $0.execute(sql: UpstreamSchema.sql + DistantGear.schema) }
        migrator.registerMigration("28 labels") { try $0.execute(sql: LabelSchema.sql) }
        migrator.registerMigration("29 pictures at the hub") { try $0.execute(sql: PictureFreight.schema) }
        migrator.registerMigration("30 merging") { try $0.execute(sql: MergeSchema.sql) }
        migrator.registerMigration("32 fewer looks") { try $0.execute(sql: GearSchema.sql) }
        migrator.registerMigration("33 holders found") { try $0.execute(sql: FindingIndexes.holders) }
        return migrator
    }

    /// An index by piece of gear has its entries all over the file: each scan wrote a page of three of them. The log's knows
    /// no movements now, which `custody_event` has; the journal's is gone, which only served a reference: a read stays as
    /// it was made, also when the piece is unmade later.
    private static let fewerPages = """
        DROP INDEX change_subject;
        CREATE INDEX change_subject ON change (topic, subject, seq) WHERE kind <> 'custody';
        CREATE TABLE new_scan (
          place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE, door TEXT NOT NULL REFERENCES door,
          reader TEXT, raw BLOB NOT NULL, symbology TEXT, code TEXT NOT NULL,
          at INTEGER NOT NULL, boot TEXT NOT NULL, monotonic INTEGER NOT NULL,
          asset TEXT, repeats TEXT REFERENCES scan (id), outcome TEXT, action TEXT, body TEXT,
          event TEXT REFERENCES custody_event (id), condition_before TEXT, undone INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        INSERT INTO new_scan SELECT * FROM scan;
        DROP TABLE scan;
        ALTER TABLE new_scan RENAME TO scan;
        CREATE INDEX scan_door ON scan (door, place);
        """

    /// What was logged stays as it was logged. `address` is where the request came from.
    private static let audit = """
        ALTER TABLE change ADD COLUMN address TEXT;
        CREATE TRIGGER change_is_final BEFORE UPDATE ON change
        BEGIN SELECT RAISE(ABORT, 'a Change is never edited'); END;
        CREATE TRIGGER change_is_kept BEFORE DELETE ON change
        BEGIN SELECT RAISE(ABORT, 'a Change is never removed'); END;
        """

    /// Lists of models and places count the gear that is not archived: by these alone, without reading it.
    private static let gearInLists = """
        CREATE INDEX asset_units ON asset (model, archived, status);
        CREATE INDEX asset_homes ON asset (place, archived) WHERE place IS NOT NULL;
        """

    private static let passphrases = """
        CREATE TABLE passphrase (
          person TEXT PRIMARY KEY REFERENCES person, hash TEXT NOT NULL, since INTEGER NOT NULL
        ) STRICT;
        """

    /// `machine` is a digest of the machine that wrote last. `epoch` says when each life of the log began, after which
    /// `seq`, and why.
    private static let epochs = """
        ALTER TABLE node ADD COLUMN machine TEXT;
        CREATE TABLE epoch (
          epoch TEXT PRIMARY KEY, reason TEXT NOT NULL CHECK (reason IN ('founded', 'restored', 'moved')),
          at INTEGER NOT NULL, after INTEGER NOT NULL
        ) STRICT;
        """

    /// `body` is JSON text, stored and sent verbatim. `hlc` is a hybrid time; every other time is Unix milliseconds.
    private static let log = """
        CREATE TABLE node (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          node TEXT NOT NULL, epoch TEXT NOT NULL, hlc INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE change (
          seq INTEGER PRIMARY KEY,
          epoch TEXT NOT NULL, node TEXT NOT NULL, n INTEGER NOT NULL,
          hlc INTEGER NOT NULL, boot TEXT NOT NULL, monotonic INTEGER NOT NULL,
          actor TEXT, device TEXT, topic TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
          body TEXT NOT NULL CHECK (json_valid(body)), hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        CREATE UNIQUE INDEX change_identity ON change (node, epoch, n);
        CREATE INDEX change_subject ON change (topic, subject, seq);
        """

    private static let depot = """
        CREATE TABLE organisation (id TEXT PRIMARY KEY, name TEXT NOT NULL CHECK (name <> '')) STRICT;
        CREATE TABLE depot (
          id TEXT PRIMARY KEY, organisation TEXT NOT NULL REFERENCES organisation, name TEXT NOT NULL CHECK (name <> '')
        );
        CREATE TABLE person (
          id TEXT PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''),
          role TEXT NOT NULL CHECK (role IN ('crew', 'manager', 'admin')),
          active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1))
        ) STRICT;
        CREATE TABLE badge (
          key TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person
        ) STRICT;
        CREATE TABLE credential (person TEXT PRIMARY KEY REFERENCES person, pin_hash TEXT NOT NULL) STRICT;
        """

    private static let gear = """
        CREATE TABLE model (
          id TEXT PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''), maker TEXT, category TEXT NOT NULL
        ) STRICT;
        CREATE TABLE asset (
          id TEXT PRIMARY KEY, number TEXT NOT NULL CHECK (number <> ''), sort TEXT NOT NULL,
          name TEXT NOT NULL, model TEXT NOT NULL REFERENCES model, serial TEXT, home TEXT,
          condition TEXT NOT NULL DEFAULT 'fit'
            CHECK (condition IN ('fit', 'maintenance', 'damaged', 'lost', 'retired')),
          note TEXT, search TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 1, updated INTEGER NOT NULL
        );
        CREATE UNIQUE INDEX asset_number ON asset (number COLLATE NOCASE);
        CREATE UNIQUE INDEX asset_sort ON asset (sort, id);
        CREATE INDEX asset_model ON asset (model);
        CREATE TABLE identifier (
          key TEXT PRIMARY KEY, asset TEXT NOT NULL REFERENCES asset,
          scheme TEXT NOT NULL, value TEXT NOT NULL CHECK (value <> '')
        ) STRICT;
        CREATE INDEX identifier_asset ON identifier (asset);
        """

    /// WGS 84 longitude and latitude, with spatial indexes.
    private static let positions = """
        SELECT AddGeometryColumn('depot', 'position', 4326, 'POINT', 'XY');
        SELECT CreateSpatialIndex('depot', 'position');
        SELECT AddGeometryColumn('asset', 'home_position', 4326, 'POINT', 'XY');
        SELECT CreateSpatialIndex('asset', 'home_position');
        """

    private static let projects = """
        CREATE TABLE project (
          id TEXT PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''),
          state TEXT NOT NULL CHECK (state IN ('planned', 'accepted', 'closed')),
          starts INTEGER NOT NULL, ends INTEGER NOT NULL CHECK (ends >= starts)
        ) STRICT;
        CREATE TABLE pull_line (
          id TEXT PRIMARY KEY, project TEXT NOT NULL REFERENCES project,
          asset TEXT REFERENCES asset, model TEXT REFERENCES model,
          quantity INTEGER NOT NULL CHECK (quantity > 0), note TEXT, rank INTEGER NOT NULL,
          CHECK ((asset IS NULL) <> (model IS NULL)), CHECK (asset IS NULL OR quantity = 1)
        ) STRICT;
        CREATE INDEX pull_line_project ON pull_line (project, rank);
        CREATE UNIQUE INDEX pull_line_asset ON pull_line (asset, project) WHERE asset IS NOT NULL;
        CREATE INDEX pull_line_model ON pull_line (model) WHERE model IS NOT NULL;
        """

    /// `custody_event` is the fact and is never edited; `custody` is who holds the asset now, derived from it.
    private static let custody = """
        CREATE TABLE custody_event (
          place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, asset TEXT NOT NULL REFERENCES asset,
          kind TEXT NOT NULL CHECK (kind IN ('out', 'in', 'transfer', 'undone')),
          person TEXT REFERENCES person, project TEXT REFERENCES project, line TEXT REFERENCES pull_line,
          door TEXT, scan TEXT, actor TEXT REFERENCES person, at INTEGER NOT NULL,
          undoes TEXT UNIQUE REFERENCES custody_event (id)
        ) STRICT;
        CREATE INDEX custody_event_asset ON custody_event (asset, place);
        CREATE TABLE custody (
          asset TEXT PRIMARY KEY REFERENCES asset, person TEXT REFERENCES person, project TEXT REFERENCES project,
          line TEXT REFERENCES pull_line, since INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX custody_line ON custody (line) WHERE line IS NOT NULL;
        CREATE INDEX custody_project ON custody (project) WHERE project IS NOT NULL;
        """

    /// An asset with all that a list shows of it. `status` is derived here and nowhere else.
    private static let assetRow = """
        CREATE VIEW asset_row AS
        SELECT asset.*, model.name AS model_name, model.maker, model.category,
          custody.person AS holder, person.name AS holder_name,
          custody.project AS held_for, project.name AS held_for_name, custody.since AS held_since,
          CASE
            WHEN asset.condition <> 'fit' THEN asset.condition
            WHEN custody.asset IS NOT NULL THEN 'in_use'
            WHEN EXISTS (
              SELECT 1 FROM pull_line JOIN project AS sheet ON sheet.id = pull_line.project
              WHERE pull_line.asset = asset.id AND sheet.state = 'accepted') THEN 'reserved'
            ELSE 'available'
          END AS status
        FROM asset JOIN model ON model.id = asset.model
        LEFT JOIN custody ON custody.asset = asset.id
        LEFT JOIN person ON person.id = custody.person
        LEFT JOIN project ON project.id = custody.project;
        """

    /// `scan` is the journal: a read is here before anybody decided about it. `outcome` is null until then. `event`
    /// and `condition_before` are what an undo needs.
    private static let door = """
        CREATE TABLE door (
          id TEXT PRIMARY KEY, rank INTEGER NOT NULL UNIQUE, depot TEXT NOT NULL REFERENCES depot,
          name TEXT NOT NULL CHECK (name <> ''),
          direction TEXT NOT NULL CHECK (direction IN ('out', 'in', 'both')),
          acting_minutes INTEGER NOT NULL CHECK (acting_minutes BETWEEN 1 AND 480),
          project TEXT REFERENCES project, actor TEXT REFERENCES person, acting_until INTEGER
        ) STRICT;
        CREATE TABLE scan (
          place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE, door TEXT NOT NULL REFERENCES door,
          reader TEXT, raw BLOB NOT NULL, symbology TEXT, code TEXT NOT NULL,
          at INTEGER NOT NULL, boot TEXT NOT NULL, monotonic INTEGER NOT NULL,
          asset TEXT REFERENCES asset, repeats TEXT REFERENCES scan (id), outcome TEXT, action TEXT, body TEXT,
          event TEXT REFERENCES custody_event (id), condition_before TEXT, undone INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX scan_door ON scan (door, place);
        CREATE INDEX scan_asset ON scan (asset, place) WHERE asset IS NOT NULL;
        CREATE TABLE unknown_tag (
          id TEXT PRIMARY KEY, key TEXT NOT NULL, code TEXT NOT NULL, symbology TEXT,
          state TEXT NOT NULL CHECK (state IN ('waiting', 'linked', 'dismissed')),
          count INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
          scan TEXT NOT NULL REFERENCES scan (id), door TEXT NOT NULL REFERENCES door,
          direction TEXT NOT NULL, actor TEXT REFERENCES person, project TEXT REFERENCES project,
          asset TEXT REFERENCES asset
        ) STRICT;
        CREATE UNIQUE INDEX unknown_tag_waiting ON unknown_tag (key) WHERE state = 'waiting';
        CREATE INDEX unknown_tag_state ON unknown_tag (state, last_at);
        """
}
