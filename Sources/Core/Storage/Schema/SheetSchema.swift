// What people, projects and pull sheets need beyond RegistrySchema.swift. A line that was served is named by facts of
// custody, so a line that is taken off a sheet stays as a row that is `archived` (SearchSchema.swift).

enum SheetSchema {
    static let sql = """
        CREATE INDEX badge_person ON badge (person);
        CREATE INDEX stock_out_person ON stock_out (person) WHERE person IS NOT NULL;
        CREATE INDEX custody_event_person ON custody_event (person, place) WHERE person IS NOT NULL;
        CREATE INDEX custody_event_extra ON custody_event (project) WHERE line IS NULL AND project IS NOT NULL;
        CREATE INDEX stock_event_line ON stock_event (line) WHERE line IS NOT NULL;
        CREATE INDEX project_starts ON project (starts, id);
        ALTER TABLE pull_line ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE pull_line ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;
        DROP INDEX pull_line_asset;
        CREATE UNIQUE INDEX pull_line_asset ON pull_line (asset, project) WHERE asset IS NOT NULL AND archived IS NULL;
        """
}
