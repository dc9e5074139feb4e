// Pictures of gear and faces of people, made anew by a helper (PictureMaker) and kept in the depot's file under a name made
// of their content: the same picture is kept once, and what a name stands for never changes.
import Foundation
import GRDB

/// A picture that is kept.
package enum Picture {
    package typealias ID = Identifier<Picture>
}

/// Keeps pictures. Everybody signed in may look at them; bringing one is for managers.
package struct PictureDesk: Sendable {
    /// Longest picture in bytes.
    package static let byteCountMax = 2 << 20
    /// Widths and heights that are taken, in pixels.
    package static let pixels = 16...12_000

    private let store: Store
    private let folder: String
    private let maker: any PictureMaker

    /// - Parameter folder: on whose disk a picture lies while it is made.
    package init(store: Store, folder: String, maker: any PictureMaker) {
        self.store = store
        self.folder = folder
        self.maker = maker
    }

    /// Keeps what this box makes of a picture; of what was sent nothing but its look is left.
    ///
    /// - Parameter type: what it was sent as.
    /// - Returns: its name, which is the beginning of its SHA-256, and its size.
    /// - Throws: `tooLarge`; `invalid` for what is no picture, not of the type it was sent as, or of no fit size;
    ///   `unavailable` when too many are being made.
    package func keep(_ bytes: [UInt8], as type: String) async throws -> (id: Picture.ID, header: PictureHeader) {
        guard bytes.count <= Self.byteCountMax else {
            throw Failure(.tooLarge, "A picture has at most \(Self.byteCountMax >> 20) MiB. Make it smaller first.")
        }
        guard let header = PictureHeader(bytes) else {
            throw Failure(.invalid, "That is no picture: send a JPEG, PNG, WebP or HEIC.")
        }
        guard header.kind.rawValue == type else {
            throw Failure(.invalid, "It was sent as \(type) and is \(header.kind.rawValue).", field: "Content-Type")
        }
        guard Self.pixels.contains(header.width), Self.pixels.contains(header.height) else {
            throw Failure(
                .invalid,
                "A picture is \(Self.pixels.lowerBound) to \(Self.pixels.upperBound) pixels wide and high; "
                    + "this one is \(header.width) × \(header.height).")
        }
        try header.checkPixelCount()
        let kind = header.kind
        let sent = try ExportFile(in: folder)
        defer { withExtendedLifetime(sent) {} }
        try sent.append(bytes)
        guard let made = try await maker.make(from: sent.descriptor), let header = PictureHeader(made.whole) else {
            throw kind.unreadable
        }
        return (try await keep(made.whole, header), header)
    }

    private func keep(_ bytes: [UInt8], _ header: PictureHeader) async throws -> Picture.ID {
        // As many digits as other identifiers have.
        let id = Picture.ID(String(Hex.text(SHA256.digest(bytes)).prefix(36)))
        try await store.write { transaction in
            try transaction.database.execute(
                sql: """
                    INSERT INTO picture (id, type, bytes, width, height) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO NOTHING
                    """, arguments: [id.rawValue, header.kind.rawValue, Data(bytes), header.width, header.height])
            try transaction.database.execute(
                sql: "DELETE FROM picture_unused WHERE picture = ?", arguments: [id.rawValue])
        }
        return id
    }

    /// A picture's type and bytes.
    ///
    /// - Throws: `notFound`.
    package func find(_ id: Picture.ID) async throws -> (type: String, bytes: [UInt8]) {
        try await store.read { database in
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT type, bytes FROM picture WHERE id = ?"),
                arguments: [id.rawValue])
            guard let row else { throw Failure(.notFound, "There is no such picture.") }
            return (row["type"], Array(row["bytes"] as Data))
        }
    }
}
