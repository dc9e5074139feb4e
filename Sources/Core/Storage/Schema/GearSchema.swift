// Migration 32: what makes a piece of gear dear to write. Identifiers lie in the order of their keys, so that a new one is written
// once instead of in a table and its index; and a row says itself whether what it refers to is archived.

enum GearSchema {
    static let sql = identifiers + GearText.identifierDue + row

    private static let identifiers = """
        CREATE TEMP TABLE kept AS SELECT key, asset, scheme, value FROM identifier;
        DROP TABLE identifier;
        CREATE TABLE identifier (
          key TEXT PRIMARY KEY, asset TEXT NOT NULL REFERENCES asset,
          scheme TEXT NOT NULL, value TEXT NOT NULL CHECK (value <> '')
        ) STRICT, WITHOUT ROWID;
        INSERT INTO identifier SELECT key, asset, scheme, value FROM kept ORDER BY key;
        DROP TABLE kept;
        CREATE INDEX identifier_asset ON identifier (asset);
        """

    /// Begins with the columns of ``Asset/Column``, in order.
    private static let row = """
        DROP VIEW asset_row;
        CREATE VIEW asset_row AS
        SELECT asset.id, number, asset.name, model, model.name AS model_name, model.maker, category.name AS category,
          serial, condition, status, asset.note, asset.place, place.path AS place_path, owner, custom,
          asset.archived, model.picture, asset.depot, asset.version, asset.updated, sort,
          custody.person AS holder, person.name AS holder_name,
          custody.project AS held_for, project.name AS held_for_name, custody.since AS held_since,
          model.archived IS NOT NULL AS model_archived, place.archived IS NOT NULL AS place_archived,
          category.fields <> '[]' AS has_fields, docid
        FROM asset JOIN model ON model.id = asset.model JOIN category ON category.id = model.category
        LEFT JOIN place ON place.id = asset.place
        LEFT JOIN custody ON custody.asset = asset.id
        LEFT JOIN person ON person.id = custody.person
        LEFT JOIN project ON project.id = custody.project;
        """
}
