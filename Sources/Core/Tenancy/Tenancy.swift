// Which organisations share the box: a list in the box's own file. What is theirs is in a folder each, so that a backup
// holds one of them and removing a folder removes all of one.
package import Foundation
import GRDB

/// An organisation's place on the box.
package struct Tenancy: Sendable, Equatable {
    package typealias ID = Identifier<Tenancy>

    package let id: ID
    /// What stands in the address at which its people sign in: lower-case letters, digits and hyphens.
    package let slug: String
    package let name: String
    /// Whether the box was set up for it. Its files are in the data folder itself, its sessions in the box's own file.
    package let isFirst: Bool
    package let since: Date

    /// Where its files are.
    package func folder(in data: String) -> String { isFirst ? data : Self.folders(in: data) + "/" + id.rawValue }

    package static func folders(in data: String) -> String { data + "/organisations" }

    package var json: JSON {
        [
            "id": .string(id.rawValue), "slug": .string(slug), "name": .string(name), "first": .bool(isFirst),
            "since": .time(since),
        ]
    }
}

/// Remembers the organisations, in the box's own file.
package struct TenancyBook: Sendable {
    /// Most organisations on one box: each has a writer and readers open.
    package static let countMax = 12
    /// Longest name of an organisation, in characters.
    package static let nameCountMax = 80

    static let schema = """
        CREATE TABLE organisation (
          id TEXT PRIMARY KEY,
          slug TEXT NOT NULL UNIQUE CHECK (slug NOT GLOB '*[^a-z0-9-]*' AND length(slug) BETWEEN 1 AND 40),
          name TEXT NOT NULL, first INTEGER NOT NULL CHECK (first IN (0, 1)), since INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX organisation_first ON organisation (first) WHERE first = 1;
        ALTER TABLE reader ADD COLUMN organisation TEXT;
        """

    private let box: Box

    package init(box: Box) { self.box = box }

    /// All of them, the first one first.
    package func all() async throws -> [Tenancy] {
        try await box.database.read { try Self.fetchAll($0) }
    }

    /// The list in a data folder that a daemon may be serving; empty when there is none.
    package static func look(in data: String) throws -> [Tenancy] {
        let path = data + "/box.sqlite"
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try StoreCopy.wording("The box's file can not be read: \(path)") {
            let connection = try StoreConnection.looking(at: path)
            defer { try? connection.close() }
            return try connection.read { try $0.tableExists("organisation") ? fetchAll($0) : [] }
        }
    }

    /// Enters an organisation.
    ///
    /// - Throws: `conflict` for one that is there already, or one too many.
    package func enter(_ id: Tenancy.ID, _ name: String, isFirst: Bool, at date: Date) async throws -> Tenancy {
        let slug = Self.slug(of: name) ?? "o-\(id.rawValue.suffix(6))"
        return try await box.database.write { database in
            let all = try Self.fetchAll(database)
            try Self.refuse(slug, name, beside: all)
            let tenancy = Tenancy(id: id, slug: slug, name: name, isFirst: isFirst, since: date)
            try database.execute(
                sql: "INSERT INTO organisation (id, slug, name, first, since) VALUES (?, ?, ?, ?, ?)",
                arguments: [id, slug, name, isFirst, date.milliseconds])
            return tenancy
        }
    }

    /// Refuses an organisation that could not be entered, before anything is made of it.
    ///
    /// - Throws: `invalid` for a name that is empty or too long; else as ``enter(_:_:isFirst:at:)``.
    package func check(_ name: String) async throws {
        guard (1...Self.nameCountMax).contains(name.count), name == name.trimmed else {
            throw Failure(
                .invalid, "An organisation has a name of 1 to \(Self.nameCountMax) characters.", field: "name")
        }
        let slug = Self.slug(of: name) ?? ""
        try await box.database.read { try Self.refuse(slug, name, beside: Self.fetchAll($0)) }
    }

    /// Takes an organisation out of the list, and its readers, so that nothing of it stays in the file.
    package func erase(_ id: Tenancy.ID) async throws {
        try await box.database.write { database in
            try database.execute(sql: "DELETE FROM reader WHERE organisation = ?", arguments: [id])
            try database.execute(sql: "DELETE FROM organisation WHERE id = ?", arguments: [id])
        }
        try await box.database.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }

    private static func refuse(_ slug: String, _ name: String, beside all: [Tenancy]) throws {
        guard all.count < countMax else {
            throw Failure(.conflict, "A box has at most \(countMax) organisations.")
        }
        guard !all.contains(where: { $0.slug == slug }) else {
            throw Failure(.conflict, "There is an organisation of that name already: \(name).", field: "name")
        }
    }

    /// `Müller & Söhne` is `muller-sohne`; nil for a name without Latin letters and digits.
    static func slug(of name: String) -> String? {
        let plain = SearchText.folded(name).map { $0.isASCII ? $0 : " " }
        let slug = String(plain).split(separator: " ").joined(separator: "-").prefix(40)
        return slug.isEmpty ? nil : String(slug)
    }

    private static func fetchAll(_ database: Database) throws -> [Tenancy] {
        try Row.fetchAll(database, sql: "SELECT * FROM organisation ORDER BY first DESC, since, id").map { row in
            Tenancy(
                id: row["id"], slug: row["slug"], name: row["name"], isFirst: row["first"],
                since: Date(milliseconds: row["since"]))
        }
    }
}
