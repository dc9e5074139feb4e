// Labels on their way to a printer that does as it is told: each is printed once or said to be unsure, whatever happens.
import Core
import Foundation
import GRDB
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Core

/// A printer that does as it is told.
private final class ScriptedPrinter: LabelPrinter {
    enum Turn: Sendable {
        case take(PrintReceipt)
        case trouble(PrintTrouble)
        /// Takes it and never answers, as if the box had died.
        case silence
    }

    let sent = Mutex<[String]>([])
    let turns = Mutex<[Turn]>([])
    let progress = Mutex<[PrintProgress]>([])
    let cancelled = Mutex<[Int]>([])
    let known = Mutex<[String: Int]>([:])
    /// What it says to everybody until it is taken away.
    let standing = Mutex<PrintTrouble?>(nil)
    /// How many labels are in it; the next one waits for more.
    let paper = Mutex(Int.max)

    func look() async -> PrinterLook { PrinterLook(.ready) }

    func send(_ run: PrintRun) async throws -> PrintReceipt {
        if let trouble = standing.withLock({ $0 }) { throw trouble }
        while paper.withLock({ $0 == 0 }) { try await Task.sleep(for: .milliseconds(1)) }
        paper.withLock { $0 -= 1 }
        let turn = turns.withLock { $0.isEmpty ? .take(.printed) : $0.removeFirst() }
        switch turn {
        case .take(let receipt):
            sent.withLock { $0.append(run.labels.map(\.content.shortCode).joined(separator: " ")) }
            return receipt
        case .trouble(let trouble): throw trouble
        case .silence:
            sent.withLock { $0.append(run.labels.map(\.content.shortCode).joined(separator: " ")) }
            try await Task.sleep(for: .seconds(600))
            return .sent
        }
    }

    func follow(_ ticket: Int, of title: String) async throws -> PrintProgress {
        progress.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? .printed }
    }

    func ticket(of title: String) async throws -> Int? { known.withLock { $0[title] } }

    func cancel(_ ticket: Int) async { cancelled.withLock { $0.append(ticket) } }
}

/// A depot with a printer and a queue that runs.
private final class LabelDepot: Sendable {
    let depot: TestDepot
    let desk: LabelDesk
    let printer: Printer.ID
    let scripted = ScriptedPrinter()
    /// What screens were shown of jobs.
    let shown = Mutex<[JSON]>([])
    private let running = Mutex<Task<Void, Never>?>(nil)

    init(media: String = "zebra-57x32") async throws {
        depot = try await TestDepot()
        desk = LabelDesk(store: depot.store)
        let fields: JSON = [
            "name": "Zebra", "address": "socket://127.0.0.1:9100", "media": .string(media), "payload": "number",
        ]
        printer = try await RecordDesk<Printer>(store: depot.store).create(fields, by: Author()).record.id
    }

    /// Begins, or goes on as after a start.
    func start() {
        var options = LabelQueue.Options()
        options.pauses = [.milliseconds(5)]
        options.looks = [.milliseconds(2)]
        let queue = LabelQueue(
            store: depot.store, options: options, drivers: { [scripted] _ in scripted },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            signal: { [weak self] job in self?.shown.withLock { $0.append(job) } })
        depot.store.onCommit { queue.heed($0) }
        running.withLock { $0 = Task { await queue.run() } }
    }

    /// Dies.
    func stop() async {
        let task = running.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    func gear(_ numbers: [String]) async throws -> [LabelSubject] {
        var subjects: [LabelSubject] = []
        for number in numbers { subjects.append(.asset(try await depot.asset(number))) }
        return subjects
    }

    func order(_ subjects: [LabelSubject]) async throws -> LabelJob.ID {
        let job = try await desk.order(LabelOrder(printer: printer, subjects: subjects), by: Author())
        return LabelJob.ID(job["id"]?.string ?? "")
    }

    func job(_ id: LabelJob.ID) async throws -> LabelJob {
        try await depot.store.read { try LabelJob.find(id, in: $0) }
    }

    func comes(_ id: LabelJob.ID, _ condition: @escaping @Sendable (LabelJob) -> Bool) async -> Bool {
        await TestSupport.comes { (try? await self.job(id)).map(condition) ?? false }
    }
}

@Suite struct LabelQueueTests {
    private static let three = ["CAM-1", "CAM-2", "CAM-3"]

