// Who is asking: a person who signed in, or a program with a bearer token. Only digests of secrets are kept; a stolen
// file signs nobody in. How a person gets a session is SignInDesk.swift's.
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
    /// The session it asks in.
    package var session: Session.ID?
    /// Whether the session began at a trusted screen, which stands at a door.
    package var isAtDoor = false
    /// What a program is confined to; nil for whoever may do all that the role may.
    package var scopes: Set<Scope>?
    /// The key that a program showed, or that its token was made of.
    package var key: APIKey.ID?
    /// When the program's key or token is over.
    package var expires: Date?

    package init(person: Person.ID? = nil, device: String? = nil, role: Role, session: Session.ID? = nil) {
        self.person = person
        self.device = device
        self.role = role
        self.session = session
    }

    /// Whether one of these scopes is held; whoever is not confined to scopes holds all.
    package func isWithin(_ wanted: Set<Scope>) -> Bool { scopes.map { Scope.isCovered(wanted, by: $0) } ?? true }
}

/// One sign-in that still holds.
package struct Session: Sendable {
    package typealias ID = Identifier<Session>

    /// How it began.
    package enum Way: String, Sendable, CaseIterable {
        case passphrase, pin, badge, link, token
    }

    package let id: ID
    package let principal: Principal
    package let way: Way
    package let since: Date
    package internal(set) var seen: Date
    package let expires: Date
    /// Ends when it was not used for this long; nil for never.
    let idle: Duration?
    package let address: String
    package let agent: String
    /// The name of the trusted screen it began at.
    package let screen: String?

    func isOver(at now: Date) -> Bool {
        expires <= now || idle.map { now.timeIntervalSince(seen) > Double($0.components.seconds) } ?? false
    }

    /// The session as its person sees it; `isThis` is the one they look from.
    package func json(isThis: Bool) -> JSON {
        [
            "id": .string(id.rawValue), "way": .string(way.rawValue), "since": .time(since), "seenAt": .time(seen),
            "expiresAt": .time(expires), "address": .string(address), "agent": .string(agent),
            "screen": .optional(screen), "this": .bool(isThis),
        ]
    }
}

