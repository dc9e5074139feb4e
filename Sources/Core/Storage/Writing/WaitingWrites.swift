// What waits for the writer, by lane: doors first, then pages, then pieces of batches. Pure state; GroupCommit.swift
// keeps it under its lock.
import DequeModule

/// Who goes first when the writer is busy.
package enum WriteLane: Sendable {
    /// Scans: always before everything else.
    case door
    /// What people and programs do on pages.
    case page
    /// A piece of a batch: when nobody else waits, or when it has waited for ``Store/Options/bulkPatience``.
    case bulk
}

/// One waiting operation: run inside the group's transaction, answered after the commit.
struct WaitingWrite: Sendable {
    let run: @Sendable (WriteTransaction) throws -> @Sendable () -> Void
    let refuse: @Sendable (any Error) -> Void
    let lane: WriteLane
    /// Whose request it is.
    let origin: Origin?
    /// When it came: monotonic nanoseconds.
    let since: UInt64
}

/// The operations that wait.
struct WaitingWrites {
    private var door: Deque<WaitingWrite> = []
    private var page: Deque<WaitingWrite> = []
    private var pieces: Deque<WaitingWrite> = []

    var count: Int { countOfPeople + pieces.count }
    /// How many come from doors and pages, behind which somebody stands.
    var countOfPeople: Int { door.count + page.count }
    var hasPieces: Bool { !pieces.isEmpty }

    mutating func append(_ waiting: WaitingWrite) {
        switch waiting.lane {
        case .door: door.append(waiting)
        case .page: page.append(waiting)
        case .bulk: pieces.append(waiting)
        }
    }

    /// The next from a door, or else from a page.
    mutating func popPerson() -> WaitingWrite? { door.popFirst() ?? page.popFirst() }

    /// The first piece of a batch, if it may go.
    mutating func popPiece(if isDue: (_ since: UInt64) -> Bool) -> WaitingWrite? {
        guard let first = pieces.first, isDue(first.since) else { return nil }
        return pieces.removeFirst()
    }

    /// All that waits, doors first; nothing waits after it.
    mutating func popAll() -> [WaitingWrite] {
        defer { self = WaitingWrites() }
        return Array(door) + Array(page) + Array(pieces)
    }
}

/// Texts of gear (GearText.swift) that doors and pieces of batches leave for a group of their own.
struct DueTexts {
    /// Since when some wait: monotonic nanoseconds; nil when none do.
    private(set) var since: UInt64?
    /// About how many pieces of batches left.
    private var count = 0

    /// Whether they are worth a group even while pieces wait.
    var areMany: Bool { count >= GearText.countMax }

    mutating func add(_ added: Int, at now: UInt64) {
        since = since ?? now
        count += added
    }

    /// A group wrote as many as one may.
    mutating func wrote(areLeft: Bool, at now: UInt64) {
        since = areLeft ? now : nil
        count = areLeft ? max(count - GearText.countMax, 0) : 0
    }

    /// They are tried again with the next group, whoever's it is.
    mutating func postpone() { since = nil }
}
