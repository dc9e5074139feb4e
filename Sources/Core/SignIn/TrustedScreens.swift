// The browsers that stand at a door and are trusted by a manager: there one picks a face and types a PIN, or holds a
// badge to the reader. Known by a cookie of which only the digest is kept.
package import Foundation
import GRDB
private import Synchronization

/// A browser at a door.
package struct TrustedScreen: Sendable, Equatable {
    package typealias ID = Identifier<TrustedScreen>

    /// What a badge alone does there.
    package enum BadgeRule: String, Sendable, CaseIterable, Codable {
        /// Signs its person in with crew rights.
        case alone
        /// Says who it is; the PIN is asked for.
        case pin
    }

    package let id: ID
    package var name: String
    /// The door it stands at, whose reader's badges count here; nil for none.
    package var door: Door.ID?
    package var badge: BadgeRule
    /// The name of who trusted it.
    package let trustedBy: String?
    package let since: Date
    package var seen: Date

    package init(
        id: ID, name: String, door: Door.ID?, badge: BadgeRule = .alone, trustedBy: String?, since: Date, seen: Date
    ) {
        self.id = id
        self.name = name
        self.door = door
        self.badge = badge
        self.trustedBy = trustedBy
        self.since = since
        self.seen = seen
    }

    /// Any browser on this machine, where the configuration trusts them.
    package static let loopback = TrustedScreen(
        id: ID("loopback"), name: "This machine", door: nil, trustedBy: nil, since: .distantPast, seen: .distantPast)

    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "door": .optional(door?.rawValue),
            "badge": .string(badge.rawValue), "trustedBy": .optional(trustedBy), "since": .time(since),
            "seenAt": .time(seen),
        ]
    }
}

/// Keeps the trusted screens. All are in memory too: each sign-in asks.
package final class TrustedScreens: Sendable {
    static let countMax = 100

    private let box: Box
    private let clock: HybridClock
    private let screens: Mutex<[[UInt8]: TrustedScreen]>

    package init(box: Box, clock: HybridClock) async throws {
        self.box = box
        self.clock = clock
        let rows = try await box.database.read { try Row.fetchAll($0, sql: "SELECT * FROM screen") }
        screens = Mutex(
            Dictionary(uniqueKeysWithValues: rows.map { (Array($0["hash"] as Data), TrustedScreen(row: $0)) }))
    }

    /// The screens by name.
    package var all: [TrustedScreen] {
        screens.withLock { $0.values.sorted { ($0.name, $0.id.rawValue) < ($1.name, $1.id.rawValue) } }
    }

    /// Whose secret this is; nil when it is no trusted screen's.
    package func find(_ secret: String) -> TrustedScreen? {
        let hash = SHA256.digest(Array(secret.utf8))
        let now = clock.now
        return screens.withLock { screens in
            screens[hash]?.seen = now
            return screens[hash]
        }
    }

    /// Trusts a browser.
    ///
    /// - Returns: the secret for its cookie; it is not kept.
    /// - Throws: `invalid` for a name that is none; `conflict` beyond ``countMax``.
    package func trust(_ name: String, at door: Door.ID?, by trustedBy: String?) async throws -> (
        secret: String, screen: TrustedScreen
    ) {
        let name = try Self.name(name)
        guard screens.withLock({ $0.count }) < Self.countMax else {
            throw Failure(.conflict, "There are \(Self.countMax) trusted screens. Take one away first.")
        }
        let now = clock.now
        let screen = TrustedScreen(
            id: TrustedScreen.ID(at: now), name: name, door: door, trustedBy: trustedBy, since: now, seen: now)
        let secret = Hex.text(SecureRandom.bytes(32))
        let hash = SHA256.digest(Array(secret.utf8))
        try await write(screen, hash)
        return (secret, screen)
    }

    /// What may be changed; a nil leaves it as it is.
    package func edit(
        _ id: TrustedScreen.ID, name: String?, door: Door.ID??, badge: TrustedScreen.BadgeRule?
    ) async throws -> TrustedScreen {
        guard let kept = screens.withLock({ $0.first { $0.value.id == id } }) else { throw Self.unknown }
        var screen = kept.value
        if let name { screen.name = try Self.name(name) }
        if let door { screen.door = door }
        if let badge { screen.badge = badge }
        try await write(screen, kept.key)
        return screen
    }

    /// Trusts a screen no more.
    ///
    /// - Throws: `notFound`.
    package func remove(_ id: TrustedScreen.ID) async throws {
        guard let hash = screens.withLock({ $0.first { $0.value.id == id }?.key }) else { throw Self.unknown }
        screens.withLock { $0[hash] = nil }
        try await box.database.write {
            try $0.execute(sql: "DELETE FROM screen WHERE hash = ?", arguments: [Data(hash)])
        }
    }

    private static let unknown = Failure(.notFound, "There is no such trusted screen.")

    private static func name(_ typed: String) throws -> String {
        let name = typed.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...60).contains(name.count) else {
            throw Failure(.invalid, "A screen has a name of 1 to 60 characters, such as Loading bay.", field: "name")
        }
        return name
    }

    private func write(_ screen: TrustedScreen, _ hash: [UInt8]) async throws {
        try await box.database.write { database in
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO screen (hash, id, name, door, badge, trusted_by, since, seen)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    Data(hash), screen.id.rawValue, screen.name, screen.door?.rawValue, screen.badge.rawValue,
                    screen.trustedBy, screen.since.milliseconds, screen.seen.milliseconds,
                ])
        }
        screens.withLock { $0[hash] = screen }
    }
}

extension TrustedScreen {
    init(row: Row) {
        self.init(
            id: row["id"], name: row["name"], door: row["door"],
            badge: BadgeRule(rawValue: row["badge"]) ?? .pin, trustedBy: row["trusted_by"],
            since: Date(milliseconds: row["since"]), seen: Date(milliseconds: row["seen"]))
    }
}
