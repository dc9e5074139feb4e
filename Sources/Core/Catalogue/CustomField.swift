// The fields that only the gear of one category has: how a category defines them, and what a piece of gear may have
// in them. Values of fields that a category does not define any more are kept as they are.
import Foundation
import GRDB

/// One field of a category's gear.
package struct CustomField: Sendable, Equatable {
    /// What a field holds.
    package enum Kind: String, Sendable, CaseIterable {
        case text, number, day, choice, flag
    }

    /// Most fields of one category.
    package static let countMax = 30
    /// Most choices of one field.
    static let choiceCountMax = 100
    /// Longest text in a field, in characters.
    static let textCountMax = 500

    /// The member of a piece of gear's `custom`.
    package let key: String
    /// What people call it.
    package let name: String
    package let kind: Kind
    /// What a number counts, such as `W`.
    package let unit: String?
    /// What may be chosen; empty for other kinds.
    package let choices: [String]
    package let isRequired: Bool

    /// `{"key", "name", "kind", "unit", "choices", "required"}`.
    package var json: JSON {
        [
            "key": .string(key), "name": .string(name), "kind": .string(kind.rawValue), "unit": .optional(unit),
            "choices": .array(choices.map(JSON.string)), "required": .bool(isRequired),
        ]
    }
}

// MARK: - As a category defines them

extension CustomField {
    /// The fields of a category's list.
    ///
    /// - Throws: `invalid` at `fields` with a sentence for each that is not right.
    static func list(_ json: JSON, in database: Database) throws -> [CustomField] {
        guard case .array(let items) = json else { throw refusal("The fields are a list.") }
        guard items.count <= countMax else { throw refusal("A category has at most \(countMax) fields.") }
        var fields: [CustomField] = []
        var refusals: [Failure] = []
        for (index, item) in items.enumerated() {
            do {
                let field = try CustomField(item, in: database)
                let isTwice = fields.contains { $0.key == field.key || $0.name.folded == field.name.folded }
                if isTwice { throw refusal("\(field.name) is there twice.") }
                fields.append(field)
            } catch let failure as Failure where failure.code == .invalid {
                refusals.append(Failure(.invalid, "Field \(index + 1): \(failure.message)", field: "fields"))
            }
        }
        try Failure.refuse(refusals)
        return fields
    }

    private static let members = ["key", "name", "kind", "unit", "choices", "required"]

    private init(_ json: JSON, in database: Database) throws {
        guard case .object(let members) = json else { throw Self.refusal("it is no object.") }
        if let stranger = members.first(where: { !Self.members.contains($0.key) }) {
            throw Self.refusal("it has no \(stranger.key.prefix(64)).")
        }
        guard let key = json["key"]?.string, key.utf8.count <= 40, key.wholeMatch(of: /[a-z][a-zA-Z0-9]*/) != nil else {
            throw Self.refusal("a key is a small letter, then letters and digits, 40 at most.")
        }
        guard let kind = (json["kind"]?.string).flatMap(Kind.init(rawValue:)) else {
            throw Self.refusal("its kind is one of \(Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        self.key = key
        self.kind = kind
        name = try Self.line(json["name"] ?? .null, "its name", 100, .required, in: database) ?? ""
        unit = try Self.line(json["unit"] ?? .null, "its unit", 20, .optional, in: database)
        choices = try Self.choices(json["choices"] ?? .null, in: database)
        if kind == .choice, choices.isEmpty { throw Self.refusal("there is nothing to choose from.") }
        if kind != .choice, !choices.isEmpty { throw Self.refusal("only a choice has choices.") }
        switch json["required"] ?? .null {
        case .null: isRequired = false
        case .bool(let flag): isRequired = flag
        default: throw Self.refusal("required is true or false.")
        }
    }

    private static func choices(_ json: JSON, in database: Database) throws -> [String] {
        if json == .null { return [] }
        guard case .array(let items) = json, items.count <= choiceCountMax else {
            throw refusal("the choices are a list of at most \(choiceCountMax).")
        }
        let choices = try items.map { try line($0, "a choice", 100, .required, in: database) ?? "" }
        guard Set(choices.map(\.folded)).count == choices.count else { throw refusal("a choice is there twice.") }
        return choices
    }

    private static func line(
        _ json: JSON, _ label: String, _ countMax: Int, _ presence: RecordField.Presence, in database: Database
    ) throws -> String? {
        let value = try RecordField("fields", label, .line(countMax), presence).stored(json, at: Date(), in: database)
        return String.fromDatabaseValue(value)
    }

    private static func refusal(_ message: String) -> Failure { Failure(.invalid, message, field: "fields") }
}

// MARK: - As a piece of gear has them

extension CustomField {
    /// What is stored of the values that came in for a piece of gear.
    ///
    /// - Parameters:
    ///   - before: what is stored now. Values of fields that are not defined any more stay, and so does a value that
    ///     was right once and is sent back as it was.
    ///   - requires: whether the fields that must be filled are asked for right here.
    /// - Throws: `invalid` at `custom.KEY` with a sentence for each that is not right.
    static func settled(
        _ given: JSON, before: JSON, _ fields: [CustomField], requires: Bool, at now: Date, in database: Database
    ) throws -> JSON {
        var values: [JSON.Member] = []
        var refusals: [Failure] = []
        for field in fields {
            do {
                let value = try field.settled(
                    given[field.key] ?? .null, before: before[field.key], at: now, in: database)
                if value != .null {
                    values.append(.init(key: field.key, value: value))
                } else if field.isRequired, requires {
                    throw field.missing
                }
            } catch let failure as Failure where failure.code == .invalid { refusals.append(failure) }
        }
        let isKnown = { (key: String) in fields.contains { $0.key == key } }
        for member in given.members where !isKnown(member.key) && before[member.key] != member.value {
            let key = String(member.key.prefix(64))
            refusals.append(Failure(.invalid, "This category has no field \(key).", field: "custom.\(key)"))
        }
        try Failure.refuse(refusals)
        return .object(values + before.members.filter { !isKnown($0.key) })
    }

    private func settled(_ value: JSON, before: JSON?, at now: Date, in database: Database) throws -> JSON {
        guard value != .null, value != before else { return value }
        let stored = try RecordField("custom.\(key)", name, shape).stored(value, at: now, in: database)
        // Text comes back trimmed and composed; a number or a flag is as it came.
        guard case .string = value else { return value }
        return .optional(String.fromDatabaseValue(stored))
    }

    private var shape: RecordField.Shape {
        switch kind {
        case .text: .line(Self.textCountMax)
        case .number: .number
        case .day: .day
        case .choice: .choice(choices)
        case .flag: .flag
        }
    }

    /// What is said when a field is empty that must not be.
    var missing: Failure { Failure(.invalid, "\(name) is missing.", field: "custom.\(key)") }
}
