// The bounded queue between the USB threads and the door. It is not an AsyncStream's own buffer, because that can
// only drop when it is full; this one says so beforehand, and its producers stop asking the devices for more.
import Core
import DequeModule
import Synchronization

/// Reader events in order, from many producers to one consumer.
///
/// Overflow rule: nothing is dropped. A producer asks ``isFull`` (or awaits ``room()``) before it makes an event, so
/// at most what one report and one command give comes on top of ``countMax``.
final class ReaderEventQueue: Sendable {
    private struct State {
        var events: Deque<ReaderEvent> = []
        var consumer: CheckedContinuation<ReaderEvent?, Never>?
        var producer: CheckedContinuation<Void, Never>?
        /// Set when full, taken back at half, so that producers are not woken for each single event.
        var isFull = false
        var isFinished = false
    }

    let countMax: Int
    private let state = Mutex(State())
    private let onRoom: Mutex<(@Sendable () -> Void)?> = Mutex(nil)

    init(countMax: Int) {
        self.countMax = countMax
    }

    /// Calls back each time a full queue has room again.
    func whenThereIsRoom(_ call: @escaping @Sendable () -> Void) { onRoom.withLock { $0 = call } }

    var isFull: Bool { state.withLock { $0.isFull } }

    func push(_ event: ReaderEvent) {
        let consumer = state.withLock { state -> CheckedContinuation<ReaderEvent?, Never>? in
            if let consumer = state.consumer {
                state.consumer = nil
                return consumer
            }
            state.events.append(event)
            if state.events.count >= countMax { state.isFull = true }
            return nil
        }
        consumer?.resume(returning: event)
    }

    /// The next event; nil when finished and empty, or when the consumer was cancelled.
    func next() async -> ReaderEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { take($0) }
        } onCancel: {
            let consumer = state.withLock { state in
                defer { state.consumer = nil }
                return state.consumer
            }
            consumer?.resume(returning: nil)
        }
    }

    private func take(_ consumer: CheckedContinuation<ReaderEvent?, Never>) {
        var event: ReaderEvent?
        var producer: CheckedContinuation<Void, Never>?
        var hasRoom = false
        let isAnswered = state.withLock { state in
            event = state.events.popFirst()
            if state.isFull, state.events.count <= countMax / 2 {
                state.isFull = false
                hasRoom = true
                swap(&producer, &state.producer)
            }
            guard event == nil, !state.isFinished, !Task.isCancelled else { return true }
            state.consumer = consumer
            return false
        }
        if isAnswered { consumer.resume(returning: event) }
        producer?.resume()
        if hasRoom { onRoom.withLock { $0 }?() }
    }

    /// Returns when the queue is not full, or will not be emptied any more. One producer at a time may wait.
    func room() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let hasRoom = state.withLock { state in
                    guard state.isFull, !state.isFinished, !Task.isCancelled else { return true }
                    state.producer = continuation
                    return false
                }
                if hasRoom { continuation.resume() }
            }
        } onCancel: {
            let producer = state.withLock { state in
                defer { state.producer = nil }
                return state.producer
            }
            producer?.resume()
        }
    }

    /// Ends the events once those that wait are taken.
    func finish() {
        let (consumer, producer) = state.withLock { state in
            defer {
                state.consumer = nil
                state.producer = nil
            }
            state.isFinished = true
            return (state.consumer, state.producer)
        }
        consumer?.resume(returning: nil)
        producer?.resume()
    }
}
