// The desk between readers and the door, with a reader that the test plays: what is plugged in, what it is set to, and
// where its codes go.
import Core
import Foundation
import Logging
import Synchronization
import Testing

/// A source whose events the test makes up, and which writes down what it is told.
private final class PlayedSource: ScanSource {
    let events: AsyncStream<ReaderEvent>
    private let feed: AsyncStream<ReaderEvent>.Continuation
    private let orders = Mutex<[String]>([])

    init() { (events, feed) = AsyncStream.makeStream() }

    var told: [String] { orders.withLock { $0 } }

    func play(_ event: ReaderEvent) { feed.yield(event) }
    func end() { feed.finish() }
    func adopt(port: String, settings: ReaderSettings) {
        orders.withLock { $0.append("adopt \(port) \(settings.layout.rawValue) \(settings.silenceMilliseconds)") }
    }
    func release(port: String) { orders.withLock { $0.append("release \(port)") } }
    func run() async throws {}
}

/// A depot with its box and a desk that runs.
private final class ReaderStage: Sendable {
    let depot: TestDepot
    let box: Box
    let source = PlayedSource()
    let desk: ReaderDesk
    let home: ReaderHome
    private let signals = AsyncStream.makeStream(of: (kind: String, text: String).self)

    init() async throws {
        depot = try await TestDepot()
        box = try Box(path: depot.folder + "/box.sqlite")
        let news = signals.continuation
        let home = ReaderHome(
            organisation: nil, door: depot.door, signal: { _, kind, data in news.yield((kind, data.text)) })
        self.home = home
        desk = ReaderDesk(
            source: source, book: ReaderBook(box: box, clock: depot.clock.hybrid),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            home: { $0 == nil ? home : nil })
    }

    /// Plays the events, each once the one before has been told, and gives back what was told for each.
    func play(_ events: ReaderEvent...) async -> [(kind: String, text: String)] {
        var told: [(kind: String, text: String)] = []
        for event in events {
            source.play(event)
            if let news = await signals.stream.first(where: { _ in true }) { told.append(news) }
        }
        return told
    }

    func during(_ body: () async throws -> Void) async throws {
        let running = Task { await desk.run() }
        let result = await Result { try await body() }
        source.end()
        await running.value
        try box.close()
        try result.get()
    }

