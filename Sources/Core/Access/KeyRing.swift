// The keys of programs: made, listed, revoked, and looked up at each request. All of them are in memory too, so a
// request costs one digest and one look-up; what was revoked is gone from there before the answer is given.
// Read next: SigningKeys.swift, for the tokens that keys are exchanged for.
package import Foundation
import GRDB
private import Synchronization

/// Makes, lists and revokes the keys of programs, and says whose a secret is.
package final class KeyRing: Sendable {
    /// Most keys of an organisation.
    package static let countMax = 200
    /// How secrets begin: `dk_` and eight digits are shown, 24 bytes behind them are the secret.
    package static let mark = "dk_"
    private static let prefixCount = 11

    private let box: Box
    private let trail: AuditTrail
    private let clock: HybridClock
    private let keys: Mutex<[[UInt8]: APIKey]>

    package init(box: Box, trail: AuditTrail, clock: HybridClock) async throws {
        self.box = box
        self.trail = trail
        self.clock = clock
        let kept = try await box.database.read { try APIKey.fetchAll($0, sql: "SELECT * FROM api_key") }
        keys = Mutex(Dictionary(uniqueKeysWithValues: kept.map { ($0.digest, $0) }))
    }

    /// The keys by name.
    package var list: [APIKey] {
        keys.withLock { $0.values.sorted { ($0.name, $0.id.rawValue) < ($1.name, $1.id.rawValue) } }
    }

    /// Makes a key.
    ///
    /// - Parameter expires: nil for one that lasts until it is revoked.
    /// - Returns: the key and its secret, which is kept nowhere.
    /// - Throws: `invalid` for a name that can not be shown or no scope; `conflict` for a name that is taken; `tooMany`.
    package func create(
        _ name: String, scopes: Set<Scope>, expires: Date? = nil, by author: Author
    ) async throws -> (key: APIKey, secret: String) {
        let name = name.trimmingCharacters(in: .whitespacesAndNewlines)
        let isShown = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard (1...80).contains(name.count), isShown else {
            throw Failure(.invalid, "A key has a name of 1 to 80 characters.", field: "name")
        }
        guard !scopes.isEmpty else { throw Failure(.invalid, "A key has at least one scope.", field: "scopes") }
        let now = clock.now
        if let expires, expires <= now { throw Failure(.invalid, "The end is in the past.", field: "expiresAt") }
        guard keys.withLock({ $0.count }) < Self.countMax else {
            throw Failure(.tooMany, "There are \(Self.countMax) keys. Revoke one that is not used.")
        }
        let secret = Self.mark + Hex.text(SecureRandom.bytes(28))
        let key = APIKey(
            id: APIKey.ID(at: now), name: name, prefix: String(secret.prefix(Self.prefixCount)), scopes: scopes,
            created: now, expires: expires, lastUsed: nil, digest: SHA256.digest(Array(secret.utf8)))
        try await keep(key)
        try await trail.note(
            .keyMade, subject: key.id.rawValue, by: author,
            [
                "name": .string(name), "prefix": .string(key.prefix), "scopes": .string(Scope.text(of: scopes)),
                "expiresAt": key.expires.map(JSON.time) ?? .null,
            ])
        return (key, secret)
    }

    /// Revokes a key: it and the tokens it was exchanged for are refused from now on.
    ///
    /// - Throws: `notFound`.
    package func revoke(_ id: APIKey.ID, by author: Author) async throws {
        let revoked = keys.withLock { keys -> APIKey? in
            guard let key = keys.values.first(where: { $0.id == id }) else { return nil }
            keys[key.digest] = nil
            return key
        }
        guard let revoked else { throw Failure(.notFound, "There is no such key.") }
        try await box.database.write {
            try $0.execute(sql: "DELETE FROM api_key WHERE id = ?", arguments: [id.rawValue])
        }
        try await trail.note(
            .keyRevoked, subject: id.rawValue, by: author,
            ["name": .string(revoked.name), "prefix": .string(revoked.prefix)])
    }

    /// Whose secret this is; nil when it is no key's, or the key is over.
    package func principal(of secret: String) -> Principal? {
        // A key is 59 bytes: what is longer is not worth a digest.
        guard secret.hasPrefix(Self.mark), secret.utf8.count <= 100 else { return nil }
        let digest = SHA256.digest(Array(secret.utf8))
        return keys.withLock { $0[digest] }.flatMap { key in
            standing(key).map { $0.principal(with: $0.scopes, until: $0.expires) }
        }
    }

    /// The key of this identifier while it lasts, for a token that was made of it.
    package func find(_ id: APIKey.ID) -> APIKey? {
        keys.withLock { keys in keys.values.first { $0.id == id } }.flatMap(standing)
    }

    /// Notes that the key was used, to the minute; nil when it is over.
    private func standing(_ key: APIKey) -> APIKey? {
        let now = clock.now
        if let expires = key.expires, expires <= now { return nil }
        if let lastUsed = key.lastUsed, abs(now.timeIntervalSince(lastUsed)) < 60 { return key }
        var key = key
        key.lastUsed = now
        keys.withLock { keys in
            if keys[key.digest] != nil { keys[key.digest] = key }
        }
        let arguments: StatementArguments = [now.milliseconds, key.id.rawValue]
        box.database.asyncWriteWithoutTransaction { database in
            try? database.execute(sql: "UPDATE api_key SET last_used = ? WHERE id = ?", arguments: arguments)
        }
        return key
    }

    private func keep(_ key: APIKey) async throws {
        do {
            try await box.database.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO api_key (id, name, prefix, digest, scopes, created, expires)
                        VALUES (?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        key.id.rawValue, key.name, key.prefix, Data(key.digest), Scope.text(of: key.scopes),
                        key.created.milliseconds, key.expires?.milliseconds,
                    ])
            }
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
            throw Failure(.conflict, "There is a key of that name already.", field: "name")
        }
        keys.withLock { $0[key.digest] = key }
    }
}
