// One serialised piece of gear, as lists and doors see it. Read from the view `asset_row`; its status is kept by
// triggers, which SearchSchema.swift makes from one rule.
package import Foundation
package import GRDB

/// The state of a piece of gear as somebody found it.
package enum Condition: String, Sendable, CaseIterable {
    case fit, maintenance, damaged, lost, retired
}

/// What a piece of gear is to whoever wants it now. Derived: the condition if unfit, else in use if held, else
/// reserved if an accepted pull sheet names it, else available.
package enum AssetStatus: String, Sendable, CaseIterable {
    case available, reserved, inUse = "in_use", maintenance, damaged, lost, retired

    /// The word people use for it.
    package var word: String {
        switch self {
        case .available: "available"
        case .reserved: "reserved"
        case .inUse: "in use"
        case .maintenance: "in repair"
        case .damaged: "damaged"
        case .lost: "lost"
        case .retired: "retired"
        }
    }
}

/// A serialised piece of gear with all that a list shows of it.
package struct Asset: RegistryRecord {
    package typealias ID = Identifier<Asset>

    package let id: ID
    /// What is written on it, such as `CAM-7`; unique without regard to case.
    package let number: String
    package let name: String
    package let model: NamedReference<Model>
    package let maker: String?
    /// The name of the model's category.
    package let category: String
    package let serial: String?
    package let condition: Condition
    package let status: AssetStatus
    package let note: String?
    package let home: NamedReference<Place>?
    package let owner: String?
    /// The custom fields of the category, as one JSON object.
    let custom: String
    package let isArchived: Bool
    package let picture: String?
    package let holder: Holder?
    /// The other depot that it is at; nil while it is here or somebody has it.
    package let depot: String?
    package var version: Int64
    package var updated: Date
    /// The order lists have: the number with its digits padded.
    let sort: String
    /// Whether the model and the home are put away, and whether the category has fields of its own.
    let isModelArchived: Bool
    let isHomeArchived: Bool
    let hasFields: Bool

    /// Who has it, for which project, since when.
    package struct Holder: Sendable, Equatable {
        package var person: NamedReference<Person>?
        package var project: NamedReference<Project>?
        package var since: Date
    }

    /// The first columns of `asset_row`, in order: read by place, because a scan reads two such rows and names are looked up.
    enum Column: Int, CaseIterable {
        case id, number, name, model, modelName, maker, category, serial, condition, status, note, place, placePath
        case owner, custom, archived, picture, depot, version, updated, sort
        case holder, holderName, heldFor, heldForName, heldSince, modelArchived, placeArchived, hasFields
    }

    /// - Parameter row: begins with the columns of `asset_row`.
    package init(row: Row) throws {
        id = row[Column.id.rawValue]
        number = row[Column.number.rawValue]
        name = row[Column.name.rawValue]
        model = NamedReference(id: row[Column.model.rawValue], name: row[Column.modelName.rawValue])
        maker = row[Column.maker.rawValue]
        category = row[Column.category.rawValue]
        serial = row[Column.serial.rawValue]
        condition = Condition(rawValue: row[Column.condition.rawValue]) ?? .fit
        status = AssetStatus(rawValue: row[Column.status.rawValue]) ?? .available
        note = row[Column.note.rawValue]
        home = NamedReference(id: row[Column.place.rawValue], name: row[Column.placePath.rawValue])
        owner = row[Column.owner.rawValue]
        custom = row[Column.custom.rawValue]
        isArchived = (row[Column.archived.rawValue] as Int64?) != nil
        picture = row[Column.picture.rawValue]
        depot = row[Column.depot.rawValue]
        version = row[Column.version.rawValue]
        updated = Date(milliseconds: row[Column.updated.rawValue])
        sort = row[Column.sort.rawValue]
        isModelArchived = row[Column.modelArchived.rawValue]
        isHomeArchived = row[Column.placeArchived.rawValue]
        hasFields = row[Column.hasFields.rawValue]
        holder = (row[Column.heldSince.rawValue] as Int64?).map { since in
            Holder(
                person: NamedReference(id: row[Column.holder.rawValue], name: row[Column.holderName.rawValue]),
                project: NamedReference(id: row[Column.heldFor.rawValue], name: row[Column.heldForName.rawValue]),
                since: Date(milliseconds: since))
        }
    }

    package static func find(_ id: ID, in database: Database) throws -> Asset? {
        try Asset.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM asset_row WHERE id = ?"), arguments: [id.rawValue])
    }

    /// Pads each run of digits to eight places, so that CAM-10 comes after CAM-9.
    static func sortKey(_ number: String) -> String {
        var key: [UInt8] = []
        var digits: [UInt8] = []
        for byte in Array(number.uppercased().utf8) + [UInt8(ascii: "\n")] {
            if byte.isASCIIDigit {
                digits.append(byte)
                continue
            }
            if !digits.isEmpty { key += Array(repeating: UInt8(ascii: "0"), count: max(0, 8 - digits.count)) + digits }
            digits.removeAll(keepingCapacity: true)
            key.append(byte)
        }
        return String(decoding: key.dropLast(), as: UTF8.self)
    }

    /// Stretches of ``sort`` that hold every number that begins as the text does, in order, and few others. Digits at
    /// the end of the text may go on: `CAM-7` begins CAM-7, CAM-70 to CAM-79, and so on.
    static func sortRanges(beginning text: String) -> [(lower: String, upper: String)] {
        let text = text.uppercased()
        let digits = String(text.reversed().prefix { $0.isASCII && $0.isNumber }.reversed())
        let lead = sortKey(String(text.dropLast(digits.count)))
        let end = "\u{10FFFF}"
        guard digits.count < 8, digits.contains(where: { $0 != "0" }) else {
            return [(lead + digits, lead + digits + end)]
        }
        return (0...(8 - digits.count)).map { more in
            let first = lead + String(repeating: "0", count: 8 - digits.count - more) + digits
            let last = first + (digits.count + more < 8 ? String(repeating: "9", count: more) : "")
            return (first + String(repeating: "0", count: more), last + end)
        }
    }
}