/// Keeps the sessions of people and programs. All are in memory too: a request costs one look-up.
package final class Sessions: Sendable {
    /// How long sessions last.
    package struct Options: Sendable {
        /// A session that is not used for this long ends.
        package var idle = Duration.seconds(12 * 3_600)
        /// A session ends after this long however much it is used.
        package var longest = Duration.seconds(7 * 24 * 3_600)
        /// Most sessions of one person; beyond, the one that was not used for longest ends.
        package var countMaxPerPerson = 30

        package init() {}
    }

    private struct State {
        var sessions: [[UInt8]: Session] = [:]
        /// Whether one of them began by a badge alone, and so lasts as long as its person works at the door.
        var hasBadges = false
        /// Those used since they were written down.
        var used: Set<[UInt8]> = []
    }

    private let box: Box
    private let clock: HybridClock
    let options: Options
    private let state: Mutex<State>

    /// Takes up the sessions of before the start, but of people who have another role since or none any more, and those
    /// that began by a badge.
    package init(box: Box, roster: Roster, clock: HybridClock, options: Options = Options()) async throws {
        self.box = box
        self.clock = clock
        self.options = options
        let roles = try await roster.roles()
        let rows = try await box.database.read { try Row.fetchAll($0, sql: "SELECT * FROM session") }
        var state = State()
        for row in rows {
            let session = Session(row: row)
            let holds = session.principal.person.map { roles[$0] == session.principal.role } ?? true
            if holds, session.way != .badge { state.sessions[Array(row["hash"] as Data)] = session }
        }
        self.state = Mutex(state)
    }

    /// Opens a session.
    ///
    /// - Returns: the secret for the cookie; it is not kept.
    func open(
        _ principal: Principal, by way: Session.Way, from visitor: Visitor, idle: Duration? = nil
    ) async throws -> (secret: String, session: Session) {
        let now = clock.now
        let id = Session.ID(at: now)
        var principal = principal
        principal.session = id
        principal.isAtDoor = visitor.screen != nil
        let session = Session(
            id: id, principal: principal, way: way, since: now, seen: now,
            expires: now.addingTimeInterval(Double(options.longest.components.seconds)), idle: idle ?? options.idle,
            address: visitor.address, agent: String(visitor.agent.prefix(300)), screen: visitor.screen?.name)
        return (try await keep(session), session)
    }

    /// Makes a token for a program; it lasts for ten years or until it is revoked.
    package func issueToken(device: String, role: Role) async throws -> String {
        let now = clock.now
        let id = Session.ID(at: now)
        return try await keep(
            Session(
                id: id, principal: Principal(device: device, role: role, session: id), way: .token, since: now,
                seen: now,
                expires: now.addingTimeInterval(3_652 * 24 * 3_600), idle: nil, address: "", agent: "", screen: nil))
    }

    private func keep(_ session: Session) async throws -> String {
        let secret = Hex.text(SecureRandom.bytes(32))
        let hash = SHA256.digest(Array(secret.utf8))
        try await box.database.write { try session.insert(under: hash, in: $0) }
        let displaced = state.withLock { state in
            state.sessions[hash] = session
            state.hasBadges = state.hasBadges || session.way == .badge
            guard let person = session.principal.person else { return [] as [Session.ID] }
            let own = state.sessions.values.filter { $0.principal.person == person }.sorted { $0.seen < $1.seen }
            return own.dropLast(options.countMaxPerPerson).map(\.id)
        }
        if !displaced.isEmpty { end { displaced.contains($0.id) } }
        return secret
    }

    /// Whose secret this is; nil when it is nobody's, or its session has ended.
    package func principal(of secret: String) -> Principal? {
        let hash = SHA256.digest(Array(secret.utf8))
        let now = clock.now
        return state.withLock { state in
            guard let session = state.sessions[hash], !session.isOver(at: now) else { return nil }
            use(hash, at: now, &state)
            return session.principal
        }
    }

    /// The sessions of a person that hold, the one used last first.
    package func list(of person: Person.ID) -> [Session] {
        let now = clock.now
        return state.withLock { state in
            state.sessions.values.filter { $0.principal.person == person && !$0.isOver(at: now) }
        }.sorted { $0.seen > $1.seen }
    }

    /// Ends the session of a secret.
    package func end(_ secret: String) {
        let hash = SHA256.digest(Array(secret.utf8))
        guard let id = state.withLock({ $0.sessions[hash]?.id }) else { return }
        end { $0.id == id }
    }

    /// Ends one session of a person.
    ///
    /// - Throws: `notFound` when it is none of theirs.
    package func end(_ id: Session.ID, of person: Person.ID) throws {
        let ended = end { $0.id == id && $0.principal.person == person }
        if ended.isEmpty { throw Failure(.notFound, "There is no such session any more.") }
    }

    /// Ends the sessions of a person, but one.
    package func end(of person: Person.ID, except kept: Session.ID? = nil) {
        end { $0.principal.person == person && $0.id != kept }
    }

    /// Ends sessions at once. On any thread; the file follows by itself, and what it still holds after a power cut is
    /// looked at again at the start.
    @discardableResult
    private func end(where isEnded: (Session) -> Bool) -> [Session.ID] {
        let ended = state.withLock { state in
            let ended = state.sessions.filter { isEnded($0.value) }
            for hash in ended.keys { state.sessions[hash] = nil }
            return ended
        }
        guard !ended.isEmpty else { return [] }
        let hashes = Array(ended.keys)
        box.database.asyncWriteWithoutTransaction { database in
            for hash in hashes {
                try? database.execute(sql: "DELETE FROM session WHERE hash = ?", arguments: [Data(hash)])
            }
        }
        return ended.values.map(\.id)
    }

    /// Ends what is over, and writes down when the others were used last; asked for every now and then.
    ///
    /// - Parameter inUse: sessions that count as used, such as of a door's screen that only listens.
    /// - Returns: the sessions that ended.
    package func tend(inUse: Set<Session.ID> = []) async throws -> [Session.ID] {
        let now = clock.now
        let used = state.withLock { state in
            for (hash, session) in state.sessions where inUse.contains(session.id) && session.way != .badge {
                use(hash, at: now, &state)
            }
            defer { state.used = [] }
            return state.used.compactMap { hash in state.sessions[hash].map { (hash, $0.seen.milliseconds) } }
        }
        let ended = end { $0.isOver(at: now) }
        guard !used.isEmpty else { return ended }
        try await box.database.write { database in
            for (hash, seen) in used {
                try database.execute(
                    sql: "UPDATE session SET seen = ? WHERE hash = ?", arguments: [seen, Data(hash)])
            }
        }
        return ended
    }

    /// Who scans at a door uses the session their badge began there.
    package func heed(_ changes: [Change]) {
        let now = clock.now
        state.withLock { state in
            guard state.hasBadges else { return }
            let actors = Set(changes.filter { $0.topic == .scans }.compactMap(\.actor))
            guard !actors.isEmpty else { return }
            for (hash, session) in state.sessions
            where session.way == .badge && actors.contains(session.principal.person?.rawValue ?? "") {
                if !session.isOver(at: now) { use(hash, at: now, &state) }
            }
        }
    }

    /// Noted to ten seconds.
    private func use(_ hash: [UInt8], at now: Date, _ state: inout State) {
        guard let seen = state.sessions[hash]?.seen, now.timeIntervalSince(seen) >= 10 else { return }
        state.sessions[hash]?.seen = now
        state.used.insert(hash)
    }

    /// The people who may do other things than before these Changes, or nothing any more.
    package static func affected(by changes: [Change]) -> [Person.ID] {
        changes.filter { $0.topic == .people }.compactMap { change in
            guard change.kind != "created", let body = try? JSON(parsing: change.body) else { return nil }
            let isAffected = change.kind == "removed" || body["active"] == false || body["role"] != nil
            return isAffected ? Person.ID(change.subject) : nil
        }
    }
}

