// The one thread that owns every socket of the appliance: epoll, a mailbox, and a coarse tick. What is loop-confined
// says so and is checked. It knows nothing of HTTP; read HTTPListener next.
import CLinux
import Core
import Foundation
import Glibc
import Synchronization

/// Nanoseconds of the boot clock, which goes on while the box sleeps: the same clock as `Scan.monotonic`.
package func bootClockNanoseconds() -> UInt64 { HybridClock.bootNanoseconds() }

/// Someone who waits for a file descriptor on the loop. Called on the loop only.
protocol DescriptorWatcher: AnyObject {
    /// The descriptor is ready; `events` are the epoll bits.
    func descriptorIsReady(_ events: UInt32)
}

/// Someone who has work in each turn of the loop. Called on the loop only.
protocol TurnTaker: AnyObject {
    /// Does what became due after the descriptors and the mailbox of this turn were served.
    func takeTurn()
    /// Sees to deadlines; called once per tick.
    func tick()
    /// Sends what the turn has gathered, once.
    func endTurn()
    /// The loop ends: lets go of everything at once.
    func loopEnds()
    /// The longest the loop may sleep now, in milliseconds; nil for no wish.
    var sleepMillisecondsMax: Int32? { get }
}

/// One thread around epoll with a mailbox. Handlers on it never block.
///
/// A turn: wait; serve the ready descriptors; run the mailbox; let the turn takers work; run what the tick made due;
/// let the turn takers send. Sends are gathered so that what one turn queues for a socket leaves in one system call.
// Unchecked: the mailbox is behind a lock and the flags are atomic; everything else is touched by the loop's own
// thread only, which `preconditionOnLoop` checks at the entrances.
package final class EventLoop: @unchecked Sendable {
    /// Work for the loop; it must not block.
    package typealias Job = @Sendable () -> Void

    /// How many ready descriptors one wait takes; the rest come in the next turn, so a busy few cannot starve others.
    private static let eventCountMax = 256

    private let epoll: CInt
    private let bell: CInt
    private let tick: Duration
    private let name: String
    private let thread = Atomic<UInt>(0)
    private let isStarted = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    private struct Mailbox {
        var jobs: [Job] = []
        var isClosed = false
    }
    private let mailbox = Mutex(Mailbox())

    // Loop-confined from here on.
    private struct Slot {
        var watcher: (any DescriptorWatcher)?
        /// Told apart in the epoll data, so that an event for a closed descriptor never reaches its successor.
        var generation: UInt32 = 0
    }
    private var slots: [Slot] = []
    private var turnTakers: [any TurnTaker] = []
    private var repeaters: [Repeater] = []
    private var nextTick: UInt64 = 0
    private var jobsNow: [Job] = []

    private final class Repeater {
        let interval: UInt64
        var due: UInt64
        let body: () -> Void
        init(interval: UInt64, due: UInt64, body: @escaping () -> Void) {
            self.interval = interval
            self.due = due
            self.body = body
        }
    }

    /// - Parameter tick: how exact deadlines are; a deadline fires up to one tick late.
    /// - Throws: ``ListenerError`` when the kernel gives no descriptor.
    package init(name: String = "http-loop", tick: Duration = .milliseconds(250)) throws {
        self.name = name
        self.tick = tick
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw ListenerError.last("epoll_create1") }
        bell = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        guard bell >= 0 else {
            let error = ListenerError.last("eventfd")
            Glibc.close(epoll)
            throw error
        }
        var event = epoll_event(events: UInt32(DEPOT_EPOLLIN), data: epoll_data_t(u64: Self.pack(bell, 0)))
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &event) == 0 else { throw ListenerError.last("epoll_ctl") }
    }

    deinit {
        Glibc.close(bell)
        Glibc.close(epoll)
    }

    /// Starts the thread. Called once.
    package func start() {
        isStarted.store(true, ordering: .releasing)
        let runner = Thread { self.run() }
        runner.name = name
        // The deepest call chain is ours, libmicrohttpd's and zlib's; 1 MiB is some ten times of what it takes.
        runner.stackSize = 1 << 20
        runner.start()
    }

    /// Ends the loop after the jobs that were posted before, and waits for its thread. Never called on the loop.
    package func stop() {
        precondition(!isOnLoop, "the loop cannot wait for itself")
        isStopping.store(true, ordering: .releasing)
        ring()
        guard isStarted.load(ordering: .acquiring) else { return }
        ended.wait()
        // Whoever stops it once more need not wait.
        ended.signal()
    }

    /// Hands a job to the loop; any thread may. Jobs run in the order they came. The mailbox has no bound of its own:
    /// whoever posts has one, as handlers (`HTTPLimits.handlerCountMax`) and the Store's writer do.
    /// - Returns: false when the loop has ended and the job was dropped.
    @discardableResult
    package func post(_ job: @escaping Job) -> Bool {
        let jobCount = mailbox.withLock { box in
            if !box.isClosed { box.jobs.append(job) }
            return box.isClosed ? 0 : box.jobs.count
        }
        // Only the first job of a batch rings: the loop takes all at once.
        if jobCount == 1 { ring() }
        return jobCount > 0
    }

    /// Whether the caller runs on the loop's thread.
    package var isOnLoop: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Traps when a loop-confined call is made elsewhere: our own mistake, never a peer's.
    package func preconditionOnLoop(_ what: StaticString = #function) {
        precondition(isOnLoop, "\(what) belongs on the event loop")
    }

    /// Runs `body` on the loop about every `interval`, no finer than the tick, until the loop ends. On the loop only.
    package func `repeat`(every interval: Duration, _ body: @escaping () -> Void) {
        preconditionOnLoop()
        let step = interval.nanoseconds
        repeaters.append(Repeater(interval: step, due: bootClockNanoseconds() + step, body: body))
    }

    private func ring() {
        var one: UInt64 = 1
        // A full counter (EAGAIN) means that the bell rings already.
        _ = Glibc.write(bell, &one, 8)
    }

    private static func pack(_ descriptor: CInt, _ generation: UInt32) -> UInt64 {
        UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
    }
}

