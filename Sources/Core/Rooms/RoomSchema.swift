// What is kept of rooms and of what was said in them. The log names a message and its hash and never holds its words: so
// a message can be erased, and a room's history be let go of, while the log stays as it was.

enum RoomSchema {
    /// `room.number` is a short name for indexes. `room_member.until` is the place in the log where somebody left: what was
    /// said up to there stays theirs to read. `message.seq` is the place in the log of the Change that posted it, which is
    /// the order of a room. `edited_seq` and `message_version.until` are the places where words were replaced.
    static let sql = """
        CREATE TABLE room (
          number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
          kind TEXT NOT NULL CHECK (kind IN ('project', 'direct', 'job', 'announcements')),
          name TEXT CHECK (name <> ''), project TEXT UNIQUE REFERENCES project, pair TEXT UNIQUE,
          retention_days INTEGER CHECK (retention_days BETWEEN 1 AND 3650),
          last INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 1,
          CHECK ((kind = 'project') = (project IS NOT NULL)), CHECK ((kind = 'direct') = (pair IS NOT NULL)),
          CHECK ((kind = 'job') = (name IS NOT NULL))
        ) STRICT;
        CREATE UNIQUE INDEX room_announcements ON room (kind) WHERE kind = 'announcements';
        CREATE TABLE room_member (
          person TEXT NOT NULL REFERENCES person, room INTEGER NOT NULL REFERENCES room,
          since INTEGER NOT NULL, until INTEGER,
          delivered INTEGER NOT NULL DEFAULT 0, read INTEGER NOT NULL DEFAULT 0,
          PRIMARY KEY (person, room)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX room_member_room ON room_member (room, person);
        CREATE TABLE room_device (
          room INTEGER NOT NULL REFERENCES room, person TEXT NOT NULL REFERENCES person, device TEXT NOT NULL,
          delivered INTEGER NOT NULL, at INTEGER NOT NULL,
          PRIMARY KEY (room, person, device)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE message (
          seq INTEGER PRIMARY KEY, room INTEGER NOT NULL REFERENCES room, id TEXT NOT NULL,
          author TEXT REFERENCES person, at INTEGER NOT NULL, text TEXT, reply INTEGER,
          links TEXT NOT NULL DEFAULT '[]' CHECK (json_type(links) = 'array'),
          card TEXT CHECK (json_type(card) = 'object'), nonce BLOB NOT NULL,
          edited INTEGER, edited_seq INTEGER, deleted INTEGER, deleted_by TEXT REFERENCES person,
          CHECK (deleted IS NULL OR (text IS NULL AND card IS NULL)), CHECK ((edited IS NULL) = (edited_seq IS NULL))
        ) STRICT;
        CREATE UNIQUE INDEX message_id ON message (room, id);
        CREATE INDEX message_room ON message (room, seq);
        CREATE INDEX message_time ON message (room, at, seq);
        CREATE TABLE message_version (
          message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE, until INTEGER NOT NULL,
          text TEXT NOT NULL, links TEXT NOT NULL, at INTEGER NOT NULL,
          PRIMARY KEY (message, until)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE reaction (
          message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE, emoji TEXT NOT NULL CHECK (emoji <> ''),
          person TEXT NOT NULL REFERENCES person, seq INTEGER NOT NULL,
          PRIMARY KEY (message, emoji, person)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE message_due (message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE) STRICT;
        CREATE VIRTUAL TABLE message_search USING fts5 (
          text, room, content = '', columnsize = 0, tokenize = 'ascii', prefix = '1 2 3');
        INSERT INTO message_search (message_search, rank) VALUES ('automerge', 0);
        CREATE TABLE person_seen (person TEXT PRIMARY KEY REFERENCES person ON DELETE CASCADE, at INTEGER NOT NULL)
          STRICT, WITHOUT ROWID;
        """
}
