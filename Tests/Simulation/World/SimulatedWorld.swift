// Boxes, a hub and a line between them that loses, repeats, delays and alters. Chance decides what happens next, from a seed
// that gives the same history back. In the end the line is mended, and Checker.swift looks at what came of it.
import Chance
import Core
import Foundation

/// A batch on its way, with the digests that it was sent with.
private struct Parcel {
    private(set) var batch: ChangeBatch
    let isLarge: Bool
    private let digests: [[UInt8]]
    private static let partRowCount = 3

    init(_ batch: ChangeBatch, isLarge: Bool) {
        self.batch = batch
        self.isLarge = isLarge
        digests = batch.digests(ofParts: isLarge ? Self.partRowCount : batch.rows.count)
    }

    /// As it is when the line changed a bit of its last row.
    var altered: Parcel {
        var altered = self
        altered.batch.rows[batch.rows.count - 1].hash[0] ^= 1
        return altered
    }

    func arrive(at hub: inout HubModel) -> PushAnswer {
        isLarge
            ? hub.push(batch, partRowCount: Self.partRowCount, digests: digests)
            : hub.push(batch, digest: digests[0])
    }
}

/// One history.
struct SimulatedWorld {
    var chance: SeededChance
    var hub = HubModel()
    var boxes: [SimulatedBox] = []
    private(set) var faults = FaultCounts()
    /// Is told what happens.
    private let tell: ((String) -> Void)?
    /// The word of every row that was ever on a disk.
    private(set) var durable: Set<UInt64> = []
    private var hubBackups: [HubModel] = []
    private var diskCopies: [(box: Int, disk: SimulatedDisk)] = []
    /// All edits that were ever made, by name, and which Change is which.
    var edits: [Int: SimulatedEdit] = [:]
    private(set) var editsByWord: [UInt64: Int] = [:]
    /// Epochs in which a box that was put back to an older file without a word used a number twice.
    private(set) var renumbered: Set<String> = []
    private(set) var epochs: [Int: String] = [:]
    private var numbers: Set<HubModel.Key> = []
    /// Pushes that are still under way although the box has given up waiting.
    private var late: [Parcel] = []
    private var counter: UInt64 = 0
    private var isMended = false
    /// What was wrong on the way.
    private(set) var violations: [String] = []
    private let mutation: Mutation?
    /// In every fourth world the hub is brought back often, and little is written: what comes anew finds the same places.
    private let isHubFrail: Bool

    init(seed: UInt64, mutation: Mutation? = nil, tell: ((String) -> Void)? = nil) {
        self.tell = tell
        chance = SeededChance(seed: seed)
        self.mutation = mutation
        isHubFrail = seed % 4 == 0
        hub.mutation = mutation
        for index in 0..<3 {
            boxes.append(SimulatedBox(SimulatedDisk(node: "box-00000000\(index)", epoch: name()), seed: seed))
        }
    }

    mutating func run(stepCount: Int) throws {
        for _ in 0..<stepCount { try happen() }
    }

