// A printer that labels come out of, as a record that people edit: where it is reached and what is in it. What it says of
// itself is asked through the port in LabelPrinter.swift.
package import Foundation
package import GRDB

/// A printer of labels.
package struct Printer: RegistryRecord {
    package typealias ID = Identifier<Printer>

    package let id: ID
    package let name: String
    /// Such as `ipp://10.0.0.5/ipp/print`, `socket://10.0.0.6:9100`, or a name of DNS-SD.
    package let address: String
    /// The key of the labels that are in it.
    package let media: String
    /// Dots of an inch.
    package let resolution: Int
    /// How far it prints beside where it should, in millimetres to the right and down.
    package let offsetX: Double
    package let offsetY: Double
    package let payload: LabelPayload
    /// What addresses on labels begin with, such as `https://depot.example.org`.
    package let base: String?
    /// The door whose labels come out of it.
    package let door: NamedReference<Door>?
    package let logo: String?
    package let isArchived: Bool
    package var version: Int64
    package var updated: Date

    package static let table = RecordTable(
        name: "printer", topic: .labels, word: "printer", heading: "name",
        fields: [
            RecordField("name", "Name", .line(100), .required),
            RecordField("address", "Address", .line(500), .required),
            RecordField("media", "Labels", .choice(LabelMedia.all.map(\.key)), .required),
            RecordField("resolution", "Resolution", .whole(100...1200), .preset),
            RecordField("offsetX", column: "offset_x", "Offset to the right", .number, .preset),
            RecordField("offsetY", column: "offset_y", "Offset down", .number, .preset),
            RecordField("payload", "Codes", .choice(LabelPayload.allCases.map(\.rawValue)), .preset),
            RecordField("base", "Address on labels", .line(200)),
            RecordField("door", "Door", .reference(table: "door", word: "door")),
            RecordField("logo", "Logo", .reference(table: "picture", word: "picture")),
            RecordField("archived", "Archived", .archived),
        ], kindPrefix: "printer.")

    package init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        address = row["address"]
        media = row["media"]
        resolution = row["resolution"]
        offsetX = row["offset_x"]
        offsetY = row["offset_y"]
        payload = LabelPayload(rawValue: row["payload"]) ?? .opaque
        base = row["base"]
        door = NamedReference(id: row["door"], name: row["door_name"])
        logo = row["logo"]
        isArchived = (row["archived"] as Int64?) != nil
        version = row["version"]
        updated = Date(milliseconds: row["updated"])
    }

    static let selection =
        "SELECT printer.*, door.name AS door_name FROM printer LEFT JOIN door ON door.id = printer.door"

    package static func find(_ id: ID, in database: Database) throws -> Printer? {
        try fetchOne(database.cachedStatement(sql: selection + " WHERE printer.id = ?"), arguments: [id.rawValue])
    }

    /// The printer as the API gives it.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "address": .string(address), "media": .string(media),
            "resolution": .int(Int64(resolution)), "offsetX": .double(offsetX), "offsetY": .double(offsetY),
            "payload": .string(payload.rawValue), "base": .optional(base), "door": door.orNull(),
            "logo": .optional(logo), "archived": .bool(isArchived), "version": .int(version),
            "updatedAt": .time(updated),
        ]
    }

    package static func check(
        _ columns: [String: DatabaseValue], before: Printer?, in database: Database
    ) throws {
        func text(_ name: String) -> String? { columns[name].flatMap(String.fromDatabaseValue) }
        if let address = text("address") { _ = try PrinterAddress(address) }
        if let base = text("base") {
            guard base.wholeMatch(of: /https?:\/\/[A-Za-z0-9.\-]+(:\d{1,5})?/) != nil else {
                throw Failure(
                    .invalid, "The address on labels is such as https://depot.example.org, without a path.",
                    field: "base")
            }
        }
        if let logo = text("logo") { try checkLogo(logo, in: database) }
        for name in ["offset_x", "offset_y"] {
            guard let offset = columns[name].flatMap(Double.fromDatabaseValue), abs(offset) > 20 else { continue }
            throw Failure(
                .invalid, "A printer that is off by more than 20 mm has other labels in it.",
                field: name == "offset_x" ? "offsetX" : "offsetY")
        }
    }

    package static func clash(
        _ columns: [String: DatabaseValue], id: ID, in database: Database
    ) throws -> Failure? {
        Failure(.conflict, "There is a printer of that name already.", field: "name")
    }

    /// Most pixels of a logo: 4 megapixels are 25 cm wide at 203 dpi.
    package static let logoPixelCountMax = 4_000_000

    private static func checkLogo(_ id: String, in database: Database) throws {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT type, width, height FROM picture WHERE id = ?"), arguments: [id])
        guard let row else { return }
        guard row["type"] == PictureHeader.Kind.png.rawValue else {
            throw Failure(.invalid, "A logo is a PNG file.", field: "logo")
        }
        let (width, height): (Int, Int) = (row["width"], row["height"])
        guard width * height <= logoPixelCountMax else {
            throw Failure(
                .tooLarge,
                "This logo is \(width) × \(height) pixels. Make it smaller: \(logoPixelCountMax / 1_000_000) million "
                    + "pixels are enough for any label.", field: "logo")
        }
    }

    /// The printer of a door, else one that is no door's.
    static func at(_ door: Door.ID, in database: Database) throws -> Printer? {
        try fetchOne(
            database.cachedStatement(
                sql: selection + """
                     WHERE printer.archived IS NULL AND (printer.door = ?1 OR printer.door IS NULL)
                    ORDER BY printer.door IS NULL, printer.name LIMIT 1
                    """), arguments: [door.rawValue])
    }
}

/// Where a printer is reached.
package enum PrinterAddress: Sendable, Equatable {
    /// `ipp` or `ipps`; also `dnssd`, which names a printer whose host may change.
    case ipp(String)
    /// Raw data in Zebra's language, over a socket: host and port.
    case zpl(host: String, port: Int)

    /// - Throws: `invalid` for what is no printer's address.
    package init(_ text: String) throws {
        if let match = text.wholeMatch(of: /socket:\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._\-]+)(?::(\d{1,5}))?\/?/) {
            let port = match.2.flatMap { Int($0) } ?? 9100
            // Below 1024 is what else a machine offers, which is none of a printer's language.
            if (1024...65535).contains(port) {
                self = .zpl(host: match.1.trimmingCharacters(in: CharacterSet(charactersIn: "[]")), port: port)
                return
            }
        }
        guard text.wholeMatch(of: /(ipps?|dnssd):\/\/[\x21-\x7E]{1,480}/) != nil else {
            throw Failure(
                .invalid,
                "A printer's address is such as ipp://10.0.0.5/ipp/print, or socket://10.0.0.6:9100 for one that "
                    + "speaks ZPL.", field: "address")
        }
        self = .ipp(text)
    }
}
