// Talking over a bad line, by dice: requests and answers are lost and doubled, connections break between any two frames,
// screens are loaded again, and the box is started anew. The store, the log, the receipts and the resuming are the real ones;
// a screen does here what talk.ts and outbox.ts do.
import Chance
import Foundation
import Logging
import Synchronization
import TestSupport

@testable import Core

extension SeededChance {
    mutating func below(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &self) }
    mutating func isTrue(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
}

/// A box with one room, which can be started anew.
final class SimulatedBox {
    let folder = NSTemporaryDirectory() + "depotd-talk-" + UUID().uuidString
    let clock = TestClock()
    private(set) var store: Store
    private(set) var talk: Talk
    private(set) var people: [Author] = []
    private(set) var room = Room.ID("")
    /// What was committed since a screen was last given something, in order.
    let fresh = Published()

    /// What the writer publishes.
    final class Published: Sendable {
        private let changes = Mutex<[Change]>([])
        func add(_ more: [Change]) { changes.withLock { $0 += more } }
        func take() -> [Change] {
            changes.withLock { changes in
                defer { changes = [] }
                return changes
            }
        }
    }

    init(people count: Int) async throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        (store, talk) = try await Self.open(folder, clock, fresh)
        let roster = Roster(store: store)
        for number in 1...count {
            people.append(
                Author(person: try await roster.add(name: "Person \(number)", role: .manager), role: .manager))
        }
        let made = try await talk.rooms.make("Room", with: people.compactMap(\.person), by: people[0])
        room = Room.ID(made["id"]?.string ?? "")
    }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func open(
        _ folder: String, _ clock: TestClock, _ fresh: Published
    ) async throws -> (Store, Talk) {
        let store = try Store(path: folder + "/depot.sqlite", clock: clock.hybrid)
        let talk = try await Talk(
            store: store, folder: folder + "/files", maker: NoPictures(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        store.onCommit { fresh.add($0) }
        return (store, talk)
    }

    /// What was not committed is gone, and so are receipts that waited.
    func restart() async throws {
        try store.close()
        _ = fresh.take()
        (store, talk) = try await Self.open(folder, clock, fresh)
    }
}

/// One screen of one person.
struct SimulatedScreen {
    let author: Author
    /// What waits to be sent, in order.
    var outbox: [ChatDesk.Draft] = []
    var items: [(seq: Int64, id: String)] = []
    var position: Int64 = 0
    var isConnected = false
    /// Frames on their way.
    var frames: [Change] = []
    var acknowledged: Int64 = 0

    /// Takes a message by whichever way it came.
    mutating func take(_ message: JSON) {
        guard let id = message["id"]?.string, case .int(let seq)? = message["seq"],
            !items.contains(where: { $0.id == id })
        else { return }
        let at = items.firstIndex { $0.seq > seq } ?? items.count
        items.insert((seq, id), at: at)
    }

    mutating func take(_ change: Change) throws {
        position = change.position.seq
        guard change.topic == .chat, change.kind == "posted", let shown = change.shown else { return }
        if let message = try JSON(parsing: shown)["message"] { take(message) }
    }
}
