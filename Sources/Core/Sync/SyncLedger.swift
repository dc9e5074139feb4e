// What the box knows of the hub: up to which of our Changes it misses nothing, life by life of our log. A lane is such a
// life, or the rest of one that was numbered twice. The hub's word counts more than ours; ours is for when it can not be
// asked, and so that nothing is sent twice after a start.

/// One numbering of our Changes, as the hub knows it.
package struct SyncLane: Sendable, Equatable {
    /// The epoch; of a lane that was forked off `EPOCH+AFTER+WORD`.
    package var name: String
    /// The epoch that its Changes were made in.
    package var epoch: String
    /// Its Changes begin after this number.
    package var after: Int64
    /// The number of its last Change.
    package var last: Int64
    /// The number up to which the hub misses nothing.
    package var acked: Int64
    /// Whether Changes are still added to it.
    package var isOpen: Bool

    package init(name: String, epoch: String, after: Int64, last: Int64, acked: Int64, isOpen: Bool) {
        self.name = name
        self.epoch = epoch
        self.after = after
        self.last = last
        self.acked = acked
        self.isOpen = isOpen
    }
}

/// Where the box stands with the hub.
package struct SyncLedger: Sendable, Equatable {
    package var node: String
    package var seen: HubPlace
    package var isPaused: Bool
    /// Oldest first; the last one is open.
    package var lanes: [SyncLane]

    package init(node: String, seen: HubPlace, isPaused: Bool, lanes: [SyncLane]) {
        self.node = node
        self.seen = seen
        self.isPaused = isPaused
        self.lanes = lanes
    }

    /// How many Changes the hub does not have.
    package var backlog: Int64 { lanes.reduce(0) { $0 + max(0, $1.last - $1.acked) } }
}

/// What is to be remembered of an exchange.
package enum SyncNote: Sendable, Equatable {
    /// The hub has a lane up to here, whether that is more or less than before.
    case acked(lane: String, n: Int64)
    /// What the hub put aside.
    case refused(lane: String, [PushAnswer.Refusal])
    /// The hub has other contents under this number and may have under the following ones: from here on our Changes go
    /// under another name, and new ones begin another epoch. `word` comes of the contents, so that a box that was brought
    /// back twice gives the same Changes the same name.
    case forked(lane: String, at: Int64, word: String)
    /// The hub knows more Changes of our epoch than we do: new ones begin another epoch.
    case outgrown(lane: String)
}

extension SyncLedger {
    /// Takes a note in.
    ///
    /// - Parameter begin: begins a new epoch in the log and says its name.
    /// - Throws: `internal` for a lane or a number that there is not, and what `begin` throws.
    package mutating func heed(_ note: SyncNote, begin: () throws -> String) throws {
        switch note {
        case .refused: break
        case .acked(let name, let n):
            let index = try index(of: name)
            lanes[index].acked = max(lanes[index].after, n)
        case .outgrown(let name): try close(index(of: name), begin)
        case .forked(let name, let n, let word):
            let index = try index(of: name)
            let lane = lanes[index]
            guard lane.after < n, n <= lane.last else { throw Self.unknown("\(name) \(n)") }
            let fork = SyncLane(
                name: "\(lane.epoch)+\(n - 1)+\(word)", epoch: lane.epoch, after: n - 1, last: lane.last, acked: n - 1,
                isOpen: false)
            if lane.isOpen { try close(index, begin) }
            lanes[index].last = n - 1
            lanes[index].acked = min(lane.acked, n - 1)
            lanes.insert(fork, at: index + 1)
        }
    }

    /// New Changes go into another lane from now on. Somebody else wrote under the name of this one, and what only this lane
    /// wrote was not told us: all is to be heard anew.
    private mutating func close(_ index: Int, _ begin: () throws -> String) rethrows {
        let epoch = try begin()
        seen = .nowhere
        lanes[index].isOpen = false
        lanes.append(SyncLane(name: epoch, epoch: epoch, after: 0, last: 0, acked: 0, isOpen: true))
    }

    private func index(of name: String) throws -> Int {
        guard let index = lanes.firstIndex(where: { $0.name == name }) else { throw Self.unknown(name) }
        return index
    }

    private static func unknown(_ what: String) -> Failure {
        Failure(.internal, "The hub speaks of Changes that there are not: \(what).")
    }
}
