// The sync of the organisation that the box was set up for, where a hub is configured: made of the configuration, run with
// the tenant, and shown to pages, metrics and the command line.
import Core
import Drivers
import Foundation
import Logging
import Synchronization

/// An organisation's sync with its hub.
final class TenantSync: Sendable {
    let engine: SyncEngine
    let book: SyncBook
    /// Where the hub is, without a password.
    let address: String
    let gear: DistantGear
    private let upstream: PostgresUpstream
    /// Pictures have a connection of their own, so that no row waits for one.
    private let pictureUpstream: PostgresUpstream
    private let freight: PictureFreight
    private let ear: PostgresEar
    /// Of the engine and its upstream, which take turns.
    private let thread = BackgroundThread("sync")
    private let clock: HybridClock
    private let logger: Logger
    private let latest = Mutex<SyncBook.Figures?>(nil)

    /// A hub that is this far behind is remarked on.
    static let staleAge = Duration.seconds(3_600)

    /// - Returns: nil where no hub is configured.
    /// - Throws: `invalid` when the hub's address can not be read, or its password's file.
    /// - Parameter told: called after gear of other depots was kept, with how much.
    init?(
        _ configuration: Configuration, store: Store, organisation: Organisation, logger: Logger,
        told: @escaping @Sendable (Int) -> Void
    ) throws {
        guard let wanted = configuration.upstream else { return nil }
        let address = try PostgresAddress(
            wanted.url, password: UpstreamPassword.read(wanted), authorities: wanted.authorities)
        self.address = address.shown
        upstream = PostgresUpstream(address, on: thread)
        engine = SyncEngine(
            store: store, upstream: upstream, depot: organisation.depot.name,
            place: configuration.depot.position.map { [$0.longitude, $0.latitude] }, logger: logger,
            giveWay: BackgroundThread.giveWay, told: told)
        pictureUpstream = PostgresUpstream(address)
        freight = PictureFreight(
            store: store, upstream: pictureUpstream, engine: engine, rate: wanted.pictureRate, logger: logger)
        ear = PostgresEar(address)
        gear = DistantGear(store: store)
        book = SyncBook(store: store)
        clock = store.clock
        self.logger = logger
    }

    /// Exchanges until the task is cancelled.
    func run() async {
        let watch = LineWatch { [engine] in engine.lineCameUp() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [engine, thread] in
                await withTaskExecutorPreference(thread) { await engine.run() }
            }
            group.addTask { [freight] in await freight.run() }
            group.addTask { await self.lookAfter() }
            group.addTask { [ear, engine] in
                await ear.run(connected: { engine.lineCameUp() }, heard: { engine.hearNews() })
            }
            await withTaskCancellationHandler {
                await group.waitForAll()
            } onCancel: {
                upstream.shut()
                pictureUpstream.shut()
                ear.shut()
            }
        }
        withExtendedLifetime(watch) {}
    }

    /// Keeps the figures for the metrics, and says once when the hub has been behind for too long.
    private func lookAfter() async {
        var isStale = false
        repeat {
            guard let figures = try? await book.figures() else { continue }
            latest.withLock { $0 = figures }
            let age = Self.age(of: figures, at: clock.now)
            if age > Self.staleAge, !isStale {
                logger.error("the hub is far behind", metadata: ["changes": "\(figures.backlog)", "age": "\(age)"])
            }
            isStale = age > Self.staleAge
        } while (try? await Task.sleep(for: .seconds(10))) != nil
    }

    /// Age of the oldest Change that the hub does not have.
    static func age(of figures: SyncBook.Figures, at now: Date) -> Duration {
        figures.oldest.map { .seconds(max(0, now.timeIntervalSince($0))) } ?? .zero
    }

    /// Compares both sides.
    func verify() async throws -> (count: Int64, differences: [SyncBook.Difference]) {
        try await book.verify(with: upstream)
    }

    /// Lines for `/metrics`, at most ten seconds old.
    var lines: [String] {
        guard let figures = latest.withLock({ $0 }) else { return [] }
        let standing = engine.standing
        return [
            "depotd_sync_backlog_changes \(figures.backlog)",
            "depotd_sync_acked_age_seconds \(Self.age(of: figures, at: clock.now) / .seconds(1))",
            "depotd_sync_refused_changes \(figures.refusedCount)",
            "depotd_sync_sent_changes_total \(standing.sentChangeCount)",
            "depotd_sync_sent_bytes_total \(standing.sentByteCount)",
            "depotd_sync_batches_total \(standing.batchCount)",
            "depotd_sync_trouble \(standing.trouble == nil ? 0 : 1)",
            "depotd_sync_pictures_waiting \(figures.pictureCount)",
            "depotd_sync_paused \(figures.isPaused ? 1 : 0)",
        ]
    }
}

/// The hub's password: from the file that is configured, else from systemd's credential `upstream-password`.
enum UpstreamPassword {
    static func read(
        _ wanted: Configuration.Upstream, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> String? {
        let credential = environment["CREDENTIALS_DIRECTORY"].map { $0 + "/upstream-password" }
            .flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
        guard let path = wanted.passwordFile ?? credential else { return nil }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw Failure(.invalid, "The hub's password can not be read from \(path).")
        }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
