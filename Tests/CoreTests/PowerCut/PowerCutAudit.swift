// What must hold after a power cut: everything that was told to somebody is there, once, as it was told.
import Foundation
import GRDB

@testable import Core

/// Compares a Store with what was promised.
struct PowerCutAudit {
    let store: Store
    let told: Promises.Told

    /// Sentences about what does not hold.
    func faults() async throws -> [String] {
        try await store.read { [told] database in
            try Self.soundness(database) + Self.log(database, told) + Self.scans(database, told)
                + Self.custody(database)
        }
    }

    private static func soundness(_ database: Database) throws -> [String] {
        let checks = try String.fetchAll(database, sql: "PRAGMA integrity_check")
        let dangling = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").count
        return checks.filter { $0 != "ok" } + (dangling > 0 ? ["\(dangling) rows point to nothing"] : [])
    }

    /// Gapless from 1, `n` too, and every published place holds what was published.
    private static func log(_ database: Database, _ told: Promises.Told) throws -> [String] {
        var faults: [String] = []
        var hashes: [Int64: [UInt8]] = [:]
        var expected: Int64 = 0
        var ns: [String: Int64] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT seq, node, epoch, n, hash FROM change ORDER BY seq") {
            expected += 1
            if row["seq"] != expected { faults.append("the log has a gap before seq \(row["seq"] as Int64)") }
            expected = row["seq"]
            let life = "\(row["node"] as String) \(row["epoch"] as String)"
            if row["n"] != (ns[life] ?? 0) + 1 { faults.append("n has a gap at seq \(expected)") }
            ns[life] = row["n"]
            hashes[expected] = Array(row["hash"] as Data)
        }
        for (seq, hash) in told.published where hashes[seq] != hash {
            faults.append(hashes[seq] == nil ? "published seq \(seq) is lost" : "seq \(seq) is another fact now")
        }
        return faults
    }

    /// Every scan that was answered is there with that answer, and every scan has one outcome in the log.
    private static func scans(_ database: Database, _ told: Promises.Told) throws -> [String] {
        var faults: [String] = []
        var bodies: [String: [UInt8]] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT id, key, body FROM scan") {
            let key: String = row["key"]
            if bodies[key] != nil { faults.append("scan \(key) is there twice") }
            bodies[key] = Array((row["body"] as String? ?? "").utf8)
        }
        for (key, body) in told.outcomes where bodies[key] != body {
            faults.append(
                bodies[key] == nil ? "scan \(key) was answered and is lost" : "scan \(key) changed its outcome")
        }
        let twice = try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM (
                  SELECT scan.id FROM scan LEFT JOIN change
                  ON change.topic = 'scans' AND change.kind = 'outcome' AND change.subject = scan.id
                  GROUP BY scan.id HAVING count(change.seq) <> 1)
                """)
        return faults + (twice == 0 ? [] : ["\(twice ?? 0) scans have not one outcome in the log"])
    }

    /// Who holds what is what the events add up to.
    private static func custody(_ database: Database) throws -> [String] {
        let wrong = try Int.fetchOne(
            database,
            sql: """
                WITH latest AS (
                  SELECT * FROM custody_event AS event WHERE place =
                    (SELECT max(place) FROM custody_event WHERE asset = event.asset))
                SELECT count(*) FROM asset
                LEFT JOIN latest ON latest.asset = asset.id LEFT JOIN custody ON custody.asset = asset.id
                WHERE (latest.kind IN ('out', 'transfer')) IS NOT (custody.asset IS NOT NULL)
                  AND NOT (latest.kind IS NULL AND custody.asset IS NULL)
                  OR custody.asset IS NOT NULL
                    AND (custody.person IS NOT latest.person OR custody.project IS NOT latest.project
                      OR custody.line IS NOT latest.line)
                """)
        return wrong == 0 ? [] : ["\(wrong ?? 0) assets are not where their events left them"]
    }
}
