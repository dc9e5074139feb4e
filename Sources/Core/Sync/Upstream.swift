// The port to the hub that many depots share. Drivers/Postgres conforms to it with the functions of etc/hub; a gateway over
// HTTPS could. SyncMachine.swift decides what is asked of it and when, SyncEngine.swift asks.
package import Foundation

/// A hub, asked one thing at a time.
package protocol Upstream: Sendable {
    /// Says who we are and learns where the hub stands, over a new connection if there is none.
    func meet(_ greeting: UpstreamGreeting) async throws(UpstreamTrouble) -> UpstreamStanding
    /// Gives a batch. Giving it again does no harm.
    func push(_ batch: ChangeBatch) async throws(UpstreamTrouble) -> PushAnswer
    /// What other depots did after the place that was seen.
    func pull(_ request: PullRequest) async throws(UpstreamTrouble) -> PullAnswer
    /// What the hub has of a lane up to a number, topic by topic.
    func checksums(of lane: String, by node: String, upTo n: Int64) async throws(UpstreamTrouble) -> [TopicChecksum]
    /// Ends the connection; the next call makes a new one.
    func part() async
}

/// A place in the hub's feed. After the hub came back from a backup its epoch is another one.
package struct HubPlace: Sendable, Equatable {
    package var epoch: String
    package var pos: Int64
    /// What is there, in a word: a hub that was brought back and went on has something else there.
    package var mark: String

    package init(epoch: String, pos: Int64, mark: String) {
        self.epoch = epoch
        self.pos = pos
        self.mark = mark
    }

    /// Whether there was more to tell there: then the mark also says where the feed's end was.
    var isWithinTelling: Bool { mark.contains(" ") }

    /// Where somebody is who heard nothing yet.
    package static let nowhere = HubPlace(epoch: "", pos: 0, mark: "")
}

/// Who comes.
package struct UpstreamGreeting: Sendable, Equatable {
    package var node: String
    /// The depot's name and its place in degrees of WGS 84, longitude then latitude, for the office's maps.
    package var depot: String
    package var place: [Double]?
    /// The latest place in the feed that we know of.
    package var seen: HubPlace
    /// What we think the hub has last, lane by lane.
    package var ends: [LaneEnd]

    package init(node: String, depot: String, place: [Double]?, seen: HubPlace, ends: [LaneEnd] = []) {
        self.node = node
        self.depot = depot
        self.place = place
        self.seen = seen
        self.ends = ends
    }
}

/// The last Change of a lane that the hub took: where it has another one there, it was brought back meanwhile and somebody
/// else went on.
package struct LaneEnd: Sendable, Equatable {
    package var lane: String
    package var n: Int64
    package var hash: [UInt8]

    package init(lane: String, n: Int64, hash: [UInt8]) {
        self.lane = lane
        self.n = n
        self.hash = hash
    }
}

/// Where the hub stands.
package struct UpstreamStanding: Sendable, Equatable {
    package var tenant: String
    package var version: Int
    package var place: HubPlace
    /// The hub's clock.
    package var now: Date
    /// The number up to which it misses nothing, by lane; before the end that was named where it has something else there.
    package var acked: [String: Int64]

    package init(tenant: String, version: Int, place: HubPlace, now: Date, acked: [String: Int64]) {
        self.tenant = tenant
        self.version = version
        self.place = place
        self.now = now
        self.acked = acked
    }
}

/// A Change on its way: as it is stored, whether this version knows its topic or not.
package struct OutgoingChange: Sendable, Equatable {
    package var n: Int64
    package var hlc: Int64
    package var monotonic: Int64
    package var actor: String?
    package var device: String?
    package var address: String?
    package var topic: String
    package var kind: String
    package var subject: String
    package var body: [UInt8]
    package var hash: [UInt8]
    /// Whether the hash is over these contents; false where the file was damaged.
    package var isIntact: Bool

    package init(
        n: Int64, hlc: Int64, monotonic: Int64, actor: String? = nil, device: String? = nil, address: String? = nil,
        topic: String, kind: String, subject: String, body: [UInt8], hash: [UInt8], isIntact: Bool
    ) {
        self.n = n
        self.hlc = hlc
        self.monotonic = monotonic
        self.actor = actor
        self.device = device
        self.address = address
        self.topic = topic
        self.kind = kind
        self.subject = subject
        self.body = body
        self.hash = hash
        self.isIntact = isIntact
    }
}

