// Codes that a reader or a person would take for a given one: what the door would find by it, the same letters in
// another case, and a product code with and without its check digit or leading zeros. Gear and counted stock never have
// codes that are alike, because one of them would be taken for the other.
import Foundation
import GRDB

/// The keys under which something else would be taken for a code.
struct LikeCodes {
    /// Why a stored key is like the new one.
    enum Likeness {
        case same, found, letterCase, product
    }

    private let identifier: AssetIdentifier
    private let code: ScanCode
    /// Each key once, the most telling likeness first.
    let keys: [(key: String, likeness: Likeness)]

    /// - Parameter code: what the code reads as; its identifiers are what the door looks up.
    init(_ identifier: AssetIdentifier, _ code: ScanCode) {
        self.identifier = identifier
        self.code = code
        var keys = [(key: identifier.lookupKey, likeness: Likeness.same)]
        func add(_ more: some Sequence<String>, _ likeness: Likeness) {
            for key in more where !keys.contains(where: { $0.key == key }) { keys.append((key, likeness)) }
        }
        add(code.keys, .found)
        add(Self.inOtherCase(identifier), .letterCase)
        if identifier.scheme == .barcode, code.elements.isEmpty {
            add(
                Self.productForms(of: identifier.value).lazy.map { AssetIdentifier(.barcode, $0).lookupKey }, .product)
        }
        self.keys = keys
    }

    /// Refuses the identifier when it, or one that is like it, is somebody else's.
    ///
    /// - Parameters:
    ///   - owner: the identifier of the asset or the model that it is for.
    ///   - released: keys that are given up before it is given.
    /// - Returns: whether the owner has it already.
    /// - Throws: `conflict` that says whose it is and how it is alike, with the asset under `asset`.
    func refuse<Owner>(
        for owner: Identifier<Owner>, field: String, ignoring released: Set<String> = [], in database: Database
    ) throws -> Bool {
        let keys = released.isEmpty ? keys : keys.filter { !released.contains($0.key) }
        switch try CodeOwner.labelled(code, in: database) {
        case .asset(let asset) where asset.id.rawValue != owner.rawValue:
            throw AssetRegister.taken("This label", by: asset, field: field)
        case .stock(let stock) where stock.id.rawValue != owner.rawValue:
            throw Failure(.conflict, "This label counts \(stock.name).", field: field)
        case nil: break
        default: return true
        }
        let statement = try database.cachedStatement(sql: Self.owners)
        var isOwn = false
        for first in stride(from: 0, to: keys.count, by: Self.looks) {
            let some = (first..<first + Self.looks).map { keys[min($0, keys.count - 1)] }
            let rows = try Row.fetchCursor(statement, arguments: StatementArguments(some.map(\.key)))
            while let row = try rows.next() {
                let (key, likeness) = some[row["look"]]
                guard row["kind"] != "person", row["owner"] == owner.rawValue else {
                    throw try refusal(row, likeness, field: field, in: database)
                }
                if key == identifier.lookupKey { isOwn = true }
            }
        }
        return isOwn
    }

    /// Keys looked up at once: most codes have three.
    private static let looks = 3

    /// Whose the keys are, in their order. One look for each key and table: a list of them would be a table that is made
    /// and dropped again, at three times the cost.
    private static let owners = (0..<looks).map { look in
        """
        SELECT \(look) AS look, 'asset' AS kind, asset AS owner, value FROM identifier WHERE key = ?\(look + 1)
        UNION ALL SELECT \(look), 'person', person, '' FROM badge WHERE key = ?\(look + 1)
        UNION ALL SELECT \(look), 'model', model, value FROM model_code WHERE key = ?\(look + 1)
        """
    }.joined(separator: " UNION ALL ")

    private func refusal(_ row: Row, _ likeness: Likeness, field: String, in database: Database) throws -> Failure {
        let owner: String = row["owner"]
        switch row["kind"] as String {
        case "person":
            let name = try Person.find(Person.ID(owner), in: database)?.name ?? "somebody"
            return Failure(.conflict, "\(identifier.value) is \(name)'s badge.", field: field)
        case "model":
            let name = try Model.find(Model.ID(owner), in: database)?.name ?? "stock"
            return Failure(.conflict, "\(identifier.value) counts \(name).", field: field)
        default: break
        }
        guard let other = try Asset.find(Asset.ID(owner), in: database) else {
            return Failure(.conflict, "\(identifier.value) is on other gear already.", field: field)
        }
        let value: String = row["value"]
        if likeness == .same || (likeness == .found && value == identifier.value) {
            return AssetRegister.taken(identifier.value, by: other, field: field)
        }
        let how =
            switch likeness {
            case .same, .found: "would find \(other.number) at the door, which has \(value)"
            case .letterCase: "differs from \(value) on \(other.number) only by capital and small letters"
            case .product:
                "is the same product code as \(value) on \(other.number), but for its check digit or leading zeros"
            }
        return Failure(
            .conflict, "\(identifier.value) \(how).", field: field, details: ["asset": other.brief])
    }

    /// The key with its letters all capital and all small; for most schemes ASCII letters are one in the key already.
    private static func inOtherCase(_ identifier: AssetIdentifier) -> [String] {
        guard !identifier.foldsCase || !identifier.value.utf8.allSatisfy({ $0 < 0x80 }) else { return [] }
        return [identifier.value.uppercased(), identifier.value.lowercased()]
            .map { AssetIdentifier(identifier.scheme, $0).lookupKey }
    }

    /// The ways in which readers send one product code (EAN-8, UPC-A, EAN-13, GTIN-14): with zeros in front or without,
    /// with the check digit or without; empty for digits that are none.
    ///
    /// A code with fewer than eleven digits that tell something, but for EAN-8 itself, is taken for a running number.
    /// - Source: GS1 General Specifications, section 7.9 (check digits); AIM USA X5-2 and X5-3 (UPC-A as EAN-13).
    static func productForms(of text: String) -> [String] {
        guard text.isASCIIDigits else { return [] }
        var bodies: [Substring] = []
        if [8, 12, 13, 14].contains(text.utf8.count), GS1.hasCheckDigit(text) { bodies.append(text.dropLast()) }
        if [7, 11, 12, 13].contains(text.utf8.count) { bodies.append(text[...]) }
        var forms: [String] = []
        for body in bodies {
            let digits = String(body.drop { $0 == "0" })
            let isShort = body.utf8.count == 7 && digits.utf8.count == 7
            guard isShort || digits.utf8.count >= 10 else { continue }
            let check = GS1.checkDigit(of: digits)
            for count in [7, 11, 12, 13] where count >= digits.utf8.count {
                let padded = String(repeating: "0", count: count - digits.utf8.count) + digits
                forms += [padded + String(check), padded]
            }
        }
        return forms
    }
}
