// What a screen listens to: a topic, or what is said in one room. `chat` as a topic means all rooms its person is in, as
// they come and go.
import Core

/// One thing to listen to.
enum LiveChannel: Hashable, Sendable {
    case topic(Topic)
    case room(Room.ID)

    /// As screens write it: `assets`, `chat`, `chat.ID`.
    init?(_ name: String) {
        if let topic = Topic(rawValue: name) {
            self = .topic(topic)
        } else if name.hasPrefix(Self.roomMark) {
            self = .room(Room.ID(String(name.dropFirst(Self.roomMark.count))))
        } else {
            return nil
        }
    }

    /// What a Change is heard on.
    init(_ change: Change) {
        self = change.topic == .chat ? .room(Room.ID(change.subject)) : .topic(change.topic)
    }

    var name: String {
        switch self {
        case .topic(let topic): topic.rawValue
        case .room(let room): Self.roomMark + room.rawValue
        }
    }

    private static let roomMark = "chat."
}
