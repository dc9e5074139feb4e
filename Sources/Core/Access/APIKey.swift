// What is known of a key that a program signs in with. The secret itself is shown once, when it is made, and only its
// digest is kept. KeyRing.swift makes, finds and revokes keys.
package import Foundation
import GRDB

/// A program's key.
package struct APIKey: Sendable, Equatable {
    package typealias ID = Identifier<APIKey>

    package let id: ID
    /// What the program is called; it is the device of what it changes.
    package let name: String
    /// How the secret begins, by which people know it again.
    package let prefix: String
    package let scopes: Set<Scope>
    package let created: Date
    /// Nil for one that lasts until it is revoked.
    package let expires: Date?
    /// Kept to the minute.
    package var lastUsed: Date?
    /// SHA-256 of the secret.
    let digest: [UInt8]

    /// `{"id", "name", "prefix", "scopes", "createdAt", "expiresAt", "lastUsedAt"}`.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "prefix": .string(prefix),
            "scopes": .array(Scope.allCases.filter(scopes.contains).map { .string($0.rawValue) }),
            "createdAt": .time(created), "expiresAt": expires.map(JSON.time) ?? .null,
            "lastUsedAt": lastUsed.map(JSON.time) ?? .null,
        ]
    }

    /// Who a program is that shows this key.
    package func principal(with scopes: Set<Scope>, until expires: Date?) -> Principal {
        var principal = Principal(device: name, role: Scope.role(of: scopes))
        principal.scopes = scopes
        principal.key = id
        principal.expires = expires
        return principal
    }
}

extension APIKey: FetchableRecord {
    init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        prefix = row["prefix"]
        scopes = Scope.set(of: row["scopes"]) ?? []
        created = Date(milliseconds: row["created"])
        expires = (row["expires"] as Int64?).map(Date.init(milliseconds:))
        lastUsed = (row["last_used"] as Int64?).map(Date.init(milliseconds:))
        digest = Array(row["digest"] as Data)
    }

    static let schema = """
        CREATE TABLE api_key (
          id TEXT PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''), prefix TEXT NOT NULL,
          digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32), scopes TEXT NOT NULL CHECK (scopes <> ''),
          created INTEGER NOT NULL, expires INTEGER, last_used INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX api_key_name ON api_key (name COLLATE NOCASE);
        CREATE TABLE signing_key (kid TEXT PRIMARY KEY, seed BLOB NOT NULL CHECK (length(seed) = 32), made INTEGER NOT NULL)
        STRICT;
        """
}
