// A box whose disk is a value, so that it can be copied, brought back and cloned. Its machine is the real one, and so is
// what its ledger makes of a note.
import Chance
import Core
import Foundation

/// Rows of one epoch; `n` is the index and one.
struct SimulatedRow {
    let hash: [UInt8]
    let isPoison: Bool
    let boot: Int
    var edit: SimulatedEdit?
}

/// What survives a power cut.
struct SimulatedDisk {
    let node: String
    /// In the order in which they began.
    var epochs: [String]
    var rows: [String: [SimulatedRow]]
    var lanes: [SyncLane] = []
    var seen = HubPlace.nowhere
    var isPaused = false
    var refused: Set<[UInt8]> = []
    /// What was heard of the feed, up to `seen`.
    var feed: [String] = []
    /// Records as the hub told them, and as they are here.
    var told: [String: MergedRow] = [:]
    var records: [String: MergedRow] = [:]
    /// Whether a hub that was brought back told it less than it had told, or than it was given.
    var isMisled = false

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
        guard !unsynced.isEmpty, let lane = disk.ledger(nil).lanes.last else { return }
        for (index, row) in unsynced.enumerated() {
            guard let edit = row.edit else { continue }
            let n = Int64((disk.rows[disk.current]?.count ?? 0) + index) + 1
            disk.records[edit.record, default: SimulatedEdit.row(edit.record)].take(
                edit.rowEdit(n, disk.node, lane.name))
        }
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
        disk.seen = ledger.seen
        return ledger
    }

    /// What others did and up to where, both or neither, as RowMerge.keep does.
    mutating func keep(_ answer: PullAnswer, _ mutation: Mutation?) -> SyncLedger {
        if answer.isFresh, mutation != .freshIsPassedOver { disk.feed = [] }
        let words = answer.rows.filter { $0.row.sort == "feed" }.map(\.row.id)
        if mutation != .cursorRunsAhead || words.count < 2 { disk.feed += words }
        let ledger = disk.ledger(nil)
        for told in answer.rows where told.row.sort == "assets" && mutation != .rowsAreNotKept {
            var row = told.row
            if mutation == .sidesAreDropped {
                row.fields = row.fields.mapValues { FieldSides([$0.standing].compactMap(\.self)) }
            }
            disk.told[row.id] = row
            disk.records[row.id] = mutation == .waitingEditsAreForgotten ? row : adding(ledger, to: row)
        }
        if mutation != .cursorIsNotKept || disk.feed.count % 3 != 1 { disk.seen = answer.place }
        return disk.ledger(mutation)
    }

    /// A row with what is not at the hub yet, as PendingEdits does.
    private func adding(_ ledger: SyncLedger, to row: MergedRow) -> MergedRow {
        var row = row
        for lane in ledger.lanes where lane.acked < lane.last {
            let rows = disk.rows[lane.epoch] ?? []
            for n in (lane.acked + 1)...lane.last where Int(n) <= rows.count {
                guard let edit = rows[Int(n) - 1].edit, edit.record == row.id else { continue }
                row.take(edit.rowEdit(n, disk.node, lane.name))
            }
        }
        return row
    }
}
