// Stock that is counted and not told apart, such as cables: how much there is, where it went, and the codes on its
// shelves. `stock_event` is the fact and is never edited; `stock_out` is what the events add up to.
import GRDB

enum StockSchema {
    static func apply(to database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE stock (
                  id TEXT PRIMARY KEY REFERENCES model, total INTEGER NOT NULL DEFAULT 0 CHECK (total >= 0),
                  place TEXT REFERENCES place, version INTEGER NOT NULL DEFAULT 1, updated INTEGER NOT NULL
                ) STRICT;
                CREATE TABLE stock_event (
                  place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, model TEXT NOT NULL REFERENCES model,
                  kind TEXT NOT NULL CHECK (kind IN ('out', 'in', 'undone')), quantity INTEGER NOT NULL CHECK (quantity > 0),
                  person TEXT REFERENCES person, project TEXT REFERENCES project, line TEXT REFERENCES pull_line,
                  door TEXT REFERENCES door, scan TEXT REFERENCES scan (id), actor TEXT REFERENCES person,
                  at INTEGER NOT NULL, undoes TEXT UNIQUE REFERENCES stock_event (id)
                ) STRICT;
                CREATE INDEX stock_event_model ON stock_event (model, place);
                CREATE INDEX stock_event_scan ON stock_event (scan) WHERE scan IS NOT NULL;
                CREATE TABLE stock_out (
                  id INTEGER PRIMARY KEY, model TEXT NOT NULL REFERENCES model, person TEXT REFERENCES person,
                  project TEXT REFERENCES project, line TEXT REFERENCES pull_line,
                  quantity INTEGER NOT NULL CHECK (quantity > 0), since INTEGER NOT NULL
                ) STRICT;
                CREATE UNIQUE INDEX stock_out_holder ON stock_out
                  (model, coalesce(project, ''), coalesce(person, ''), coalesce(line, ''));
                CREATE INDEX stock_out_line ON stock_out (line) WHERE line IS NOT NULL;
                CREATE INDEX stock_out_project ON stock_out (project) WHERE project IS NOT NULL;
                CREATE TABLE model_code (
                  key TEXT PRIMARY KEY, model TEXT NOT NULL REFERENCES model, scheme TEXT NOT NULL,
                  value TEXT NOT NULL CHECK (value <> '')
                ) STRICT;
                CREATE INDEX model_code_model ON model_code (model);
                """)
    }
}
