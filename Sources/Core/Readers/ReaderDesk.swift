// Between the readers and the door: adopts what may be adopted, takes each reader's codes to its door in order, and
// tells the devices page what is plugged in and how it fares. Runs with no page open.
import Foundation
package import Logging

/// Where the codes of an organisation's readers go, and who is told of the readers.
package struct ReaderHome: Sendable {
    /// Whose; nil is the organisation that the box was set up for.
    let organisation: Tenancy.ID?
    let door: DoorDesk
    let signal: @Sendable (Topic, _ kind: String, JSON) -> Void

    /// - Parameter signal: shows something to those who listen to a topic, without a place in the log.
    package init(
        organisation: Tenancy.ID?, door: DoorDesk, signal: @escaping @Sendable (Topic, String, JSON) -> Void
    ) {
        self.organisation = organisation
        self.door = door
        self.signal = signal
    }
}

/// The readers of the box: what is plugged in, what it is read for, and what became of it.
package actor ReaderDesk {
    /// Reads on their way to the disk at once, over all readers; then the events wait in the driver.
    package static let pendingReadsMax = 256

    /// How a plugged-in reader fares.
    private enum Health { case waiting, open, failed(String) }

    /// A code with the reader as it was set when it read it.
    private struct Read: Sendable {
        let scan: Scan
        let reader: Reader?
    }

    private let source: any ScanSource
    private let book: ReaderBook
    private let home: @Sendable (Tenancy.ID?) -> ReaderHome?
    private let logger: Logger
    private var plugged: [String: Health] = [:]
    private var readers: [String: Reader] = [:]
    private var lanes: [String: AsyncStream<Read>.Continuation] = [:]
    private var pending = 0
    private var waitingForRoom: CheckedContinuation<Void, Never>?

    /// - Parameter home: of the organisation that a reader belongs to; nil when there is none of that name any more.
    package init(
        source: any ScanSource, book: ReaderBook, logger: Logger,
        home: @escaping @Sendable (Tenancy.ID?) -> ReaderHome?
    ) {
        self.source = source
        self.book = book
        self.logger = logger
        self.home = home
    }

    /// Takes events until the source ends or the task is cancelled. Codes that were read are taken to the door first.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await event in source.events {
                await handle(event, in: &group)
            }
            for port in lanes.keys { closeLane(port) }
        }
        for reader in readers.values { await keepCount(of: reader) }
    }

    /// All readers of an organisation, as its devices page shows them.
    package func list(of home: ReaderHome) async throws -> JSON {
        let doors = try await doorNames(of: home)
        let own = try await book.all().filter { $0.organisation == home.organisation }
        return ["items": .array(own.map { json($0, doors: doors) })]
    }

    /// Gives a reader to an organisation, where it serves the first door.
    ///
    /// - Throws: `notFound`.
    package func give(_ port: String, to home: ReaderHome) async throws {
        guard var reader = try await book.all().first(where: { $0.description.port == port }) else {
            throw Self.unknown
        }
        let before = self.home(reader.organisation)
        reader.organisation = home.organisation
        reader.door = try await home.door.firstDoor()
        try await book.save(reader)
        before?.signal(.readers, "removed", ["id": .string(reader.id.rawValue)])
        obey(reader)
        try await announce(reader)
    }

    /// Stops reading an organisation's readers, which are no longer in the book.
    package func forgetAll(of organisation: Tenancy.ID) {
        for (port, reader) in readers where reader.organisation == organisation {
            source.release(port: port)
            readers[port] = nil
        }
    }

    /// What may be changed about a reader; nil leaves it.
    package struct Edit: Sendable {
        package var state: Reader.State?
        package var name: String?
        package var layout: KeyboardLayout?
        package var silenceMilliseconds: Int?
        package var door: Door.ID?
        package var direction: Direction??

        package init() {}
    }

    /// Changes a reader and acts on it at once.
    ///
    /// - Throws: `notFound`; `invalid` for a silence out of 0 to 5,000 ms or an unsupported reader that shall be read.
    package func edit(_ id: Reader.ID, _ edit: Edit, of home: ReaderHome) async throws -> JSON {
        var reader = try await find(id, of: home)
        if let silence = edit.silenceMilliseconds, !(0...5_000).contains(silence) {
            throw Failure(.invalid, "The silence is 0 to 5000 milliseconds.", field: "silenceMilliseconds")
        }
        if edit.state == .reading, reader.description.kind == .unsupported {
            throw Failure(.invalid, reader.description.advice ?? "This device can not be read.", field: "state")
        }
        if let door = edit.door { _ = try await home.door.door(door) }
        reader.state = edit.state ?? reader.state
        reader.name = edit.name ?? reader.name
        reader.settings.layout = edit.layout ?? reader.settings.layout
        reader.settings.silenceMilliseconds = edit.silenceMilliseconds ?? reader.settings.silenceMilliseconds
        reader.door = edit.door ?? reader.door
        if let direction = edit.direction { reader.direction = direction }
        try await book.save(reader)
        obey(reader)
        return try await announce(reader)
    }

    /// Forgets a reader that is not plugged in.
    ///
    /// - Throws: `notFound`; `conflict` while it is plugged in.
    package func forget(_ id: Reader.ID, of home: ReaderHome) async throws {
        let reader = try await find(id, of: home)
        guard plugged[reader.description.port] == nil else {
            throw Failure(.conflict, "The reader is plugged in. Unplug it first, or ignore it.")
        }
        try await book.forget(id)
        home.signal(.readers, "removed", ["id": .string(id.rawValue)])
    }

    /// - Throws: `notFound`, also for another organisation's.
    private func find(_ id: Reader.ID, of home: ReaderHome) async throws -> Reader {
        guard let reader = try await book.find(id), reader.organisation == home.organisation else {
            throw Self.unknown
        }
        return reader
    }

    private static let unknown = Failure(.notFound, "There is no such reader.")

    private func handle(_ event: ReaderEvent, in group: inout DiscardingTaskGroup) async {
        switch event {
        case .appeared(let description): await meet(description)
        case .opened(let port):
            plugged[port] = .open
            openLane(port, in: &group)
            await announce(port)
        case .read(let scan): await enqueue(scan)
        case .trouble(let port, let failure):
            logger.warning("a reader has trouble", metadata: ["port": "\(port)", "trouble": "\(failure)"])
            plugged[port] = .failed(failure.message)
            await announce(port)
        case .closed(let port):
            closeLane(port)
            plugged[port] = .waiting
            await announce(port)
        case .disappeared(let port):
            closeLane(port)
            plugged[port] = nil
            await announce(port)
            if let reader = readers.removeValue(forKey: port) { await keepCount(of: reader) }
        }
    }

    private func meet(_ description: ReaderDescription) async {
        do {
            let door = try await home(nil)?.door.firstDoor()
            let reader = try await book.meet(description, door: door, plugged: Set(plugged.keys))
            plugged[description.port] = .waiting
            obey(reader)
            try await announce(reader)
        } catch {
            logger.error(
                "a reader could not be entered", metadata: ["port": "\(description.port)", "cause": "\(error)"])
        }
    }

    private func obey(_ reader: Reader) {
        let port = reader.description.port
        guard plugged[port] != nil else { return }
        readers[port] = reader
        switch reader.state {
        case .reading: source.adopt(port: port, settings: reader.settings)
        case .offered, .ignored: source.release(port: port)
        }
    }

    /// One reader's codes go to the door in order; several readers' go side by side.
    private func openLane(_ port: String, in group: inout DiscardingTaskGroup) {
        guard lanes[port] == nil else { return }
        let (reads, lane) = AsyncStream.makeStream(of: Read.self)
        lanes[port] = lane
        group.addTask { for await read in reads { await self.take(read) } }
    }

    private func closeLane(_ port: String) {
        lanes.removeValue(forKey: port)?.finish()
    }

    private func enqueue(_ scan: Scan) async {
        let read = Read(scan: scan, reader: scan.reader.flatMap { readers[$0] })
        pending += 1
        guard let port = scan.reader, let lane = lanes[port] else { return await take(read) }
        lane.yield(read)
        if pending >= Self.pendingReadsMax {
            await withCheckedContinuation { waitingForRoom = $0 }
        }
    }

    private func take(_ read: Read) async {
        do {
            // A reader that was forgotten while it read is nobody's, and its code no other organisation's.
            guard read.scan.reader == nil || read.reader != nil, let home = home(read.reader?.organisation) else {
                throw Failure(.unavailable, "Nobody has this reader any more.")
            }
            _ = try await home.door.take(read.scan, at: read.reader?.door, direction: read.reader?.direction)
            await count(read.scan)
        } catch {
            logger.error("a read could not be kept", metadata: ["cause": "\(error)"])
            refuse(read, (error as? Failure)?.message ?? "The box could not keep this read. Scan it again.")
        }
        pending = max(0, pending - 1)
        if pending < Self.pendingReadsMax {
            waitingForRoom?.resume()
            waitingForRoom = nil
        }
    }

    /// A read that is not on disk is no fact: it is told at once and not in the log.
    private func refuse(_ read: Read, _ message: String) {
        let scan = read.scan
        guard scan.reader == nil || read.reader != nil else { return }
        home(read.reader?.organisation)?.signal(
            .scans, "refused",
            [
                "outcome": "stop", "word": "STOP", "short": .string(message), "spoken": "Stop. Scan it again.",
                "code": .string(ScanCode(raw: scan.raw, symbology: scan.symbology).text),
                "reader": .optional(scan.reader), "at": .time(scan.at),
            ])
    }

    private func count(_ scan: Scan) async {
        guard let port = scan.reader, var reader = readers[port] else { return }
        reader.reads += 1
        reader.lastRead = scan.at
        readers[port] = reader
        if case .failed = plugged[port] { plugged[port] = .open }
        await announce(port)
    }

    /// The count is worth no sync of its own: it is stored when the reader goes.
    private func keepCount(of reader: Reader) async {
        do { try await book.save(reader) } catch {
            logger.error("a reader's count could not be stored", metadata: ["cause": "\(error)"])
        }
    }

    private func announce(_ port: String) async {
        guard let reader = readers[port] else { return }
        do { try await announce(reader) } catch {
            logger.error("a reader could not be announced", metadata: ["cause": "\(error)"])
        }
    }

    @discardableResult
    private func announce(_ reader: Reader) async throws -> JSON {
        guard let home = home(reader.organisation) else { return .null }
        let body = json(reader, doors: try await doorNames(of: home))
        home.signal(.readers, "changed", body)
        return body
    }

    private func doorNames(of home: ReaderHome) async throws -> [String: JSON] {
        let doors = try await home.door.doors()
        return Dictionary(
            uniqueKeysWithValues: doors.compactMap { door in
                guard case .string(let id)? = door["id"], let name = door["name"] else { return nil }
                return (id, ["id": .string(id), "name": name])
            })
    }

    private func json(_ reader: Reader, doors: [String: JSON]) -> JSON {
        let port = reader.description.port
        let live = readers[port].flatMap { $0.id == reader.id ? $0 : nil } ?? reader
        return reader.json(
            state: state(of: reader), trouble: trouble(at: port), reads: max(live.reads, reader.reads),
            lastRead: live.lastRead ?? reader.lastRead, door: reader.door.flatMap { doors[$0.rawValue] })
    }

    private func state(of reader: Reader) -> String {
        guard let health = plugged[reader.description.port] else { return "unplugged" }
        if case .failed = health { return "failed" }
        return reader.state.rawValue
    }

    private func trouble(at port: String) -> String? {
        guard case .failed(let message)? = plugged[port] else { return nil }
        return message
    }
}

extension Reader {
    func json(state: String, trouble: String?, reads: Int64, lastRead: Date?, door: JSON?) -> JSON {
        [
            "id": .string(id.rawValue), "port": .string(description.port),
            "vendorId": .string(String(format: "%04x", Int(description.vendorID))),
            "productId": .string(String(format: "%04x", Int(description.productID))),
            "manufacturer": .optional(description.manufacturer), "product": .optional(description.product),
            "serial": .optional(description.serial), "kind": .string(description.kind.rawValue),
            "state": .string(state), "known": .bool(description.isKnownModel), "name": .string(name),
            "layout": .string(settings.layout.rawValue),
            "silenceMilliseconds": .int(Int64(settings.silenceMilliseconds)), "door": door ?? .null,
            "direction": .optional(direction?.rawValue), "reads": .int(reads),
            "lastReadAt": lastRead.map(JSON.time) ?? .null, "trouble": .optional(trouble),
            "advice": .optional(description.advice),
        ]
    }
}
