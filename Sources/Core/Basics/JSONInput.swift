// JSON as it comes in where its shape is a table of fields and not a struct of Swift's.
import Foundation

extension JSON: Decodable {
    /// Any JSON value; the members of objects in the order of their keys.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .bool(flag)
        } else if let whole = try? container.decode(Int64.self) {
            self = .int(whole)
        } else if let number = try? container.decode(Double.self) {
            self = .double(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let items = try? container.decode([JSON].self) {
            self = .array(items)
        } else {
            let members = try container.decode([String: JSON].self)
            self = .object(members.sorted { $0.key < $1.key }.map { Member(key: $0.key, value: $0.value) })
        }
    }

    /// The value of JSON text.
    ///
    /// - Throws: `invalid` for what is no JSON.
    package init(parsing bytes: [UInt8]) throws {
        do {
            self = try JSONDecoder().decode(JSON.self, from: Data(bytes))
        } catch {
            throw Failure(.invalid, "That is not JSON.", cause: "\(error)")
        }
    }

    /// The members of an object; none for any other value.
    package var members: [Member] {
        guard case .object(let members) = self else { return [] }
        return members
    }

    /// The text of a string; nil for any other value.
    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}
