// A box whose disk is a value, so that it can be copied, brought back and cloned. Its machine is the real one, and so is
// what its ledger makes of a note.
import Foundation
import TestSupport

@testable import Core

/// Rows of one epoch; `n` is the index and one.
struct SimulatedRow: Equatable {
    let hash: [UInt8]
    let isPoison: Bool
    let boot: Int
}

/// What survives a power cut.
struct SimulatedDisk {
    let node: String
    /// In the order in which they began.
    var epochs: [String]
    var rows: [String: [SimulatedRow]]
    var lanes: [SyncLane] = []
    var seen = HubPlace(epoch: "", pos: 0, mark: "")
    var isPaused = false
    var refused: Set<[UInt8]> = []
    /// What was heard of the feed, up to `seen`.
    var feed: [String] = []

    init(node: String, epoch: String) {
        self.node = node
        epochs = [epoch]
        rows = [epoch: []]
    }

    var current: String { epochs[epochs.count - 1] }

    mutating func begin(_ epoch: String) {
        epochs.append(epoch)
        rows[epoch] = []
    }

    /// As SyncLedger.load reads it from a file.
    func ledger(_ mutation: Mutation?) -> SyncLedger {
        var lanes = lanes.map { lane in
            var lane = lane
            if lane.isOpen {
                lane.last = Int64(rows[lane.epoch]?.count ?? 0)
                lane.isOpen = lane.epoch == current
            }
            return lane
        }
        for epoch in epochs where !lanes.contains(where: { $0.epoch == epoch }) {
            lanes.append(
                SyncLane(
                    name: epoch, epoch: epoch, after: 0, last: Int64(rows[epoch]?.count ?? 0), acked: 0,
                    isOpen: epoch == current))
        }
        if mutation == .lanesAreForgotten { lanes.removeAll { !$0.isOpen } }
        return SyncLedger(node: node, seen: seen, isPaused: isPaused, lanes: lanes)
    }
}

/// A box.
struct SimulatedBox {
    var disk: SimulatedDisk
    var machine: SyncMachine
    var step: SyncMachine.Step
    /// Rows written and not synced yet; a power cut takes them.
    var unsynced: [SimulatedRow] = []
    var boot = 0

    init(_ disk: SimulatedDisk, seed: UInt64) {
        self.disk = disk
        machine = SyncMachine(depot: disk.node, place: nil, seed: seed)
        step = machine.next(.began)
    }

    /// The power came back, or the daemon did.
    mutating func start(seed: UInt64) {
        unsynced = []
        boot += 1
        machine = SyncMachine(depot: disk.node, place: nil, seed: seed)
        step = machine.next(.began)
    }

    mutating func go(on outcome: SyncMachine.Outcome) { step = machine.next(outcome) }

    mutating func sync() {
        disk.rows[disk.current, default: []] += unsynced
        unsynced = []
    }

    /// The rows that a batch may have, as ChangeBatch.read takes them from a file.
    func read(_ lane: SyncLane, of ledger: SyncLedger, _ rowCountMax: Int, _ mutation: Mutation?) -> ChangeBatch? {
        var rows = disk.rows[lane.epoch] ?? []
        var last = min(lane.last, Int64(rows.count))
        if mutation == .unsyncedRowsAreSent, lane.isOpen {
            rows += unsynced
            last = Int64(rows.count)
        }
        guard lane.acked < last else { return nil }
        let boot = rows[Int(lane.acked)].boot
        var batch = ChangeBatch(
            node: ledger.node, lane: lane.name,
            before: lane.acked == lane.after ? nil : rows[Int(lane.acked) - 1].hash, boot: "\(boot)", seen: ledger.seen,
            rows: [])
        for index in Int(lane.acked)..<min(Int(last), Int(lane.acked) + rowCountMax) {
            let row = rows[index]
            guard row.boot == boot else { break }
            if mutation == .readSkipsARow, index % 6 == 4, !batch.rows.isEmpty { continue }
            batch.rows.append(
                OutgoingChange(
                    n: Int64(index) + 1, hlc: 0, monotonic: 0, topic: "assets", kind: "edited", subject: "x",
                    body: row.isPoison ? Array(#"{"a":"\u0000"}"#.utf8) : [], hash: row.hash, isIntact: true))
        }
        return batch
    }

    /// As LaneEnd.read takes them from a file.
    func ends(of ledger: SyncLedger) -> [LaneEnd] {
        ledger.lanes.filter { $0.acked > $0.after }.compactMap { lane in
            guard let rows = disk.rows[lane.epoch], rows.count >= lane.acked else { return nil }
            return LaneEnd(lane: lane.name, n: lane.acked, hash: rows[Int(lane.acked) - 1].hash)
        }
    }

    /// Notes down, as SyncLedger.note does. - Returns: the ledger then.
    mutating func note(
        _ notes: [SyncNote], _ mutation: Mutation?, epoch: () -> String
    ) throws -> SyncLedger {
        var ledger = disk.ledger(mutation)
        for note in notes {
            switch note {
            case .refused(let name, let refusals) where mutation != .refusalsAreNotKept:
                let lane = ledger.lanes.first { $0.name == name }
                for refusal in refusals {
                    disk.refused.insert(disk.rows[lane?.epoch ?? ""]?[Int(refusal.n) - 1].hash ?? [])
                }
            case .forked where mutation == .forkKeepsItsEpoch:
                let last = ledger.lanes.last?.epoch ?? ""
                try ledger.heed(note) { last }
                continue
            default: break
            }
            try ledger.heed(note) {
                let name = epoch()
                sync()
                disk.begin(name)
                return name
            }
        }
        disk.lanes = ledger.lanes
        return ledger
    }

    /// What others did and up to where, both or neither, as DistantGear.keep does.
    mutating func keep(_ answer: PullAnswer, _ mutation: Mutation?) -> SyncLedger {
        if answer.isFresh, mutation != .freshIsPassedOver { disk.feed = [] }
        if mutation != .cursorRunsAhead || answer.assets.count < 2 {
            disk.feed += answer.assets.map(\.id)
        }
        if mutation != .cursorIsNotKept || disk.feed.count % 3 != 1 { disk.seen = answer.place }
        return disk.ledger(mutation)
    }
}
