// Who is asking: a person signed in by PIN, or a program with a bearer token. Only digests of secrets are kept; a
// stolen file signs nobody in.
package import Foundation
import GRDB
private import Synchronization

/// Who is asking, and what they may do.
package struct Principal: Sendable, Equatable {
    /// The person; nil for a program.
    package var person: Person.ID?
    /// The program's name; nil for a person.
    package var device: String?
    package var role: Role
    /// What a program is confined to; nil for whoever may do all that the role may.
    package var scopes: Set<Scope>?
    /// The key that a program showed, or that its token was made of.
    package var key: APIKey.ID?
    /// When the program's key or token is over.
    package var expires: Date?

    package init(person: Person.ID? = nil, device: String? = nil, role: Role) {
        self.person = person
        self.device = device
        self.role = role
    }

    /// Whether one of these scopes is held; whoever is not confined to scopes holds all.
    package func isWithin(_ wanted: Set<Scope>) -> Bool { scopes.map { Scope.isCovered(wanted, by: $0) } ?? true }
}

/// Signs people and programs in and out. All sessions are in memory too: a request costs one look-up.
package final class Sessions: Sendable {
    /// Bounds of sessions and of guessing.
    package struct Options: Sendable {
        /// A session that is not used for this long ends.
        package var idle = Duration.seconds(12 * 3_600)
        /// A session ends after this long however much it is used.
        package var longest = Duration.seconds(7 * 24 * 3_600)
        /// Wrong PINs in a row before a person has to wait; the wait doubles with each further one.
        package var freeAttempts = 5
        package var waitMax = Duration.seconds(900)

        package init() {}
    }

    private struct Session {
        var principal: Principal
        var seen: Date
        var expires: Date
    }

    private let box: Box
    private let roster: Roster
    private let clock: HybridClock
    private let options: Options
    private let sessions: Mutex<[[UInt8]: Session]>

    /// Takes up the sessions of before the start, but of people who have another role since or none any more.
    package init(box: Box, roster: Roster, clock: HybridClock, options: Options = Options()) async throws {
        self.box = box
        self.roster = roster
        self.clock = clock
        self.options = options
        let roles = try await roster.roles()
        let rows = try await box.database.read { try Row.fetchAll($0, sql: "SELECT * FROM session") }
        let standing = rows.filter { row in
            (row["person"] as Person.ID?).map { roles[$0]?.rawValue == row["role"] } ?? true
        }
        sessions = Mutex(
            Dictionary(
                uniqueKeysWithValues: standing.map { row in
                    let principal = Principal(
                        person: row["person"], device: row["device"], role: Role(rawValue: row["role"]) ?? .crew)
                    return (
                        Array(row["hash"] as Data),
                        Session(
                            principal: principal, seen: Date(milliseconds: row["seen"]),
                            expires: Date(milliseconds: row["expires"]))
                    )
                }))
    }

    /// Signs a person in by PIN.
    ///
    /// - Returns: the secret for the cookie; it is not kept.
    /// - Throws: `unauthorized` for a wrong PIN; `tooMany` while the person has to wait.
    package func signIn(_ id: Person.ID, pin: String) async throws -> (secret: String, person: Person) {
        guard try await confirm(pin, of: id), let person = try await roster.find(id) else {
            throw Failure(.unauthorized, "That PIN is not right.", field: "pin")
        }
        let secret = try await open(Principal(person: id, role: person.role), for: options.longest)
        return (secret, person)
    }

    /// Whether the PIN is the person's. A wrong one counts as a guess.
    ///
    /// - Throws: `tooMany` while the person has to wait.
    package func confirm(_ pin: String, of id: Person.ID) async throws -> Bool {
        try await refuseIfBarred(id)
        guard try await roster.verify(pin, of: id) else {
            try await noteFailure(of: id)
            return false
        }
        try await box.database.write {
            try $0.execute(sql: "DELETE FROM attempt WHERE person = ?", arguments: [id.rawValue])
        }
        return true
    }

    /// Makes a token for a program; it lasts for ten years or until it is revoked.
    package func issueToken(device: String, role: Role) async throws -> String {
        try await open(Principal(device: device, role: role), for: .seconds(3_652 * 24 * 3_600))
    }

    /// Whose secret this is; nil when it is nobody's, or its session has ended.
    package func principal(of secret: String) -> Principal? {
        let hash = SHA256.digest(Array(secret.utf8))
        let now = clock.now
        return sessions.withLock { sessions in
            guard var session = sessions[hash] else { return nil }
            let isIdle =
                session.principal.person != nil
                && now.timeIntervalSince(session.seen) > Double(options.idle.components.seconds)
            guard session.expires > now, !isIdle else { return nil }
            session.seen = max(session.seen, now)
            sessions[hash] = session
            return session.principal
        }
    }

    /// Ends the session of a secret.
    package func end(_ secret: String) async throws {
        let hash = SHA256.digest(Array(secret.utf8))
        sessions.withLock { _ = $0.removeValue(forKey: hash) }
        try await box.database.write {
            try $0.execute(sql: "DELETE FROM session WHERE hash = ?", arguments: [Data(hash)])
        }
    }

    /// Ends the sessions of a person, but the one of `secret`. On any thread; the file follows by itself, and what it
    /// still holds after a power cut is looked at again at the start.
    package func end(of person: Person.ID, except secret: String? = nil) {
        let kept = secret.map { SHA256.digest(Array($0.utf8)) }
        let ended = sessions.withLock { sessions in
            let ended = sessions.filter { $0.value.principal.person == person && $0.key != kept }.map(\.key)
            for hash in ended { sessions[hash] = nil }
            return ended
        }
        guard !ended.isEmpty else { return }
        box.database.asyncWriteWithoutTransaction { database in
            for hash in ended {
                try? database.execute(sql: "DELETE FROM session WHERE hash = ?", arguments: [Data(hash)])
            }
        }
    }

    /// The people who may do other things than before these Changes, or nothing any more.
    package static func affected(by changes: [Change]) -> [Person.ID] {
        changes.filter { $0.topic == .people }.compactMap { change in
            guard change.kind != "created", let body = try? JSON(parsing: change.body) else { return nil }
            let isAffected = change.kind == "removed" || body["active"] == false || body["role"] != nil
            return isAffected ? Person.ID(change.subject) : nil
        }
    }

    private func open(_ principal: Principal, for lifetime: Duration) async throws -> String {
        let secret = Hex.text(SecureRandom.bytes(32))
        let hash = SHA256.digest(Array(secret.utf8))
        let now = clock.now
        let expires = now.addingTimeInterval(Double(lifetime.components.seconds))
        try await box.database.write { database in
            try database.execute(sql: "DELETE FROM session WHERE expires < ?", arguments: [now.milliseconds])
            try database.execute(
                sql: "INSERT INTO session (hash, person, device, role, seen, expires) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    Data(hash), principal.person?.rawValue, principal.device, principal.role.rawValue,
                    now.milliseconds, expires.milliseconds,
                ])
        }
        sessions.withLock { $0[hash] = Session(principal: principal, seen: now, expires: expires) }
        return secret
    }

    private func refuseIfBarred(_ id: Person.ID) async throws {
        let until = try await box.database.read {
            try Int64.fetchOne(
                $0, sql: "SELECT barred_until FROM attempt WHERE person = ?", arguments: [id.rawValue])
        }
        let seconds = (until.map(Date.init(milliseconds:)) ?? .distantPast).timeIntervalSince(clock.now)
        guard seconds > 0 else { return }
        throw Failure(.tooMany, "Too many wrong PINs. Wait \(Int(seconds.rounded(.up))) seconds and try again.")
    }

    private func noteFailure(of id: Person.ID) async throws {
        let now = clock.now.milliseconds
        let free = options.freeAttempts
        let longest = options.waitMax.components.seconds
        try await box.database.write { database in
            let before = try Int.fetchOne(
                database, sql: "SELECT failures FROM attempt WHERE person = ?", arguments: [id.rawValue])
            let failures = (before ?? 0) + 1
            let wait = failures < free ? 0 : min(longest, Int64(1) << Int64(min(failures - free, 20)))
            try database.execute(
                sql: "INSERT OR REPLACE INTO attempt (person, failures, barred_until) VALUES (?, ?, ?)",
                arguments: [id.rawValue, failures, now + wait * 1_000])
        }
    }
}
