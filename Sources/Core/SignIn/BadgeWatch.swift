// Who waits at a door's screen for a badge to be held to that door's reader. The read itself is the door's as any other
// (DoorDesk); this only hears of it after the commit.
import Foundation
private import Synchronization

/// Tells a screen which badge was read at its door.
package final class BadgeWatch: Sendable {
    private struct Waiter {
        let screen: TrustedScreen.ID
        let door: Door.ID
        let read: AsyncStream<Person.ID>.Continuation
    }

    private let waiters = Mutex<[Waiter]>([])

    package init() {}

    /// The person of the next badge read at a door, or nil when none was in time. A screen waits once: who waited there
    /// before gets nil. One that waited in vain stays noted until the next badge or the next wait; there is one a screen.
    package func next(at door: Door.ID, for screen: TrustedScreen.ID, within: Duration) async -> Person.ID? {
        let (reads, read) = AsyncStream.makeStream(of: Person.ID.self, bufferingPolicy: .bufferingOldest(1))
        let displaced = waiters.withLock { waiters in
            let displaced = waiters.filter { $0.screen == screen }
            waiters.removeAll { $0.screen == screen }
            waiters.append(Waiter(screen: screen, door: door, read: read))
            return displaced
        }
        for waiter in displaced { waiter.read.finish() }
        return await withTaskGroup(of: Person.ID?.self) { group in
            group.addTask { await reads.first { _ in true } }
            group.addTask {
                try? await Task.sleep(for: within)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    /// Hears of commits; costs nothing while nobody waits.
    package func heed(_ changes: [Change]) {
        guard waiters.withLock({ !$0.isEmpty }) else { return }
        // A body that is no JSON of a door's is nobody's badge; the door writes them all.
        for change in changes where change.topic == .scans && change.kind == "outcome" && change.actor != nil {
            guard let body = try? JSON(parsing: change.body), body["action"] == "acting",
                let person = body["actor"]?["id"]?.string, let door = body["door"]?["id"]?.string
            else { continue }
            let told = waiters.withLock { waiters in
                let told = waiters.filter { $0.door.rawValue == door }
                waiters.removeAll { $0.door.rawValue == door }
                return told
            }
            for waiter in told {
                waiter.read.yield(Person.ID(person))
                waiter.read.finish()
            }
        }
    }
}
