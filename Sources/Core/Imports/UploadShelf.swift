// The files that wait to be imported, in the box's own file: they are no part of the depot, and a backup has no use for
// them. Kept in pieces so that nobody who signs in meanwhile waits for a long write.
import Foundation
import GRDB

/// A file that was sent to be imported.
struct Upload: Sendable, FetchableRecord {
    typealias ID = Identifier<Upload>

    let id: ID
    let kind: ImportKind
    let name: String
    /// What it became; nil before it was run.
    let batch: Batch.ID?

    init(row: Row) throws {
        id = row["id"]
        kind = ImportKind(rawValue: row["kind"]) ?? .assets
        name = row["name"]
        batch = row["batch"]
    }
}

/// Keeps the files that were sent, the last few of them.
struct UploadShelf: Sendable {
    static let schema = """
        CREATE TABLE upload (
          place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL,
          at INTEGER NOT NULL, batch TEXT
        ) STRICT;
        CREATE TABLE upload_piece (
          upload TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE, place INTEGER NOT NULL, bytes BLOB NOT NULL,
          PRIMARY KEY (upload, place)
        ) STRICT, WITHOUT ROWID;
        """

    /// Longest file taken.
    static let byteCountMax = 32 << 20
    /// Most files kept; a further one takes the place of the oldest.
    static let countMax = 8
    private static let pieceByteCount = 1 << 20

    let box: Box

    func keep(_ bytes: [UInt8], kind: ImportKind, name: String, at date: Date) async throws -> Upload.ID {
        let id = Upload.ID(at: date)
        try await box.database.write { database in
            try database.execute(
                sql: "INSERT INTO upload (id, kind, name, at) VALUES (?, ?, ?, ?)",
                arguments: [id, kind.rawValue, name, date.milliseconds])
        }
        for start in stride(from: 0, to: bytes.count, by: Self.pieceByteCount) {
            let piece = Data(bytes[start..<min(start + Self.pieceByteCount, bytes.count)])
            try await box.database.write { database in
                try database.execute(
                    sql: "INSERT INTO upload_piece (upload, place, bytes) VALUES (?, ?, ?)",
                    arguments: [id, start / Self.pieceByteCount, piece])
            }
        }
        try await box.database.write { database in
            try database.execute(
                sql: "DELETE FROM upload WHERE place NOT IN (SELECT place FROM upload ORDER BY place DESC LIMIT ?)",
                arguments: [Self.countMax])
        }
        return id
    }

    /// - Throws: `notFound`.
    func find(_ id: Upload.ID) async throws -> Upload {
        let upload = try await box.database.read {
            try Upload.fetchOne($0, sql: "SELECT * FROM upload WHERE id = ?", arguments: [id])
        }
        guard let upload else { throw Failure(.notFound, "There is no such file any more. Send it again.") }
        return upload
    }

    func bytes(of id: Upload.ID) async throws -> [UInt8] {
        try await box.database.read { database in
            let pieces = try Row.fetchCursor(
                database, sql: "SELECT bytes FROM upload_piece WHERE upload = ? ORDER BY place", arguments: [id])
            var bytes: [UInt8] = []
            while let piece = try pieces.next() { bytes += piece["bytes"] as Data }
            return bytes
        }
    }

    func note(_ batch: Batch.ID, of id: Upload.ID) async throws {
        try await box.database.write {
            try $0.execute(sql: "UPDATE upload SET batch = ? WHERE id = ?", arguments: [batch, id])
        }
    }
}
