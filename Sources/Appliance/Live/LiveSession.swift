// One screen on the live socket: what it may send, and what it listens to. Lives on the event loop.
import Core
import Drivers
import Foundation

/// One live connection.
final class LiveSession {
    enum CloseCode {
        /// The session behind the connection was ended: sign in again.
        static let signedOut: UInt16 = 4401
        /// The client asks too much.
        static let policy: UInt16 = 4008
    }

    let socket: WebSocket
    let principal: Principal
    let secret: String
    private(set) var topics: Set<LiveChannel> = []
    /// What the hub sends it now; kept by the hub.
    var heard: Set<LiveChannel> = []
    private unowned let hub: LiveHub

    init(socket: WebSocket, principal: Principal, secret: String, hub: LiveHub) {
        self.socket = socket
        self.principal = principal
        self.secret = secret
        self.hub = hub
    }

    /// A client's message.
    struct Message: Decodable {
        struct Since: Decodable {
            var epoch: String
            var seq: Int64
        }

        /// How far somebody is in a room.
        struct Place: Decodable {
            var room: String
            var delivered, read: Int64
        }

        var type: String
        var topics: [String]?
        var since: Since?
        /// Of `typing`.
        var room: String?
        var on: Bool?
        /// Of `receipts`.
        var epoch: String?
        var rooms: [Place]?

        /// Nil for what is no message.
        init?(_ text: String) {
            guard let message = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else { return nil }
            self = message
        }
    }

    /// Takes one message of the client.
    func receive(_ text: String) {
        let message = Message(text)
        let isMurmur = message.map { ["typing", "receipts"].contains($0.type) } ?? false
        guard (isMurmur ? hub.murmurs : hub.events).take("live \(socket.id)") == nil else {
            return socket.close(code: CloseCode.policy, reason: "too many messages")
        }
        guard let message else { return refuse(.invalid, "A message is a JSON object with a type.") }
        switch message.type {
        case "typing": hub.typing(self, in: message.room, isOn: message.on ?? true)
        case "receipts": hub.take(message.rooms ?? [], epoch: message.epoch, from: self)
        case "subscribe": subscribe(message)
        case "unsubscribe":
            unsubscribe(Set((message.topics ?? []).compactMap(LiveChannel.init)))
        case "ping": send(["type": "pong"])
        default: refuse(.invalid, "There is no message of that type.")
        }
    }

    /// The connection is over.
    func leave() { hub.forget(socket) }

    func send(_ message: JSON) { socket.send(SharedFrame(utf8: message.bytes)) }

    /// Answers a subscription: Changes after this position follow.
    func confirm(_ subscribed: Set<LiveChannel>, at position: LogPosition) {
        topics.formUnion(subscribed)
        send(answer("subscribed", subscribed, at: position))
    }

    func isConfirmed(_ wanted: Set<LiveChannel>) -> Bool { topics.isSuperset(of: wanted) }

    /// Tells the client that what it missed can not be replayed.
    func announceReset(_ subscribed: Set<LiveChannel>, at position: LogPosition) {
        topics.subtract(subscribed)
        send(answer("reset", subscribed, at: position))
    }

    private func subscribe(_ message: Message) {
        let names = message.topics ?? []
        let wanted = Set(names.compactMap(LiveChannel.init))
        guard !wanted.isEmpty, wanted.count == Set(names).count else {
            return refuse(.invalid, "Topics are \(Topic.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        for channel in wanted {
            switch channel {
            case .topic(let topic) where principal.role < topic.role:
                return refuse(.forbidden, "\(topic.rawValue) is for a \(topic.role.rawValue).")
            case .room(let room) where !hub.rooms.isIn(room, principal.person):
                return refuse(.notFound, "There is no such room.")
            default: continue
            }
        }
        subscribe(to: wanted, message)
    }

    private func subscribe(to wanted: Set<LiveChannel>, _ message: Message) {
        let since = message.since.map { LogPosition(epoch: $0.epoch, seq: $0.seq) }
        unsubscribe(wanted)
        LiveReplay(session: self, topics: wanted, hub: hub).start(since: since)
    }

    private func unsubscribe(_ unwanted: Set<LiveChannel>) {
        hub.unsubscribe(self, from: unwanted)
        topics.subtract(unwanted)
    }

    private func answer(_ type: String, _ topics: Set<LiveChannel>, at position: LogPosition) -> JSON {
        [
            "type": .string(type), "epoch": .string(position.epoch), "seq": .int(position.seq),
            "topics": .array(topics.map(\.name).sorted().map(JSON.string)),
        ]
    }

    private func refuse(_ code: Failure.Code, _ message: String) {
        hub.figures.refused.add()
        send(["type": "error", "code": .string(code.rawValue), "message": .string(message)])
    }
}
