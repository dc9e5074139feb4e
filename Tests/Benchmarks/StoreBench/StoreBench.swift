// The Store without HTTP around it: how many scans a second 64 clients get on disk, how many of the same are decided
// and rolled back, and a depot filled with as much gear as wanted. Read by Tests/Benchmarks/bench.py.
//
//   storebench scans FOLDER ROUNDS SECONDS     {"durable": […], "rolled_back": […]}, scans a second of each round
//   storebench fill FOLDER COUNT               gear TEST-1 to TEST-COUNT in FOLDER/depot.sqlite
//   storebench fill FOLDER COUNT --custody N   a rental house's gear, and N movements of it
//   storebench labels                          {"code_ms", "label_ms", "sheets_s"}
//   storebench talk FOLDER PEOPLE ROOMS COUNT  COUNT messages of PEOPLE in ROOMS
//   storebench import FOLDER ROWS              seconds of trying an import out, carrying it out, taking it back
import Core
import Foundation
import Logging
import Synchronization

@main
struct StoreBench {
    static let clientCount = 64
    static let assetsPerClient = 4

    let store: Store
    let register: AssetRegister
    let desk: DoorDesk
    let outDoor: Door.ID
    let inDoor: Door.ID

    static func main() async throws {
        let words = CommandLine.arguments.dropFirst()
        switch (words.first, words.count) {
        case ("scans", 4):
            let bench = try await StoreBench(folder: words[2])
            try await bench.measure(rounds: Int(words[3]) ?? 1, seconds: Double(words[4]) ?? 1)
        case ("fill", 3):
            let store = try open(words[2])
            try await fill(AssetRegister(store: store), count: Int(words[3]) ?? 0)
            try store.close()
        case ("fill", 5) where words[4] == "--custody":
            let store = try open(words[2])
            var fill = DepotFill(store: store, assetCount: Int(words[3]) ?? 0, custodyCount: Int(words[5]) ?? 0)
            try await fill.run()
            try store.close()
        case ("talk", 5):
            let store = try open(words[2])
            var fill = TalkFill(
                store: store, personCount: Int(words[3]) ?? 0, roomCount: Int(words[4]) ?? 1,
                messageCount: Int(words[5]) ?? 0)
            try await fill.run()
            try store.close()
        case ("import", 3):
            let store = try open(words[2])
            let box = try Box(path: words[2] + "/box.sqlite")
            try await ImportBench(store: store, box: box, rowCount: Int(words[3]) ?? 0).run()
            try box.close()
            try store.close()
        case ("labels", 1): try LabelBench.run()
        default:
            print(
                "storebench labels | scans FOLDER ROUNDS SECONDS | fill FOLDER COUNT [--custody N] | import FOLDER ROWS"
            )
        }
    }

    private init(folder: String) async throws {
        store = try Self.open(folder)
        register = AssetRegister(store: store)
        desk = DoorDesk(store: store, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        let organisation = try await Organisation.found(
            "Bench", depot: "Bench", longitude: nil, latitude: nil, in: store)
        outDoor = try await desk.addDoor("Out", depot: organisation.depot.id, direction: .out, actingMinutes: 10)
        inDoor = try await desk.addDoor("In", depot: organisation.depot.id, direction: .in, actingMinutes: 10)
        try await Self.fill(register, count: Self.clientCount * Self.assetsPerClient)
    }

    private static func open(_ folder: String) throws -> Store {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return try Store(path: folder + "/depot.sqlite", clock: HybridClock())
    }

    /// Adds gear in pieces, as an import would.
    private static func fill(_ register: AssetRegister, count: Int) async throws {
        let model = try await register.addModel("FX6", maker: "Sony", category: "Camera")
        var numbers = Array(1...max(1, count))[...]
        while !numbers.isEmpty {
            let drafts = numbers.prefix(500).map {
                AssetRegister.Draft(number: "TEST-\($0)", name: "Camera \($0)", model: model)
            }
            numbers = numbers.dropFirst(500)
            _ = try await register.add(drafts)
        }
    }

    /// Durable and rolled back in turns, so that both meet the same machine.
    private func measure(rounds: Int, seconds: Double) async throws {
        var durable: [Int] = []
        var rolledBack: [Int] = []
        for _ in 0..<rounds {
            durable.append(try await scansPerSecond(seconds: seconds, isKept: true))
            rolledBack.append(try await scansPerSecond(seconds: seconds, isKept: false))
        }
        let figures = store.figures
        print(
            #"{"durable": \#(durable), "rolled_back": \#(rolledBack), "operations": \#(figures.operations), "#
                + #""commits": \#(figures.commits), "checkpoints": \#(figures.checkpoints)}"#)
        try store.close()
    }

    private func scansPerSecond(seconds: Double, isKept: Bool) async throws -> Int {
        let started = ContinuousClock.now
        let end = started + .seconds(seconds)
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<Self.clientCount {
                group.addTask { try await scanUntil(end, client: client, isKept: isKept) }
            }
            return try await group.reduce(0, +)
        }
        return Int(Double(count) / ((ContinuousClock.now - started) / .seconds(1)))
    }

    /// One client: each of its pieces out, then each in again, one scan after the other.
    private func scanUntil(_ end: ContinuousClock.Instant, client: Int, isKept: Bool) async throws -> Int {
        var count = 0
        while ContinuousClock.now < end {
            let number = client * Self.assetsPerClient + count % Self.assetsPerClient + 1
            let isOut = count / Self.assetsPerClient % 2 == 0
            try await take("TEST-\(number)", at: isOut ? outDoor : inDoor, isKept: isKept)
            count += 1
        }
        return count
    }

    private struct RolledBack: Error {}

    private func take(_ code: String, at door: Door.ID, isKept: Bool) async throws {
        let scan = Scan(
            key: UUIDv7.text(at: Date()), reader: nil, raw: Array(code.utf8), at: Date(),
            monotonic: HybridClock.bootNanoseconds())
        if isKept {
            _ = try await desk.take(scan, at: door)
            return
        }
        let read = try DoorDesk.code(of: scan)
        do {
            try await store.write(lane: .door) { transaction in
                _ = try desk.take(scan, read, at: door, in: transaction)
                throw RolledBack()
            }
        } catch is RolledBack {}
    }
}
