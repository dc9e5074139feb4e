// Carries out what SyncMachine says: the Store, the hub, the clock. One exchange at a time, for as long as the box runs;
// nobody at a door or a page ever waits for it.
package import Foundation
package import Logging
private import Synchronization

/// Keeps the hub up to date.
package final class SyncEngine: Sendable {
    /// What it is doing, for people.
    package struct Standing: Sendable {
        /// The states of an exchange.
        package enum State: String, Sendable, CaseIterable {
            case starting, sending, idle, paused, waiting
        }

        package var state = State.starting
        package var trouble: UpstreamTrouble?
        /// When it tries again.
        package var retryAt: Date?
        /// The organisation's name at the hub.
        package var tenant: String?
        /// When the hub last answered.
        package var heardAt: Date?
        package var sentChangeCount: Int64 = 0
        package var sentByteCount: Int64 = 0
        package var batchCount: Int64 = 0
        /// Of the last batch, there and back.
        package var lastRoundTrip: Duration?
    }

    private let store: Store
    private let upstream: any Upstream
    private let depot: String
    private let place: [Double]?
    private let logger: Logger
    private let waking = WakeUp()
    /// Called before long work and after it.
    private let giveWay: @Sendable (Bool) -> Void
    /// Called after what other depots did was kept, with how much.
    private let told: @Sendable (Int) -> Void
    private let standingNow = Mutex(Standing())

    /// - Parameters:
    ///   - depot: its name, for the office.
    ///   - place: longitude and latitude in degrees of WGS 84, if known.
    ///   - giveWay: called on the thread that runs this, with whether it should leave the cores to others from now on.
    ///   - told: called after what other depots did was kept, with how much.
    package init(
        store: Store, upstream: any Upstream, depot: String, place: [Double]?, logger: Logger,
        giveWay: @escaping @Sendable (Bool) -> Void = { _ in },
        told: @escaping @Sendable (Int) -> Void
    ) {
        self.store = store
        self.upstream = upstream
        self.depot = depot
        self.place = place
        self.logger = logger
        self.giveWay = giveWay
        self.told = told
        store.onCommit { [waking] _ in waking.ring(.needed) }
    }

    package var standing: Standing { standingNow.withLock { $0 } }

    /// Tries at once: somebody asks, or goes on after a pause.
    package func wake() { waking.ring(.asked) }

    /// Asks what other depots did.
    package func hearNews() { waking.ring(.news) }

    /// Tries at once: a line came up.
    package func lineCameUp() { waking.ring(.lineUp) }

    /// Runs until the task is cancelled.
    package func run() async {
        var machine = SyncMachine(depot: depot, place: place, seed: UInt64.random(in: 0 ... .max))
        var outcome = SyncMachine.Outcome.began
        while !Task.isCancelled {
            let step = machine.next(outcome)
            show(step, machine)
            outcome = await carryOut(step)
        }
        await upstream.part()
    }

    private func carryOut(_ step: SyncMachine.Step) async -> SyncMachine.Outcome {
        do {
            switch step {
            case .load: return .loaded(try await store.read { try SyncLedger.load(in: $0) })
            case .meet(var greeting, let ledger):
                greeting.ends = try await store.read { try LaneEnd.read(of: ledger, in: $0) }
                let standing = try await upstream.meet(greeting)
                heard()
                return .met(standing)
            case .read(let lane, let ledger, let rowCountMax, let byteCountMax):
                giveWay(min(Int64(rowCountMax), lane.last - lane.acked) > Self.longRowCount)
                return .read(
                    try await store.readInBackground { database in
                        try ChangeBatch.read(
                            lane, of: ledger, rowCountMax: rowCountMax, byteCountMax: byteCountMax, in: database)
                    })
            case .push(let batch): return try await push(batch)
            case .note(let notes):
                // Threads that are started for the writer are like the one that starts them, and others are served by them.
                giveWay(false)
                return .noted(try await store.write { try SyncLedger.note(notes, in: $0) })
            case .pull(let request):
                let answer = try await upstream.pull(request)
                heard()
                return .pulled(answer)
            case .keep(let answer):
                let ledger = try await store.write { try RowMerge.keep(answer, in: $0) }
                if !answer.rows.isEmpty || answer.isFresh { told(answer.rows.count) }
                return .noted(ledger)
            case .rest(let rest): return .rested(await self.rest(rest))
            }
        } catch let trouble as UpstreamTrouble {
            return .failed(trouble)
        } catch {
            return .stuck((error as? Failure)?.message ?? "\(error)")
        }
    }

    /// With more than this a box catches up, and nobody waits to see a Change of it elsewhere.
    private static let longRowCount: Int64 = 1_000

    private func push(_ batch: ChangeBatch) async throws(UpstreamTrouble) -> SyncMachine.Outcome {
        let started = ContinuousClock.now
        let answer = try await upstream.push(batch)
        let duration = ContinuousClock.now - started
        heard()
        standingNow.withLock { standing in
            standing.batchCount += 1
            standing.lastRoundTrip = duration
            guard answer.verdict == .ok else { return }
            standing.sentChangeCount += Int64(batch.rows.count)
            standing.sentByteCount += Int64(batch.byteCount)
        }
        for refusal in answer.refused {
            logger.error(
                "the hub put a change aside",
                metadata: ["n": "\(refusal.n)", "lane": "\(batch.lane)", "reason": "\(refusal.reason)"])
        }
        return .pushed(answer, took: duration)
    }

    private func heard() {
        let now = store.clock.now
        standingNow.withLock { $0.heardAt = now }
    }

    private func rest(_ rest: SyncMachine.Rest) async -> SyncMachine.Waking {
        switch rest {
        // Where nobody listens, or what was said was lost, others are asked after all the same.
        case .untilNeeded:
            let woken = await waking.wait(for: [.needed, .news, .asked, .lineUp], atMost: .seconds(60))
            return woken == .needed ? .needed : .news
        case .paused:
            await upstream.part()
            return await waking.wait(for: [.asked], atMost: nil)
        case .afterTrouble(let duration):
            await upstream.part()
            return await waking.wait(for: [.asked, .lineUp], atMost: duration)
        }
    }

    private func show(_ step: SyncMachine.Step, _ machine: SyncMachine) {
        let now = store.clock.now
        let isNew = standingNow.withLock { standing in
            let isNew = machine.trouble != nil && standing.trouble?.message != machine.trouble?.message
            standing.trouble = machine.trouble
            standing.tenant = machine.tenant
            standing.retryAt = nil
            switch step {
            case .push: standing.state = .sending
            case .rest(.untilNeeded): standing.state = .idle
            case .rest(.paused): standing.state = .paused
            case .rest(.afterTrouble(let duration)):
                standing.state = .waiting
                standing.retryAt = now.addingTimeInterval(duration / .seconds(1))
            case .load, .meet, .read, .note, .pull, .keep: break
            }
            return isNew
        }
        if isNew, let trouble = machine.trouble {
            logger.warning(
                "the sync is not as it should be",
                metadata: ["what": "\(trouble.message)", "cause": "\(trouble.cause ?? "-")"])
        }
    }
}