    @Test func `labels come out in order, each once, and the log says when the job is done`() async throws {
        let labels = try await LabelDepot()
        labels.start()
        let job = try await labels.order(labels.gear(Self.three))
        #expect(await labels.comes(job) { $0.state == .done })
        #expect(labels.scripted.sent.withLock { $0 } == Self.three)
        #expect(try await labels.job(job).counts == [.printed: 3])
        #expect(
            try await labels.depot.changes().filter { $0.topic == .labels }.map(\.kind).suffix(2) == [
                "job.ordered", "job.done",
            ])
        await labels.stop()
    }

    @Test func `a printer that is away or busy is tried again, and says so meanwhile`() async throws {
        let labels = try await LabelDepot()
        labels.scripted.standing.withLock { $0 = PrintTrouble(.busy, "The paper is used up.") }
        let job = try await labels.order(labels.gear(["CAM-1"]))
        labels.start()
        #expect(await labels.comes(job) { $0.trouble == "The paper is used up." })
        labels.scripted.standing.withLock { $0 = PrintTrouble(.away, "The printer can not be reached.") }
        #expect(await labels.comes(job) { $0.trouble == "The printer can not be reached." })
        labels.scripted.standing.withLock { $0 = nil }
        #expect(await labels.comes(job) { $0.state == .done && $0.trouble == nil })
        #expect(labels.scripted.sent.withLock { $0 } == ["CAM-1"])
        await labels.stop()
    }

    @Test func `a label that may have come out is unsure, is not sent again, and the next one is`() async throws {
        let labels = try await LabelDepot()
        labels.scripted.turns.withLock {
            $0 = [.trouble(PrintTrouble(.unsure, "The printer went away while the label was being sent."))]
        }
        let job = try await labels.order(labels.gear(["CAM-1", "CAM-2"]))
        labels.start()
        #expect(await labels.comes(job) { $0.state == .done })
        #expect(try await labels.job(job).counts == [.unsure: 1, .printed: 1])
        #expect(labels.scripted.sent.withLock { $0 } == ["CAM-2"])
        let again = try await labels.desk.again(job, item: nil, by: Author())
        let next = LabelJob.ID(again["id"]?.string ?? "")
        #expect(await labels.comes(next) { $0.state == .done })
        #expect(labels.scripted.sent.withLock { $0 } == ["CAM-2", "CAM-1"])
        #expect(try await labels.job(job).counts == [.cancelled: 1, .printed: 1])
        await labels.stop()
    }

    @Test func `after a death what was being printed is unsure unless the printer knows it, and the rest goes on`()
        async throws
    {
        let labels = try await LabelDepot()
        labels.scripted.turns.withLock { $0 = [.silence] }
        let job = try await labels.order(labels.gear(Self.three))
        labels.start()
        #expect(await TestSupport.comes { labels.scripted.sent.withLock { $0.count } == 1 })
        await labels.stop()
        #expect(try await labels.job(job).counts == [.printing: 1, .waiting: 2])
        labels.start()
        #expect(await labels.comes(job) { $0.state == .done })
        #expect(try await labels.job(job).counts == [.unsure: 1, .printed: 2])
        #expect(labels.scripted.sent.withLock { $0 } == Self.three)
        await labels.stop()
    }

    @Test func `a printer that took a label before the death is asked what became of it`() async throws {
        let labels = try await LabelDepot()
        labels.scripted.turns.withLock { $0 = [.silence] }
        let job = try await labels.order(labels.gear(["CAM-1"]))
        labels.start()
        #expect(await TestSupport.comes { labels.scripted.sent.withLock { $0.count } == 1 })
        await labels.stop()
        labels.scripted.known.withLock { $0 = ["Depotd \(job.rawValue)/1": 7] }
        labels.scripted.progress.withLock { $0 = [.under(trouble: "The cover is open."), .printed] }
        labels.start()
        #expect(await labels.comes(job) { $0.state == .done && $0.counts == [.printed: 1] })
        #expect(labels.scripted.sent.withLock { $0.count } == 1)
        await labels.stop()
    }

    @Test func `what a printer refuses holds the job until somebody lets it go on`() async throws {
        let labels = try await LabelDepot()
        labels.scripted.turns.withLock { $0 = [.trouble(PrintTrouble(.refused, "This printer takes no such form."))] }
        let job = try await labels.order(labels.gear(["CAM-1", "CAM-2"]))
        labels.start()
        #expect(await labels.comes(job) { $0.state == .paused && $0.trouble == "This printer takes no such form." })
        #expect(try await labels.job(job).counts == [.failed: 1, .waiting: 1])
        _ = try await labels.desk.set(.printing, of: job, by: Author())
        #expect(await labels.comes(job) { $0.state == .done })
        #expect(labels.scripted.sent.withLock { $0 } == ["CAM-2"])
        await labels.stop()
    }

