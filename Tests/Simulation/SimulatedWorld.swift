// Boxes, a hub and a line between them that loses, repeats, delays and alters. Chance decides what happens next, from a seed
// that gives the same history back. In the end the line is mended, and Checker.swift looks at what came of it.
import Foundation
import TestSupport

@testable import Core

/// How often what went wrong.
struct FaultCounts {
    var counts: [String: Int] = [:]

    mutating func note(_ name: String) { counts[name, default: 0] += 1 }

    mutating func add(_ other: FaultCounts) { counts.merge(other.counts, uniquingKeysWith: +) }
}

/// One history.
struct SimulatedWorld {
    var chance: SeededChance
    var hub = HubModel()
    var boxes: [SimulatedBox] = []
    var faults = FaultCounts()
    /// The hash of every row that was ever on a disk.
    private(set) var durable: Set<[UInt8]> = []
    private var hubBackups: [HubModel] = []
    private var diskCopies: [(box: Int, disk: SimulatedDisk)] = []
    /// Pushes that are still under way although the box has given up waiting.
    private var late: [(batch: ChangeBatch, digest: [UInt8])] = []
    private var counter: UInt64 = 0
    private var isMended = false
    /// What was wrong on the way.
    private(set) var violations: [String] = []
    private let mutation: Mutation?

    init(seed: UInt64, mutation: Mutation? = nil) {
        chance = SeededChance(seed: seed)
        self.mutation = mutation
        hub.mutation = mutation
        for index in 0..<3 { boxes.append(SimulatedBox(SimulatedDisk(node: "box\(index)", epoch: name()), seed: seed)) }
    }

    mutating func run(stepCount: Int) throws {
        for _ in 0..<stepCount { try happen() }
    }

    private mutating func happen() throws {
        let index = Int.random(in: boxes.indices, using: &chance)
        switch Int.random(in: 0..<100, using: &chance) {
        case 0..<22: write(at: index)
        case 22..<80: try advance(index)
        case 80..<84: crash(index)
        case 84..<86: diskCopies.append((index, boxes[index].disk))
        case 86..<88: bringBack()
        case 88..<89: copyOver(index)
        case 89..<91: hubBackups.append(hub)
        case 91..<92: bringBackHub()
        case 92..<95: deliverLate()
        case 95..<97: pause(index)
        default: sync(index)
        }
        if mutation != .unsyncedRowsAreSent { for index in boxes.indices { sync(index) } }
    }

    private mutating func sync(_ index: Int) {
        for row in boxes[index].unsynced { durable.insert(row.hash) }
        boxes[index].sync()
    }

    private mutating func name() -> String {
        counter += 1
        return "e\(counter)"
    }

    private mutating func write(at index: Int) {
        for _ in 0..<Int.random(in: 1...6, using: &chance) {
            counter += 1
            var bits = SeededChance(seed: counter)
            let hash = (0..<4).flatMap { _ in withUnsafeBytes(of: bits.next()) { Array($0) } }
            let isPoison = Int.random(in: 0..<40, using: &chance) == 0
            if isPoison { faults.note("poison") }
            boxes[index].unsynced.append(SimulatedRow(hash: hash, isPoison: isPoison, boot: boxes[index].boot))
        }
    }

    private mutating func crash(_ index: Int) {
        faults.note("crash")
        boxes[index].start(seed: chance.next())
    }

    /// A disk as it was some time ago, which nobody notices, or with `depotd restore`, which begins an epoch.
    private mutating func bringBack() {
        guard let copy = diskCopies.randomElement(using: &chance) else { return }
        boxes[copy.box].disk = copy.disk
        if Bool.random(using: &chance) {
            faults.note("box brought back")
            boxes[copy.box].disk.begin(name())
        } else {
            faults.note("box brought back unnoticed")
        }
        boxes[copy.box].start(seed: chance.next())
    }

    /// A second box with the first one's card, on a machine that is known or not.
    private mutating func copyOver(_ index: Int) {
        guard boxes.count < 5 else { return }
        faults.note("box cloned")
        var disk = boxes[index].disk
        if Bool.random(using: &chance) { disk.begin(name()) }
        boxes.append(SimulatedBox(disk, seed: chance.next()))
    }

    private mutating func bringBackHub() {
        guard let backup = hubBackups.randomElement(using: &chance) else { return }
        faults.note("hub brought back")
        hub = backup
    }

    private mutating func deliverLate() {
        guard !late.isEmpty else { return }
        faults.note("late request")
        let one = late.remove(at: Int.random(in: late.indices, using: &chance))
        _ = hub.push(one.batch, digest: one.digest)
    }

    private mutating func pause(_ index: Int) {
        boxes[index].disk.isPaused.toggle()
        if boxes[index].step == .rest(.paused) { boxes[index].go(on: .rested(.needed)) }
    }

