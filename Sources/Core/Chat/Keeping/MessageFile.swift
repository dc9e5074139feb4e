// Photos and files of messages, as the depot's file knows them. Their bytes lie in a folder beside it (FileShelf.swift).
package import Foundation
import GRDB

/// A photo or file that somebody brings into a room.
package struct MessageFile: Sendable {
    package typealias ID = Identifier<MessageFile>

    package let id: ID
    /// What it was called where it came from.
    package let name: String
    package let type: String
    package let byteCount: Int64
    /// In pixels, of a picture that was decoded; nil for any other file.
    package let size: (width: Int64, height: Int64)?

    package init(id: ID, name: String, type: String, byteCount: Int64, size: (width: Int64, height: Int64)?) {
        self.id = id
        self.name = name
        self.type = type
        self.byteCount = byteCount
        self.size = size
    }

    init(row: Row) {
        let width: Int64? = row["width"]
        let height: Int64? = row["height"]
        self.init(
            id: row["id"], name: row["name"], type: row["type"], byteCount: row["byte_count"],
            size: width.flatMap { width in height.map { (width, $0) } })
    }

    /// Whether it is shown as a picture.
    package var isPicture: Bool { size != nil }

    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "type": .string(type), "byteCount": .int(byteCount),
            "width": size.map { .int($0.width) } ?? .null, "height": size.map { .int($0.height) } ?? .null,
        ]
    }
}

/// The files of messages, within a transaction.
enum MessageFiles {
    /// Most files of one message.
    static let countMax = 10

    /// A file belongs to nobody's message until it is sent; then it goes with the message. `type` is null until it is whole. `file_gone` names what is to be
    /// taken off the disk.
    static let schema = """
        CREATE TABLE message_file (
          id TEXT PRIMARY KEY, room INTEGER NOT NULL REFERENCES room, person TEXT NOT NULL REFERENCES person,
          message INTEGER REFERENCES message, rank INTEGER, name TEXT NOT NULL CHECK (name <> ''), type TEXT,
          byte_count INTEGER NOT NULL, width INTEGER, height INTEGER, at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX message_file_message ON message_file (message, rank) WHERE message IS NOT NULL;
        CREATE INDEX message_file_waiting ON message_file (at) WHERE message IS NULL;
        CREATE TABLE file_gone (file TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        """

    /// What is kept of all files, as it is called on the disk: each whole, and pictures small too.
    static func onDisk(in database: Database) throws -> [String] {
        try String.fetchAll(
            database,
            sql: """
                SELECT id || '.whole' FROM message_file WHERE type IS NOT NULL
                UNION ALL SELECT id || '.small' FROM message_file WHERE type IS NOT NULL AND width IS NOT NULL ORDER BY 1
                """)
    }

    /// The files of messages, given as a JSON list of their places.
    static func byMessage(_ places: String, in database: Database) throws -> [Int64: [JSON]] {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT * FROM message_file WHERE message IN (SELECT value FROM json_each(?)) ORDER BY message, rank
                    """), arguments: [places])
        return rows.reduce(into: [:]) { $0[$1["message"], default: []].append(MessageFile(row: $1).json) }
    }

    /// Sends files along with a message.
    ///
    /// - Throws: `invalid` for a file that is not the author's, not of this room, or sent already.
    static func attach(
        _ files: [MessageFile.ID], of person: Person.ID, to message: Int64, in room: Room, _ database: Database
    ) throws {
        guard files.count <= countMax else {
            throw Failure(.invalid, "A message has at most \(countMax) files.", field: "files")
        }
        for (rank, file) in files.enumerated() {
            try database.cachedStatement(
                sql: """
                    UPDATE message_file SET message = ?, rank = ? WHERE id = ? AND person = ? AND room = ?
                      AND message IS NULL AND type IS NOT NULL
                    """
            ).execute(arguments: [message, rank, file.rawValue, person.rawValue, room.number])
            guard database.changesCount == 1 else {
                throw Failure(.invalid, "There is no such file. Choose it again.", field: "files")
            }
        }
    }

    /// Lets go of a message's files; the bytes are taken off the disk afterwards.
    static func letGo(of message: Int64, in database: Database) throws {
        let those = "FROM message_file WHERE message = ?"
        try database.cachedStatement(sql: "INSERT OR IGNORE INTO file_gone (file) SELECT id \(those)")
            .execute(arguments: [message])
        try database.cachedStatement(sql: "DELETE \(those)").execute(arguments: [message])
    }
}
