// A Change is a committed fact. Screens, undo, audit and the upstream live on nothing else. It is made only inside
// Store's writes (Store.swift), and read back by ChangeLog.swift.
import Foundation
package import GRDB

/// What Changes are sorted by for those who listen. A restricted field would have a topic of its own.
package enum Topic: String, Sendable, CaseIterable, Codable {
    case assets, models, places, scans, doors, unknowns, readers, people, projects, views
    /// Printers, designs of labels, and jobs.
    case labels
    /// What two depots said side by side and somebody has to decide.
    case conflicts
    /// What gear cost; for managers.
    case costs = "assets.cost"
    /// Notes on people and their badges; for managers.
    case confidential = "people.confidential"
    /// Sign-ins, refusals, keys: for admins.
    case audit
    /// What is said in rooms: each room is a topic of its own, `chat.ID`, for those who are in it.
    case chat

    /// Who may listen: whoever has this role or a higher one.
    package var role: Role {
        switch self {
        case .costs, .confidential: .manager
        case .audit: .admin
        default: .crew
        }
    }
}

/// A place in this box's log: screens resume by it. An epoch is minted anew on restore, so a position of another
/// epoch means nothing here.
package struct LogPosition: Sendable, Hashable {
    package var epoch: String
    /// The gapless sequence number, from 1; 0 is before everything.
    package var seq: Int64

    package init(epoch: String, seq: Int64) {
        self.epoch = epoch
        self.seq = seq
    }
}

/// A committed fact.
///
/// `(epoch, seq)` is its gapless place in this box's log. `(node, epoch, n)` is its identity, gapless per writing
/// node. `hash` is SHA-256 over the header fields and `body` as ``Change/hash(of:)`` joins them; `body` is stored
/// and sent verbatim.
package struct Change: Sendable {
    package let position: LogPosition
    package let node: String
    package let n: Int64
    package let time: HybridTime
    package let bootID: String
    /// Nanoseconds of the boot clock.
    package let monotonic: UInt64
    /// The person who did it, if one is known.
    package let actor: String?
    /// The reader or program it came from, if one is known.
    package let device: String?
    /// The address the request came from, if it was one.
    package let address: String?
    package let topic: Topic
    package let kind: String
    /// The row it is about.
    package let subject: String
    /// One JSON object: the row's id, the changed fields, and in `before` what they were.
    package let body: [UInt8]
    package let hash: [UInt8]
    /// Members that screens are shown beside those of `body`: what can be erased and so is not in the log.
    package internal(set) var shown: [UInt8]?
}

extension Change {
    /// The bytes that the hash is taken over: every field that gives the fact its meaning, one a line, then the body.
    static func hash(
        node: String, epoch: String, n: Int64, time: HybridTime, actor: String?, device: String?,
        address: String?, topic: String, kind: String, subject: String, body: [UInt8]
    ) -> [UInt8] {
        // Changes of before there were addresses have none, and their hash is over the other fields.
        let header =
            [node, epoch, String(n), String(time.rawValue), actor ?? "", device ?? "", topic, kind, subject]
            + (address.map { [$0] } ?? [])
        return SHA256.digest(Array(header.joined(separator: "\n").utf8) + [0x0A] + body)
    }

    /// The frame every subscriber gets: one JSON object with `type` `change`, the position, topic, kind, time and
    /// `data`, which is the stored body.
    package var frame: [UInt8] {
        let frame: JSON = [
            "type": "change", "epoch": .string(position.epoch), "seq": .int(position.seq),
            "topic": .string(heard), "kind": .string(kind), "at": .time(time.date), "data": .verbatim(data),
        ]
        return frame.bytes
    }

    /// The topic as screens name it: of what is said in a room, the room's.
    private var heard: String { topic == .chat ? "chat." + subject : topic.rawValue }

    /// Two objects as one.
    private var data: [UInt8] { shown.map { body.dropLast() + [UInt8(ascii: ",")] + $0.dropFirst() } ?? body }
}

extension Change: FetchableRecord {
    package init(row: Row) throws {
        guard let topic = Topic(rawValue: row["topic"]) else {
            throw Failure(.internal, "The change log holds a topic that this version does not know.")
        }
        self.init(
            position: LogPosition(epoch: row["epoch"], seq: row["seq"]), node: row["node"], n: row["n"],
            time: HybridTime(rawValue: row["hlc"]), bootID: row["boot"],
            monotonic: UInt64(bitPattern: row["monotonic"] as Int64), actor: row["actor"], device: row["device"],
            address: row["address"], topic: topic, kind: row["kind"], subject: row["subject"],
            body: Array((row["body"] as String).utf8), hash: Array(row["hash"] as Data))
    }
}
