// Printers, designs, and the labels that were asked for. A label is in the file before anything is sent, and what became
// of it is written as soon as it is known: what a death leaves as `printing` may or may not lie in the tray.

enum LabelSchema {
    /// `place` orders jobs. `layout` is the design as it was when it was asked for; `content` of an item is what the label
    /// says. An item is `sent` where the printer does not say whether it printed, `unsure` where nobody can know.
    static let sql = """
        CREATE TABLE printer (
          id TEXT PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''), address TEXT NOT NULL CHECK (address <> ''),
          media TEXT NOT NULL, resolution INTEGER NOT NULL DEFAULT 203 CHECK (resolution BETWEEN 100 AND 1200),
          offset_x REAL NOT NULL DEFAULT 0 CHECK (abs(offset_x) <= 20),
          offset_y REAL NOT NULL DEFAULT 0 CHECK (abs(offset_y) <= 20),
          payload TEXT NOT NULL DEFAULT 'opaque' CHECK (payload IN ('opaque', 'address', 'number', 'gs1')),
          base TEXT, door TEXT REFERENCES door, logo TEXT REFERENCES picture,
          archived INTEGER, version INTEGER NOT NULL DEFAULT 1, updated INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX printer_name ON printer (name COLLATE NOCASE) WHERE archived IS NULL;
        CREATE TABLE label_design (
          id TEXT PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''), use TEXT NOT NULL,
          width REAL NOT NULL CHECK (width > 0), height REAL NOT NULL CHECK (height > 0),
          elements TEXT NOT NULL CHECK (json_type(elements) = 'array'),
          archived INTEGER, version INTEGER NOT NULL DEFAULT 1, updated INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX label_design_name ON label_design (name COLLATE NOCASE) WHERE archived IS NULL;
        CREATE TABLE label_job (
          place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, printer TEXT NOT NULL REFERENCES printer,
          media TEXT NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL
            CHECK (state IN ('printing', 'paused', 'done', 'cancelled')),
          first INTEGER NOT NULL DEFAULT 0 CHECK (first >= 0), total INTEGER NOT NULL CHECK (total > 0),
          trouble TEXT, person TEXT, device TEXT, at INTEGER NOT NULL, key TEXT UNIQUE
        ) STRICT;
        CREATE INDEX label_job_open ON label_job (printer, place) WHERE state = 'printing';
        CREATE TABLE label_item (
          job TEXT NOT NULL REFERENCES label_job (id), n INTEGER NOT NULL CHECK (n > 0),
          kind TEXT NOT NULL, subject TEXT, name TEXT NOT NULL,
          layout TEXT NOT NULL CHECK (json_type(layout) = 'object'),
          content TEXT NOT NULL CHECK (json_type(content) = 'object'),
          state TEXT NOT NULL DEFAULT 'waiting'
            CHECK (state IN ('waiting', 'printing', 'printed', 'sent', 'unsure', 'failed', 'cancelled')),
          ticket INTEGER, trouble TEXT, at INTEGER, matched INTEGER,
          PRIMARY KEY (job, n)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX label_item_open ON label_item (state, job) WHERE state IN ('waiting', 'printing');
        CREATE INDEX label_item_subject ON label_item (subject) WHERE subject IS NOT NULL;
        """
}
