// The unmodified daemon, killed two hundred times under scans. What it answered or pushed is in the file, once.
import Chance
import Core
import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@Suite struct KillTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seed = environment["KILL_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0 ... .max)
    private static let rounds = environment["KILLS"].flatMap { Int($0) } ?? 200

    @Test func `nothing that was answered or pushed is lost in two hundred kills`() async throws {
        let folder = NSTemporaryDirectory() + "depotd-kill-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let ledger = KillLedger(seed: Self.seed)
        for round in 0..<Self.rounds {
            try await KillRound(number: round, folder: folder, ledger: ledger).run()
            guard round % 20 == 19 || round == Self.rounds - 1 else { continue }
            let faults = try ledger.faults(in: folder + "/depot.sqlite")
            try #require(faults.isEmpty, "KILL_SEED=\(Self.seed), round \(round): \(faults.prefix(5))")
        }
        #expect(ledger.answeredCount > Self.rounds)
        #expect(ledger.pushedCount > Self.rounds)
    }
}

/// What the daemon told anybody in all its lives.
private final class KillLedger: Sendable {
    private struct Told {
        var chance: SeededChance
        /// The id of the scan by its key.
        var answered: [String: String] = [:]
        /// Keys that were sent and not answered, with their codes.
        var open: [String: String] = [:]
        /// Frames by place.
        var pushed: [Int64: [UInt8]] = [:]
        var faults: [String] = []
    }

    private let told: Mutex<Told>

    init(seed: UInt64) { told = Mutex(Told(chance: SeededChance(seed: seed))) }

    var answeredCount: Int { told.withLock { $0.answered.count } }
    var pushedCount: Int { told.withLock { $0.pushed.count } }
    var open: [String: String] { told.withLock { $0.open } }

    func draw(_ range: ClosedRange<Int>) -> Int { told.withLock { Int.random(in: range, using: &$0.chance) } }

    func send(_ key: String, _ code: String) { told.withLock { $0.open[key] = code } }

    func answer(_ key: String, _ id: String) {
        told.withLock { told in
            told.open[key] = nil
            if let before = told.answered.updateValue(id, forKey: key), before != id {
                told.faults.append("\(key) was answered as two scans")
            }
        }
    }

    func push(_ seq: Int64, _ frame: [UInt8]) {
        told.withLock { told in
            if let before = told.pushed.updateValue(frame, forKey: seq), before != frame {
                told.faults.append("seq \(seq) was pushed twice and differs")
            }
        }
    }

    /// Compares the file of a daemon that is dead with everything it told.
    func faults(in path: String) throws -> [String] {
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: path, configuration: configuration).read { database in
            let told = told.withLock { $0 }
            let sound = try String.fetchAll(database, sql: "PRAGMA integrity_check")
            let changes = try Change.fetchAll(database, sql: "SELECT * FROM change ORDER BY seq")
            let scans = try Row.fetchAll(database, sql: "SELECT id, key FROM scan")
            return told.faults + sound.filter { $0 != "ok" } + Self.logFaults(changes, told)
                + Self.scanFaults(scans, changes, told)
        }
    }

    private static func logFaults(_ changes: [Change], _ told: Told) -> [String] {
        var faults: [String] = []
        if changes.map(\.position.seq) != Array(1...Int64(changes.count)) { faults.append("the log has gaps") }
        for (seq, frame) in told.pushed {
            guard seq <= changes.count else {
                faults.append("pushed seq \(seq) is lost")
                continue
            }
            if changes[Int(seq) - 1].frame != frame { faults.append("seq \(seq) is another fact now") }
        }
        return faults
    }

    private static func scanFaults(_ scans: [Row], _ changes: [Change], _ told: Told) -> [String] {
        var faults: [String] = []
        // A key is stored with its owner before it.
        let pairs = scans.map { row in
            (String((row["key"] as String).split(separator: ":").last ?? ""), row["id"] as String)
        }
        let ids = Dictionary(pairs) { first, _ in
            faults.append("one key has two scans: \(first)")
            return first
        }
        for (key, id) in told.answered where ids[key] != id {
            faults.append(ids[key] == nil ? "\(key) was answered and is lost" : "\(key) is another scan now")
        }
        let outcomes = changes.filter { $0.topic == .scans && $0.kind == "outcome" }.map(\.subject)
        if Set(outcomes).count != outcomes.count { faults.append("a scan has two outcomes") }
        return faults
    }
}

