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

    /// Adds a kind of gear.
    package func addModel(_ name: String, maker: String?, category: String) async throws -> Model.ID {
        try await store.write { transaction in
            let id: Model.ID = transaction.newID()
            try transaction.database.execute(
                sql: "INSERT INTO model (id, name, maker, category) VALUES (?, ?, ?, ?)",
                arguments: [id.rawValue, name, maker, category])
            return id
        }
    }

    /// What a new piece of gear is made from.
    package struct Draft: Sendable {
        package var number: String
        package var name: String
        package var model: Model.ID
        package var serial: String?
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
            try AssetEdit.run(
                "status", on: id, actor: actor, device: device, always: note == nil ? ["status"] : ["status", "note"],
                in: transaction
            ) { asset in
                if let version, version != asset.version {
                    throw Failure(.stale, "\(asset.number) was changed since you opened it. Look again.")
                }
                try Self.apply(status, to: asset, actor: actor, in: transaction)
                if let note { try Self.set(note: note, of: id, in: transaction.database) }
            }
        }
    }

    /// Gives an asset one more identifier.
    ///
    /// - Throws: `conflict` with the number of the asset that has it.
    static func attach(_ identifier: AssetIdentifier, to id: Asset.ID, in database: Database) throws {
        let taken = try String.fetchOne(
            database,
            sql: "SELECT number FROM identifier JOIN asset ON asset.id = identifier.asset WHERE key = ?",
            arguments: [identifier.lookupKey])
        if let taken { throw Failure(.conflict, "That code is on \(taken) already.", field: "code") }
        try database.execute(
            sql: "INSERT INTO identifier (key, asset, scheme, value) VALUES (?, ?, ?, ?)",
            arguments: [identifier.lookupKey, id.rawValue, identifier.scheme.rawValue, identifier.value])
    }

    /// The asset that has one of the code's identifiers, the most telling identifier first.
    static func find(_ code: ScanCode, in database: Database) throws -> Asset? {
        let statement = try database.cachedStatement(sql: "SELECT asset FROM identifier WHERE key = ?")
        for identifier in code.identifiers {
            if let id = try String.fetchOne(statement, arguments: [identifier.lookupKey]) {
                return try Asset.find(Asset.ID(id), in: database)
            }
        }
        return nil
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
        let id: Asset.ID = transaction.newID()
        let database = transaction.database
        let taken = try Row.fetchOne(
            database, sql: "SELECT 1 FROM asset WHERE number = ? COLLATE NOCASE", arguments: [draft.number])
        if taken != nil { throw Failure(.conflict, "There is a \(draft.number) already.", field: "number") }
        try database.execute(
            sql: """
                INSERT INTO asset (id, number, sort, name, model, serial, home, condition, search, updated)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.rawValue, draft.number, Asset.sortKey(draft.number), draft.name, draft.model.rawValue, draft.serial,
                draft.home, draft.condition.rawValue, searchText(of: draft), transaction.milliseconds,
            ])
        try attach(AssetIdentifier(.own, draft.number), to: id, in: database)
        if let serial = draft.serial {
            try attach(AssetIdentifier(.serial, serial), to: id, in: database)
        }
        for code in draft.codes { try attach(code: code, to: id, in: database) }
        let asset = try Asset.find(id, in: database)
        try transaction.append(.assets, "created", subject: id.rawValue, asset?.json ?? .null)
        return id
    }

    private static func attach(code: String, to id: Asset.ID, in database: Database) throws {
        guard let identifier = ScanCode(raw: Array(code.utf8), symbology: nil).natural else {
            throw Failure(.invalid, "That code can not stand for a piece of gear.", field: "codes")
        }
        try attach(identifier, to: id, in: database)
    }

    /// What search looks through: number, name, serial and codes, folded.
    private static func searchText(of draft: Draft) -> String {
        ([draft.number, draft.name, draft.serial ?? ""] + draft.codes).joined(separator: "\n").folded
    }
}

extension String {
    /// Without case and diacritics, as search compares.
    var folded: String { folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil) }
}
