// A second organisation beside the demo's, with one of everything in it, so that a test can look for any of it at the
// first one's. Every name and text in it holds a mark, and every code another.
import Core
import Foundation
import GRDB
import TestSupport

@testable import Appliance

/// The second organisation of a box.
struct SecondHouse: Sendable {
    /// In every name and text of it.
    static let mark = "Zyxbeta"
    /// In every code of it.
    static let codeMark = "QQB7"

    let tenancy: String
    let slug: String
    let folder: String
    let token: String
    let adminToken: String
    /// The secret of the one-time link for its first administrator.
    let invitation: String
    /// Identifiers of what there is, by kind.
    private(set) var ids: [String: String] = [:]

    /// Founds it as the command line would, and fills it.
    init(on box: TestBox) throws {
        let made = try box.asBox("POST", "/api/v1/box/organisations", ["name": .string("\(Self.mark) Films")])
        guard made.status == 201, let id = try made.fields().text("id") else {
            throw Failure(.internal, "not founded: \(made.text)")
        }
        tenancy = id
        slug = try made.fields().text("slug") ?? ""
        invitation = try made.fields().text("link")?.split(separator: "#").last.map(String.init) ?? ""
        folder = box.folder + "/organisations/" + id
        token = try LocalAccess.managersKey(in: folder)
        adminToken = try LocalAccess(readingFrom: LocalAccess.file(in: folder)).asAdmin.token
        try fill(on: box)
    }

    /// Asks as this organisation's manager.
    func ask(
        _ box: TestBox, _ method: String, _ path: String, _ body: JSON? = nil, headers: [String: String] = [:]
    ) throws -> Answer {
        try box.ask(
            method, path, body, headers: headers.merging(["Authorization": "Bearer \(token)"]) { $1 },
            authorization: nil)
    }

    /// Where its log ends.
    func seq(on box: TestBox) throws -> Int { try ask(box, "GET", "/api/v1/about").fields().number("seq") ?? -1 }

    /// All that its lists hold, as text.
    func picture(on box: TestBox) throws -> [String] {
        try ["assets", "models", "categories", "places", "people", "projects", "views", "unknowns", "doors", "batches"]
            .map { try ask(box, "GET", "/api/v1/\($0)").text }
    }

    private mutating func make(_ kind: String, on box: TestBox, _ path: String, _ body: JSON) throws {
        let answer = try ask(box, "POST", path, body)
        guard (200..<300).contains(answer.status), let id = try answer.fields().text("id") else {
            throw Failure(.internal, "\(kind): \(answer.text)")
        }
        ids[kind] = id
    }

    private mutating func fill(on box: TestBox) throws {
        let (mark, code) = (Self.mark, Self.codeMark)
        try make("category", on: box, "/api/v1/categories", ["name": .string("\(mark) lights")])
        try make("place", on: box, "/api/v1/places", ["name": .string("\(mark) shelf")])
        try make(
            "model", on: box, "/api/v1/models",
            ["name": .string("\(mark) lamp"), "category": .string(ids["category"] ?? "")])
        try make(
            "asset", on: box, "/api/v1/assets",
            [
                "number": .string("\(code)-1"), "name": .string("\(mark) lamp one"), "note": .string("\(mark) note"),
                "model": .string(ids["model"] ?? ""),
            ])
        try make("person", on: box, "/api/v1/people", ["name": .string("\(mark) Bea"), "role": "crew"])
        try make(
            "project", on: box, "/api/v1/projects",
            ["name": .string("\(mark) film"), "startsAt": "2026-01-01T08:00Z", "endsAt": "2027-01-01T08:00Z"])
        try make("view", on: box, "/api/v1/views", Self.view)
        ids["door"] = try ask(box, "GET", "/api/v1/doors").fields().list("items").first?.text("id")
        try fillFurther(on: box)
    }

    private static let view: JSON = [
        "name": .string("\(mark) view"), "page": "assets", "query": "q=x", "isShared": true,
    ]

    private static var readOnly: GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        return configuration
    }

    private mutating func fillFurther(on box: TestBox) throws {
        let (mark, code) = (Self.mark, Self.codeMark)
        let asset = "/api/v1/assets/\(ids["asset"] ?? "")"
        _ = try ask(box, "PATCH", asset + "/cost", ["value": 77_777, "supplier": .string("\(mark) supplier")])
        _ = try ask(box, "POST", "/api/v1/people/\(ids["person"] ?? "")/badges", ["code": .string("\(code)-BADGE")])
        let line = try ask(
            box, "POST", "/api/v1/projects/\(ids["project"] ?? "")/lines", ["asset": .string(ids["asset"] ?? "")])
        ids["line"] = try line.fields().list("lines").first?.text("id")
        for scanned in ["\(code)-BADGE", "\(code)-1", "\(code)-NOBODY"] {
            let scan = try ask(box, "POST", "/api/v1/scans", ["code": .string(scanned)])
            ids["scan"] = try scan.fields().text("id") ?? ids["scan"]
        }
        _ = try ask(box, "PATCH", "/api/v1/projects/\(ids["project"] ?? "")", ["state": "accepted"])
        // Nobody of it is signed in, and a program is in no room.
        let store = try DatabaseQueue(path: folder + "/depot.sqlite", configuration: Self.readOnly)
        ids["room"] = try store.read { try String.fetchOne($0, sql: "SELECT id FROM room WHERE kind = 'project'") }
        ids["unknown"] = try ask(box, "GET", "/api/v1/unknowns").fields().list("items").first?.text("id")
        let picture = try ask(
            box, "POST", "/api/v1/pictures", .verbatim(SamplePicture.png(width: 33, height: 21)),
            headers: ["Content-Type": "image/png"])
        ids["picture"] = try picture.fields().text("id")
        let sheet = try ask(
            box, "POST", "/api/v1/imports?kind=assets&name=\(mark).csv",
            .verbatim(Array("number,name\n\(code)-9,\(mark) lamp nine\n".utf8)), headers: ["Content-Type": "text/csv"])
        ids["import"] = try sheet.fields().text("id")
        let batch = try ask(
            box, "PATCH", "/api/v1/assets", ["ids": [.string(ids["asset"] ?? "")], "set": ["owner": .string(mark)]])
        ids["batch"] = try batch.fields().text("batch")
        ids["organisation"] = tenancy
    }
}

extension TestBox {
    /// Asks as local administration.
    func asBox(_ method: String, _ path: String, _ body: JSON? = nil) throws -> Answer {
        let access = try LocalAccess(readingFrom: Administration.file(in: folder))
        return try ask(
            method, path, body, headers: ["Authorization": "Bearer \(access.token)"], authorization: nil)
    }
}