    private mutating func note(_ fault: Fault) {
        faults.note(fault)
        tell?(fault.rawValue)
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
        case 92..<95 where isHubFrail: bringBackHub()
        case 92..<95: deliverLate()
        case 95..<97: pause(index)
        case 97..<99 where isHubFrail: hubBackups.append(hub)
        default: sync(index)
        }
        if mutation != .unsyncedRowsAreSent { for index in boxes.indices { sync(index) } }
    }

    private mutating func sync(_ index: Int) {
        guard !boxes[index].unsynced.isEmpty else { return }
        let (node, epoch) = (boxes[index].disk.node, boxes[index].disk.current)
        let known = boxes[index].disk.rows[epoch]?.count ?? 0
        for (offset, row) in boxes[index].unsynced.enumerated() {
            durable.insert(row.hash.word)
            let number = HubModel.Key(node: node, lane: epoch, n: Int64(known + offset))
            if !numbers.insert(number).inserted { renumbered.insert(epoch) }
            if let edit = row.edit { epochs[edit.id] = epoch }
        }
        boxes[index].sync()
    }

    private mutating func name() -> String {
        counter += 1
        // As long as the part of a lane's name that its edits go by.
        let digits = String(counter)
        return "e" + String(repeating: "0", count: 11 - digits.count) + digits
    }

    private mutating func write(at index: Int) {
        for _ in 0..<Int.random(in: 1...(isHubFrail ? 2 : 6), using: &chance) {
            counter += 1
            var bits = SeededChance(seed: counter)
            let hash = (0..<4).flatMap { _ in withUnsafeBytes(of: bits.next()) { Array($0) } }
            let isPoison = Int.random(in: 0..<40, using: &chance) == 0
            if isPoison { note(.poison) }
            let edit = isPoison || Bool.random(using: &chance) ? nil : edit(at: index, hash)
            boxes[index].unsynced.append(
                SimulatedRow(hash: hash, isPoison: isPoison, boot: boxes[index].boot, edit: edit))
        }
    }

    /// A clock may be a little behind or ahead.
    private mutating func edit(at index: Int, _ hash: [UInt8]) -> SimulatedEdit {
        let record = "record\(Int.random(in: 0..<3, using: &chance))"
        let field = "field\(Int.random(in: 0..<2, using: &chance))"
        let time = Int64(counter) * 10 + Int64.random(in: 0..<400, using: &chance)
        return note(edit(at: index, record, field, id: Int(counter), time: time, mutation), hash)
    }

    private mutating func note(_ edit: SimulatedEdit, _ hash: [UInt8]) -> SimulatedEdit {
        editsByWord[hash.word] = edit.id
        hub.edits[hash.word] = edit
        return edit
    }

    /// Somebody at a box says what is right wherever there are two sides. - Returns: whether there was anything to say.
    mutating func decide(at index: Int) -> Bool {
        let open = undecided
        for (record, field) in open {
            counter += 1
            var bits = SeededChance(seed: counter)
            let hash = (0..<4).flatMap { _ in withUnsafeBytes(of: bits.next()) { Array($0) } }
            let made = edit(at: index, record, field, id: Int(counter), time: Int64(counter) * 10 + 400, mutation)
            boxes[index].unsynced.append(
                SimulatedRow(hash: hash, isPoison: false, boot: boxes[index].boot, edit: note(made, hash)))
        }
        if !open.isEmpty { note(.decided) }
        return !open.isEmpty
    }

    private mutating func crash(_ index: Int) {
        note(.crash)
        boxes[index].start(seed: chance.next())
    }

    /// A disk as it was some time ago, which nobody notices, or with `depotd restore`, which begins an epoch.
    private mutating func bringBack() {
        guard let copy = diskCopies.randomElement(using: &chance) else { return }
        boxes[copy.box].disk = copy.disk
        if Bool.random(using: &chance) {
            note(.boxBroughtBack)
            boxes[copy.box].disk.begin(name())
        } else {
            note(.boxBroughtBackUnnoticed)
        }
        boxes[copy.box].start(seed: chance.next())
    }

    /// A second box with the first one's card, on a machine that is known or not.
    private mutating func copyOver(_ index: Int) {
        guard boxes.count < 5 else { return }
        note(.boxCloned)
        var disk = boxes[index].disk
        if Bool.random(using: &chance) { disk.begin(name()) }
        boxes.append(SimulatedBox(disk, seed: chance.next()))
    }

    private mutating func bringBackHub() {
        guard let backup = hubBackups.randomElement(using: &chance) else { return }
        note(.hubBroughtBack)
        hub = backup.broughtBack(insteadOf: hub)
    }

    private mutating func deliverLate() {
        guard !late.isEmpty else { return }
        note(.lateRequest)
        let one = late.remove(at: Int.random(in: late.indices, using: &chance))
        _ = one.arrive(at: &hub)
    }

    private mutating func pause(_ index: Int) {
        boxes[index].disk.isPaused.toggle()
        tell?("box \(index): \(boxes[index].disk.isPaused ? "paused" : "not paused any more")")
        if boxes[index].step == .rest(.paused) { boxes[index].go(on: .rested(.needed)) }
    }

    /// Carries out a box's step.
    mutating func advance(_ index: Int) throws {
        tell?("box \(index): \(boxes[index].step.words)")
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
        case .keep(let answer):
            boxes[index].go(on: .noted(boxes[index].keep(answer, mutation)))
            violations += forgotten(at: index)
        case .rest(.untilNeeded): boxes[index].go(on: .rested(Bool.random(using: &chance) ? .needed : .news))
        case .rest(.afterTrouble):
            guard mutation != .troubleIsFinal else { return }
            boxes[index].go(on: .rested(Bool.random(using: &chance) ? .time : .lineUp))
        case .rest(.paused): break
        }
    }

    private mutating func meet(_ greeting: UpstreamGreeting, _ index: Int) {
        guard isMended || Int.random(in: 0..<10, using: &chance) > 1 else {
            note(.noLine)
            return boxes[index].go(on: .failed(UpstreamTrouble(.unreachable)))
        }
        let standing = hub.meet(greeting)
        if mutation == .hubsMoreIsBelieved { boxes[index].believe(standing) }
        boxes[index].go(on: .met(standing))
    }

    private mutating func pull(_ request: PullRequest, _ index: Int) {
        var request = request
        if mutation == .endIsNotTold { request.end = .nowhere }
        guard isMended || Int.random(in: 0..<10, using: &chance) > 1 else {
            note(.noAnswerToAPull)
            if Bool.random(using: &chance) { _ = hub.pull(request) }
            return boxes[index].go(on: .failed(UpstreamTrouble(.unreachable)))
        }
        let answer = hub.pull(request)
        let isMisleading = isBehind(answer, boxes[index].disk)
        boxes[index].go(on: .pulled(answer))
        if case .keep = boxes[index].step, isMisleading { boxes[index].disk.isMisled = true }
    }

    private mutating func push(_ batch: ChangeBatch, _ index: Int) {
        let parcel = Parcel(batch, isLarge: batch.rows.count > 3 && Bool.random(using: &chance))
        let fate = isMended ? 99 : Int.random(in: 0..<40, using: &chance)
        if parcel.isLarge { note(.batchInParts) }
        let lost =
            mutation == .lostAnswerIsTakenForOK
            ? SyncMachine.Outcome.pushed(
                PushAnswer(verdict: .ok, acked: batch.last, place: batch.seen), took: .milliseconds(50))
            : .failed(UpstreamTrouble(.unreachable))
        switch fate {
        case 0..<3:
            note(.requestLost)
            boxes[index].go(on: lost)
        case 3..<6:
            note(.answerLost)
            _ = parcel.arrive(at: &hub)
            boxes[index].go(on: lost)
        case 6..<8:
            note(.requestDelayed)
            late.append(parcel)
            boxes[index].go(on: lost)
        case 8..<10:
            note(.requestRepeated)
            _ = parcel.arrive(at: &hub)
            boxes[index].go(on: .pushed(parcel.arrive(at: &hub), took: .milliseconds(50)))
        case 10..<12:
            note(.requestAltered)
            boxes[index].go(on: .pushed(parcel.altered.arrive(at: &hub), took: .milliseconds(50)))
        default: boxes[index].go(on: .pushed(parcel.arrive(at: &hub), took: .milliseconds(50)))
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

extension SimulatedWorld {
    /// Comes of every chance that was taken and of what is where now.
    var mark: UInt64 {
        var chance = chance
        var mark = chance.next()
        func fold(_ text: String) { for byte in text.utf8 { mark = (mark ^ UInt64(byte)) &* 0x100_0000_01B3 } }
        for place in [hub.place] + boxes.map(\.disk.seen) { fold("\(place.epoch) \(place.pos) \(place.mark)") }
        for rows in [hub.records.mapValues(\.row)] + boxes.map(\.disk.records) {
            for (id, row) in rows.sorted(by: { $0.key < $1.key }) {
                for (field, sides) in row.fields.sorted(by: { $0.key < $1.key }) { fold("\(id) \(field) \(sides.ids)") }
            }
        }
        return mark
    }
}
