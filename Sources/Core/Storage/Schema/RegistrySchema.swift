// The registry's part of the schema: what people enter, beside what the door does. Every table that people edit has a
// `version`, which is the ETag, and `archived`, because what was used is never deleted.
import GRDB

enum RegistrySchema {
    static func apply(to database: Database) throws {
        try database.execute(sql: "DROP VIEW asset_row")
        try database.execute(sql: places)
        try database.execute(sql: models)
        try database.execute(sql: assets)
        try database.execute(sql: people)
        try database.execute(sql: projects)
        try database.execute(sql: assetRow)
    }

    /// `path` is the names from the room down to the shelf, kept by PlaceBook. A category's `fields` are the custom
    /// fields of its gear. Pictures are named by their content.
    private static let places = """
        CREATE TABLE place (
          id TEXT PRIMARY KEY, parent TEXT REFERENCES place CHECK (parent <> id),
          name TEXT NOT NULL CHECK (name <> ''), path TEXT NOT NULL,
          archived INTEGER, version INTEGER NOT NULL DEFAULT 1, updated INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX place_name ON place (coalesce(parent, ''), name COLLATE NOCASE);
        CREATE TABLE category (
          id TEXT PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''),
          fields TEXT NOT NULL DEFAULT '[]' CHECK (json_type(fields) = 'array'),
          archived INTEGER, version INTEGER NOT NULL DEFAULT 1, updated INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX category_name ON category (name COLLATE NOCASE);
        CREATE TABLE picture (
          id TEXT PRIMARY KEY, type TEXT NOT NULL CHECK (type IN ('image/jpeg', 'image/png', 'image/webp')),
          bytes BLOB NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL
        ) STRICT;
        """

    /// A model is `serialised`, with an asset for each unit, or `counted`, where only the number matters. `cost` is
    /// apart because only managers may see it; its subject is an asset or a model.
    private static let models = """
        INSERT INTO category (id, name, updated)
          SELECT lower(hex(randomblob(16))), category, 0 FROM model GROUP BY category COLLATE NOCASE;
        CREATE TABLE new_model (
          id TEXT PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''), maker TEXT,
          category TEXT NOT NULL REFERENCES category,
          counting TEXT NOT NULL DEFAULT 'serialised' CHECK (counting IN ('serialised', 'counted')),
          specifications TEXT, weight_grams INTEGER CHECK (weight_grams >= 0), picture TEXT REFERENCES picture,
          archived INTEGER, version INTEGER NOT NULL DEFAULT 1, updated INTEGER NOT NULL
        ) STRICT;
        INSERT INTO new_model (id, name, maker, category, updated)
          SELECT model.id, model.name, maker, category.id, 0
          FROM model JOIN category ON category.name = model.category COLLATE NOCASE;
        DROP TABLE model;
        ALTER TABLE new_model RENAME TO model;
        CREATE INDEX model_category ON model (category);
        CREATE INDEX model_name ON model (name COLLATE NOCASE, id);
        CREATE TABLE accessory (
          model TEXT NOT NULL REFERENCES model, accessory TEXT NOT NULL REFERENCES model,
          quantity INTEGER NOT NULL CHECK (quantity > 0), PRIMARY KEY (model, accessory), CHECK (model <> accessory)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE cost (
          id TEXT PRIMARY KEY, value_cents INTEGER CHECK (value_cents >= 0),
          price_cents INTEGER CHECK (price_cents >= 0), bought_on TEXT, supplier TEXT,
          version INTEGER NOT NULL DEFAULT 1, updated INTEGER NOT NULL
        ) STRICT;
        """

    /// Homes, which were text, become places.
    private static let assets = """
        INSERT INTO place (id, name, path, updated)
          SELECT lower(hex(randomblob(16))), home, home, 0 FROM asset WHERE home <> '' GROUP BY home COLLATE NOCASE;
        ALTER TABLE asset ADD COLUMN place TEXT REFERENCES place;
        UPDATE asset SET place = (SELECT id FROM place WHERE name = asset.home COLLATE NOCASE);
        ALTER TABLE asset DROP COLUMN home;
        ALTER TABLE asset ADD COLUMN owner TEXT;
        ALTER TABLE asset ADD COLUMN custom TEXT NOT NULL DEFAULT '{}' CHECK (json_type(custom) = 'object');
        ALTER TABLE asset ADD COLUMN archived INTEGER;
        CREATE INDEX asset_place ON asset (place) WHERE place IS NOT NULL;
        """

    private static let people = """
        ALTER TABLE person ADD COLUMN email TEXT;
        ALTER TABLE person ADD COLUMN phone TEXT;
        ALTER TABLE person ADD COLUMN language TEXT;
        ALTER TABLE person ADD COLUMN avatar TEXT REFERENCES picture;
        ALTER TABLE person ADD COLUMN note TEXT;
        ALTER TABLE person ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE person ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;
        """

    /// A template is a project that nothing goes out for. `section` groups a sheet's lines.
    private static let projects = """
        ALTER TABLE project ADD COLUMN place TEXT;
        ALTER TABLE project ADD COLUMN note TEXT;
        ALTER TABLE project ADD COLUMN is_template INTEGER NOT NULL DEFAULT 0 CHECK (is_template IN (0, 1));
        ALTER TABLE project ADD COLUMN archived INTEGER;
        ALTER TABLE project ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE project ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE project_person (
          project TEXT NOT NULL REFERENCES project, person TEXT NOT NULL REFERENCES person, part TEXT,
          PRIMARY KEY (project, person)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX project_person_person ON project_person (person);
        ALTER TABLE pull_line ADD COLUMN section TEXT;
        CREATE INDEX custody_event_line ON custody_event (line) WHERE line IS NOT NULL;
        """

    private static let assetRow = """
        CREATE VIEW asset_row AS
        SELECT asset.*, model.name AS model_name, model.maker, model.category AS category_id,
          category.name AS category, model.picture, place.path AS place_path,
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
        FROM asset JOIN model ON model.id = asset.model JOIN category ON category.id = model.category
        LEFT JOIN place ON place.id = asset.place
        LEFT JOIN custody ON custody.asset = asset.id
        LEFT JOIN person ON person.id = custody.person
        LEFT JOIN project ON project.id = custody.project;
        """
}
