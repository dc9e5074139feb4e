// Who may do what: the table in Core.docc/Access.md is what the routes say, and what a running box does.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct AccessTests {
    private static let table = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/Core/Core.docc/Access.md")

    /// One line of the table.
    private struct Line {
        let method: String
        let path: String
        let scopes: Set<Scope>
        /// A role, `box` for local administration, or nil for anybody.
        let word: String?

        var role: Role? { word.flatMap(Role.init(rawValue:)) }

        /// The status that keeps somebody out; nil for who is let in.
        func refusal(of asking: Role?) -> Int? {
            guard let word else { return nil }
            guard let asking else { return 401 }
            return word == "box" || role.map { asking < $0 } ?? true ? 403 : nil
        }
    }

    private static func lines(of box: TestBox) throws -> [Line] {
        let document = try JSON(parsing: box.ask("GET", "/api/v1/openapi.json").body)
        return (document["paths"]?.members ?? []).flatMap { path in
            path.value.members.map { operation in
                Line(
                    method: operation.key.uppercased(), path: path.key,
                    scopes: scopes(operation.value), word: operation.value["x-role"]?.string)
            }
        }.sorted { ($0.path, $0.method) < ($1.path, $1.method) }
    }

    private static func scopes(_ operation: JSON) -> Set<Scope> {
        guard case .array(let names)? = operation["x-scopes"] else { return [] }
        return Set(names.compactMap(\.string).compactMap(Scope.init(rawValue:)))
    }

    /// Run once with DEPOTD_TEST_UPDATE=1 after a change of routes.
    @Test func `the table in the docs is what the routes say`() async throws {
        try await TestBox.run { box in
            let rows = try Self.lines(of: box).map {
                "| \($0.method) | `\($0.path)` | \($0.word ?? "anybody") | \(Scope.text(of: $0.scopes)) |"
            }
            let text = Self.heading + rows.joined(separator: "\n") + "\n"
            if ProcessInfo.processInfo.environment["DEPOTD_TEST_UPDATE"] == "1" {
                try Data(text.utf8).write(to: Self.table)
            }
            #expect(try String(contentsOf: Self.table, encoding: .utf8) == text)
        }
    }

    private static let heading = """
        # Who may do what

        Each address and the lowest role that may ask it; higher ones may too (crew, manager, admin). `box` is local
        administration, the command line on the box itself, and nobody of any organisation. A program's key needs one of
        the scopes named: `manage` brings `write` along, and that `read`. Where none is named no key is let in. A test
        walks all of them with every role and every scope and expects exactly this.

        | | address | from | scopes |
        |---|---|---|---|

        """

    @Test func `every route lets in exactly whom the table names`() async throws {
        try await TestBox.run { box in
            let lines = try Self.lines(of: box).filter { $0.path != "/api/v1/session" || $0.method == "GET" }
            #expect(lines.count > 30)
            let people = DemoDepot.people
            let cookies: [(Role?, String?)] =
                try [(nil, nil)]
                + Role.allCases.map { role in
                    let person = try #require(people.first { $0.role == role })
                    return (role, try box.signIn(person.name, pin: person.pin))
                }
            for line in lines {
                for (role, cookie) in cookies {
                    let answer = try box.ask(
                        line.method, Self.filled(line.path), line.method == "GET" ? nil : ["none": 1],
                        headers: cookie.map { ["Cookie": $0] } ?? [:], authorization: nil)
                    let expected = line.refusal(of: role)
                    let said = "\(line.method) \(line.path) as \(role?.rawValue ?? "nobody"): \(answer.status)"
                    if let expected {
                        #expect(answer.status == expected, "\(said)")
                    } else {
                        #expect(![401, 403, 500].contains(answer.status), "\(said)")
                    }
                }
            }
        }
    }

    @Test func `every route lets in exactly the keys whose scope the table names`() async throws {
        try await TestBox.run(flags: ["limits.events_per_minute": "100000"]) { box in
            let lines = try Self.lines(of: box).filter { $0.role != nil && $0.path != "/api/v1/session" }
            for scope in Scope.allCases {
                let key = try box.makeKey(scope.rawValue, [scope]).secret
                let token = try box.exchange(key)
                // What the key brings along: stated here by itself, so that the house's own rule is tested too.
                let held: Set<Scope> =
                    scope == .manage ? [.manage, .write, .read] : scope == .write ? [.write, .read] : [scope]
                for line in lines where line.path != "/api/v1/tokens" {
                    for bearer in [key, token] {
                        let answer = try box.ask(
                            line.method, Self.filled(line.path), line.method == "GET" ? nil : ["none": 1],
                            headers: ["Authorization": "Bearer \(bearer)"], authorization: nil)
                        let said = "\(line.method) \(line.path) with \(scope): \(answer.status)"
                        if line.scopes.isDisjoint(with: held) {
                            #expect(answer.status == 403, "\(said)")
                        } else {
                            #expect(![401, 403, 500].contains(answer.status), "\(said)")
                        }
                    }
                }
            }
        }
    }

    /// The path with names that nothing has.
    private static func filled(_ path: String) -> String {
        path.replacing(/\{seq\}/, with: "1").replacing(/\{[a-z]+\}/, with: "00000000-0000-7000-8000-000000000000")
    }
}

extension TestBox {
    /// The token that may do everything and is in a file only.
    var adminToken: String {
        get throws { try #require(try LocalAccess(readingFrom: LocalAccess.file(in: folder)).adminToken) }
    }

    func askAsAdmin(_ method: String, _ path: String, _ body: JSON? = nil) throws -> Answer {
        try ask(method, path, body, headers: ["Authorization": "Bearer \(adminToken)"], authorization: nil)
    }

    /// Makes a key.
    func makeKey(_ name: String, _ scopes: Set<Scope>, expires: Date? = nil) throws -> (id: String, secret: String) {
        let answer = try askAsAdmin(
            "POST", "/api/v1/keys",
            [
                "name": .string(name), "scopes": .array(scopes.map { .string($0.rawValue) }),
                "expiresAt": expires.map(JSON.time) ?? .null,
            ]
        ).fields()
        return (try #require(answer.text("id")), try #require(answer.text("secret")))
    }

    /// The token that a key is exchanged for.
    func exchange(_ key: String, scope: String? = nil) throws -> String {
        let answer = try ask(
            "POST", "/api/v1/tokens", scope.map { ["scope": .string($0)] },
            headers: ["Authorization": "Bearer \(key)"], authorization: nil)
        return try #require(answer.fields().text("access_token"))
    }

    /// Signs a person in by PIN; at the organisation of `slug` where the box has several. - Returns: the cookie.
    func signIn(_ name: String, pin: String, at slug: String? = nil) throws -> String {
        let query = slug.map { "?organisation=\($0)" } ?? ""
        let people = try ask("GET", "/api/v1/session/people\(query)", authorization: nil).fields().list("items")
        let id = people.first { $0.text("name") == name }?.text("id") ?? ""
        let answer = try ask(
            "POST", "/api/v1/session\(query)", ["person": .string(id), "pin": .string(pin)], authorization: nil)
        return String((answer["set-cookie"] ?? "").prefix { $0 != ";" })
    }
}
