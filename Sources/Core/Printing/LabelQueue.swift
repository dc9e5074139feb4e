// Brings labels to their printers, one run after the other for each printer. What is about to be sent is written first and
// what became of it right after, so that after a death each label was printed once or is said to be unsure; none is ever
// sent again by itself once it may have come out.
import Foundation
import GRDB
package import Logging
private import Synchronization

/// Carries out jobs of labels.
package final class LabelQueue: Sendable {
    /// Pauses and bounds.
    package struct Options: Sendable {
        /// Between two tries at a printer that is away or busy, growing from the first to the last.
        package var pauses: [Duration] = [.seconds(1), .seconds(2), .seconds(5), .seconds(15)]
        /// Between two questions about what a printer has accepted, growing likewise.
        package var looks: [Duration] = [.milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(2)]
        /// Least time between two signals of one printer.
        package var signalInterval = Duration.milliseconds(250)

        package init() {}
    }

    /// Finds the driver for a printer.
    package typealias Drivers = @Sendable (PrinterAddress) -> any LabelPrinter

    let store: Store
    let options: Options
    private let drivers: Drivers
    private let signal: @Sendable (JSON) -> Void
    private let logger: Logger
    private let (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let served = Mutex<Set<Printer.ID>>([])

    /// - Parameter signal: called with a job when it went on, at most four times a second for each printer.
    package init(
        store: Store, options: Options = Options(), drivers: @escaping Drivers, logger: Logger,
        signal: @escaping @Sendable (JSON) -> Void
    ) {
        self.store = store
        self.options = options
        self.drivers = drivers
        self.signal = signal
        self.logger = logger
    }

    /// Takes note of committed Changes: an order, or a job or a printer that was changed, is work. On the writer.
    package func heed(_ changes: [Change]) {
        if changes.contains(where: { $0.topic == .labels }) { waker.yield() }
    }

    /// How a printer is now.
    package func look(at address: PrinterAddress) async -> PrinterLook { await drivers(address).look() }

    /// A printer's driver.
    package func driver(for address: PrinterAddress) -> any LabelPrinter { drivers(address) }

    /// Settles what a death left, then prints what is asked for, until the task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            waker.yield()
            for await _ in wakes {
                for printer in await work() where served.withLock({ $0.insert(printer).inserted }) {
                    group.addTask { await self.serve(printer) }
                }
            }
            group.cancelAll()
        }
    }

    private func work() async -> [Printer.ID] {
        do {
            return try await store.read { database in
                try Printer.ID.fetchAll(
                    database,
                    sql: """
                        SELECT DISTINCT printer FROM label_job JOIN label_item ON job = label_job.id
                        WHERE label_item.state = 'printing'
                          OR (label_item.state = 'waiting' AND label_job.state = 'printing')
                        """)
            }
        } catch {
            logger.error("labels that wait can not be read", metadata: ["cause": "\(error)"])
            return []
        }
    }

    /// Prints until nothing waits for this printer.
    private func serve(_ printer: Printer.ID) async {
        let round = PrinterRound(queue: self, printer: printer, logger: logger)
        do {
            while !Task.isCancelled, try await round.step() {}
        } catch is CancellationError {
        } catch {
            logger.error(
                "labels could not be printed", metadata: ["printer": "\(printer.rawValue)", "cause": "\(error)"])
            try? await Task.sleep(for: options.pauses.last ?? .seconds(15))
        }
        served.withLock { _ = $0.remove(printer) }
        // What was asked for between the last look and now has woken nobody.
        waker.yield()
    }

    /// Shows how far a job is.
    func tell(_ job: LabelJob.ID) async {
        if let json = try? await store.read({ try LabelJob.find(job, in: $0).json }) { signal(json) }
    }

    /// Waits, or until something changes. - Returns: false when the task was cancelled.
    func pause(_ duration: Duration) async throws { try await Task.sleep(for: duration) }
}

/// One printer's labels on their way.
private final class PrinterRound {
    private let queue: LabelQueue
    private let printer: Printer.ID
    private let logger: Logger
    private var tries = 0
    private var lastTold: ContinuousClock.Instant?

    init(queue: LabelQueue, printer: Printer.ID, logger: Logger) {
        self.queue = queue
        self.printer = printer
        self.logger = logger
    }

    private var store: Store { queue.store }

    /// One run. - Returns: whether there may be more.
    func step() async throws -> Bool {
        if let left = try await leftover() {
            try await settle(left)
            return true
        }
        guard let batch = try await begin() else { return false }
        let driver = queue.driver(for: batch.address)
        do {
            let receipt = try await driver.send(batch.run)
            tries = 0
            switch receipt {
            case .printed: try await finish(batch, .printed)
            case .sent: try await finish(batch, .sent)
            case .accepted(let ticket):
                try await note(ticket, of: batch)
                try await follow(ticket, batch, driver)
            }
        } catch let trouble as PrintTrouble {
            try await meet(trouble, batch)
        }
        return true
    }

    // MARK: What is sent

