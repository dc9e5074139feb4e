// Photos and files that people bring into rooms. Their bytes come in pieces, each written to the disk as it comes, so that a
// film costs no memory and a bad line no more than its last piece; what is whole is looked at. A picture is made anew by a
// helper (PictureMaker) and only that is kept and shown; any other file is given back as it came, to be saved and never
// shown.
package import Foundation
import GRDB
package import Logging

/// Keeps the files of rooms in a folder beside the depot's file.
package struct FileShelf: Sendable {
    /// Longest file, and longest piece of one.
    package static let byteCountMax: Int64 = 50 << 20
    package static let pieceByteCountMax = 2 << 20
    /// Most bytes of one person that no message has yet.
    static let waitingByteCountMax: Int64 = 200 << 20
    /// What stays free on the disk for everything else.
    static let freeByteCountMin: Int64 = 256 << 20
    /// After how many hours a file goes that was sent with no message.
    static let waitingHours: Int64 = 24
    /// How far a picture's size is looked for: behind all the segments of Exif, colours and thumbnails that cameras write.
    private static let headByteCount = 1 << 20

    private let store: Store
    private let folder: String
    private let maker: any PictureMaker
    private let logger: Logger

    /// - Parameter folder: is made if it is not there.
    package init(store: Store, folder: String, maker: any PictureMaker, logger: Logger) throws {
        self.store = store
        self.folder = folder
        self.maker = maker
        self.logger = logger
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Begins a file of so many bytes.
    ///
    /// - Throws: `notFound` for a room one is not in; `forbidden`; `tooLarge`; `unavailable` when the disk is nearly full.
    package func begin(_ name: String, _ byteCount: Int64, in room: Room.ID, by author: Author) async throws
        -> MessageFile.ID
    {
        guard (1...Self.byteCountMax).contains(byteCount) else {
            throw Failure(.tooLarge, "A file has 1 byte to \(Self.byteCountMax >> 20) MiB.", field: "byteCount")
        }
        guard freeByteCount > byteCount + Self.freeByteCountMin else {
            throw Failure(.unavailable, "The box is short of space. The message can go without the file.")
        }
        let name = try Self.name(name)
        return try await store.write { transaction in
            let access = try RoomAccess.inside(room, author.person, in: transaction.database)
            guard access.mayWrite(as: author.role) else { throw Failure(.forbidden, "Only managers write here.") }
            let waiting = try Int64.fetchOne(
                transaction.database,
                sql: "SELECT coalesce(sum(byte_count), 0) FROM message_file WHERE message IS NULL AND person = ?",
                arguments: [access.person.rawValue])
            guard (waiting ?? 0) + byteCount <= Self.waitingByteCountMax else {
                throw Failure(.tooMany, "You sent many files and no message with them. Send the message first.")
            }
            let id: MessageFile.ID = transaction.newID()
            try transaction.database.execute(
                sql: "INSERT INTO message_file (id, room, person, name, byte_count, at) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    id.rawValue, access.room.number, access.person.rawValue, name, byteCount, transaction.milliseconds,
                ])
            return id
        }
    }

    /// Takes the piece that begins at `offset`; the last one makes the file whole.
    ///
    /// - Returns: how far it is, and the file once it is whole.
    /// - Throws: `conflict` with the `offset` to go on from; `notFound` for a file that is not one's own.
    package func take(
        _ piece: [UInt8], at offset: Int64, of id: MessageFile.ID, in room: Room.ID, by author: Author
    ) async throws -> (offset: Int64, file: MessageFile?) {
        let row = try await waiting(id, in: room, by: author)
        if let file = row.file { return (file.byteCount, file) }
        let path = path(id, "part")
        let reached = size(of: path)
        guard offset == reached, offset + Int64(piece.count) <= row.byteCount else {
            throw Failure(
                .conflict, "The next piece begins at \(reached).", field: "offset", details: ["offset": .int(reached)])
        }
        try append(piece, to: path)
        guard reached + Int64(piece.count) == row.byteCount else { return (reached + Int64(piece.count), nil) }
        return (row.byteCount, try await settle(id, row.name, row.byteCount))
    }

    private func waiting(
        _ id: MessageFile.ID, in room: Room.ID, by author: Author
    ) async throws -> (name: String, byteCount: Int64, file: MessageFile?) {
        try await store.read { database in
            let access = try RoomAccess.inside(room, author.person, in: database)
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT * FROM message_file WHERE id = ? AND room = ? AND person = ? AND message IS NULL"),
                arguments: [id.rawValue, access.room.number, access.person.rawValue])
            guard let row else { throw Self.stranger }
            return (row["name"], row["byte_count"], row["type"] as String? == nil ? nil : MessageFile(row: row))
        }
    }

    /// Looks at a whole file: makes a picture of what is one, and keeps anything else as it came.
    private func settle(_ id: MessageFile.ID, _ name: String, _ byteCount: Int64) async throws -> MessageFile {
        let part = path(id, "part")
        var file = MessageFile(id: id, name: name, type: "application/octet-stream", byteCount: byteCount, size: nil)
        let sent = try FileHandle(forReadingFrom: URL(filePath: part))
        defer { try? sent.close() }
        let head = Array(try sent.read(upToCount: Self.headByteCount) ?? Data())
        let kind = PictureHeader.Kind(head)
        try PictureHeader(head)?.checkPixelCount()
        if kind != nil, let made = try await maker.make(from: sent.fileDescriptor) {
            try write(made.whole, to: path(id, "whole"))
            try write(made.small, to: path(id, "small"))
            try? FileManager.default.removeItem(atPath: part)
            file = MessageFile(
                id: id, name: Self.renamed(name), type: PictureHeader.Kind.jpeg.rawValue,
                byteCount: Int64(made.whole.count), size: (Int64(made.width), Int64(made.height)))
        } else {
            // A picture is never given back as it came, with all that its camera wrote into it.
            if let kind { throw kind.unreadable }
            try sync(part)
            try FileManager.default.moveItem(atPath: part, toPath: path(id, "whole"))
        }
        try Folder.sync(file: folder)
        try await store.write { [file] transaction in
            try transaction.database.execute(
                sql: "UPDATE message_file SET name = ?, type = ?, byte_count = ?, width = ?, height = ? WHERE id = ?",
                arguments: [
                    file.name, file.type, file.byteCount, file.size?.width, file.size?.height, file.id.rawValue,
                ])
        }
        return file
    }

    /// A file of a message that somebody may read, or of their own that no message has yet.
    ///
    /// - Parameter isSmall: the picture of a list.
    package func find(
        _ id: MessageFile.ID, in room: Room.ID, isSmall: Bool, for person: Person.ID?
    ) async throws -> (file: MessageFile, body: ExportFile) {
        let file = try await store.read { database in
            let access = try RoomAccess.find(room, for: person, in: database)
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT * FROM message_file WHERE id = ? AND room = ? AND type IS NOT NULL
                          AND (message <= ? OR (message IS NULL AND person = ?))
                        """), arguments: [id.rawValue, access.room.number, access.end, access.person.rawValue])
            guard let row else { throw Self.stranger }
            return MessageFile(row: row)
        }
        guard !isSmall || file.isPicture else { throw Self.stranger }
        return (file, try ExportFile(at: path(id, isSmall ? "small" : "whole")))
    }

    private static var stranger: Failure { Failure(.notFound, "There is no such file in this room.") }
}

// MARK: - The disk

extension FileShelf {
    /// Takes off the disk what no message has any more, once an hour until the task is cancelled.
    func run() async {
        repeat {
            do {
                try await sweep()
            } catch {
                logger.error("files could not be swept", metadata: ["cause": "\(error)"])
            }
        } while (try? await Task.sleep(for: .seconds(3_600))) != nil
    }

    func sweep() async throws {
        let gone = try await store.write(lane: .bulk) { transaction in
            let database = transaction.database
            let before = transaction.milliseconds - Self.waitingHours * 3_600_000
            try database.execute(
                sql: "INSERT OR IGNORE INTO file_gone SELECT id FROM message_file WHERE message IS NULL AND at < ?",
                arguments: [before])
            try database.execute(sql: "DELETE FROM message_file WHERE message IS NULL AND at < ?", arguments: [before])
            return try String.fetchAll(database, sql: "SELECT file FROM file_gone LIMIT 500")
        }
        guard !gone.isEmpty else { return }
        for id in gone {
            for part in ["part", "whole", "small"] {
                try? FileManager.default.removeItem(atPath: path(MessageFile.ID(id), part))
            }
        }
        try await store.write(lane: .bulk) { transaction in
            for id in gone {
                try transaction.database.execute(sql: "DELETE FROM file_gone WHERE file = ?", arguments: [id])
            }
        }
    }

    /// The identifier is this box's own, so nothing of what somebody sent is part of a path.
    private func path(_ id: MessageFile.ID, _ part: String) -> String { "\(folder)/\(id.rawValue).\(part)" }

    private func size(of path: String) -> Int64 {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64).flatMap { $0 } ?? 0
    }

    private func append(_ bytes: [UInt8], to path: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(bytes))
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        try? FileManager.default.removeItem(atPath: path)
        try append(bytes, to: path)
        try sync(path)
    }

    private func sync(_ path: String) throws {
        let handle = try FileHandle(forUpdating: URL(filePath: path))
        defer { try? handle.close() }
        try handle.synchronize()
    }

    private var freeByteCount: Int64 {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        return (attributes?[.systemFreeSize] as? NSNumber)?.int64Value ?? .max
    }

    /// A name to show and to save by: one line, without a path.
    private static func name(_ given: String) throws -> String {
        let last = given.split(whereSeparator: { "/\\".contains($0) }).last.map(String.init) ?? ""
        let name = try MessageText.clean(last, max: 200, "A file's name").replacing("\n", with: " ")
        return name.isEmpty ? "file" : name
    }

    /// What was made of a picture is a JPEG, whatever it was called.
    private static func renamed(_ name: String) -> String {
        ["jpg", "jpeg"].contains((name as NSString).pathExtension.lowercased())
            ? name : (name as NSString).deletingPathExtension + ".jpg"
    }
}
