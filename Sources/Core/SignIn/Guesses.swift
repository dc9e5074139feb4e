// How often somebody was wrong, and how long they have to wait for it. Counted for a name and where it was tried from,
// so that guessing in one place does not keep the honest out in another. Counts are in memory, and what was wrong is in
// the box's file too, so that pulling the plug is no way to guess on.
import Foundation
import GRDB
private import Synchronization

/// Who comes to sign in, as far as it shows before they do.
package struct Visitor: Sendable {
    /// The peer's address, without its port.
    package var address: String
    /// What the browser calls itself.
    package var agent: String
    /// The trusted screen it is; nil for any other browser.
    package var screen: TrustedScreen?
    /// Whether it is on this machine.
    package var isLocal: Bool

    package init(address: String, agent: String = "", screen: TrustedScreen? = nil, isLocal: Bool = false) {
        self.address = address
        self.agent = agent
        self.screen = screen
        self.isLocal = isLocal
    }

    /// What guesses from here are counted under: the screen, else the address, of which a machine has a whole /64 in
    /// IPv6.
    var source: String {
        if let screen { return screen.id.rawValue }
        guard address.contains(":"), !address.contains(".") else { return address }
        var bytes = in6_addr()
        guard inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        return withUnsafeBytes(of: bytes) { Hex.text($0.prefix(8)) }
    }
}

