// Looks at a history that is over and knows nothing of how it came about: is every Change of every box at the hub, once and
// as it was made; is what could not be kept named; does a reader of the feed have what the hub has.
import Core

/// What is wrong in a world that was mended.
struct Checker {
    let world: SimulatedWorld
    /// Words of the Changes that are in the feed, and of those that were put aside.
    let kept: Set<UInt64>
    private let aside: Set<UInt64>

    init(world: SimulatedWorld) {
        self.world = world
        kept = Set(world.hub.feed.lazy.map(\.word))
        aside = Set(world.hub.quarantine.values.lazy.map(\.word))
    }

    var complaints: [String] { world.violations + missing + doubled + gaps + unnamed + strayFeeds + mergeComplaints }

    private var missing: [String] {
        world.boxes.flatMap { box in
            box.disk.rows.flatMap { epoch, rows in
                rows.enumerated().compactMap { index, row in
                    (row.isPoison ? aside : kept).contains(row.hash.word)
                        ? nil : "\(box.disk.node) \(epoch) \(index + 1) is not at the hub"
                }
            }
        }
    }

    private var doubled: [String] {
        let known = Set(world.hub.changes.values.lazy.map(\.word)).count
        return [
            kept.count == world.hub.feed.count ? nil : "a Change is in the feed twice",
            known == world.hub.feed.count ? nil : "the feed has \(world.hub.feed.count) places for \(known) Changes",
            kept.union(aside).isSubset(of: world.durable) ? nil : "the hub has what was never on a disk",
        ].compactMap { $0 }
    }

    private var gaps: [String] {
        world.hub.acked.flatMap { node, lanes in
            lanes.flatMap { lane, acked -> [String] in
                let first = HubModel.start(of: lane) + 1
                guard first <= acked else { return [] }
                return (first...acked).compactMap { n in
                    let key = HubModel.Key(node: node, lane: lane, n: n)
                    return world.hub.changes[key] != nil || world.hub.quarantine[key] != nil
                        ? nil : "\(lane) \(n) is acknowledged and missing"
                }
            }
        }
    }

    /// What was put aside is named at the box that made it.
    private var unnamed: [String] {
        world.boxes.flatMap { box in
            box.disk.rows.values.joined().filter { $0.isPoison && !box.disk.refused.contains($0.hash) }
                .map { _ in "\(box.disk.node) does not know what was put aside" }
        }
    }

    private var strayFeeds: [String] {
        world.boxes.compactMap { box in
            let seen = box.disk.seen
            guard seen.epoch == world.hub.epoch else { return "\(box.disk.node) has not heard of the hub's epoch" }
            return box.disk.feed == world.hub.words
                ? nil : "\(box.disk.node) heard another feed than there is"
        }
    }
}