/// A stretch of one lane without a gap, all of one boot.
package struct ChangeBatch: Sendable, Equatable {
    package var node: String
    package var lane: String
    /// The hash of the Change before the first one; nil where the lane begins.
    package var before: [UInt8]?
    package var boot: String
    package var seen: HubPlace
    /// At least one.
    package var rows: [OutgoingChange]

    package init(
        node: String, lane: String, before: [UInt8]?, boot: String, seen: HubPlace, rows: [OutgoingChange]
    ) {
        self.node = node
        self.lane = lane
        self.before = before
        self.boot = boot
        self.seen = seen
        self.rows = rows
    }

    package var first: Int64 { rows.first?.n ?? 0 }
    package var last: Int64 { rows.last?.n ?? 0 }
    package var byteCount: Int { rows.reduce(0) { $0 + $1.byteCount } }

    /// SHA-256 over the boot and, row by row, the hash and the monotonic time: the hub refuses what was altered on the way.
    package var digest: [UInt8] { digest(of: rows[...]) }

    /// One for each stretch of that many rows.
    package func digests(ofParts rowCount: Int) -> [[UInt8]] {
        stride(from: 0, to: rows.count, by: rowCount).map { digest(of: rows[$0..<min($0 + rowCount, rows.count)]) }
    }

    private func digest(of rows: ArraySlice<OutgoingChange>) -> [UInt8] {
        SHA256.digest(
            rows.reduce(into: Array(boot.utf8)) { bytes, row in
                bytes += row.hash
                withUnsafeBytes(of: row.monotonic.bigEndian) { bytes += $0 }
            })
    }
}

extension OutgoingChange {
    /// What it takes on the wire, its share of the arrays included.
    var byteCount: Int {
        body.count + topic.utf8.count + kind.utf8.count + subject.utf8.count + (actor?.utf8.count ?? 0)
            + (device?.utf8.count ?? 0) + (address?.utf8.count ?? 0) + (isIntact ? 0 : 32) + Self.arrayByteCount
    }

    /// Ten arrays have four bytes of length for each row, two of them eight of contents.
    private static let arrayByteCount = 10 * 4 + 2 * 8
}

/// What the hub did with a batch.
package struct PushAnswer: Sendable, Equatable {
    /// Why a batch was not simply taken.
    package enum Verdict: Sendable, Equatable {
        case ok
        /// Something before it is missing at the hub.
        case gap
        /// This number is known there with other contents: our file was brought back from a copy.
        case forked(at: Int64)
        /// What came is not what was sent.
        case altered
    }

    /// A Change that the hub keeps aside and counts as known.
    package struct Refusal: Sendable, Equatable {
        package var n: Int64
        package var reason: String

        package init(n: Int64, reason: String) {
            self.n = n
            self.reason = reason
        }
    }

    package var verdict: Verdict
    package var acked: Int64
    package var place: HubPlace
    package var refused: [Refusal]

    package init(verdict: Verdict, acked: Int64, place: HubPlace, refused: [Refusal] = []) {
        self.verdict = verdict
        self.acked = acked
        self.place = place
        self.refused = refused
    }
}

/// Why the hub can not be had now.
package struct UpstreamTrouble: Error, Sendable, Equatable {
    /// What follows from it.
    package enum Kind: String, Sendable, CaseIterable {
        /// No connection, or no answer in time.
        case unreachable
        /// The hub does not let us in.
        case refused
        /// The hub's functions are not there.
        case notInstalled
        case readOnly, full, busy
        /// It answered what it should not.
        case broken
        /// It takes what we say, and somebody else speaks under our name.
        case twin
    }

    package let kind: Kind
    /// A sentence for a person.
    package let message: String
    /// What a developer needs.
    package let cause: String?

    package init(_ kind: Kind, _ message: String? = nil, cause: String? = nil) {
        self.kind = kind
        self.message = message ?? kind.sentence
        self.cause = cause
    }
}

extension UpstreamTrouble.Kind {
    /// What happened, what was kept, what to do.
    package var sentence: String {
        switch self {
        case .unreachable: "The hub can not be reached. What was done here is kept and sent later."
        case .refused: "The hub does not let this box in. Ask whoever runs it about upstream.url and the password."
        case .notInstalled: "The hub is not installed or of another version. Run `depotd hub install` against it."
        case .readOnly: "The hub takes nothing: its database is read-only. What was done here is kept."
        case .full: "The hub's disk is full. What was done here is kept and sent when there is room."
        case .busy: "The hub is busy. The box tries again by itself."
        case .broken: "The hub gave an answer that makes no sense. Look at the journal."
        case .twin:
            "Another box sends under this one's name: its card was copied. What both do is kept. Set one of them up anew."
        }
    }
}
