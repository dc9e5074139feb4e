// What screens are shown of messages beside their Changes, when the Changes are read from the log again: the message as it
// is now. A Change of before an edit shows the edited words, and a Change of what was erased shows nothing.
import GRDB

enum ShownMessages {
    private static let kinds: Set = ["posted", "edited", "deleted", "reacted"]

    static func fill(_ changes: [Change], in database: Database) throws -> [Change] {
        try changes.map { change in
            guard change.topic == .chat, kinds.contains(change.kind),
                case .int(let seq)? = try JSON(parsing: change.body)["seq"],
                let room = try Room.find(Room.ID(change.subject), in: database)
            else { return change }
            var change = change
            let message = try MessageReader(RoomAccess.whole(room), in: database).one(seq)
            change.shown = (["message": message ?? .null] as JSON).bytes
            return change
        }
    }
}
