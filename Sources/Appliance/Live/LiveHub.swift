// Changes and signals out to the screens. A frame is built once, off the loop, and the same bytes go to every
// subscriber. Everything else here lives on the event loop: no lock is taken for a delivery.
// Read next: LiveSession.swift (one screen), LiveReplay.swift (those who were away).
import Core
private import DequeModule
import Drivers
import Logging

/// Sends each committed Change to whoever listens to its topic, and brings back those who were away.
// Unchecked: all state is touched on the event loop only; `publish` and `signal` build frames and post them there.
final class LiveHub: @unchecked Sendable {
    /// A Change as the ring keeps it.
    struct Entry: Sendable {
        let position: LogPosition
        let channel: LiveChannel
        let coming: LiveRooms.Coming?
        let frame: SharedFrame

        init(_ change: Change) {
            position = change.position
            channel = LiveChannel(change)
            coming = LiveRooms.Coming(change)
            frame = SharedFrame(utf8: change.frame)
        }
    }

    let loop: EventLoop
    let store: Store
    let logger: Logger
    /// How much a client may send.
    let events: Allowance
    /// How much a client may say of typing and receipts, which no message of its own has to wait for.
    let murmurs: Allowance
    /// Where receipts and last sights go; nil where nobody talks.
    let receipts: ReceiptBook?
    let seen: PresenceBook?
    let figures = LiveFigures()
    private let ringCountMax: Int
    private let socketLimits: WebSocketLimits
    // Loop-confined from here on.
    private var ring: Deque<Entry> = []
    private(set) var position: LogPosition
    private var readingCount = 0
    private var sessions: [UInt64: LiveSession] = [:]
    /// Those whose token or key ends some time.
    private var passing: Set<UInt64> = []
    private var subscribers: [LiveChannel: LiveListeners] = [:]
    private(set) var rooms = LiveRooms()
    var typing = LiveTyping()
    var presence = LivePresence()

    init(
        loop: EventLoop, store: Store, limits: Configuration.Live, events: Allowance, talk: Talk? = nil, logger: Logger
    ) {
        receipts = talk?.receipts
        seen = talk?.presence
        murmurs = Allowance(perMinute: Self.murmursPerMinute, clock: store.clock)
        self.loop = loop
        self.store = store
        self.logger = logger
        self.events = events
        ringCountMax = limits.ringChangeCountMax
        position = store.position
        socketLimits = Self.socketLimits(limits)
    }

    /// Pages send receipts once a second at most and typing every three.
    private static let murmursPerMinute = 240

    static func socketLimits(_ limits: Configuration.Live) -> WebSocketLimits {
        var sockets = WebSocketLimits()
        sockets.queueByteCountMax = limits.queueByteCountMax
        return sockets
    }

    /// Changes of before the start that are kept at hand: after a restart all screens come back at once, and what they
    /// missed is read from the Store once and not once a screen.
    static let refilledCountMax = 1_000

    /// Fills the ring with the end of the log, publishes from now on, and moves quiet subscribers on now and then, so
    /// that they come back to where they would not miss anything. Before anybody listens, and before anything writes.
    func start() async throws {
        let refilledCount = min(ringCountMax, Self.refilledCountMax)
        let position = store.position
        let end = try await store.changes(after: max(0, position.seq - Int64(refilledCount)), limit: refilledCount)
            .filter { $0.position.epoch == position.epoch }.map(Entry.init)
        let memberships = try await RoomBook(store: store).memberships()
        loop.post { [self] in
            self.position = position
            ring = Deque(end)
            rooms = LiveRooms(memberships)
        }
        store.onCommit { [weak self] changes in self?.publish(changes) }
        loop.post { [self] in
            loop.repeat(every: .seconds(30)) { [weak self] in self?.sendPosition() }
            loop.repeat(every: .milliseconds(500)) { [weak self] in self?.endExpired() }
            startRooms()
        }
    }

    /// How a request goes on as a live connection.
    func upgrade(for principal: Principal, secret: String) -> WebSocketUpgrade {
        var upgrade = WebSocketUpgrade()
        upgrade.limits = socketLimits
        upgrade.offersDeflate = true
        upgrade.onOpen = { [self] socket in take(socket, for: principal, secret: secret) }
        upgrade.onText = { socket, text in (socket.userInfo as? LiveSession)?.receive(text) }
        upgrade.onClose = { [self] socket, _, _ in forget(socket) }
        return upgrade
    }

    /// Makes an open socket a screen of somebody. On the loop.
    func take(_ socket: WebSocket, for principal: Principal, secret: String) {
        let session = LiveSession(socket: socket, principal: principal, secret: secret, hub: self)
        socket.userInfo = session
        sessions[socket.id] = session
        presence.opened(by: principal.person)
        if principal.expires != nil { passing.insert(socket.id) }
    }

    /// Lets go of a socket that was closed. On the loop.
    func forget(_ socket: WebSocket) {
        if let session = sessions.removeValue(forKey: socket.id) {
            for channel in session.heard { subscribers[channel]?.remove(socket.id) }
            presence.closed(by: session.principal.person)
        }
        passing.remove(socket.id)
    }

    /// Sends committed Changes. One group after the other, in order.
    func publish(_ changes: [Change]) {
        let entries = changes.map(Entry.init)
        for entry in entries { entry.frame.prepareDeflated() }
        figures.built.add(entries.count)
        loop.post { [self] in
            for entry in entries { deliver(entry) }
        }
    }

    /// Shows something that is not in the log: `{"type": "signal", "topic", "kind", "data"}`.
    func signal(_ topic: Topic, _ kind: String, _ data: JSON) {
        loop.post { [self] in send(kind, data, to: .topic(topic), latestWins: nil) }
    }

