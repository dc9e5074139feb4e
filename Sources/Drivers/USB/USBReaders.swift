// The USB readers as a source of scans: what the door talks to. It only takes commands and hands events on; the bus
// (USBBus) opens and claims, the context (USBContext) runs the event thread, a reader (USBReader) decodes.
package import Core
import DequeModule
import Foundation
package import Logging
import Synchronization

/// All USB readers of this box, through libusb.
///
/// A device unplugged while it is read says so by its transfers or by the bus, whichever is first, and only once.
package final class USBReaders: ScanSource {
    /// Events that wait for the door; beyond it the devices are not asked for more.
    package static let eventCountMax = 256
    /// Commands that wait for the bus; one more is refused and said so.
    package static let commandCountMax = 256

    package let events: AsyncStream<ReaderEvent>

    private struct Waiting {
        var steps: Deque<USBBus.Step> = []
        /// One look at the bus answers for any number of plugs and unplugs, so they need no queue.
        var isBusChanged = true
    }

    private let queue: ReaderEventQueue
    private let waiting = Mutex(Waiting())
    /// Rings when something waits; one ring is as good as many.
    private let bell: AsyncStream<Void>
    private let ringer: AsyncStream<Void>.Continuation
    private let surroundings: ReaderSurroundings
    private let logger: Logger

    package init(surroundings: ReaderSurroundings = .system, logger: Logger) {
        self.surroundings = surroundings
        self.logger = logger
        let queue = ReaderEventQueue(countMax: Self.eventCountMax)
        self.queue = queue
        events = AsyncStream { await queue.next() }
        (bell, ringer) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package func adopt(port: String, settings: ReaderSettings) { command(.adopt(port: port, settings), port) }

    package func release(port: String) { command(.release(port: port), port) }

    private func command(_ step: USBBus.Step, _ port: String) {
        let isTaken = waiting.withLock { waiting in
            guard waiting.steps.count < Self.commandCountMax else { return false }
            waiting.steps.append(step)
            return true
        }
        if isTaken { return ring() }
        logger.warning("a reader command was refused, too many wait", metadata: ["port": "\(port)"])
        guard !queue.isFull else { return }
        queue.push(.trouble(port: port, Failure(.tooMany, "The readers are busy. Try again in a moment.")))
    }

    /// Watches the bus and reads the adopted readers until the surrounding task is cancelled. Once only.
    /// - Throws: ``USBError`` at once when there is no USB here or it cannot be watched; its `hint` says what to look at. The
    ///   daemon carries on without USB readers.
    package func run() async throws {
        defer { queue.finish() }
        let context = try USBContext(now: surroundings.monotonic) { [weak self] in self?.busChanged() }
        queue.whenThereIsRoom { context.wake() }
        if !FileManager.default.fileExists(atPath: "/run/udev/control") {
            logger.warning("systemd-udevd does not run: readers plugged in from now on will not be noticed")
        }
        let bus = USBBus(
            context: context, queue: queue, surroundings: surroundings, logger: logger,
            ask: { [weak self] reader, request in self?.asked(reader, request) })
        ring()
        for await _ in bell { await work(on: bus) }
        await bus.closeAll()
        await context.shutDown()
    }

    private func work(on bus: USBBus) async {
        while !Task.isCancelled {
            let (step, isBusChanged) = waiting.withLock { waiting in
                defer { waiting.isBusChanged = false }
                return (waiting.steps.popFirst(), waiting.isBusChanged)
            }
            if isBusChanged { await bus.refresh() }
            if let step { await bus.take(step) }
            if step == nil, !isBusChanged { return }
        }
    }

    private func ring() { ringer.yield() }

    private func busChanged() {
        waiting.withLock { $0.isBusChanged = true }
        ring()
    }

    /// A reader asks once and then waits, so these are at most as many as there are readers.
    private func asked(_ reader: USBReader, _ request: USBReader.Request) {
        waiting.withLock { $0.steps.append(.asked(reader, request)) }
        ring()
    }
}
