// What merging keeps in the depot's file. Everything that was told before is told once more, because the rows of before did
// not say who had seen what.
import GRDB

enum MergeSchema {
    static let sql =
        HubRows.schema + DistantGear.keySchema + ConflictBook.schema + """
            UPDATE upstream SET hub_epoch = '', hub_pos = 0, hub_mark = '';
            ALTER TABLE asset ADD COLUMN depot TEXT;
            DROP VIEW asset_row;
            CREATE VIEW asset_row AS
            SELECT asset.id, number, asset.name, model, model.name AS model_name, model.maker, category.name AS category,
              serial, condition, status, asset.note, asset.place, place.path AS place_path, owner, custom,
              asset.archived, model.picture, asset.depot, asset.version, asset.updated, sort,
              custody.person AS holder, person.name AS holder_name,
              custody.project AS held_for, project.name AS held_for_name, custody.since AS held_since, docid
            FROM asset JOIN model ON model.id = asset.model JOIN category ON category.id = model.category
            LEFT JOIN place ON place.id = asset.place
            LEFT JOIN custody ON custody.asset = asset.id
            LEFT JOIN person ON person.id = custody.person
            LEFT JOIN project ON project.id = custody.project;
            """
}
