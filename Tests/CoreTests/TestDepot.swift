// A depot for tests: real SpatiaLite in a folder of its own and a clock that stands until it is moved.
import Core
import Foundation
import GRDB
import Logging
import Synchronization
import TestSupport

/// A clock that stands until it is moved.
final class TestClock: Sendable {
    private let milliseconds = Mutex<Int64>(1_795_000_000_000)

    func advance(_ duration: Duration) {
        milliseconds.withLock { $0 += Int64(duration / .milliseconds(1)) }
    }

    var now: Date { milliseconds.withLock { Date(milliseconds: $0) } }

    var hybrid: HybridClock {
        HybridClock(
            bootID: "boot", wall: { self.now }, boot: { UInt64(self.milliseconds.withLock { $0 }) * 1_000_000 })
    }
}

/// One depot with a model, a door for each direction, two people and two accepted projects.
final class TestDepot: Sendable {
    let folder: String
    let clock = TestClock()
    let store: Store
    let roster: Roster
    let register: AssetRegister
    let projects: ProjectBoard
    let door: DoorDesk
    let box: Box
    let mill: PassphraseMill
    let secrets: SecretBook
    let ana: Person.ID
    let ben: Person.ID
    let camera: Model.ID
    let outDoor: Door.ID
    let inDoor: Door.ID
    let mainDoor: Door.ID

    init(file: String = "depot.sqlite", options: Store.Options = Store.Options()) async throws {
        folder = NSTemporaryDirectory() + "depotd-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        store = try Store(path: folder + "/" + file, clock: clock.hybrid, options: options)
        roster = Roster(store: store)
        register = AssetRegister(store: store)
        projects = ProjectBoard(store: store)
        door = DoorDesk(store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        box = try Box(path: folder + "/box.sqlite")
        mill = PassphraseMill(box: box, cost: Self.cost)
        secrets = SecretBook(store: store, mill: mill)
        let organisation = try await Organisation.found(
            "Northlight", depot: "Hall 4", longitude: 13.4, latitude: 52.5, in: store)
        ana = try await roster.add(name: "Ana Vidal", role: .crew, pin: "1111", badges: ["BADGE-ANA"])
        ben = try await roster.add(name: "Ben Ortiz", role: .crew, pin: "2222", badges: ["BADGE-BEN"])
        camera = try await register.addModel("FX6", maker: "Sony", category: "Camera")
        outDoor = try await door.addDoor("Out", depot: organisation.depot.id, direction: .out, actingMinutes: 10)
        inDoor = try await door.addDoor("In", depot: organisation.depot.id, direction: .in, actingMinutes: 10)
        mainDoor = try await door.addDoor("Main", depot: organisation.depot.id, direction: .both, actingMinutes: 10)
    }

    /// Of a passphrase, in tests that hash many.
    static let cost = SecretHash.Cost(passes: 1, memoryBytes: 1 << 16)

    deinit {
        try? store.close()
        try? box.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Adds a camera.
    func asset(_ number: String, codes: [String] = []) async throws -> Asset.ID {
        var draft = AssetRegister.Draft(number: number, name: "Camera \(number)", model: camera)
        draft.codes = codes
        return try await register.add(draft)
    }

    /// Adds an accepted project that starts in `days` days.
    func project(_ name: String, in days: Double = 1, _ lines: PullLine.Wanted...) async throws -> Project.ID {
        let starts = clock.now.addingTimeInterval(days * 86_400)
        return try await projects.add(
            name: name, state: .accepted, starts: starts, ends: starts.addingTimeInterval(86_400),
            lines: lines.map { ($0, note: nil) })
    }

    /// Scans a code, a second after the last one.
    @discardableResult
    func scan(_ code: String, at door: Door.ID, reader: String? = nil, key: String = UUID().uuidString) async throws
        -> Told
    {
        clock.advance(.seconds(1))
        let scan = Scan(
            key: key, reader: reader, raw: Array(code.utf8), at: clock.now,
            monotonic: UInt64(clock.now.milliseconds) * 1_000_000)
        return try Told(await self.door.take(scan, at: door))
    }

    func status(_ id: Asset.ID) async throws -> AssetStatus { try await register.find(id).asset.status }

    /// Waits until the texts of gear are written, which is by and by.
    func textsAreWritten() async -> Bool {
        await comes {
            let due = try? await self.store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM text_due") }
            return due == 0
        }
    }

    /// All Changes in order.
    func changes() async throws -> [Change] {
        try await store.changes(after: 0, limit: 10_000)
    }
}

/// What the door told, as a test compares it.
struct Told: Equatable {
    let id: ScanRecord.ID
    let outcome: String
    let action: String
    let word: String
    let short: String
    let isReplay: Bool

    init(_ answer: DoorDesk.Answer) throws {
        try self.init(body: answer.body, isReplay: answer.isReplay)
    }

    init(body: JSON, isReplay: Bool = false) throws {
        struct Body: Decodable { var id, outcome, action, word, short: String }
        let told = try JSONDecoder().decode(Body.self, from: Data(body.bytes))
        id = ScanRecord.ID(told.id)
        outcome = told.outcome
        action = told.action
        word = told.word
        short = told.short
        self.isReplay = isReplay
    }
}
