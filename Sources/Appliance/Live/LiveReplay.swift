// Bringing a screen back to where it was: from the ring in memory, else from the Store, else it is told to load again.
// Nothing is sent twice and nothing is left out, because a screen joins the stream in the same turn of the loop in
// which its last missed Change is queued.
import Core
import Drivers

/// One screen's way back into the stream. Lives on the event loop; only pages of the Store are read elsewhere.
struct LiveReplay {
    /// Most Changes replayed; a screen that was away longer loads faster by GET.
    static let changeCountMax: Int64 = 20_000
    /// Changes read from the Store at a time.
    static let pageCount = 500
    /// Most screens the Store is read for at once; further ones are told to load again.
    static let readerCountMax = 64

    let session: LiveSession
    let topics: Set<LiveChannel>
    let hub: LiveHub

    /// Subscribes the session, from the position it saw last if it gives one.
    func start(since: LogPosition?) {
        guard let since else { return join(after: hub.position.seq) }
        guard Self.isWithinReach(since, of: hub.position) else { return reset() }
        if hub.ringEntries(after: since.seq) != nil {
            hub.figures.resumedFromRing.add()
            session.confirm(topics, at: since)
            return join(after: since.seq)
        }
        guard hub.beginReading(atMost: Self.readerCountMax) else { return reset() }
        hub.figures.resumedFromStore.add()
        session.confirm(topics, at: since)
        read(after: since.seq)
    }

    /// Whether what came after `since` can be replayed: it is a place of this log and not too far from its end.
    static func isWithinReach(_ since: LogPosition, of end: LogPosition) -> Bool {
        // The range comes first: the client made the number up, and the difference to it need not fit.
        guard since.epoch == end.epoch, (0...end.seq).contains(since.seq) else { return false }
        return end.seq - since.seq <= changeCountMax
    }

    /// Tells the client to load everything again, and lets it listen from here.
    private func reset() {
        hub.figures.resets.add()
        session.announceReset(topics, at: hub.position)
        join(after: hub.position.seq)
    }

    /// Reads the next page from the Store.
    private func read(after seq: Int64) {
        let store = hub.store
        let loop = hub.loop
        // What is loop-confined here is carried through the task to the loop and not touched in between.
        nonisolated(unsafe) let replay = self
        // Bounded by `readerCountMax`; it ends with the page.
        Task {
            let entries = try? await store.changes(after: seq, limit: Self.pageCount).map(LiveHub.Entry.init)
            loop.post { replay.take(entries, after: seq) }
        }
    }

    private func take(_ entries: [LiveHub.Entry]?, after seq: Int64) {
        guard session.socket.isOpen else { return hub.endReading() }
        guard let entries else {
            hub.endReading()
            return reset()
        }
        // What is committed and not delivered yet comes with the stream.
        let known = entries.prefix { $0.position.seq <= hub.position.seq }
        for entry in known where hub.isFor(session, entry, among: topics) { session.socket.send(entry.frame) }
        let reached = known.last?.position.seq ?? seq
        guard hub.ringEntries(after: reached) != nil else { return read(after: reached) }
        hub.endReading()
        join(after: reached)
    }

    /// Queues what the ring has after `seq` and joins the stream, in one turn.
    private func join(after seq: Int64) {
        let isResuming = session.isConfirmed(topics)
        if !isResuming { session.confirm(topics, at: hub.position) }
        for entry in hub.ringEntries(after: seq) ?? [] where hub.isFor(session, entry, among: topics) {
            session.socket.send(entry.frame)
        }
        hub.subscribe(session, to: topics)
        if isResuming { session.send(hub.positionMessage) }
    }
}
