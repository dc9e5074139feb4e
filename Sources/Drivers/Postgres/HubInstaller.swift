// The hub's SQL, carried in the binary, and how it is applied: each file once, in order, in a transaction of its own.
// What roles there are and what they may do is in etc/hub/1-ground.sql.
private import CHub
package import Core
import Foundation

/// Installs and keeps a hub, with the rights of whoever runs the database.
///
/// For the command line: it blocks.
package final class HubInstaller {
    /// One file of SQL.
    package struct Script: Sendable {
        /// From 1.
        package let version: Int
        package let name: String
        package let text: String
    }

    private let link: PostgresLink

    /// Connects. - Throws: `unavailable` with what the server said.
    package init(_ address: PostgresAddress) throws {
        link = try Self.saying { () throws(PostgresError) in
            try PostgresLink(address.parameters, within: .seconds(15), bell: Bell())
        }
    }

    /// All files that this version carries.
    package static let scripts: [Script] = {
        var count: UInt = 0
        let scripts = UnsafeBufferPointer(start: depotd_hub_scripts(&count), count: Int(count))
        return scripts.enumerated().map { index, script in
            let text = UnsafeBufferPointer(start: script.bytes, count: Int(script.count))
            return Script(
                version: index + 1, name: String(cString: script.name), text: String(decoding: text, as: UTF8.self))
        }
    }()

    /// Applies what is not applied yet, all of it or nothing.
    ///
    /// - Returns: the names of what was applied, and whether the database makes points for maps.
    /// - Throws: `conflict` when the hub is of a later version than this program.
    package func install() throws -> (applied: [String], hasPoints: Bool) {
        let done = try version()
        guard done <= Self.scripts.count else {
            throw Failure(
                .conflict,
                "The hub is of version \(done) and this program knows \(Self.scripts.count). Update it first.")
        }
        let hasPoints = wantPoints()
        let due = Self.scripts.filter { $0.version > done }
        let notes = due.map { "INSERT INTO depotd.hub_version (version, name) VALUES (\($0.version), '\($0.name)');" }
        let texts = zip(due, notes).map { "\($0.text)\nSET LOCAL ROLE depotd_hub; \($1) RESET ROLE;" }
        try run((["BEGIN;"] + texts + ["COMMIT;"]).joined(separator: "\n"))
        return (due.map(\.name), hasPoints)
    }

    /// PostGIS must be there before the views are made, and only whoever may can bring it in.
    private func wantPoints() -> Bool {
        _ = try? run("CREATE EXTENSION IF NOT EXISTS postgis")
        return (try? ask("SELECT 1 FROM pg_extension WHERE extname = 'postgis'"))?.isEmpty == false
    }

    private func version() throws -> Int {
        guard try ask("SELECT to_regclass('depotd.hub_version')").first?.first != .some(nil) else { return 0 }
        return Int(try ask("SELECT max(version) FROM depotd.hub_version").first?.first.flatMap { $0 } ?? "0") ?? 0
    }

    func ask(_ sql: String, _ values: [PostgresValue] = []) throws -> [[String?]] {
        try Self.saying { () throws(PostgresError) in try link.ask(sql, values, within: .seconds(60)) }
    }

    func run(_ script: String) throws {
        try Self.saying { () throws(PostgresError) in try link.run(script: script, within: .seconds(600)) }
    }

    private static func saying<Value>(_ body: () throws(PostgresError) -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw Failure(.unavailable, "The database refused: \(error.text)", cause: "\(error)")
        }
    }
}

// MARK: - Members

extension HubInstaller {
    /// A role and its password, which is told once.
    package struct Member: Sendable {
        package let role: String
        package let password: String
    }

    /// Who comes to a hub.
    package enum Kind: String, Sendable {
        case depot, office
    }

    /// Lets a depot or an office in: makes the tenant if there is none of that name, and a role with a new password. For a
    /// role that there is, the password is made anew, and a depot's role takes the next box that comes with it.
    ///
    /// - Parameter mayEdit: whether an office may edit as well as read.
    /// - Throws: `invalid` for names that no role can have; `conflict` when the role is of another tenant or kind.
    package func admit(_ kind: Kind, _ name: String, of tenant: String, mayEdit: Bool = false) throws -> Member {
        let (slug, tenantSlug) = (try Self.slug(name), try Self.slug(tenant))
        let member = Member(role: "\(tenantSlug)_\(slug)", password: Hex.text(SecureRandom.bytes(24)))
        try run("BEGIN")
        do {
            try run("SET LOCAL ROLE depotd_hub")
            _ = try ask(
                """
                INSERT INTO depotd.tenant (tenant, name, epoch) VALUES ($1, $2, gen_random_uuid()::text)
                ON CONFLICT DO NOTHING
                """, [.text(tenantSlug), .text(tenant)])
            try enter(member, kind, name, tenantSlug, mayEdit: mayEdit)
            try run("RESET ROLE")
            try makeRole(member, kind)
            try run("COMMIT")
        } catch {
            _ = try? run("ROLLBACK")
            throw error
        }
        return member
    }

    private func enter(_ member: Member, _ kind: Kind, _ name: String, _ tenant: String, mayEdit: Bool) throws {
        let rows = try ask(
            """
            INSERT INTO depotd.member AS m (role, tenant, kind, depot, may_edit)
            VALUES ($1::text::name, $2, $3, $4, $5::text::boolean)
            ON CONFLICT (role) DO UPDATE SET node = CASE WHEN m.kind = 'office' THEN m.node END, may_edit = excluded.may_edit
              WHERE m.tenant = excluded.tenant AND m.kind = excluded.kind
            RETURNING 1
            """,
            [
                .text(member.role), .text(tenant), .text(kind.rawValue), .text(kind == .depot ? name : nil),
                .text(String(mayEdit && kind == .office)),
            ])
        guard !rows.isEmpty else {
            throw Failure(.conflict, "There is a role \(member.role) already, and it is of another kind.")
        }
    }

    /// Neither can be a parameter; the role is letters, digits, `-` and `_`, and a verifier has no quotes.
    private func makeRole(_ member: Member, _ kind: Kind) throws {
        let exists = try !ask("SELECT 1 FROM pg_roles WHERE rolname = $1", [.text(member.role)]).isEmpty
        let verb = exists ? "ALTER" : "CREATE"
        let verifier = try Self.saying { () throws(PostgresError) in
            try link.verifier(of: member.password, for: member.role)
        }
        try run(
            """
            \(verb) ROLE "\(member.role)" LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 8
              PASSWORD '\(verifier)';
            ALTER ROLE "\(member.role)" SET statement_timeout = '\(kind == .depot ? "120s" : "600s")';
            GRANT depotd_\(kind.rawValue) TO "\(member.role)";
            """)
    }

    /// Lower-case letters, digits and single hyphens, at most 24 of them.
    private static func slug(_ name: String) throws -> String {
        let plain = name.folding(options: [.diacriticInsensitive, .caseInsensitive], locale: nil).lowercased()
        let words = plain.split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
        let slug = String(words.joined(separator: "-").prefix(24))
        guard !slug.isEmpty else { throw Failure(.invalid, "A name needs letters or digits: \(name)") }
        return slug
    }
}