    /// Labels that are printing by the file, and what the printer is to do with them.
    private struct PrinterBatch: Sendable {
        var job: LabelJob.ID
        var items: [Int]
        var address: PrinterAddress
        var run: PrintRun
    }

    /// Takes the next labels and writes that they are about to be sent; nil when none wait.
    private func begin() async throws -> PrinterBatch? {
        try await store.write { [printer] transaction in
            let database = transaction.database
            guard let printer = try Printer.find(printer, in: database) else { return nil }
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT label_job.id, label_job.media, label_job.first, min(label_item.n) AS n
                        FROM label_job JOIN label_item ON label_item.job = label_job.id
                        WHERE label_job.printer = ? AND label_job.state = 'printing' AND label_item.state = 'waiting'
                        GROUP BY label_job.place ORDER BY label_job.place LIMIT 1
                        """), arguments: [printer.id.rawValue])
            guard let row else { return nil }
            let (job, n, first): (LabelJob.ID, Int, Int) = (row["id"], row["n"], row["first"])
            let media = try LabelMedia.named(row["media"])
            let place = (first + n - 1) % media.count
            let items = try LabelItem.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT * FROM label_item WHERE job = ? AND state = 'waiting' AND n BETWEEN ? AND ? ORDER BY n
                        """), arguments: [job.rawValue, n, n + media.count - place - 1])
            for item in items {
                try database.cachedStatement(
                    sql: "UPDATE label_item SET state = 'printing', ticket = NULL, at = ? WHERE job = ? AND n = ?"
                ).execute(arguments: [transaction.milliseconds, job.rawValue, item.n])
            }
            return PrinterBatch(
                job: job, items: items.map(\.n), address: try PrinterAddress(printer.address),
                run: PrintRun(
                    title: Self.title(job, n), labels: items.map { ($0.layout, $0.content) }, media: media,
                    first: place, resolution: printer.resolution, offsetX: printer.offsetX, offsetY: printer.offsetY,
                    logo: try LabelDesk.logo(of: printer, in: database)))
        }
    }

    /// What the printer calls labels: it is asked by this name when nobody knows what became of them.
    private static func title(_ job: LabelJob.ID, _ n: Int) -> String { "Depotd \(job.rawValue)/\(n)" }

    private func note(_ ticket: Int, of batch: PrinterBatch) async throws {
        try await store.write { transaction in
            for n in batch.items {
                try transaction.database.cachedStatement(
                    sql: "UPDATE label_item SET ticket = ? WHERE job = ? AND n = ?"
                ).execute(arguments: [ticket, batch.job.rawValue, n])
            }
        }
    }

    // MARK: What became of it

    /// Asks until the printer knows what became of a run. A printer that went away meanwhile has it still, perhaps.
    private func follow(_ ticket: Int, _ batch: PrinterBatch, _ driver: any LabelPrinter) async throws {
        var looks = 0
        while true {
            do {
                switch try await driver.follow(ticket, of: batch.run.title) {
                case .printed: return try await finish(batch, .printed)
                case .failed(let words):
                    try await finish(batch, .failed, words)
                    return try await hold(batch.job, words)
                case .unread(let words):
                    try await giveBack(batch)
                    return try await say(words, of: batch.job)
                case .unknown:
                    return try await finish(
                        batch, .unsure, "The printer was started anew and does not know whether it printed this.")
                case .under(let trouble): try await say(trouble, of: batch.job)
                }
            } catch let trouble as PrintTrouble {
                if try await isCancelled(batch.job) { return try await finish(batch, .unsure, trouble.words) }
                try await say("\(trouble.words) It may be printing this label.", of: batch.job)
            }
            if try await isCancelled(batch.job) { await driver.cancel(ticket) }
            try await queue.pause(queue.options.looks[min(looks, queue.options.looks.count - 1)])
            looks += 1
        }
    }

    private func meet(_ trouble: PrintTrouble, _ batch: PrinterBatch) async throws {
        if let cause = trouble.cause {
            logger.info("a printer made trouble", metadata: ["words": "\(trouble.words)", "cause": "\(cause)"])
        }
        switch trouble.kind {
        case .away, .busy:
            try await giveBack(batch)
            try await say(trouble.words, of: batch.job)
            let pauses = queue.options.pauses
            try await queue.pause(pauses[min(tries, pauses.count - 1)])
            tries += 1
        case .refused:
            try await finish(batch, .failed, trouble.words)
            try await hold(batch.job, trouble.words)
        case .unsure: try await finish(batch, .unsure, trouble.words)
        }
    }

    /// What was not sent waits again, unless its job was given up meanwhile.
    private func giveBack(_ batch: PrinterBatch) async throws {
        try await store.write { transaction in
            for n in batch.items {
                try transaction.database.cachedStatement(
                    sql: """
                        UPDATE label_item SET state = CASE
                          (SELECT state FROM label_job WHERE id = job) WHEN 'cancelled' THEN 'cancelled'
                          ELSE 'waiting' END
                        WHERE job = ? AND n = ?
                        """
                ).execute(arguments: [batch.job.rawValue, n])
            }
        }
    }

    private func finish(_ batch: PrinterBatch, _ state: LabelItem.State, _ trouble: String? = nil) async throws {
        try await finish(batch.job, batch.items, state, trouble)
    }

    private func finish(
        _ job: LabelJob.ID, _ items: [Int], _ state: LabelItem.State, _ trouble: String? = nil
    ) async throws {
        let isDone = try await store.write { transaction in
            let database = transaction.database
            for n in items {
                try database.cachedStatement(
                    sql: "UPDATE label_item SET state = ?, trouble = ?, at = ? WHERE job = ? AND n = ?"
                ).execute(arguments: [state.rawValue, trouble, transaction.milliseconds, job.rawValue, n])
            }
            try database.cachedStatement(
                sql: "UPDATE label_job SET trouble = ?2 WHERE id = ?1 AND trouble IS NOT ?2"
            ).execute(arguments: [job.rawValue, trouble])
            let open = try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT 1 FROM label_item WHERE job = ? AND state IN ('waiting', 'printing') LIMIT 1"),
                arguments: [job.rawValue])
            guard open == nil else { return false }
            try database.cachedStatement(
                sql: "UPDATE label_job SET state = 'done' WHERE id = ? AND state <> 'cancelled'"
            )
            .execute(arguments: [job.rawValue])
            try LabelJob.note(job, "done", by: Author(), in: transaction)
            return true
        }
        await tell(job, isLast: isDone)
    }

    /// Stops a job that would go wrong label by label, until somebody lets it go on.
    private func hold(_ job: LabelJob.ID, _ words: String) async throws {
        try await store.write { transaction in
            try transaction.database.execute(
                sql: "UPDATE label_job SET state = 'paused', trouble = ? WHERE id = ? AND state = 'printing'",
                arguments: [words, job.rawValue])
            try LabelJob.note(job, "paused", by: Author(), in: transaction)
        }
        await tell(job, isLast: true)
    }

    /// Notes what holds a job up, and shows it when it is something new.
    private func say(_ trouble: String?, of job: LabelJob.ID) async throws {
        let isNew = try await store.write { transaction in
            try transaction.database.execute(
                sql: "UPDATE label_job SET trouble = ?1 WHERE id = ?2 AND trouble IS NOT ?1",
                arguments: [trouble, job.rawValue])
            return transaction.database.changesCount > 0
        }
        if isNew { await tell(job, isLast: true) }
    }

    private func isCancelled(_ job: LabelJob.ID) async throws -> Bool {
        try await store.read { try LabelJob.find(job, in: $0).state == .cancelled }
    }

    private func tell(_ job: LabelJob.ID, isLast: Bool) async {
        let now = ContinuousClock.now
        guard isLast || lastTold.map({ now - $0 >= queue.options.signalInterval }) ?? true else { return }
        lastTold = now
        await queue.tell(job)
    }

    // MARK: What a death left

    /// Labels that were being printed when the box stopped.
    private struct Leftover: Sendable {
        var job: LabelJob.ID
        var items: [Int]
        var ticket: Int?
        var address: PrinterAddress
    }

    private func leftover() async throws -> Leftover? {
        try await store.read { [printer] database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT label_item.job, n, ticket, printer.address FROM label_item
                    JOIN label_job ON label_job.id = label_item.job JOIN printer ON printer.id = label_job.printer
                    WHERE label_item.state = 'printing' AND label_job.printer = ? ORDER BY label_job.place, n
                    """, arguments: [printer.rawValue])
            guard let first = rows.first else { return nil }
            let (job, ticket): (LabelJob.ID, Int?) = (first["job"], first["ticket"])
            let items = rows.filter { $0["job"] == job.rawValue && $0["ticket"] as Int? == ticket }
            return Leftover(
                job: job, items: items.map { $0["n"] }, ticket: ticket,
                address: try PrinterAddress(first["address"]))
        }
    }

    /// Asks the printer what became of it. One that knows nothing leaves it unsure.
    private func settle(_ left: Leftover) async throws {
        let driver = queue.driver(for: left.address)
        let title = Self.title(left.job, left.items.first ?? 0)
        let batch = PrinterBatch(
            job: left.job, items: left.items, address: left.address,
            run: PrintRun(
                title: title, labels: [], media: LabelMedia.all[0], first: 0, resolution: 203, offsetX: 0, offsetY: 0))
        do {
            if let ticket = left.ticket { return try await follow(ticket, batch, driver) }
            if let ticket = try await driver.ticket(of: title) {
                try await note(ticket, of: batch)
                return try await follow(ticket, batch, driver)
            }
        } catch let trouble as PrintTrouble {
            logger.info("a printer can not be asked", metadata: ["words": "\(trouble.words)"])
        }
        try await finish(
            left.job, left.items, .unsure,
            "The box stopped while this was being printed. Look whether it came out, or print it again.")
    }
}