/// One life of the daemon: started, scanned at from several connections, killed.
private struct KillRound {
    let number: Int
    let folder: String
    let ledger: KillLedger

    func run() async throws {
        let daemon = try Daemon(
            ["demo", "--json", "--data", folder, "--listen", "127.0.0.1:0"],
            environment: ["DEPOTD_READERS_ENABLED": "false"])
        // Now and then it dies while it starts.
        if number % 10 == 9 {
            let delay = Duration.milliseconds(ledger.draw(0...150))
            try await Task.sleep(for: delay)
            return daemon.kill()
        }
        let line = try await onOwnThread { daemon.readLine() }
        let ready = Fields(Array(line.utf8))
        let token = try #require(ready.text("token"))
        let port = UInt16(try #require(URL(string: ready.text("url") ?? "")?.port))
        let answers = Gathered<Int>()
        let enough = ledger.draw(1...20)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await onOwnThread { listen(port, token) } }
            for sender in 0..<3 {
                group.addTask { try await onOwnThread { post(sender, port, token) { answers.add(sender) } } }
            }
            let isWorth = try await onOwnThread {
                defer { daemon.kill() }
                return waits(upTo: 20) { answers.count >= enough }
            }
            #expect(isWorth, "round \(number)")
            try await group.waitForAll()
        }
    }

    private func listen(_ port: UInt16, _ token: String) {
        let headers = ["Host": "127.0.0.1:\(port)", "Authorization": "Bearer \(token)"]
        guard let socket = try? WireSocket(port: port, path: "/api/v1/live", headers: headers) else { return }
        let client = LiveClient(socket: socket)
        let topics = Topic.allCases.filter { $0.role == .crew }.map { JSON.string($0.rawValue) }
        try? client.send(["type": "subscribe", "topics": .array(topics)])
        while let frame = try? client.socket.readFrame(within: 30) {
            let message = Fields(frame.payload)
            guard message.text("type") == "change", let seq = message.number("seq") else { continue }
            ledger.push(Int64(seq), frame.payload)
        }
    }

    /// Posts until the connection breaks: what was not answered before, then new scans, some of them twice.
    private func post(_ sender: Int, _ port: UInt16, _ token: String, answered: () -> Void) {
        guard let wire = try? Wire(port: port) else { return }
        let mine = ledger.open.filter { key, _ in key.hasPrefix("k\(sender)-") }
        for (key, code) in mine {
            guard send(code, key, on: wire, port, token) else { return }
            answered()
        }
        for count in 0... {
            let key = "k\(sender)-\(number)-\(count)"
            let code = ["CAM-\(ledger.draw(1...12))", "LENS-1", "BADGE-BEN", "NEW-\(ledger.draw(1...3))"][
                ledger.draw(0...3)]
            for _ in 0...(ledger.draw(0...9) == 0 ? 1 : 0) {
                guard send(code, key, on: wire, port, token) else { return }
            }
            answered()
        }
    }

    private func send(_ code: String, _ key: String, on wire: Wire, _ port: UInt16, _ token: String) -> Bool {
        ledger.send(key, code)
        let body = (["code": .string(code)] as JSON).bytes
        let head = [
            "POST /api/v1/scans HTTP/1.1", "Host: 127.0.0.1:\(port)", "Authorization: Bearer \(token)",
            "Idempotency-Key: \(key)", "Content-Length: \(body.count)", "", "",
        ]
        guard (try? wire.send(Array(head.joined(separator: "\r\n").utf8) + body)) != nil,
            let answer = try? wire.readAnswer(within: 20), (200...201).contains(answer.status),
            let id = Fields(answer.body).text("id")
        else { return false }
        ledger.answer(key, id)
        return true
    }
}