    /// Sends a signal to those who listen. On the loop.
    func send(_ kind: String, _ data: JSON, to channel: LiveChannel, latestWins key: String?) {
        guard let listeners = subscribers[channel] else { return }
        let frame: JSON = [
            "type": "signal", "topic": .string(channel.name), "kind": .string(kind), "data": data,
        ]
        listeners.send(SharedFrame(utf8: frame.bytes), latestWins: key.map(LatestWinsKey.init))
    }

    /// Closes the connections of a key that was revoked, and of its tokens.
    func end(key: APIKey.ID) { end { $0.principal.key == key } }

    /// Closes the connections of sessions that were ended.
    func end(sessions ended: Set<Session.ID>) {
        end { $0.principal.session.map(ended.contains) ?? false }
    }

    /// Closes the connections of a person's sessions, but those of one.
    func end(person: Person.ID, except session: Session.ID? = nil) {
        end { $0.principal.person == person && (session == nil || $0.principal.session != session) }
    }

    /// The sessions that listen now.
    func listening() async -> Set<Session.ID> {
        await withCheckedContinuation { continuation in
            let isPosted = loop.post { [self] in
                continuation.resume(returning: Set(sessions.values.compactMap(\.principal.session)))
            }
            if !isPosted { continuation.resume(returning: []) }
        }
    }

    /// Closes all connections.
    func endAll() { end { _ in true } }

    private func end(where isEnded: @escaping @Sendable (LiveSession) -> Bool) {
        loop.post { [self] in
            for session in sessions.values where isEnded(session) {
                session.socket.close(code: LiveSession.CloseCode.signedOut, reason: "signed out")
            }
        }
    }

    /// Lets a session hear topics from the next Change on. On the loop.
    func subscribe(_ session: LiveSession, to channels: Set<LiveChannel>) {
        for channel in expanded(channels, for: session) { listen(session, to: channel) }
    }

    func unsubscribe(_ session: LiveSession, from channels: Set<LiveChannel>) {
        for channel in expanded(channels, for: session) { ignore(session, channel) }
    }

    private func listen(_ session: LiveSession, to channel: LiveChannel) {
        subscribers[channel, default: LiveListeners()].add(session.socket)
        session.heard.insert(channel)
    }

    private func ignore(_ session: LiveSession, _ channel: LiveChannel) {
        subscribers[channel]?.remove(session.socket.id)
        session.heard.remove(channel)
    }

    /// What is listened to for these: for the topic of all rooms, each of them.
    private func expanded(_ channels: Set<LiveChannel>, for session: LiveSession) -> Set<LiveChannel> {
        guard channels.contains(.topic(.chat)) else { return channels }
        return channels.union(rooms.rooms(of: session.principal.person).map(LiveChannel.room))
    }

    /// Whether a screen that wants these channels may be given an entry of the log.
    func isFor(_ session: LiveSession, _ entry: Entry, among channels: Set<LiveChannel>) -> Bool {
        guard case .room(let room) = entry.channel else { return channels.contains(entry.channel) }
        return (channels.contains(.topic(.chat)) || channels.contains(entry.channel))
            && rooms.isIn(room, session.principal.person)
    }

    /// The ring's entries after `seq`; nil when the ring does not reach back that far. On the loop.
    func ringEntries(after seq: Int64) -> ArraySlice<Entry>? {
        guard seq < position.seq else { return [] }
        guard let first = ring.first?.position.seq, seq >= first - 1 else { return nil }
        return Array(ring.suffix(Int(position.seq - seq)))[...]
    }

    /// Where the log ends, as a message.
    var positionMessage: JSON {
        ["type": "position", "epoch": .string(position.epoch), "seq": .int(position.seq)]
    }

    /// Counts one more screen the Store is read for, unless there are `most`. On the loop.
    func beginReading(atMost most: Int) -> Bool {
        guard readingCount < most else { return false }
        readingCount += 1
        return true
    }

    func endReading() { readingCount -= 1 }

    private func deliver(_ entry: Entry) {
        position = entry.position
        ring.append(entry)
        if ring.count > ringCountMax { ring.removeFirst() }
        if case .joined(let people) = entry.coming { letIn(people, to: entry.channel) }
        if let listeners = subscribers[entry.channel] {
            listeners.send(entry.frame)
            figures.delivered.add(listeners.count)
        }
        if case .left(let people) = entry.coming { sendOut(people, of: entry.channel) }
    }

    /// From this place in the log on, those who want all their rooms hear this one.
    private func letIn(_ people: [Person.ID], to channel: LiveChannel) {
        guard case .room(let room) = channel else { return }
        for person in people { rooms.join(person, room) }
        let people = Set(people)
        for session in sessions.values where session.topics.contains(.topic(.chat)) {
            if let person = session.principal.person, people.contains(person) { listen(session, to: channel) }
        }
    }

    private func sendOut(_ people: [Person.ID], of channel: LiveChannel) {
        guard case .room(let room) = channel else { return }
        for person in people { rooms.leave(person, room) }
        let people = Set(people)
        for session in sessions.values {
            if let person = session.principal.person, people.contains(person) { ignore(session, channel) }
        }
    }

    /// Closes the connections whose key or token is over.
    private func endExpired() {
        let now = store.clock.now
        for session in passing.compactMap({ sessions[$0] }) {
            guard let end = session.principal.expires, end <= now else { continue }
            session.socket.close(code: LiveSession.CloseCode.signedOut, reason: "the token is over")
        }
    }

    private func sendPosition() {
        let shared = SharedFrame(utf8: positionMessage.bytes)
        let key = LatestWinsKey("position")
        for session in sessions.values where !session.topics.isEmpty { session.socket.send(shared, latestWins: key) }
    }
}
