// Which codes find a piece of gear: given and taken away, and refused where a reader or a person would take them for
// something else. What counts as alike is LikeCodes.swift's.
import Foundation
import GRDB

extension AssetRegister {
    /// Most codes that one piece of gear is made with.
    package static let codeCountMax = 20

    /// Makes a piece of gear of fields as they came in, with `codes` as a reader reads them beside its number.
    ///
    /// - Returns: the Change's place and the piece with its identifiers.
    /// - Throws: `invalid` with every field that is not right; `conflict` with the asset that has a code already.
    package func create(_ fields: JSON, by author: Author) async throws -> (edited: Edited<Asset>, json: JSON) {
        let codes = try Self.codes(of: fields)
        let rest = JSON.object(fields.members.filter { $0.key != "codes" })
        guard case .object = fields else { throw Failure(.invalid, "The body is not an object.") }
        return try await store.write { transaction in
            let made = try Self.create(rest, codes: codes, by: author, in: transaction)
            return (made, try Self.detailed(made.record, in: transaction.database))
        }
    }

    /// Gives a piece of gear one more code, as a reader reads it.
    ///
    /// - Throws: `conflict` with what has the code, or one that looks like it; `invalid` for a code that can not be
    ///   learnt; `notFound`.
    package func attach(
        code: String, to id: Asset.ID, by author: Author
    ) async throws -> (edited: Edited<Asset>, json: JSON) {
        let code = try Self.scanCode(code, field: "code")
        return try await store.write { transaction in
            let asset = try RecordEdit.find(id, in: transaction.database)
            let edited = try Self.attach(code, to: asset, field: "code", by: author, in: transaction)
            return (edited, try Self.detailed(edited.record, in: transaction.database))
        }
    }

    /// Takes a code off a piece of gear.
    ///
    /// - Parameter key: as ``identifiers(of:in:)`` gives it.
    /// - Throws: `notFound`; `conflict` for the number and the serial, which are fields.
    package func detach(key: String, from id: Asset.ID, by author: Author) async throws -> Edited<Asset> {
        try await store.write { transaction in
            let asset = try RecordEdit.find(id, in: transaction.database)
            let known = try Self.known(of: id, in: transaction.database)
            guard let identifier = known.first(where: { $0.publicKey == key }) else {
                throw Failure(.notFound, "\(asset.number) does not have that code.")
            }
            if [
                AssetIdentifier(.own, asset.number).lookupKey,
                asset.serial.map { AssetIdentifier(.serial, $0).lookupKey },
            ]
            .contains(identifier.lookupKey) {
                throw Failure(.conflict, "\(identifier.value) is its number or serial number: edit that instead.")
            }
            return try Self.detach(identifier, from: asset, by: author, in: transaction)
        }
    }

