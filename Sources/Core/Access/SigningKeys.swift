// The secret halves of the keys that access tokens are signed with. One signs for some weeks; after that it only
// verifies, until the last token it signed is over, and is then forgotten. What a token looks like is the appliance's
// affair (TokenMint.swift).
package import Foundation
import GRDB
private import Synchronization

/// A key that signs tokens.
package struct SigningKey: Sendable, Equatable {
    /// The name by which a token says who signed it.
    package let kid: String
    /// The 32 bytes of an Ed25519 key.
    ///
    /// - Source: RFC 8032 §5.1.5.
    package let seed: [UInt8]
    package let made: Date
}

/// Keeps the signing keys and turns them over.
package final class SigningKeys: Sendable {
    /// How long a key signs, and how long a token lasts that it signed last.
    package struct Options: Sendable {
        package var signing = Duration.seconds(30 * 24 * 3_600)
        package var token = Duration.seconds(15 * 60)

        package init() {}
    }

    private let box: Box
    private let clock: HybridClock
    private let options: Options
    private let keys: Mutex<[SigningKey]>

    package init(box: Box, clock: HybridClock, options: Options = Options()) async throws {
        self.box = box
        self.clock = clock
        self.options = options
        keys = Mutex(
            try await box.database.read { database in
                try Row.fetchAll(database, sql: "SELECT * FROM signing_key ORDER BY made DESC").map { row in
                    SigningKey(
                        kid: row["kid"], seed: Array(row["seed"] as Data), made: Date(milliseconds: row["made"]))
                }
            })
    }

    /// The keys that verify, newest first.
    package var verifying: [SigningKey] {
        let bound = Double((options.signing + options.token).components.seconds)
        return keys.withLock { $0 }.filter { clock.now.timeIntervalSince($0.made) < bound }
    }

    /// The key that signs now; a new one when the last has signed long enough.
    package func signing() async throws -> SigningKey {
        let now = clock.now
        if let newest = keys.withLock({ $0.first }), isSigning(newest, at: now) { return newest }
        let fresh = SigningKey(
            kid: Hex.text(SecureRandom.bytes(8)), seed: SecureRandom.bytes(32),
            made: Date(milliseconds: now.milliseconds))
        let kept = verifying
        try await box.database.write { database in
            try database.execute(
                sql: "INSERT INTO signing_key (kid, seed, made) VALUES (?, ?, ?)",
                arguments: [fresh.kid, Data(fresh.seed), fresh.made.milliseconds])
            for key in try String.fetchAll(database, sql: "SELECT kid FROM signing_key")
            where key != fresh.kid && !kept.contains(where: { $0.kid == key }) {
                try database.execute(sql: "DELETE FROM signing_key WHERE kid = ?", arguments: [key])
            }
        }
        return keys.withLock { keys in
            // Two who asked at once made one each; both verify, and the first one signs.
            keys = [fresh] + keys.filter { kept.contains($0) || isSigning($0, at: now) }
            return keys.first { isSigning($0, at: now) } ?? fresh
        }
    }

    private func isSigning(_ key: SigningKey, at now: Date) -> Bool {
        // A key of the future is one of a clock that was set back: it signs, rather than that there be ever more.
        now.timeIntervalSince(key.made) < Double(options.signing.components.seconds)
    }
}