    @Test func `a thousand labels are held, go on, and are given up, with nothing lost and nothing twice`() async throws
    {
        let labels = try await LabelDepot()
        let gear = try await labels.gear(["CAM-1", "CAM-2"])
        let job = try await labels.order(Array(repeating: gear[0], count: 1_000))
        labels.scripted.paper.withLock { $0 = 20 }
        labels.start()
        #expect(await labels.comes(job) { $0.counts == [.printed: 20, .printing: 1, .waiting: 979] })
        _ = try await labels.desk.set(.paused, of: job, by: Author())
        labels.scripted.paper.withLock { $0 = .max }
        // What is on its way still comes out; then the next job has its turn.
        let other = try await labels.order([gear[1]])
        #expect(await labels.comes(other) { $0.state == .done })
        #expect(try await labels.job(job).counts == [.printed: 21, .waiting: 979])
        labels.scripted.paper.withLock { $0 = 20 }
        _ = try await labels.desk.set(.printing, of: job, by: Author())
        #expect(await labels.comes(job) { $0.counts == [.printed: 41, .printing: 1, .waiting: 958] })
        _ = try await labels.desk.set(.cancelled, of: job, by: Author())
        labels.scripted.paper.withLock { $0 = .max }
        #expect(await labels.comes(job) { $0.counts == [.printed: 42, .cancelled: 958] })
        #expect(labels.scripted.sent.withLock { $0.count } == 43)
        // Screens see it go on, and never back.
        let progress = labels.shown.withLock { $0 }.filter { $0["id"]?.string == job.rawValue }
            .compactMap { Int($0["counts"]?["printed"]?.text ?? "") }
        #expect(progress.count >= 2 && progress == progress.sorted() && progress.count <= 43, "\(progress)")
        await #expect(throws: Failure(.conflict, "")) {
            _ = try await labels.desk.set(.printing, of: job, by: Author())
        }
        await labels.stop()
    }

    @Test func `sheets are sent a sheet at a time, from the first place that has its label`() async throws {
        let labels = try await LabelDepot(media: "avery-l7163")
        let subjects = try await labels.gear((1...16).map { "CAM-\($0)" })
        var order = LabelOrder(printer: labels.printer, subjects: subjects)
        order.first = 12
        let made = try await labels.desk.order(order, by: Author())
        labels.start()
        #expect(await labels.comes(LabelJob.ID(made["id"]?.string ?? "")) { $0.state == .done })
        let sheets = labels.scripted.sent.withLock { $0 }
        #expect(sheets.map { $0.split(separator: " ").count } == [2, 14])
        await labels.stop()
    }

    @Test func `a scanned label is matched with its job, and another one is not`() async throws {
        let labels = try await LabelDepot()
        labels.scripted.turns.withLock { $0 = [.trouble(PrintTrouble(.unsure, "Gone."))] }
        let job = try await labels.order(labels.gear(["CAM-1", "CAM-2"]))
        _ = try await labels.depot.asset("CAM-9")
        labels.start()
        #expect(await labels.comes(job) { $0.state == .done })
        let matched = try await labels.desk.verify("cam-1", in: job)
        #expect(matched["name"] == "CAM-1")
        let after = try await labels.job(job)
        #expect(after.counts == [.printed: 2] && after.matched == 1)
        await #expect(throws: Failure(.notFound, "")) { _ = try await labels.desk.verify("CAM-9", in: job) }
        await labels.stop()
    }

    @Test func `an action card at the door prints the label of what was scanned last, or undoes it`() async throws {
        let labels = try await LabelDepot()
        labels.start()
        let depot = labels.depot
        _ = try await depot.asset("CAM-7")
        #expect(try await depot.scan("DPT-DO:PRINT", at: depot.outDoor).word == "NOTHING DONE")
        _ = try await depot.scan("CAM-7", at: depot.outDoor)
        let told = try await depot.scan("dpt-do:print", at: depot.outDoor)
        #expect(told.word == "LABEL" && told.short == "CAM-7 comes out of Zebra")
        let change = try await depot.changes().last { $0.topic == .scans && $0.subject == told.id.rawValue }
        let job = try JSON(parsing: change?.body ?? [])["label"]?.string ?? ""
        #expect(try await labels.job(LabelJob.ID(job)).title == "CAM-7")
        #expect(await TestSupport.comes { labels.scripted.sent.withLock { $0 } == ["CAM-7"] })
        #expect(try await depot.scan("DPT-DO:UNDO", at: depot.outDoor).word == "UNDONE")
        #expect(
            try await depot.store.read { try Asset.fetchOne($0, sql: "SELECT * FROM asset_row")?.status } == .available)
        await labels.stop()
    }
}
