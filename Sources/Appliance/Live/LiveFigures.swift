// What the live hub counts, for `/metrics`.
import Synchronization

/// Figures of the live hub since the start, readable from any thread.
final class LiveFigures: Sendable {
    /// A number that only grows.
    final class Count: Sendable {
        private let value = Atomic<Int>(0)

        func add(_ amount: Int = 1) { value.wrappingAdd(amount, ordering: .relaxed) }
        var current: Int { value.load(ordering: .relaxed) }
    }

    /// Frames built, each shared by all who hear its topic.
    let built = Count()
    /// Frames handed to sockets.
    let delivered = Count()
    let resumedFromRing = Count()
    let resumedFromStore = Count()
    let resets = Count()
    /// Messages of clients that could not be understood.
    let refused = Count()
}