/// Counts guesses, and makes those who guess wait.
package final class Guesses: Sendable {
    /// How many are free and how long one waits after them.
    package struct Options: Sendable {
        /// Wrong ones for one name from one place before each further one waits.
        package var freePerName = 5
        /// Wrong ones from one address, whatever the names.
        package var freePerAddress = 20
        /// Wrong ones for one name from all addresses that are no trusted screen's; NIST SP 800-63B says at most 100.
        package var freeFromAnywhere = 100
        /// The first wait; it doubles with each further wrong one.
        package var wait = Duration.seconds(5)
        package var waitMax = Duration.seconds(900)
        /// What was not guessed at for this long is forgotten.
        package var memory = Duration.seconds(24 * 3_600)
        /// Most counts kept; beyond, those are forgotten that were not guessed at for longest.
        package var countMax = 10_000

        package init() {}
    }

    private struct Count {
        var wrongCount = 0
        // Seconds of the boot clock, which nobody sets.
        var barredUntil = 0.0
        var touched = 0.0
        /// Whether it is in the file.
        var isKept = false
    }

    private let box: Box
    private let clock: HybridClock
    private let options: Options
    private let counts: Mutex<[[UInt8]: Count]>

    package init(box: Box, clock: HybridClock, options: Options = Options()) throws {
        self.box = box
        self.clock = clock
        self.options = options
        let rows = try box.database.read { try Row.fetchAll($0, sql: "SELECT * FROM guess") }
        let (wall, boot) = (clock.now.timeIntervalSince1970, Double(clock.monotonic) / 1e9)
        let longest = Double(options.waitMax.components.seconds)
        counts = Mutex(
            Dictionary(
                uniqueKeysWithValues: rows.map { row in
                    // The wall clock may have been set meanwhile: nobody waits longer than anybody ever does.
                    let wait = min(longest, (row["barred_until"] as Double) - wall)
                    let age = max(0, wall - (row["touched"] as Double))
                    let count = Count(
                        wrongCount: row["wrong"], barredUntil: boot + wait, touched: boot - age, isKept: true)
                    return (Array(row["key"] as Data), count)
                }))
    }

    static let schema = """
        CREATE TABLE guess (
          key BLOB PRIMARY KEY, wrong INTEGER NOT NULL, barred_until REAL NOT NULL, touched REAL NOT NULL
        ) STRICT;
        """

    /// Counts an attempt, as a wrong one until ``wasRight(_:from:)``: a thousand at once are not a thousand free ones.
    ///
    /// - Parameter name: who is tried, as it was typed: whether there is such a person must make no difference.
    /// - Throws: `tooMany` while one has to wait; the attempt is then not made.
    package func begin(_ name: String, from visitor: Visitor) throws {
        let now = Double(clock.monotonic) / 1e9
        let keys = keys(name, visitor)
        let seconds = counts.withLock { counts -> Double in
            let until = keys.compactMap { counts[$0.key]?.barredUntil }.max() ?? 0
            guard until <= now else { return until - now }
            for (key, free) in keys { note(&counts[key, default: Count()], free: free, at: now) }
            if counts.count > options.countMax { forget(&counts) }
            return 0
        }
        guard seconds > 0 else { return }
        let wait = Int64(seconds.rounded(.up))
        throw Failure(
            .tooMany, "Too many wrong tries. Wait \(wait) \(wait == 1 ? "second" : "seconds") and try again.",
            details: ["retryAfter": .int(wait)])
    }

    /// Writes down what ``begin(_:from:)`` counted. A disk that is full does not keep people from guessing less.
    package func wasWrong(_ name: String, from visitor: Visitor) async {
        let keys = keys(name, visitor).map(\.key)
        counts.withLock { counts in
            for key in keys { counts[key]?.isKept = true }
        }
        await keep(keys)
    }

    /// Takes back what ``begin(_:from:)`` counted, and forgets what was wrong before for this name from here. Who was
    /// never wrong costs the disk nothing.
    package func wasRight(_ name: String, from visitor: Visitor) async {
        let keys = keys(name, visitor)
        let kept = counts.withLock { counts in
            let kept = keys.map(\.key).filter { counts[$0]?.isKept == true }
            counts[keys[0].key] = nil
            for (key, free) in keys.dropFirst() {
                guard var count = counts[key] else { continue }
                count.wrongCount = max(0, count.wrongCount - 1)
                if count.wrongCount < free { count.barredUntil = 0 }
                counts[key] = count
            }
            return kept
        }
        if !kept.isEmpty { await keep(kept) }
    }

    /// Brings the file's rows of these keys to what is counted.
    private func keep(_ keys: [[UInt8]]) async {
        let (wall, boot) = (clock.now.timeIntervalSince1970, Double(clock.monotonic) / 1e9)
        let rows = counts.withLock { counts in keys.map { ($0, counts[$0]) } }
        try? await box.database.write { [options] database in
            for (key, count) in rows {
                guard let count, count.wrongCount > 0 else {
                    try database.execute(sql: "DELETE FROM guess WHERE key = ?", arguments: [Data(key)])
                    continue
                }
                try database.execute(
                    sql: "INSERT OR REPLACE INTO guess (key, wrong, barred_until, touched) VALUES (?, ?, ?, ?)",
                    arguments: [
                        Data(key), count.wrongCount, wall + count.barredUntil - boot, wall + count.touched - boot,
                    ])
            }
            try database.execute(
                sql: """
                    DELETE FROM guess WHERE touched < ?
                    OR key IN (SELECT key FROM guess ORDER BY touched DESC LIMIT -1 OFFSET ?)
                    """,
                arguments: [wall - Double(options.memory.components.seconds), options.countMax])
        }
    }

    /// How many counts are kept.
    package var count: Int { counts.withLock { $0.count } }

    private func note(_ count: inout Count, free: Int, at now: Double) {
        if now - count.touched > Double(options.memory.components.seconds) { count = Count() }
        count.wrongCount += 1
        count.touched = now
        guard count.wrongCount >= free else { return }
        let wait = options.wait.components.seconds << Int64(min(count.wrongCount - free, 20))
        count.barredUntil = now + Double(min(wait, options.waitMax.components.seconds))
    }

    /// The counts an attempt is under, the one for the name from here first. Digests: what is typed may be long.
    private func keys(_ name: String, _ visitor: Visitor) -> [(key: [UInt8], free: Int)] {
        func key(_ parts: String...) -> [UInt8] { SHA256.digest(Array(parts.joined(separator: "\u{0}").utf8)) }
        let (name, source) = (name.folded, visitor.source)
        let own = (key("name", name, source), options.freePerName)
        guard visitor.screen == nil else { return [own] }
        return [
            own, (key("address", source), options.freePerAddress), (key("anywhere", name), options.freeFromAnywhere),
        ]
    }

    /// Forgets a tenth, so that a full table is sorted once for many.
    private func forget(_ counts: inout [[UInt8]: Count]) {
        let oldest = counts.sorted { $0.value.touched < $1.value.touched }.prefix(max(1, options.countMax / 10))
        for entry in oldest { counts[entry.key] = nil }
    }
}
