// The readers this box has met: where each is plugged in, whether it may be read, and which door it serves. A reader
// is known again by its port; by its serial number only where no other reader claims the same one.
package import Foundation
import GRDB

/// A reader this box has met.
package struct Reader: Sendable, Equatable {
    package typealias ID = Identifier<Reader>

    /// What the depot wants of it.
    package enum State: String, Sendable, Codable {
        /// It looks like a keyboard: somebody has to say that it is a reader.
        case offered
        case reading, ignored
    }

    package let id: ID
    package var description: ReaderDescription
    /// Whose it is; nil is the organisation that the box was set up for.
    package var organisation: Tenancy.ID?
    package var state: State
    package var name: String
    package var settings: ReaderSettings
    package var door: Door.ID?
    /// The reader's own direction; nil is the door's.
    package var direction: Direction?
    package var reads: Int64
    package var lastRead: Date?
}

/// Remembers readers, in the box's own file.
package struct ReaderBook: Sendable {
    private let box: Box
    private let clock: HybridClock

    package init(box: Box, clock: HybridClock) {
        self.box = box
        self.clock = clock
    }

    /// All readers ever met and not forgotten, by port.
    package func all() async throws -> [Reader] {
        try await box.database.read { try Self.fetchAll($0) }
    }

    package func find(_ id: Reader.ID) async throws -> Reader? {
        try await all().first { $0.id == id }
    }

    /// Knows a device again, or enters it: what can only be a reader is read at once at `door`, anything else
    /// is offered.
    ///
    /// - Parameter plugged: the ports in use, whose readers are not taken for this one.
    package func meet(_ description: ReaderDescription, door: Door.ID?, plugged: Set<String>) async throws -> Reader {
        let id = Reader.ID(at: clock.now)
        return try await box.database.write { database in
            var reader =
                Self.known(description, among: try Self.fetchAll(database), plugged: plugged)
                ?? Self.newcomer(id, description, door: door)
            reader.description = description
            try database.execute(
                sql: "DELETE FROM reader WHERE port = ? AND id <> ?",
                arguments: [description.port, reader.id.rawValue])
            try Self.save(reader, in: database)
            return reader
        }
    }

    /// Stores what was changed about a reader.
    package func save(_ reader: Reader) async throws {
        try await box.database.write { try Self.save(reader, in: $0) }
    }

    package func forget(_ id: Reader.ID) async throws {
        try await box.database.write {
            try $0.execute(sql: "DELETE FROM reader WHERE id = ?", arguments: [id.rawValue])
        }
    }

    /// The same model at the same port; else the one of the same serial, if only one ever claimed it and it is not
    /// plugged in elsewhere.
    private static func known(
        _ description: ReaderDescription, among readers: [Reader], plugged: Set<String>
    ) -> Reader? {
        let sameModel = readers.filter {
            $0.description.vendorID == description.vendorID && $0.description.productID == description.productID
        }
        if let here = sameModel.first(where: { $0.description.port == description.port }) { return here }
        guard let serial = description.serial, !serial.isEmpty else { return nil }
        let interface = description.port.split(separator: ":").last
        let sameSerial = sameModel.filter {
            $0.description.serial == serial && $0.description.port.split(separator: ":").last == interface
        }
        guard sameSerial.count == 1, let one = sameSerial.first, !plugged.contains(one.description.port) else {
            return nil
        }
        return one
    }

    private static func newcomer(_ id: Reader.ID, _ description: ReaderDescription, door: Door.ID?) -> Reader {
        // A device that sends whole codes can be nothing but a reader; what types may be somebody's keyboard.
        let isTrusted =
            switch description.kind {
            case .pointOfSale: true
            case .keyboard: description.isKnownModel
            case .unsupported: false
            }
        return Reader(
            id: id, description: description, organisation: nil, state: isTrusted ? .reading : .offered,
            name: description.product ?? "Reader at \(description.port)", settings: ReaderSettings(), door: door,
            direction: nil, reads: 0, lastRead: nil)
    }

    private static func save(_ reader: Reader, in database: Database) throws {
        let description = String(decoding: try JSONEncoder().encode(reader.description), as: UTF8.self)
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO reader
                  (id, port, vendor, product, serial, description, state, name, layout, silence, door, direction,
                   reads, last_read, organisation)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                reader.id.rawValue, reader.description.port, Int(reader.description.vendorID),
                Int(reader.description.productID), reader.description.serial, description, reader.state.rawValue,
                reader.name, reader.settings.layout.rawValue, reader.settings.silenceMilliseconds,
                reader.door?.rawValue, reader.direction?.rawValue, reader.reads, reader.lastRead?.milliseconds,
                reader.organisation?.rawValue,
            ])
    }

    private static func fetchAll(_ database: Database) throws -> [Reader] {
        try Row.fetchAll(database, sql: "SELECT * FROM reader ORDER BY port").map { row in
            Reader(
                id: row["id"],
                description: try JSONDecoder().decode(
                    ReaderDescription.self, from: Data((row["description"] as String).utf8)),
                organisation: row["organisation"], state: Reader.State(rawValue: row["state"]) ?? .offered,
                name: row["name"],
                settings: ReaderSettings(
                    layout: KeyboardLayout(rawValue: row["layout"]) ?? .us, silenceMilliseconds: row["silence"]),
                door: row["door"], direction: (row["direction"] as String?).flatMap(Direction.init(rawValue:)),
                reads: row["reads"], lastRead: (row["last_read"] as Int64?).map(Date.init(milliseconds:)))
        }
    }
}