extension Sessions {
    /// What signing in keeps in the box. Whoever was signed in by a PIN signs in again; tokens go on.
    static let schema = """
        DROP TABLE attempt;
        ALTER TABLE session RENAME TO old_session;
        CREATE TABLE session (
          hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, person TEXT, device TEXT, role TEXT NOT NULL,
          way TEXT NOT NULL CHECK (way IN ('passphrase', 'pin', 'badge', 'link', 'token')),
          since INTEGER NOT NULL, seen INTEGER NOT NULL, expires INTEGER NOT NULL, idle INTEGER,
          address TEXT NOT NULL, agent TEXT NOT NULL, screen TEXT,
          CHECK ((person IS NULL) <> (device IS NULL))
        ) STRICT;
        INSERT INTO session (hash, id, device, role, way, since, seen, expires, address, agent)
          SELECT hash, lower(hex(randomblob(16))), device, role, 'token', seen, seen, expires, '', '' FROM old_session
          WHERE device IS NOT NULL;
        DROP TABLE old_session;
        CREATE TABLE screen (
          hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, door TEXT,
          badge TEXT NOT NULL CHECK (badge IN ('alone', 'pin')), trusted_by TEXT, since INTEGER NOT NULL, seen INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE passphrase_cost (
          id INTEGER PRIMARY KEY CHECK (id = 1), passes INTEGER NOT NULL, memory INTEGER NOT NULL
        ) STRICT;
        """
}

extension Session {
    fileprivate init(row: Row) {
        id = row["id"]
        var principal = Principal(
            person: row["person"], device: row["device"], role: Role(rawValue: row["role"]) ?? .crew, session: row["id"]
        )
        way = Way(rawValue: row["way"]) ?? .token
        since = Date(milliseconds: row["since"])
        seen = Date(milliseconds: row["seen"])
        expires = Date(milliseconds: row["expires"])
        idle = (row["idle"] as Int64?).map { .seconds($0) }
        address = row["address"]
        agent = row["agent"]
        screen = row["screen"]
        principal.isAtDoor = screen != nil
        self.principal = principal
    }

    fileprivate func insert(under hash: [UInt8], in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO session (hash, id, person, device, role, way, since, seen, expires, idle, address, agent, screen)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                Data(hash), id.rawValue, principal.person?.rawValue, principal.device, principal.role.rawValue,
                way.rawValue,
                since.milliseconds, seen.milliseconds, expires.milliseconds, idle?.components.seconds, address, agent,
                screen,
            ])
    }
}
