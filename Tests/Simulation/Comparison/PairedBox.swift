// A box twice: a real Store, and the value that the simulator has for a disk. The same happens to both, and after each step
// both say the same.
import Chance
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Core
@testable import Drivers
@testable import SyncWorld

/// A hub twice: PostgreSQL, and the simulator's model. Their epochs have other names.
struct PairedHub {
    var model = HubModel()
    private var names: [String: String] = [:]

    /// A place of PostgreSQL's as the model has it.
    func modelled(_ place: HubPlace) -> HubPlace {
        HubPlace(epoch: names[place.epoch] ?? "", pos: place.pos, mark: place.mark)
    }

    /// Notes that both stand at the same place. A name that is new to one must be new to the other.
    mutating func agree(_ real: HubPlace, _ made: HubPlace) throws {
        if names[real.epoch] == nil, !names.values.contains(made.epoch) { names[real.epoch] = made.epoch }
        try #require(names[real.epoch] == made.epoch && real.pos == made.pos && real.mark == made.mark)
    }
}

/// A box with two files of the same contents.
final class PairedBox {
    /// What it made, by hash: what the hub should add up.
    private(set) var made: [[UInt8]: (subject: String, fields: [String: String], stamp: String)] = [:]
    private(set) var mirror: SimulatedBox
    private(set) var step = SyncMachine.Step.rest(.untilNeeded)
    private(set) var store: Store
    let path: String
    let node: String
    private var machine: SyncMachine
    private let upstreams: [PostgresUpstream]
    private var pulled: PullAnswer?
    private var copies: [(file: String, disk: SimulatedDisk)] = []

    /// - Parameter upstreams: to one depot of the hub; the second one copies what is more than three rows.
    init(path: String, upstreams: [PostgresUpstream], seed: UInt64) async throws {
        self.path = path
        self.upstreams = upstreams
        store = try Store(path: path, clock: HybridClock(bootID: "0"))
        let (node, epoch) = try await store.read { database in
            let row = try #require(try Row.fetchOne(database, sql: "SELECT node, epoch FROM node"))
            return (row["node"] as String, row["epoch"] as String)
        }
        self.node = node
        machine = SyncMachine(depot: "Hall", place: nil, seed: seed)
        mirror = SimulatedBox(SimulatedDisk(node: node, epoch: epoch), seed: seed)
        step = machine.next(.began)
    }

    // MARK: - What befalls it

    /// Edits of gear; some that PostgreSQL can not keep as JSON, some that the file damages.
    func write(_ chance: inout SeededChance, name: String) async throws {
        let (known, epoch) = (mirror.disk.rows[mirror.disk.current]?.count ?? 0, mirror.disk.current)
        let edits = (0..<Int.random(in: 1...6, using: &chance)).map { index in
            let subject = ["shared", "\(node.suffix(4))-\(index % 3)"].randomElement(using: &chance) ?? ""
            let field = ["name", "note", "serial"].randomElement(using: &chance) ?? ""
            let isPoison = Int.random(in: 0..<14, using: &chance) == 0
            return (
                subject, field, "\(name).\(index)\(isPoison ? "\0" : "")", Int.random(in: 0..<20, using: &chance) == 0
            )
        }
        try await store.write { transaction in
            for (subject, field, value, isDamaged) in edits {
                let change = try transaction.append(
                    .assets, "edited", subject: subject, ["id": .string(subject), field: .string(value)])
                guard isDamaged else { continue }
                try transaction.database.execute(
                    sql: "UPDATE change SET subject = 'damaged' WHERE seq = ?", arguments: [change.position.seq])
            }
        }
        let rows = try await store.read { database in
            try Row.fetchAll(
                database, sql: "SELECT n, hash, hlc FROM change WHERE epoch = ? AND n > ? ORDER BY n",
                arguments: [epoch, known]
            ).map { (n: $0["n"] as Int64, hash: Array($0["hash"] as Data), hlc: $0["hlc"] as Int64) }
        }
        for (row, edit) in zip(rows, edits) {
            let (subject, field, value, isDamaged) = edit
            mirror.unsynced.append(
                SimulatedRow(hash: row.hash, isPoison: isDamaged || value.contains("\0"), boot: 0))
            let stamp = Self.padded(row.hlc, 16) + Self.padded(row.n, 10) + node.suffix(12)
            made[row.hash] = (subject, [field: value], stamp)
        }
        mirror.sync()
    }

