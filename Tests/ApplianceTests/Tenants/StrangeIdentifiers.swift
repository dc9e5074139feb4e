// Requests to every route of the OpenAPI document with an identifier put wherever one may stand: in each part of the path,
// each query item, and each member of the body.
import Core
import Foundation
import TestSupport

@testable import Appliance

/// One way to ask a route for something.
struct StrangeRequest: Sendable {
    let method: String
    let path: String
    let body: JSON?
    /// Where the identifier stands.
    let place: String

    /// A name that nothing has.
    static let nowhere = "00000000-0000-7000-8000-000000000000"

    /// The same for something else.
    func about(_ id: String) -> StrangeRequest {
        StrangeRequest(
            method: method, path: path.replacingOccurrences(of: Self.nowhere, with: id),
            body: body.map { .verbatim(Array($0.text.replacingOccurrences(of: Self.nowhere, with: id).utf8)) },
            place: place)
    }

    /// All that can be asked about ``nowhere``.
    ///
    /// - Parameter own: identifiers of what the one who asks has, by the name of its list, such as `assets`: a body is
    ///   sent to these, so that it is read.
    static func all(in document: JSON, own: [String: String]) -> [StrangeRequest] {
        let schemas = document["components"]?["schemas"] ?? [:]
        return (document["paths"]?.members ?? []).flatMap { path in
            path.value.members.flatMap { operation -> [StrangeRequest] in
                let (method, word) = (operation.key.uppercased(), operation.value["x-role"]?.string)
                // What signs out or in, what is the box's own, and what upgrades, have tests of their own.
                guard word != nil, word != "box", path.key != "/api/v1/live",
                    path.key != "/api/v1/session" || method == "GET"
                else { return [] }
                return requests(method, path.key, operation.value, schemas, own)
            }
        }
    }

    private static func requests(
        _ method: String, _ pattern: String, _ operation: JSON, _ schemas: JSON, _ own: [String: String]
    ) -> [StrangeRequest] {
        let path = pattern.replacing(/\{seq\}/, with: "999999999").replacing(/\{[a-z]+\}/, with: nowhere)
        let schema = operation["requestBody"]?["content"]?["application/json"]?["schema"].map { resolved($0, schemas) }
        let least = schema.map { filled($0, schemas, with: "a text") }
        var all: [StrangeRequest] = []
        if pattern.contains("{") { all.append(.init(method: method, path: path, body: least, place: "path")) }
        for parameter in operation["parameters"]?.items ?? [] where parameter["in"]?.string == "query" {
            guard let name = parameter["name"]?.string else { continue }
            let value = parameter["schema"]?["enum"] == nil ? nowhere : "assets"
            all.append(.init(method: method, path: "\(path)?\(name)=\(value)", body: least, place: name))
        }
        guard let schema else { return all }
        let list = pattern.split(separator: "/").dropFirst(2).first.map(String.init) ?? ""
        let ownPath = pattern.replacing("{id}", with: own[list] ?? nowhere)
            .replacing("{line}", with: own["lines"] ?? nowhere).replacing(/\{[a-z]+\}/, with: nowhere)
        for body in bodies(schema, schemas, least: least ?? [:]) {
            all.append(.init(method: method, path: ownPath, body: body.json, place: "body, \(body.member)"))
        }
        return all
    }

    /// Members that take any text and keep it: an identifier written there is the writer's own text from then on.
    private static let freeTexts: Set = ["code", "codes", "badges", "symbology", "note", "section"]

    /// Bodies with the identifier in one member each that may name something, or in the whole where it is no object.
    private static func bodies(_ schema: JSON, _ schemas: JSON, least: JSON) -> [(member: String, json: JSON)] {
        guard let properties = schema["properties"] else { return [("all", filled(schema, schemas, with: nowhere))] }
        return properties.members.compactMap { member in
            let strange = filled(member.value, schemas, with: nowhere)
            let isFree = freeTexts.contains(member.key) || member.value.text.contains("maxLength")
            guard !isFree, strange.text.contains(nowhere) else { return nil }
            let others = least.members.filter { $0.key != member.key }
            return (member.key, .object(others + [.init(key: member.key, value: strange)]))
        }
    }

    private static func resolved(_ schema: JSON, _ schemas: JSON) -> JSON {
        guard let name = schema["$ref"]?.string?.split(separator: "/").last else { return schema }
        return schemas[String(name)] ?? [:]
    }

    /// A value that fits the schema, with `text` for every text; of an object what is required.
    private static func filled(_ schema: JSON, _ schemas: JSON, with text: String) -> JSON {
        let schema = resolved(schema, schemas)
        if let first = schema["anyOf"]?.items.first { return filled(first, schemas, with: text) }
        if let word = schema["enum"]?.items.first { return word }
        switch schema["type"]?.string ?? schema["type"]?.items.first?.string {
        case "object":
            let required = Set((schema["required"]?.items ?? []).compactMap(\.string))
            let members = (schema["properties"]?.members ?? []).filter {
                required.contains($0.key) || text == nowhere
            }
            return .object(members.map { .init(key: $0.key, value: filled($0.value, schemas, with: text)) })
        case "array": return [filled(schema["items"] ?? ["type": "string"], schemas, with: text)]
        case "integer", "number": return schema["minimum"] ?? 1
        case "boolean": return true
        case "string" where schema["format"]?.string == "date-time": return "2026-05-05T08:00:00Z"
        case "string" where schema["format"]?.string == "date": return "2026-05-05"
        default: return .string(text)
        }
    }
}

extension JSON {
    /// The elements of an array; of anything else none.
    var items: [JSON] {
        guard case .array(let items) = self else { return [] }
        return items
    }
}