    /// Carries out a box's step.
    private mutating func advance(_ index: Int) throws {
        switch boxes[index].step {
        case .load: boxes[index].go(on: .loaded(boxes[index].disk.ledger(mutation)))
        case .meet(var greeting, let ledger):
            greeting.ends = boxes[index].ends(of: ledger)
            meet(greeting, index)
        case .read(let lane, let ledger, let rowCountMax, _):
            boxes[index].go(on: .read(boxes[index].read(lane, of: ledger, min(rowCountMax, 8), mutation)))
        case .push(let batch): push(batch, index)
        case .note(let notes):
            let epoch = name()
            let known = notes.compactMap { mutation.twisted($0, in: boxes[index].disk.ledger(nil)) }
            let ledger = try boxes[index].note(known, mutation) { epoch }
            boxes[index].go(on: .noted(ledger))
        case .pull(let request): pull(request, index)
        case .keep(let answer): boxes[index].go(on: .noted(boxes[index].keep(answer, mutation)))
        case .rest(.untilNeeded): boxes[index].go(on: .rested(Bool.random(using: &chance) ? .needed : .news))
        case .rest(.afterTrouble):
            guard mutation != .troubleIsFinal else { return }
            boxes[index].go(on: .rested(Bool.random(using: &chance) ? .time : .lineUp))
        case .rest(.paused): break
        }
    }

    private mutating func meet(_ greeting: UpstreamGreeting, _ index: Int) {
        guard isMended || Int.random(in: 0..<10, using: &chance) > 1 else {
            faults.note("no line")
            return boxes[index].go(on: .failed(UpstreamTrouble(.unreachable)))
        }
        let standing = hub.meet(greeting)
        if mutation == .hubsMoreIsBelieved { boxes[index].believe(standing) }
        boxes[index].go(on: .met(standing))
    }

    private mutating func pull(_ request: PullRequest, _ index: Int) {
        guard isMended || Int.random(in: 0..<10, using: &chance) > 1 else {
            faults.note("no answer to a pull")
            if Bool.random(using: &chance) { _ = hub.pull(request) }
            return boxes[index].go(on: .failed(UpstreamTrouble(.unreachable)))
        }
        boxes[index].go(on: .pulled(hub.pull(request)))
    }

    private mutating func push(_ batch: ChangeBatch, _ index: Int) {
        let digest = batch.digest
        let fate = isMended ? 99 : Int.random(in: 0..<40, using: &chance)
        let lost =
            mutation == .lostAnswerIsTakenForOK
            ? SyncMachine.Outcome.pushed(
                PushAnswer(verdict: .ok, acked: batch.last, place: batch.seen), took: .milliseconds(50))
            : .failed(UpstreamTrouble(.unreachable))
        switch fate {
        case 0..<3:
            faults.note("request lost")
            boxes[index].go(on: lost)
        case 3..<6:
            faults.note("answer lost")
            _ = hub.push(batch, digest: digest)
            boxes[index].go(on: lost)
        case 6..<8:
            faults.note("request delayed")
            late.append((batch, digest))
            boxes[index].go(on: lost)
        case 8..<10:
            faults.note("request repeated")
            _ = hub.push(batch, digest: digest)
            boxes[index].go(on: .pushed(hub.push(batch, digest: digest), took: .milliseconds(50)))
        case 10..<12:
            faults.note("request altered")
            var altered = batch
            altered.rows[altered.rows.count - 1].hash[0] ^= 1
            boxes[index].go(on: .pushed(hub.push(altered, digest: digest), took: .milliseconds(50)))
        default: boxes[index].go(on: .pushed(hub.push(batch, digest: digest), took: .milliseconds(50)))
        }
        guard case .note(let notes) = boxes[index].step else { return }
        for case .acked(let lane, let n) in notes where n > hub.acked[batch.node]?[lane] ?? 0 {
            violations.append("\(lane) \(n) is taken for acknowledged, and the hub does not know it")
        }
    }

    /// Mends the line and lets every box have its say. - Returns: whether all came to rest.
    mutating func mend() throws -> Bool {
        isMended = true
        while !late.isEmpty { deliverLate() }
        for index in boxes.indices {
            sync(index)
            boxes[index].disk.isPaused = false
            if boxes[index].step == .rest(.paused) { boxes[index].go(on: .rested(.needed)) }
        }
        // More than once: what one box says is what another one hears, and what a place is compared with.
        for _ in 0..<3 {
            for index in boxes.indices {
                if boxes[index].step == .rest(.untilNeeded) { boxes[index].start(seed: 1) }
                var count = 0
                while boxes[index].step != .rest(.untilNeeded) {
                    count += 1
                    guard count < 2_000 else { return false }
                    try advance(index)
                }
            }
        }
        return true
    }
}

extension SimulatedBox {
    /// A mistake: the hub's word is taken for ours where it knows more.
    fileprivate mutating func believe(_ standing: UpstreamStanding) {
        disk.lanes = disk.ledger(nil).lanes.map { lane in
            var lane = lane
            lane.acked = max(lane.acked, standing.acked[lane.name] ?? 0)
            return lane
        }
    }
}

extension Mutation? {
    /// A note as a box takes it in that makes this mistake; nil when it does not.
    fileprivate func twisted(_ note: SyncNote, in ledger: SyncLedger) -> SyncNote? {
        switch (self, note) {
        case (.forkIsPassedOver, .forked(let lane, let n, _)): .acked(lane: lane, n: n)
        case (.hubsLessIsIgnored, .acked(let lane, let n)):
            n < ledger.lanes.first { $0.name == lane }?.acked ?? 0 ? nil : note
        default: note
        }
    }
}