    /// Makes a piece of gear of fields as they came in and of codes as a reader reads them.
    static func create(
        _ fields: JSON, codes: [String], by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Asset> {
        // A form sends the name it left empty: the model's is taken then.
        let fields = JSON.object(fields.members.filter { $0.key != "name" || ![.null, ""].contains($0.value) })
        let made = try RecordEdit.create(Asset.self, fields, by: author, in: transaction)
        for code in codes {
            _ = try attach(
                scanCode(code, field: "codes"), to: made.record, field: "codes", isNew: true, by: author,
                in: transaction)
        }
        return made
    }

    /// Gives a piece of gear a code that was read, and says so in a Change.
    static func attach(
        _ code: ScanCode, to asset: Asset, field: String, isNew: Bool = false, by author: Author,
        in transaction: WriteTransaction
    ) throws -> Edited<Asset> {
        guard let identifier = code.natural else {
            throw Failure(.invalid, whyUnfit(code), field: field)
        }
        return try attach(
            identifier, read: code, to: asset, field: field, isNew: isNew, by: author, in: transaction)
    }

    /// What is said of a code that nothing can be learnt from.
    static func whyUnfit(_ code: ScanCode) -> String {
        code.isRandomUID
            ? "Phones and bank cards make this code up anew each time: it can not stand for gear."
            : code.note ?? "That code can not stand for a piece of gear."
    }

    /// Gives a piece of gear an identifier, and says so in a Change.
    static func attach(
        _ identifier: AssetIdentifier, read code: ScanCode? = nil, to asset: Asset, field: String = "code",
        isNew: Bool = false, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Asset> {
        let database = transaction.database
        guard try attach(identifier, read: code, to: asset.id, field: field, in: database) else {
            return Edited(record: asset, change: nil)
        }
        return try RecordEdit.note(
            "identifier", on: asset, ["identifier": identifier.json], before: ["identifier": nil], isNew: isNew,
            by: author, in: transaction)
    }

    /// Takes an identifier off a piece of gear, and says so in a Change.
    static func detach(
        _ identifier: AssetIdentifier, from asset: Asset, by author: Author, in transaction: WriteTransaction
    ) throws -> Edited<Asset> {
        try transaction.database.execute(
            sql: "DELETE FROM identifier WHERE key = ? AND asset = ?",
            arguments: [identifier.lookupKey, asset.id.rawValue])
        return try RecordEdit.note(
            "identifier", on: asset, ["identifier": nil], before: ["identifier": identifier.json], by: author,
            in: transaction)
    }

    /// Gives an asset one more identifier.
    ///
    /// - Parameters:
    ///   - code: the read it comes from; nil for a number or a serial that was typed.
    ///   - field: what it came in as, for the one who is told that it is taken.
    /// - Returns: whether it did not have it before.
    /// - Throws: `conflict` with the asset that has it, or one that looks like it, under `asset`.
    @discardableResult
    static func attach(
        _ identifier: AssetIdentifier, read code: ScanCode? = nil, to id: Asset.ID, field: String = "code",
        in database: Database
    ) throws -> Bool {
        let code = code ?? ScanCode(raw: Array(identifier.value.utf8), symbology: nil)
        if try LikeCodes(identifier, code).refuse(for: id, field: field, in: database) { return false }
        try database.cachedStatement(sql: "INSERT INTO identifier (key, asset, scheme, value) VALUES (?, ?, ?, ?)")
            .execute(arguments: [identifier.lookupKey, id.rawValue, identifier.scheme.rawValue, identifier.value])
        return true
    }

    /// What is said when another piece has a number or a code.
    static func taken(_ value: String, by other: Asset, field: String) -> Failure {
        Failure(
            .conflict, "\(value) is on \(other.number) already\(other.isArchived ? ", which is archived" : "").",
            field: field, details: ["asset": other.brief])
    }

    /// The identifiers of an asset as the API gives them: `[{"key", "scheme", "value"}]`.
    static func identifiers(of id: Asset.ID, in database: Database) throws -> [JSON] {
        try known(of: id, in: database).map(\.json)
    }

    /// The identifier of a public key.
    static func identifier(_ key: String, of id: Asset.ID, in database: Database) throws -> AssetIdentifier? {
        try known(of: id, in: database).first { $0.publicKey == key }
    }

    private static func known(of id: Asset.ID, in database: Database) throws -> [AssetIdentifier] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT scheme, value FROM identifier WHERE asset = ? ORDER BY scheme, value"),
            arguments: [id.rawValue]
        ).compactMap { row in
            AssetIdentifier.Scheme(rawValue: row["scheme"]).map { AssetIdentifier($0, row["value"]) }
        }
    }

    private static func scanCode(_ code: String, field: String) throws -> ScanCode {
        guard code.utf8.count <= Scan.byteCountMax else {
            throw Failure(.invalid, "A code has at most \(Scan.byteCountMax) bytes.", field: field)
        }
        return ScanCode(raw: Array(code.utf8), symbology: nil)
    }

    static func codes(of fields: JSON) throws -> [String] {
        switch fields["codes"] ?? .null {
        case .null: return []
        case .array(let items):
            let codes = items.compactMap(\.string)
            guard codes.count == items.count, codes.count <= codeCountMax else { break }
            return codes
        default: break
        }
        throw Failure(.invalid, "The codes are a list of at most \(codeCountMax) texts.", field: "codes")
    }
}

extension AssetIdentifier {
    /// A name for the key that can stand in an address, whatever the code holds: 16 hexadecimal digits.
    package var publicKey: String { Hex.text(SHA256.digest(Array(lookupKey.utf8)).prefix(8)) }

    /// `{"key", "scheme", "value"}`.
    var json: JSON {
        ["key": .string(publicKey), "scheme": .string(scheme.rawValue), "value": .string(value)]
    }

    /// The identifier that ``json`` was made of.
    init?(_ json: JSON) {
        guard let scheme = (json["scheme"]?.string).flatMap(Scheme.init(rawValue:)), let value = json["value"]?.string
        else { return nil }
        self.init(scheme, value)
    }
}
