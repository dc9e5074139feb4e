// What a code that somebody scanned or typed at a desk stands for. Nothing is moved by it: that is the door's.
import Foundation
import GRDB

/// Finds what a code stands for, in the order in which the door does.
package struct LookupDesk: Sendable {
    private let store: Store

    package init(store: Store) { self.store = store }

    /// `{"kind": "asset" | "person" | "model" | "unknown", "code", "note", …}` with the record under its kind.
    ///
    /// - Throws: `invalid` for an empty code; `tooLarge`.
    package func find(_ text: String) async throws -> JSON {
        let code = try DoorDesk.code(
            of: Scan(
                key: "", reader: nil, raw: Array(text.utf8), symbology: nil, at: store.clock.now, monotonic: 0))
        return try await store.read { database in
            let (kind, record) = try Self.record(of: code, in: database)
            let answer: JSON = [
                "kind": .string(kind), "code": .string(code.text), "note": .optional(code.note),
                "scheme": .optional(code.natural?.scheme.rawValue),
            ]
            return record.map { answer.adding(.object([.init(key: kind, value: $0)])) } ?? answer
        }
    }

    private static func record(of code: ScanCode, in database: Database) throws -> (String, JSON?) {
        switch try CodeOwner.find(code, in: database) {
        case .person(let person): return ("person", person.json(for: .crew))
        case .asset(let asset): return ("asset", asset.json)
        case .stock(let stock): return ("model", try Model.find(stock.model, in: database)?.json)
        case nil:
            guard let model = try model(of: code, in: database) else { return ("unknown", Optional<JSON>.none) }
            return ("model", model.json)
        }
    }

    /// The model whose units have the code's product code, or that is called so.
    private static func model(of code: ScanCode, in database: Database) throws -> Model? {
        if let product = code.elements.first(where: { $0.ai == "01" })?.value {
            // The serial follows behind a slash, and 0 comes right after it.
            let unit = try Model.ID.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT asset.model FROM identifier JOIN asset ON asset.id = identifier.asset
                        WHERE key > ? AND key < ? LIMIT 1
                        """), arguments: ["gtinSerial:\(product)/", "gtinSerial:\(product)0"])
            if let unit { return try Model.find(unit, in: database) }
        }
        let named = try Model.ID.fetchAll(
            database.cachedStatement(
                sql: "SELECT id FROM model WHERE name = ? COLLATE NOCASE AND archived IS NULL LIMIT 2"),
            arguments: [code.text])
        return named.count == 1 ? try Model.find(named[0], in: database) : nil
    }
}
