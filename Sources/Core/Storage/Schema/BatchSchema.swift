// What belongs together of the log: the batches of BatchBook.swift, and the stretches of Changes that each made.

enum BatchSchema {
    /// `state` is `running` while it is carried out, `reverting` while what was done of it is taken back, `reverted`
    /// when nothing of it stands, `undone` when a later batch took it back. `place` orders them. A piece is a stretch of
    /// the log without a gap, written in the transaction of those Changes, and so is `done`: the cursor. What is taken
    /// back of a batch that failed is taken off its pieces.
    static let sql = """
        CREATE TABLE batch (
          place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
          kind TEXT NOT NULL CHECK (kind IN ('import', 'edit', 'undo')), title TEXT NOT NULL,
          state TEXT NOT NULL CHECK (state IN ('running', 'done', 'reverting', 'reverted', 'undone')),
          person TEXT, device TEXT, at INTEGER NOT NULL,
          done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL CHECK (total >= 0),
          undoes TEXT REFERENCES batch (id), trouble TEXT CHECK (json_type(trouble) = 'object')
        ) STRICT;
        CREATE INDEX batch_unfinished ON batch (state) WHERE state IN ('running', 'reverting');
        CREATE TABLE batch_piece (
          batch TEXT NOT NULL REFERENCES batch (id), first INTEGER NOT NULL, last INTEGER NOT NULL CHECK (last >= first),
          PRIMARY KEY (batch, first)
        ) STRICT, WITHOUT ROWID;
        """
}
