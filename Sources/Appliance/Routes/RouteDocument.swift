// What the OpenAPI document says of a route, stated beside it, so that neither can be changed without the other in
// sight. OpenAPI.swift turns the routes into the document.
import Core

/// A route's entry in the OpenAPI document.
struct RouteDocument: Sendable {
    /// A query item or header.
    struct Parameter: Sendable {
        enum Place: String, Sendable { case query, header }

        let name: String
        let place: Place
        let schema: JSON
        let text: String
    }

    /// A body that is taken as it is.
    struct RawBody: Sendable {
        /// Media types without parameters, in lower case.
        let types: [String]
        let byteCountMax: Int
    }

    let tag: String
    let summary: String
    var parameters: [Parameter] = []
    /// The schema of the request's body; nil for none, and for a raw one.
    var body: JSON?
    /// The body when it is not JSON.
    var rawBody: RawBody?
    /// Status and schema of the answer when all goes well; a nil schema for an answer without a body.
    var answer: (status: Int, schema: JSON?) = (200, nil)
    var answerType = "application/json"
    /// Problems worth naming beside those every route may have.
    var problems: [Failure.Code] = []

    init(
        _ tag: String, _ summary: String, _ parameters: [Parameter] = [], body: JSON? = nil,
        rawBody: RawBody? = nil, answer: (Int, JSON?) = (200, nil), as answerType: String = "application/json",
        problems: [Failure.Code] = []
    ) {
        self.tag = tag
        self.summary = summary
        self.parameters = parameters
        self.body = body
        self.rawBody = rawBody
        self.answer = answer
        self.answerType = answerType
        self.problems = problems
    }
}

extension RouteDocument.Parameter {
    static func query(_ name: String, _ schema: JSON, _ text: String) -> Self {
        Self(name: name, place: .query, schema: schema, text: text)
    }

    static func header(_ name: String, pattern: String, _ text: String) -> Self {
        Self(name: name, place: .header, schema: ["type": "string", "pattern": .string(pattern)], text: text)
    }

    static let idempotencyKey = header(
        "Idempotency-Key", pattern: "^[!-~]{1,200}$",
        "1 to 200 visible characters; a request sent again with its key is carried out once.")
    static let ifMatch = header(
        "If-Match", pattern: "^(\\*|\"[0-9]{1,18}\")$",
        "The ETag the edit is based on; without it the edit takes any version.")
}

/// JSON schemas, in OpenAPI 3.1's dialect (JSON Schema 2020-12).
enum Schema {
    static let text: JSON = ["type": "string"]
    static let identifier: JSON = ["type": "string", "pattern": "^[0-9a-f-]{36}$"]
    static let someText: JSON = ["type": "string", "minLength": 1]
    static let flag: JSON = ["type": "boolean"]
    static let whole: JSON = ["type": "integer"]
    static let time: JSON = ["type": "string", "format": "date-time"]

    static func ref(_ name: String) -> JSON { ["$ref": .string("#/components/schemas/\(name)")] }

    static func one(of values: [String]) -> JSON { ["type": "string", "enum": .array(values.map(JSON.string))] }

    static func whole(_ range: ClosedRange<Int>) -> JSON {
        ["type": "integer", "minimum": .int(Int64(range.lowerBound)), "maximum": .int(Int64(range.upperBound))]
    }

    static func orNull(_ schema: JSON) -> JSON { ["anyOf": [schema, ["type": "null"]]] }

    static func list(_ schema: JSON) -> JSON { ["type": "array", "items": schema] }

    /// `{"items": […]}`.
    static func items(_ schema: JSON) -> JSON { object(["items": list(schema)]) }

    /// An object whose members are required unless their name ends in `?`.
    static func object(_ members: JSON) -> JSON {
        guard case .object(let members) = members else { return ["type": "object"] }
        let required = members.filter { !$0.key.hasSuffix("?") }.map { JSON.string($0.key) }
        let properties = members.map { member in
            JSON.Member(
                key: member.key.hasSuffix("?") ? String(member.key.dropLast()) : member.key, value: member.value)
        }
        return ["type": "object", "required": .array(required), "properties": .object(properties)]
    }
}