    private static func padded(_ number: Int64, _ count: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: count - digits.count) + digits
    }

    /// The daemon starts again, with the file as it is.
    func start(seed: UInt64) {
        machine = SyncMachine(depot: "Hall", place: nil, seed: seed)
        step = machine.next(.began)
    }

    func copy() throws {
        let file = "\(path).copy\(copies.count)"
        try store.writer.backup(to: DatabaseQueue(path: file))
        copies.append((file, mirror.disk))
    }

    /// The file as it was some time ago; nobody notices, or whoever does begins an epoch.
    func putBack(_ chance: inout SeededChance) async throws {
        guard let copy = copies.randomElement(using: &chance) else { return }
        for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
        try FileManager.default.copyItem(atPath: copy.file, toPath: path)
        store = try Store(path: path, clock: HybridClock(bootID: "0"))
        mirror.disk = copy.disk
        if Bool.random(using: &chance) {
            mirror.disk.begin(try await store.write { try $0.beginEpoch() })
        }
        start(seed: chance.next())
    }

    // MARK: - Its own steps

    /// Carries one step out on both sides. - Throws: where they differ.
    func advance(_ hub: inout PairedHub, _ chance: inout SeededChance, isMended: Bool) async throws {
        if !isMended, Int.random(in: 0..<12, using: &chance) == 0, step != .rest(.untilNeeded) {
            step = machine.next(.failed(UpstreamTrouble(.unreachable)))
        }
        switch step {
        case .load: step = machine.next(.loaded(try await ledger(&hub)))
        case .meet(let greeting, let ledger): try await meet(greeting, ledger, &hub)
        case .read(let lane, let ledger, _, _):
            let real = try await store.read {
                try ChangeBatch.read(lane, of: ledger, rowCountMax: 8, byteCountMax: 1 << 20, in: $0)
            }
            let made = mirror.read(lane, of: mirror.disk.ledger(nil), 8, nil)
            try #require(real?.rows.map(\.hash) == made?.rows.map(\.hash))
            try #require(real?.first == made?.first && real?.before == made?.before && real?.lane == made?.lane)
            step = machine.next(.read(real))
        case .push(let batch): try await push(batch, &hub, &chance, isMended)
        case .note(let notes): try await note(notes, &hub)
        case .pull(let request):
            let real = try await upstreams[0].pull(request)
            let made = try Self.whole(request, &hub)
            try hub.agree(real.place, made.place)
            try #require(real.isFresh == made.isFresh && !real.hasMore)
            pulled = made
            step = machine.next(.pulled(real))
        case .keep(let answer):
            let real = try await store.write { try RowMerge.keep(answer, in: $0) }
            if var pulled {
                pulled.isFresh = answer.isFresh
                _ = mirror.keep(pulled, nil)
            }
            try same(real, &hub)
            step = machine.next(.noted(real))
        case .rest(.paused): break
        case .rest: step = machine.next(.rested(Bool.random(using: &chance) ? .needed : .news))
        }
    }

    private func ledger(_ hub: inout PairedHub) async throws -> SyncLedger {
        let real = try await store.read { try SyncLedger.load(in: $0) }
        try same(real, &hub)
        return real
    }

    /// Whether both files say the same of where the box stands.
    private func same(_ real: SyncLedger, _ hub: inout PairedHub) throws {
        let made = mirror.disk.ledger(nil)
        try #require(
            real.lanes == made.lanes && real.node == made.node && real.isPaused == made.isPaused, "\(real) \(made)")
        try #require(real.seen.epoch.isEmpty == made.seen.epoch.isEmpty)
        if !real.seen.epoch.isEmpty { try hub.agree(real.seen, made.seen) }
    }

    private func meet(_ greeting: UpstreamGreeting, _ ledger: SyncLedger, _ hub: inout PairedHub) async throws {
        var greeting = greeting
        greeting.ends = try await store.read { try LaneEnd.read(of: ledger, in: $0) }
        try #require(greeting.ends == mirror.ends(of: mirror.disk.ledger(nil)))
        let real = try await upstreams[0].meet(greeting)
        greeting.seen = hub.modelled(greeting.seen)
        let made = hub.model.meet(greeting)
        try hub.agree(real.place, made.place)
        try #require(real.acked == made.acked)
        step = machine.next(.met(real))
    }

    private func note(_ notes: [SyncNote], _ hub: inout PairedHub) async throws {
        let real = try await store.write { try SyncLedger.note(notes, in: $0) }
        let epoch = real.lanes.last?.epoch ?? ""
        _ = try mirror.note(notes, nil) { epoch }
        try same(real, &hub)
        step = machine.next(.noted(real))
    }

    /// What the model tells in several pages and PostgreSQL in one.
    private static func whole(_ request: PullRequest, _ hub: inout PairedHub) throws -> PullAnswer {
        var request = request
        request.seen = hub.modelled(request.seen)
        request.end = hub.modelled(request.end)
        var answer = hub.model.pull(request)
        while answer.hasMore {
            (request.seen, request.end) = (answer.place, .nowhere)
            let next = hub.model.pull(request)
            try #require(next.place.pos > answer.place.pos, "a page leads on")
            answer.rows += next.rows
            (answer.place, answer.hasMore) = (next.place, next.hasMore)
        }
        return answer
    }

    private func push(
        _ batch: ChangeBatch, _ hub: inout PairedHub, _ chance: inout SeededChance, _ isMended: Bool
    ) async throws {
        let fate = isMended ? 99 : Int.random(in: 0..<20, using: &chance)
        if fate < 2 { return step = machine.next(.failed(UpstreamTrouble(.unreachable))) }
        let isLarge = Bool.random(using: &chance)
        var sent = batch
        // The hash goes as the box has it, and what is under it is another row.
        if fate < 4 { sent.rows[batch.rows.count - 1].kind = "altered" }
        var answer: PushAnswer?
        for _ in 0..<(fate == 4 ? 2 : 1) { answer = try await pushed(sent, isLarge, fate < 4, &hub) }
        guard let answer, fate != 5 else { return step = machine.next(.failed(UpstreamTrouble(.unreachable))) }
        step = machine.next(.pushed(answer, took: .milliseconds(50)))
    }

    private func pushed(
        _ batch: ChangeBatch, _ isLarge: Bool, _ isAltered: Bool, _ hub: inout PairedHub
    ) async throws -> PushAnswer {
        let real = try await upstreams[isLarge ? 1 : 0].push(batch)
        let (partRowCount, isSplit) = (3, isLarge && batch.rows.count > 3)
        let digests = batch.digests(ofParts: isSplit ? partRowCount : batch.rows.count)
        var arriving = batch
        arriving.seen = hub.modelled(batch.seen)
        // A row that is sent with its hash is not altered by what is under it.
        if isAltered, batch.rows[batch.rows.count - 1].isIntact { arriving.rows[batch.rows.count - 1].hash[0] ^= 1 }
        let made =
            isSplit
            ? hub.model.push(arriving, partRowCount: partRowCount, digests: digests)
            : hub.model.push(arriving, digest: digests[0])
        try #require(real.verdict == made.verdict && real.acked == made.acked, "\(real) \(made)")
        try hub.agree(real.place, made.place)
        try #require(real.refused.map(\.n) == made.refused.map(\.n), "\(real) \(made)")
        return real
    }
}
