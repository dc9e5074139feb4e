// Which piece of gear has which identifier, were the rows so far carried out; and how a cell of codes is written.
import GRDB

/// The identifiers that rows gave away and took, over those that the depot has.
struct IdentifierClaims: Sendable {
    enum Answer {
        case new
        /// The piece has it already.
        case own
        /// Such as `on CAM-7` or `in row 12`.
        case taken(by: String)
    }

    private var claimed: [String: (id: Asset.ID, row: Int)] = [:]
    private var released: Set<String> = []

    mutating func claim(_ identifier: AssetIdentifier, for id: Asset.ID, row: Int, in database: Database) throws
        -> Answer
    {
        let key = identifier.lookupKey
        if let earlier = claimed[key] { return earlier.id == id ? .own : .taken(by: "in row \(earlier.row)") }
        let holder = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT asset, number FROM identifier JOIN asset ON asset.id = identifier.asset WHERE key = ?"),
            arguments: [key])
        if let holder, !released.contains(key) {
            guard holder["asset"] == id.rawValue else { return .taken(by: "on \(holder["number"] as String)") }
            claimed[key] = (id, row)
            return .own
        }
        claimed[key] = (id, row)
        return .new
    }

    /// Gives an identifier up, so that a later row may have it.
    mutating func release(_ identifier: AssetIdentifier) { released.insert(identifier.lookupKey) }
}

/// Codes in a cell: one a line, or on one line with semicolons between them.
enum CodeCell {
    /// Most codes of one row.
    private static let countMax = 50

    static func codes(_ cell: String) -> [String] {
        guard !cell.isEmpty else { return [] }
        let separator: Character = cell.contains(where: \.isNewline) ? "\n" : ";"
        return cell.split { separator == ";" ? $0 == ";" : $0.isNewline }.map { String($0).trimmed }
            .filter { !$0.isEmpty }.prefix(countMax).map { $0 }
    }

    /// What a code stands for: `scheme:value` as an export writes it, or the code as a reader reads it.
    static func identifier(_ code: String) -> AssetIdentifier? {
        guard code.utf8.count <= Scan.byteCountMax else { return nil }
        if let colon = code.firstIndex(of: ":"), let scheme = AssetIdentifier.Scheme(rawValue: String(code[..<colon])) {
            let value = ScanCode.printable(ScanCode.trimmed(Array(code[code.index(after: colon)...].utf8)[...]))
            return value.isEmpty ? nil : AssetIdentifier(scheme, value)
        }
        return ScanCode(raw: Array(code.utf8), symbology: nil).natural
    }

    /// The cell that is read back as these.
    static func cell(of identifiers: [AssetIdentifier]) -> String {
        let codes = identifiers.map { identifier in
            self.identifier(identifier.value) == identifier
                ? identifier.value : "\(identifier.scheme.rawValue):\(identifier.value)"
        }
        // A line's end says that a semicolon belongs to the code.
        guard codes.contains(where: { $0.contains(";") }) || codes.count > 1 else { return codes.first ?? "" }
        return codes.joined(separator: "\n") + "\n"
    }
}