    func readers() async throws -> [JSON] {
        guard case .array(let readers)? = try await desk.list(of: home)["items"] else { return [] }
        return readers
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

private func description(
    _ port: String, serial: String? = nil, isKnown: Bool = true, kind: ReaderKind = .keyboard
) -> ReaderDescription {
    ReaderDescription(
        port: port, vendorID: 0x05E0, productID: 0x1200, manufacturer: "Maker", product: "Reader", serial: serial,
        kind: kind, isKnownModel: isKnown, advice: kind == .unsupported ? "Switch it to keyboard mode." : nil)
}

@Suite(.timeLimit(.minutes(15))) struct ReaderDeskTests {
    @Test func `a known model is read at once, another is offered`() async throws {
        let stage = try await ReaderStage()
        try await stage.during {
            let told = await stage.play(
                .appeared(description("usb:1-1:0")), .appeared(description("usb:1-2:0", isKnown: false)))
            #expect(told.map(\.kind) == ["changed", "changed"])
            #expect(stage.source.told == ["adopt usb:1-1:0 us 500", "release usb:1-2:0"])
            let states = try await stage.readers().map { $0["state"] }
            #expect(states == ["reading", "offered"])
        }
    }

    @Test func `a code goes to the reader's door and in the reader's direction`() async throws {
        let stage = try await ReaderStage()
        let camera = try await stage.depot.asset("CAM-7")
        try await stage.during {
            _ = await stage.play(.appeared(description("usb:1-1:0")))
            let reader = try #require(try await stage.readers().first?["id"])
            guard case .string(let id) = reader else { return }
            var edit = ReaderDesk.Edit()
            edit.door = stage.depot.inDoor
            edit.direction = .some(.out)
            edit.layout = .de
            edit.silenceMilliseconds = 0
            edit.name = "Ramp"
            _ = try await stage.desk.edit(Reader.ID(id), edit, of: stage.home)
            #expect(stage.source.told.last == "adopt usb:1-1:0 de 0")
            let scan = Scan(
                key: "one", reader: "usb:1-1:0", raw: Array("CAM-7".utf8), at: stage.depot.clock.now, monotonic: 1)
            // The edit was told too, before the opening.
            let told = await stage.play(.opened(port: "usb:1-1:0"), .read(scan), .disappeared(port: "usb:1-1:0"))
            #expect(told.count == 3)
            stage.source.end()
        }
        #expect(try await stage.depot.status(camera) == .inUse)
    }

    @Test func `what is wrong in an edit is named and changes nothing`() async throws {
        let stage = try await ReaderStage()
        try await stage.during {
            _ = await stage.play(.appeared(description("usb:1-1:0", isKnown: false, kind: .unsupported)))
            guard case .string(let text)? = try await stage.readers().first?["id"] else { return }
            let id = Reader.ID(text)
            var reading = ReaderDesk.Edit()
            reading.state = .reading
            var silence = ReaderDesk.Edit()
            silence.silenceMilliseconds = 5_001
            var door = ReaderDesk.Edit()
            door.door = Door.ID("none")
            for (edit, field) in [(reading, "state"), (silence, "silenceMilliseconds"), (door, nil)] {
                let failure = await #expect(throws: Failure.self) {
                    try await stage.desk.edit(id, edit, of: stage.home)
                }
                if let field { #expect(failure?.field == field) }
            }
            await #expect(throws: Failure(.notFound, "")) {
                try await stage.desk.edit(Reader.ID("none"), reading, of: stage.home)
            }
            #expect(stage.source.told == ["release usb:1-1:0"])
        }
    }

    @Test func `trouble is shown until a code is read, and forgetting waits for the plug`() async throws {
        let stage = try await ReaderStage()
        let port = "usb:1-1:0"
        try await stage.during {
            let told = await stage.play(
                .appeared(description(port)), .opened(port: port),
                .trouble(port: port, Failure(.unavailable, "It was claimed by another program.")))
            #expect(told.last?.text.contains(#""state":"failed""#) == true)
            #expect(told.last?.text.contains("claimed by another program") == true)
            guard case .string(let id)? = try await stage.readers().first?["id"] else { return }
            await #expect(throws: Failure(.conflict, "")) { try await stage.desk.forget(Reader.ID(id), of: stage.home) }
            let scan = Scan(key: "two", reader: port, raw: [0x41], at: stage.depot.clock.now, monotonic: 1)
            let read = await stage.play(.read(scan), .closed(port: port), .disappeared(port: port))
            #expect(read.first?.text.contains(#""state":"reading""#) == true)
            #expect(read.last?.text.contains(#""state":"unplugged""#) == true)
            try await stage.desk.forget(Reader.ID(id), of: stage.home)
            #expect(try await stage.readers().isEmpty)
            await #expect(throws: Failure(.notFound, "")) { try await stage.desk.forget(Reader.ID(id), of: stage.home) }
        }
    }

    @Test func `a read that cannot be kept is told and is no fact`() async throws {
        let stage = try await ReaderStage()
        let long = [UInt8](repeating: 0x41, count: Scan.byteCountMax + 1)
        try await stage.during {
            let told = await stage.play(
                .read(Scan(key: "long", reader: nil, raw: long, at: stage.depot.clock.now, monotonic: 1)))
            #expect(told.first?.kind == "refused" && told.first?.text.contains(#""word":"STOP""#) == true)
        }
        #expect(try await stage.depot.changes().allSatisfy { $0.topic != .scans })
    }
}
