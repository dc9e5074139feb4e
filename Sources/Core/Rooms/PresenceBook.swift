// When somebody was last there. Who is there now is known by the live sockets and by nothing else; here is only kept when
// the last socket of somebody closed.
package import Foundation
import GRDB
private import Synchronization

/// Keeps when people were last there.
package final class PresenceBook: Sendable {
    private let store: Store
    private let waiting = Mutex<[Person.ID: Date]>([:])

    init(store: Store) { self.store = store }

    /// Notes that somebody went. Never waits.
    package func left(_ person: Person.ID, at time: Date) { waiting.withLock { $0[person] = time } }

    /// Writes down what was noted.
    func settle() async throws {
        let seen = waiting.withLock { waiting in
            defer { waiting = [:] }
            return waiting
        }
        guard !seen.isEmpty else { return }
        try await store.write(lane: .bulk) { transaction in
            let statement = try transaction.database.cachedStatement(
                sql: """
                    INSERT INTO person_seen (person, at) SELECT id, ?2 FROM person WHERE id = ?1
                    ON CONFLICT DO UPDATE SET at = max(at, excluded.at)
                    """)
            for (person, time) in seen { try statement.execute(arguments: [person.rawValue, time.milliseconds]) }
        }
    }

    /// The active people with whether they are there: `{"items": [{"person", "online", "seenAt"}]}`.
    package func list(online: Set<Person.ID>) async throws -> JSON {
        try await store.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT id, at FROM person LEFT JOIN person_seen ON person = id WHERE active ORDER BY id")
            return [
                "items": .array(
                    rows.map { row in
                        let id: Person.ID = row["id"]
                        let seen = (row["at"] as Int64?).map { JSON.time(Date(milliseconds: $0)) }
                        return [
                            "person": .string(id.rawValue), "online": .bool(online.contains(id)),
                            "seenAt": seen ?? .null,
                        ]
                    })
            ]
        }
    }
}
