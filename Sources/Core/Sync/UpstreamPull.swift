// What comes back from the hub: records as all depots made them, and what the hub has of ours.
private import Foundation

/// Asks for what other depots did.
package struct PullRequest: Sendable, Equatable {
    package var node: String
    /// Ours now: what only it wrote is not told.
    package var lane: String
    /// Up to where it is known here.
    package var seen: HubPlace
    /// The feed's end as the hub said it last, which it must still have: what it took from us since then is not waiting here.
    package var end = HubPlace.nowhere
    package var rowCountMax: Int

    /// What is asked of the hub: the place after which to tell, with the end beside its mark. Under an epoch that is not known
    /// here, everything.
    package var asked: HubPlace {
        guard end != .nowhere else { return seen }
        let isKnown = seen.epoch == end.epoch
        let mark = isKnown ? String(seen.mark.prefix { $0 != " " }) : ""
        return HubPlace(epoch: end.epoch, pos: isKnown ? seen.pos : 0, mark: "\(mark) \(end.pos) \(end.mark)")
    }
}

/// What other depots did.
package struct PullAnswer: Sendable, Equatable {
    /// Up to where this answer goes.
    package var place: HubPlace
    /// Whether it is told from the beginning, and what was known is to be forgotten.
    package var isFresh: Bool
    /// Whether there is more after it.
    package var hasMore: Bool
    package var rows: [ToldRow]
    /// The depots' names by the last twelve digits of their nodes.
    package var depots: [String: String]

    package init(
        place: HubPlace, isFresh: Bool, hasMore: Bool, rows: [ToldRow], depots: [String: String] = [:]
    ) {
        self.place = place
        self.isFresh = isFresh
        self.hasMore = hasMore
        self.rows = rows
        self.depots = depots
    }
}

/// How many Changes of a topic there are, and the sum of the first four bytes of their hashes.
package struct TopicChecksum: Sendable, Equatable {
    package var topic: String
    package var count: Int64
    package var sum: Int64

    package init(topic: String, count: Int64, sum: Int64) {
        self.topic = topic
        self.count = count
        self.sum = sum
    }
}