/// Another record as this one shows it: its identifier and name.
package struct NamedReference<Named>: Sendable, Equatable {
    package let id: Identifier<Named>
    package let name: String

    package init(id: Identifier<Named>, name: String) {
        self.id = id
        self.name = name
    }

    /// From two columns of an outer join; nil when there was nothing to join.
    init?(id: Identifier<Named>?, name: String?) {
        guard let id else { return nil }
        self.init(id: id, name: name ?? "")
    }

    /// `{"id", "name"}`.
    package var json: JSON { ["id": .string(id.rawValue), "name": .string(name)] }
}

extension Optional {
    /// The reference as JSON, or null.
    package func orNull<Named>() -> JSON where Wrapped == NamedReference<Named> { self?.json ?? .null }
}

extension Asset {
    /// The row as the API gives it.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "number": .string(number), "name": .string(name), "model": model.json,
            "maker": .optional(maker), "category": .string(category), "serial": .optional(serial),
            "status": .string(status.rawValue), "condition": .string(condition.rawValue), "note": .optional(note),
            "holder": holder?.json ?? .null, "home": home.orNull(), "owner": .optional(owner),
            "custom": .verbatim(Array(custom.utf8)), "picture": .optional(picture), "depot": .optional(depot),
            "archived": .bool(isArchived), "version": .int(version), "updatedAt": .time(updated),
        ]
    }

    /// The few fields that an outcome at the door carries.
    package var brief: JSON {
        [
            "id": .string(id.rawValue), "number": .string(number), "name": .string(name), "model": .string(model.name),
            "status": .string(status.rawValue), "condition": .string(condition.rawValue),
        ]
    }
}

extension Asset {
    /// The word for what keeps it from going out, else for its status.
    var standing: String { isArchived ? "archived" : status.word }
}

extension Asset.Holder {
    /// `{"person", "project", "since"}`.
    package var json: JSON { ["person": person.orNull(), "project": project.orNull(), "since": .time(since)] }

    /// Who has it, in words: `Ana Vidal, Festival North`.
    package var words: String {
        let names = [person?.name, project?.name].compactMap { $0 }
        return names.isEmpty ? "somebody without a name" : names.joined(separator: ", ")
    }
}

extension Date {
    /// An instant from Unix milliseconds, as the Store keeps them.
    package init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }

    /// Unix milliseconds, rounded down. A Date is a Double of seconds, in which a whole millisecond may lie up to
    /// 0.0003 ms below itself.
    package var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000 + 0.001).rounded(.down)) }
}
