// The gear of the organisation: added, identified, and its status set by hand. Lists and search are in AssetList.swift;
// what a scan does to gear is DoorDesk's.
import Foundation
import GRDB

/// Adds gear and sets its status. Crew may set a status; making gear is for managers.
package struct AssetRegister: Sendable {
    /// Longest note taken, in characters.
    package static let noteCharacterCountMax = 2_000

    let store: Store

    package init(store: Store) { self.store = store }

    /// Adds a kind of gear; its category is made if there is none of that name.
    package func addModel(_ name: String, maker: String?, category: String) async throws -> Model.ID {
        try await store.write { transaction in
            let category = try Self.category(named: category, in: transaction)
            let fields: JSON = [
                "name": .string(name), "maker": .optional(maker), "category": .string(category.rawValue),
            ]
            return try RecordEdit.create(Model.self, fields, by: Author(), in: transaction).record.id
        }
    }

    /// What a new piece of gear is made from.
    package struct Draft: Sendable {
        package var number: String
        package var name: String
        package var model: Model.ID
        package var serial: String?
        /// The name of its home, which is made if there is none of that name.
        package var home: String?
        package var condition = Condition.fit
        /// Codes beside the number and the serial, as a reader reads them.
        package var codes: [String] = []

        package init(number: String, name: String, model: Model.ID) {
            self.number = number
            self.name = name
            self.model = model
        }
    }

    /// Adds a piece of gear; its number, serial and codes find it at the door from now on.
    ///
    /// - Throws: `conflict` when another piece has the number or one of the codes.
    package func add(_ draft: Draft) async throws -> Asset.ID {
        try await store.write { try Self.insert(draft, in: $0) }
    }

    /// Adds many pieces in one transaction of at most a few milliseconds; callers cut long lists into pieces.
    package func add(_ drafts: [Draft]) async throws -> [Asset.ID] {
        try await store.write { transaction in try drafts.map { try Self.insert($0, in: transaction) } }
    }

    /// Sets the status by hand: `in_use` hands the asset to `actor`, `available` takes it back and makes it fit, the
    /// others set the condition. A new note is a fact too.
    ///
    /// - Parameter version: the version the edit was based on; nil takes any.
    /// - Throws: `stale` when the asset was edited since; `invalid` for a status that is only derived; `notFound`.
    package func setStatus(
        of id: Asset.ID, to status: AssetStatus, note: String?, ifVersion version: Int64?, actor: Person.ID?,
        device: String?
    ) async throws -> Asset {
        guard status != .reserved else {
            throw Failure(.invalid, "Gear is reserved by a pull sheet, not by hand.", field: "status")
        }
        guard (note?.count ?? 0) <= Self.noteCharacterCountMax else {
            throw Failure(.invalid, "A note has at most \(Self.noteCharacterCountMax) characters.", field: "note")
        }
        return try await store.write { transaction in
            try RecordEdit.run(
                "status", on: RecordEdit.find(id, in: transaction.database),
                by: Author(person: actor, device: device), always: note == nil ? ["status"] : ["status", "note"],
                in: transaction
            ) { asset in
                try RecordEdit.check(version, of: asset)
                if asset.isArchived, status == .inUse {
                    throw Failure(.conflict, "\(asset.number) is archived: it must not leave.", field: "status")
                }
                try Self.apply(status, to: asset, actor: actor, in: transaction)
                if let note { try Self.set(note: note, of: id, in: transaction.database) }
                if status == .damaged, asset.status != .damaged {
                    try DamageCard.post(asset, note: note, by: actor, in: transaction)
                }
            }.record
        }
    }

    private static func apply(
        _ status: AssetStatus, to asset: Asset, actor: Person.ID?, in transaction: WriteTransaction
    ) throws {
        let movement = Movement(actor: actor)
        switch status {
        case .inUse:
            try set(.fit, of: asset.id, in: transaction.database)
            guard asset.holder == nil else { return }
            try Custody.give(asset.id, to: Custodian(person: actor), as: .out, movement, in: transaction)
        case .available, .reserved:
            try set(.fit, of: asset.id, in: transaction.database)
            guard asset.holder != nil else { return }
            try Custody.takeBack(asset.id, movement, in: transaction)
        case .maintenance: try set(.maintenance, of: asset.id, in: transaction.database)
        case .damaged: try set(.damaged, of: asset.id, in: transaction.database)
        case .lost: try set(.lost, of: asset.id, in: transaction.database)
        case .retired: try set(.retired, of: asset.id, in: transaction.database)
        }
    }

    static func set(_ condition: Condition, of id: Asset.ID, in database: Database) throws {
        try database.cachedStatement(sql: "UPDATE asset SET condition = ? WHERE id = ?")
            .execute(arguments: [condition.rawValue, id.rawValue])
    }

    private static func set(note: String, of id: Asset.ID, in database: Database) throws {
        try database.cachedStatement(sql: "UPDATE asset SET note = nullif(?, '') WHERE id = ?")
            .execute(arguments: [note, id.rawValue])
    }

    private static func insert(_ draft: Draft, in transaction: WriteTransaction) throws -> Asset.ID {
        let home = try draft.home.map { try place(named: $0, in: transaction) }
        let fields: JSON = [
            "number": .string(draft.number), "name": .string(draft.name), "model": .string(draft.model.rawValue),
            "serial": .optional(draft.serial), "home": .optional(home?.rawValue),
            "condition": .string(draft.condition.rawValue),
        ]
        return try create(fields, codes: draft.codes, by: Author(), in: transaction).record.id
    }

    /// The category of a name, made if there is none.
    static func category(named name: String, in transaction: WriteTransaction) throws -> Category.ID {
        let known = try Category.ID.fetchOne(
            transaction.database, sql: "SELECT id FROM category WHERE name = ? COLLATE NOCASE", arguments: [name])
        return try known
            ?? RecordEdit.create(Category.self, ["name": .string(name)], by: Author(), in: transaction).record.id
    }

    /// The place of a path, made as an outermost one if there is none.
    static func place(named path: String, in transaction: WriteTransaction) throws -> Place.ID {
        let known = try Place.ID.fetchOne(
            transaction.database, sql: "SELECT id FROM place WHERE path = ? COLLATE NOCASE", arguments: [path])
        return try known
            ?? RecordEdit.create(Place.self, ["name": .string(path)], by: Author(), in: transaction).record.id
    }
}
