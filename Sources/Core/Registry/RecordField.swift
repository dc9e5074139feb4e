// One field of a record that people edit: its name on the wire, its column, what it may hold, and the words that say
// what is wrong with a value. Forms, imports, bulk edits and undo all go through here, so a rule is stated once.
package import Foundation
package import GRDB

/// One field of a record that people edit.
package struct RecordField: Sendable {
    /// What a field may hold. Every field that is not required may be null as well.
    package enum Shape: Sendable, Equatable {
        /// Text of one line and at most so many characters.
        case line(Int)
        /// Text of several lines and at most so many characters.
        case lines(Int)
        case whole(ClosedRange<Int64>)
        /// Any number that is finite.
        case number
        case flag
        /// A time as ISO 8601; stored as Unix milliseconds.
        case instant
        /// A calendar day as `2026-11-21`; stored as that text.
        case day
        case choice([String])
        /// The identifier of a row of a table, or `{"id": …}`. The word names what is missing when there is none.
        case reference(table: String, word: String)
        /// True once the record is out of use; stored as the time when it was put away.
        case archived
        /// A JSON object or array, whose members the record checks itself.
        case object, list
        /// A list that is kept in rows of a table of its own, which ``RegistryRecord/store(_:as:of:in:)`` writes.
        case part
    }

    /// Whether a field may be empty.
    package enum Presence: Sendable {
        case optional, required
        /// Never empty, and a new record has a value by itself.
        case preset
    }

    /// The member of the record's JSON.
    package let name: String
    package let column: String
    /// What people call it, such as `Serial number`.
    package let label: String
    package let shape: Shape
    package let presence: Presence

    package init(
        _ name: String, column: String? = nil, _ label: String, _ shape: Shape, _ presence: Presence = .optional
    ) {
        self.name = name
        self.column = column ?? name
        self.label = label
        self.shape = shape
        self.presence = presence
    }

    /// What to store for a value that came in.
    ///
    /// - Throws: `invalid` with this field and a sentence for the person who typed it.
    package func stored(_ value: JSON, at now: Date, in database: Database) throws -> DatabaseValue {
        let stored = try converted(value, at: now)
        if presence != .optional, stored.isNull { throw refusal("\(label) is missing.") }
        if case .reference(let table, let word) = shape, !stored.isNull {
            let isThere = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT 1 FROM \(table) WHERE id = ?"), arguments: [stored])
            if isThere == nil { throw refusal("There is no such \(word).") }
        }
        return stored
    }

    private func converted(_ value: JSON, at now: Date) throws -> DatabaseValue {
        if value == .null { return .null }
        switch (shape, value) {
        case (.line(let count), .string(let text)): return try stored(text: text, count, hasLines: false)
        case (.lines(let count), .string(let text)): return try stored(text: text, count, hasLines: true)
        case (.whole(let range), .int(let number)):
            guard range.contains(number) else {
                throw refusal("\(label) is a whole number from \(range.lowerBound) to \(range.upperBound).")
            }
            return number.databaseValue
        case (.number, .int(let number)): return number.databaseValue
        case (.number, .double(let number)) where number.isFinite: return number.databaseValue
        case (.flag, .bool(let flag)): return flag.databaseValue
        case (.archived, .bool(let flag)): return flag ? now.milliseconds.databaseValue : .null
        case (.instant, .string(let text)):
            guard let date = Self.date(of: text) else { throw refusal("\(label) is a time such as 2026-11-21T08:00Z.") }
            return date.milliseconds.databaseValue
        case (.day, .string(let text)):
            guard Self.isDay(text) else { throw refusal("\(label) is a day such as 2026-11-21.") }
            return text.databaseValue
        case (.choice(let choices), .string(let text)):
            guard choices.contains(text) else {
                throw refusal("\(label) is one of \(choices.joined(separator: ", ")).")
            }
            return text.databaseValue
        case (.reference, .string(let id)): return id.isEmpty ? .null : id.databaseValue
        case (.reference, .object): return value["id"]?.string?.databaseValue ?? .null
        case (.object, .object), (.list, .array): return value.text.databaseValue
        case (.number, _): throw refusal("\(label) is a number.")
        default: throw refusal("\(label) has the wrong type.")
        }
    }

    /// Text without white space at its ends and composed, so that what looks alike is alike; empty text is null.
    private func stored(text: String, _ countMax: Int, hasLines: Bool) throws -> DatabaseValue {
        // Before anything that costs by the length.
        guard text.utf8.count <= countMax * 16 else { throw refusal("\(label) has at most \(countMax) characters.") }
        let isPlain = text.isPlain
        let text = (isPlain ? text : text.precomposedStringWithCanonicalMapping).trimmed
        guard (isPlain ? text.utf8.count : text.count) <= countMax else {
            throw refusal("\(label) has at most \(countMax) characters.")
        }
        let isClean =
            isPlain
            || text.unicodeScalars.allSatisfy { scalar in
                (hasLines && (scalar == "\n" || scalar == "\t")) || scalar.properties.generalCategory != .control
            }
        guard isClean else { throw refusal("\(label) has a character that can not be shown.") }
        return text.isEmpty ? .null : text.databaseValue
    }

    func refusal(_ message: String) -> Failure { Failure(.invalid, message, field: name) }

    /// A time of RFC 3339, with or without seconds and their fractions.
    package static func date(of text: String) -> Date? {
        let zoned = text.replacing(/^(\d{4}-\d\d-\d\dT\d\d:\d\d)(Z|[+-]\d\d:?\d\d)$/) { "\($0.1):00\($0.2)" }
        return (try? Date(zoned, strategy: .iso8601))
            ?? (try? Date(zoned, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }

    private static func isDay(_ text: String) -> Bool {
        guard text.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil else { return false }
        return date(of: text + "T00:00:00Z")?.iso8601.hasPrefix(text) == true
    }
}
