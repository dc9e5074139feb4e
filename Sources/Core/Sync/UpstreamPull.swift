// What comes back from the hub: the gear of other depots, and what the hub has of ours.
private import Foundation

/// Asks for what other depots did.
package struct PullRequest: Sendable, Equatable {
    package var node: String
    /// Up to where it is known here.
    package var seen: HubPlace
    package var rowCountMax: Int
}

/// What other depots did.
package struct PullAnswer: Sendable, Equatable {
    /// Up to where this answer goes.
    package var place: HubPlace
    /// Whether it is told from the beginning, and what was known is to be forgotten.
    package var isFresh: Bool
    /// Whether there is more after it.
    package var hasMore: Bool
    package var assets: [DistantAsset]

    package init(place: HubPlace, isFresh: Bool, hasMore: Bool, assets: [DistantAsset]) {
        self.place = place
        self.isFresh = isFresh
        self.hasMore = hasMore
        self.assets = assets
    }
}

/// A piece of gear of another depot, as the hub has it.
package struct DistantAsset: Sendable, Equatable {
    package var id: String
    package var node: String
    package var depot: String
    /// Its fields as the other box's API gives them.
    package var fields: JSON

    package init(id: String, node: String, depot: String, fields: JSON) {
        self.id = id
        self.node = node
        self.depot = depot
        self.fields = fields
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
