// Edits of records in the world of chance: each says what it is based on, as a box says it, and remembers beside it what its
// author truly saw. The checker knows the latter alone.
import Chance
import Core

/// One edit of one field. A class, because it is kept in many places and never changes.
final class SimulatedEdit: Sendable {
    /// What it sets the field to, and its name.
    let id: Int
    let node: String
    let record: String
    let field: String
    let time: Int64
    let base: VersionVector
    /// All edits of this field that its author knew, also through others.
    let saw: Set<Int>
    /// Whether the author's box had forgotten some of them, because a hub that was brought back had.
    let isMisled: Bool

    init(
        id: Int, node: String, record: String, field: String, time: Int64, base: VersionVector, saw: Set<Int>,
        isMisled: Bool = false
    ) {
        self.id = id
        self.node = node
        self.record = record
        self.field = field
        self.time = time
        self.base = base
        self.saw = saw
        self.isMisled = isMisled
    }

    static func row(_ record: String) -> MergedRow { MergedRow(sort: "assets", id: record) }

    /// As RowEdit makes it of a Change.
    func rowEdit(_ n: Int64, _ node: String, _ lane: String) -> RowEdit {
        var base = base
        if let epoch = HubModel.epoch(of: lane) {
            base.add(HubModel.start(of: lane), of: VersionVector.writer(of: String(epoch)))
        }
        return RowEdit(
            values: [field: .int(Int64(id))],
            stamp: FieldSide.stamp(HybridTime(rawValue: time), n, node: node, lane: lane), bases: [field: base])
    }
}

extension FieldSides {
    var ids: [Int] {
        sides.compactMap { if case .int(let id) = $0.value { Int(id) } else { nil } }
    }
}

extension SimulatedBox {
    /// A record as somebody at this box sees it now.
    func seen(_ record: String) -> MergedRow {
        var row = disk.records[record] ?? SimulatedEdit.row(record)
        guard let lane = disk.ledger(nil).lanes.last else { return row }
        for (index, waiting) in unsynced.enumerated() where waiting.edit?.record == record {
            guard let edit = waiting.edit else { continue }
            row.take(edit.rowEdit(Int64((disk.rows[disk.current]?.count ?? 0) + index) + 1, disk.node, lane.name))
        }
        return row
    }

    /// What was said of a field in this box's file.
    func own(_ record: String, _ field: String) -> [Int] {
        var ids: [Int] = []
        for rows in disk.rows.values + [unsynced] {
            for row in rows {
                if let edit = row.edit, edit.record == record, edit.field == field { ids.append(edit.id) }
            }
        }
        return ids
    }

    /// What an edit is based on, as HubRows.base says it.
    func base(of record: String, _ field: String, _ mutation: Mutation?) -> VersionVector {
        var base = VersionVector()
        for lane in disk.ledger(nil).lanes where !lane.isOpen && mutation != .historyIsDropped {
            base.add(lane.last, of: VersionVector.writer(of: lane.name))
        }
        let told = disk.told[record]?.fields ?? [:]
        switch mutation {
        case .baseIsDropped: return VersionVector()
        case .answerKnowsOneSide:
            if let first = told[field]?.standing { base.add(FieldSides([first]).vector) }
        default: if let sides = told[field] { base.add(sides.vector) }
        }
        return base
    }
}

extension SimulatedWorld {
    /// Somebody at a box sets a field of a record.
    mutating func edit(
        at index: Int, _ record: String, _ field: String, id: Int, time: Int64, _ mutation: Mutation?
    ) -> SimulatedEdit {
        // What a box said itself it knows, also while a hub that was brought back does not.
        let known = boxes[index].own(record, field) + (boxes[index].seen(record).fields[field]?.ids ?? [])
        let edit = SimulatedEdit(
            id: id, node: boxes[index].disk.node, record: record, field: field, time: time,
            base: boxes[index].base(of: record, field, mutation),
            saw: known.reduce(into: Set(known)) { $0.formUnion(edits[$1]?.saw ?? []) },
            isMisled: boxes[index].disk.isMisled)
        edits[id] = edit
        return edit
    }

