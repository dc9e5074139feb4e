// Which piece of gear has which identifier, were the rows so far carried out; and how a cell of codes is written.
import GRDB

/// The identifiers that rows gave away and took, over those that the depot has.
struct IdentifierClaims: Sendable {
    enum Answer {
        case new
        /// The piece has it already.
        case own
        /// Refused in these words.
        case taken(String)
    }

    private var claimed: [String: (id: Asset.ID, row: Int)] = [:]
    private var released: Set<String> = []

    mutating func claim(
        _ identifier: AssetIdentifier, read code: ScanCode? = nil, for id: Asset.ID, row: Int, field: String,
        in database: Database
    ) throws -> Answer {
        let alike = LikeCodes(identifier, code ?? ScanCode(raw: Array(identifier.value.utf8), symbology: nil))
        for (key, _) in alike.keys {
            guard let earlier = claimed[key] else { continue }
            if earlier.id == id {
                if key == identifier.lookupKey { return .own }
                continue
            }
            return .taken("\(identifier.value.shown) is in row \(earlier.row) already.")
        }
        do {
            let isOwn = try alike.refuse(for: id, field: field, ignoring: released, in: database)
            claimed[identifier.lookupKey] = (id, row)
            return isOwn ? .own : .new
        } catch let failure as Failure where failure.code == .conflict { return .taken(failure.message) }
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
