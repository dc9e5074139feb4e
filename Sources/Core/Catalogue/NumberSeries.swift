// The numbers that the units of a model have: which one comes next, and where such units live.
import Foundation
import GRDB

enum NumberSeries {
    /// Most numbers that are tried until one is free.
    private static let triedCountMax = 10_000

    /// The number after the model's last one, such as `CAM-9` after `CAM-8`; the first is made of the model's name.
    ///
    /// - Returns: nil for a model that is not there, or when no number is free within reach.
    static func next(of model: Model.ID, in database: Database) throws -> String? {
        let last = try String.fetchOne(
            database.cachedStatement(sql: "SELECT number FROM asset WHERE model = ? ORDER BY sort DESC LIMIT 1"),
            arguments: [model.rawValue])
        guard let model = try Model.find(model, in: database) else { return nil }
        let (prefix, digits, suffix) = parts(of: last) ?? (first(of: model), "0", "")
        guard let number = Int(digits) else { return nil }
        let statement = try database.cachedStatement(sql: "SELECT 1 FROM asset WHERE number = ? COLLATE NOCASE")
        for next in (number + 1)...(number + triedCountMax) {
            let text = String(next)
            let padded = String(repeating: "0", count: max(0, digits.count - text.count)) + text
            let candidate = prefix + padded + suffix
            if try Row.fetchOne(statement, arguments: [candidate]) == nil { return candidate }
        }
        return nil
    }

    /// The place where most units of the model live.
    static func home(of model: Model.ID, in database: Database) throws -> NamedReference<Place>? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT place.id, place.path FROM asset JOIN place ON place.id = asset.place
                    WHERE asset.model = ? AND place.archived IS NULL
                    GROUP BY place.id ORDER BY count(*) DESC, place.path LIMIT 1
                    """), arguments: [model.rawValue]
        ).map { NamedReference(id: $0["id"], name: $0["path"]) }
    }

    /// The last run of digits in a number, and what stands around it; nil without any or with too many.
    private static func parts(of number: String?) -> (prefix: String, digits: String, suffix: String)? {
        guard let match = number?.wholeMatch(of: /(.*[^0-9]|)([0-9]{1,15})([^0-9]*)/) else { return nil }
        return (String(match.1), String(match.2), String(match.3))
    }

    private static func first(of model: Model) -> String {
        let word = model.name.split { !$0.isLetter && !$0.isNumber }.first.map { $0.uppercased() } ?? "UNIT"
        return word.prefix(12) + "-"
    }
}