    /// Whether a box is in a life in which numbers were used twice.
    func isRenumbered(at index: Int) -> Bool { renumbered.contains(boxes[index].disk.current) }

    /// Whether the hub knows less than it knew: it was brought back, and nobody told it again yet.
    func isBehind(_ answer: PullAnswer, _ disk: SimulatedDisk) -> Bool {
        let acked = hub.acked[disk.node] ?? [:]
        return disk.ledger(nil).lanes.contains { $0.acked > acked[$0.name] ?? HubModel.start(of: $0.name) }
            || answer.rows.contains { told in
                (disk.told[told.row.id]?.fields ?? [:]).contains { field, sides in
                    !sides.ids.allSatisfy { isKnown($0, to: told.row.fields[field]?.ids ?? []) }
                }
            }
    }

    /// Whether an edit is among these, or somebody among these knew it.
    private func isKnown(_ id: Int, to ids: [Int]) -> Bool {
        ids.contains { $0 == id || edits[$0]?.saw.contains(id) == true }
    }

    /// What was said at a box and is not at the hub yet, and is not seen there any more although nobody who knew it said
    /// otherwise.
    func forgotten(at index: Int) -> [String] {
        let disk = boxes[index].disk
        guard !disk.isMisled else { return [] }
        return disk.ledger(nil).lanes.filter { $0.acked < $0.last && !renumbered.contains($0.epoch) }.flatMap { lane in
            let waiting = (disk.rows[lane.epoch] ?? []).prefix(Int(lane.last)).dropFirst(Int(lane.acked))
            return waiting.compactMap(\.edit).filter { edit in
                !isKnown(edit.id, to: disk.records[edit.record]?.fields[edit.field]?.ids ?? [])
            }.map { "\(disk.node) forgot \($0.id), which waits" }
        }
    }

    /// What somebody would have to decide at the hub's records: record and field.
    var undecided: [(record: String, field: String)] {
        hub.records.sorted { $0.key < $1.key }.flatMap { id, record in
            record.row.fields.filter { $0.value.sides.count > 1 }.keys.sorted().map { (id, $0) }
        }
    }
}

extension Checker {
    /// What the merge made, beside what everybody truly knew.
    var mergeComplaints: [String] { lostEdits + strayRecords }

    private var lostEdits: [String] {
        let taken = world.editsByWord.filter { kept.contains($0.key) }.values.compactMap { world.edits[$0] }
        return Dictionary(grouping: taken) { "\($0.record) \($0.field)" }.flatMap { name, edits -> [String] in
            let superseded = edits.reduce(into: Set<Int>()) { $0.formUnion($1.saw) }
            let sides = world.hub.records[edits[0].record]?.row.fields[edits[0].field] ?? FieldSides()
            let actual = sides.ids
            // Where a hub was brought back, too, a number that was used twice is taken for the one that was known.
            let lost = edits.filter { edit in
                !superseded.contains(edit.id) && !actual.contains(edit.id)
                    && !world.renumbered.contains(world.epochs[edit.id] ?? "")
            }
            // Then the former one may also have got another name, by which nobody knew it.
            let known = actual.filter { id in
                !world.renumbered.contains(world.epochs[id] ?? "")
                    && edits.contains { $0.saw.contains(id) && !$0.isMisled && actual.contains($0.id) }
            }
            let latest = edits.filter { actual.contains($0.id) }.map(\.time).max()
            return lost.map { "\(name): \($0.id) of \($0.node) is lost" } + known.map { "\(name): \($0) was known" }
                + (actual.first.flatMap { world.edits[$0]?.time } == latest ? [] : ["\(name): an older value stands"])
        }
    }

    private var strayRecords: [String] {
        world.boxes.flatMap { box in
            world.hub.records.compactMap { id, record in
                box.disk.records[id]?.fields.mapValues(\.ids) == record.row.fields.mapValues(\.ids)
                    ? nil : "\(box.disk.node) has another idea of \(id)"
            }
        }
    }
}