// Descriptors and turns: for the parts of this driver, on the loop.
extension EventLoop {
    /// Watches a descriptor, level-triggered. - Throws: ``ListenerError`` from epoll.
    func watch(_ descriptor: CInt, events: UInt32, by watcher: any DescriptorWatcher) throws {
        preconditionOnLoop()
        while slots.count <= Int(descriptor) { slots.append(Slot()) }
        slots[Int(descriptor)].generation &+= 1
        slots[Int(descriptor)].watcher = watcher
        let data = epoll_data_t(u64: Self.pack(descriptor, slots[Int(descriptor)].generation))
        var event = epoll_event(events: events, data: data)
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            slots[Int(descriptor)].watcher = nil
            throw ListenerError.last("epoll_ctl")
        }
    }

    /// Changes what a watched descriptor is watched for.
    func rewatch(_ descriptor: CInt, events: UInt32) {
        preconditionOnLoop()
        let data = epoll_data_t(u64: Self.pack(descriptor, slots[Int(descriptor)].generation))
        var event = epoll_event(events: events, data: data)
        let result = epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
        assert(result == 0, "rewatch of a descriptor that is not watched")
    }

    /// Ends watching; to be called before the descriptor is closed.
    func unwatch(_ descriptor: CInt) {
        preconditionOnLoop()
        slots[Int(descriptor)].watcher = nil
        _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
    }

    func addTurnTaker(_ taker: any TurnTaker) {
        preconditionOnLoop()
        turnTakers.append(taker)
    }

    func removeTurnTaker(_ taker: any TurnTaker) {
        preconditionOnLoop()
        turnTakers.removeAll { $0 === taker }
    }

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .releasing)
        nextTick = bootClockNanoseconds() + tick.nanoseconds
        var events = [epoll_event](repeating: epoll_event(), count: Self.eventCountMax)
        while !isStopping.load(ordering: .acquiring) { turn(&events) }
        runMailbox(closing: true)
        for taker in turnTakers { taker.loopEnds() }
        // Breaks the cycles between the loop and what it serves.
        slots = []
        turnTakers = []
        repeaters = []
        ended.signal()
    }

    private func turn(_ events: inout [epoll_event]) {
        let count = epoll_wait(epoll, &events, CInt(events.count), sleepMilliseconds())
        for index in 0..<Int(max(0, count)) { dispatch(events[index]) }
        runMailbox(closing: false)
        for taker in turnTakers { taker.takeTurn() }
        runTick()
        for taker in turnTakers { taker.endTurn() }
    }

    private func sleepMilliseconds() -> Int32 {
        let now = bootClockNanoseconds()
        // Rounded up, or the last fraction of a millisecond would be spent spinning.
        var sleep = nextTick <= now ? 0 : Int32(clamping: (nextTick - now + 999_999) / 1_000_000)
        for taker in turnTakers {
            if let wish = taker.sleepMillisecondsMax { sleep = min(sleep, max(0, wish)) }
        }
        return sleep
    }

    private func dispatch(_ event: epoll_event) {
        let descriptor = Int(UInt32(truncatingIfNeeded: event.data.u64))
        let generation = UInt32(truncatingIfNeeded: event.data.u64 >> 32)
        if descriptor == Int(bell) {
            var count: UInt64 = 0
            _ = Glibc.read(bell, &count, 8)
        } else if descriptor < slots.count, slots[descriptor].generation == generation {
            slots[descriptor].watcher?.descriptorIsReady(event.events)
        }
    }

    private func runMailbox(closing: Bool) {
        // Jobs posted by these jobs wait for the next turn, or a job that posts itself would hold the loop.
        mailbox.withLock { box in
            if closing { box.isClosed = true }
            swap(&box.jobs, &jobsNow)
        }
        for job in jobsNow { job() }
        jobsNow.removeAll(keepingCapacity: jobsNow.count <= 1_024)
    }

    private func runTick() {
        let now = bootClockNanoseconds()
        guard now >= nextTick else { return }
        nextTick = now + tick.nanoseconds
        for taker in turnTakers { taker.tick() }
        for repeater in repeaters where now >= repeater.due {
            repeater.due = now + repeater.interval
            repeater.body()
        }
    }
}
