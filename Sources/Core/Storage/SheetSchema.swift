// What people, projects and pull sheets need beyond RegistrySchema.swift. A line that was served is named by facts of
// custody, so a line that is taken off a sheet stays as a row that is `archived`, and reserves nothing.

enum SheetSchema {
    static let sql = """
        CREATE INDEX badge_person ON badge (person);
        CREATE INDEX custody_person ON custody (person) WHERE person IS NOT NULL;
        CREATE INDEX stock_out_person ON stock_out (person) WHERE person IS NOT NULL;
        CREATE INDEX custody_event_person ON custody_event (person, place) WHERE person IS NOT NULL;
        CREATE INDEX custody_event_extra ON custody_event (project) WHERE line IS NULL AND project IS NOT NULL;
        CREATE INDEX stock_event_line ON stock_event (line) WHERE line IS NOT NULL;
        CREATE INDEX project_starts ON project (starts, id);
        ALTER TABLE pull_line ADD COLUMN archived INTEGER;
        ALTER TABLE pull_line ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE pull_line ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;
        DROP VIEW asset_row;
        DROP INDEX pull_line_asset;
        CREATE UNIQUE INDEX pull_line_asset ON pull_line (asset, project) WHERE asset IS NOT NULL AND archived IS NULL;
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
              WHERE pull_line.asset = asset.id AND pull_line.archived IS NULL AND sheet.state = 'accepted'
                AND sheet.archived IS NULL) THEN 'reserved'
            ELSE 'available'
          END AS status
        FROM asset JOIN model ON model.id = asset.model JOIN category ON category.id = model.category
        LEFT JOIN place ON place.id = asset.place
        LEFT JOIN custody ON custody.asset = asset.id
        LEFT JOIN person ON person.id = custody.person
        LEFT JOIN project ON project.id = custody.project;
        """
}
