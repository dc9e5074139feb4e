// The audit trail: complete, final, and found again by who, what, where and when.
import Core
import Foundation
import GRDB
import Synchronization
import Testing

@Suite struct AuditTests {
    @Test func `what was logged can be neither edited nor removed`() async throws {
        let depot = try await TestDepot()
        let file = try DatabaseQueue(path: depot.store.path)
        for sql in [
            "UPDATE change SET body = '{}'", "UPDATE change SET actor = NULL WHERE seq = 1", "DELETE FROM change",
        ] {
            #expect(throws: DatabaseError.self) { try file.write { try $0.execute(sql: sql) } }
        }
        #expect(try await depot.store.changes(after: 0, limit: 10).isEmpty == false)
    }

    @Test func `a change says who asked and from where, unless its author says better`() async throws {
        let depot = try await TestDepot()
        let origin = Origin(person: depot.ana, device: "phone", address: "192.168.4.20")
        let trail = AuditTrail(store: depot.store)
        try await Origin.$current.withValue(origin) {
            try await trail.note(.signedIn, subject: "x", [:])
            try await trail.note(.signedIn, subject: "y", by: Author(person: depot.ben, device: "door"), [:])
        }
        try await trail.note(.signedIn, subject: "z", [:])
        let entries = try await depot.store.changes(after: 0, limit: 1_000).filter { $0.topic == .audit }
        #expect(entries.map(\.actor) == [depot.ana.rawValue, depot.ben.rawValue, nil])
        #expect(entries.map(\.device) == ["phone", "door", nil])
        #expect(entries.map(\.address) == ["192.168.4.20", "192.168.4.20", nil])
    }

    /// A depot with entries of two people, a minute apart.
    private static func filled(_ count: Int) async throws -> (depot: TestDepot, trail: AuditTrail) {
        let depot = try await TestDepot()
        let trail = AuditTrail(store: depot.store)
        for number in 1...count {
            depot.clock.advance(.seconds(60))
            let origin = Origin(
                person: number.isMultiple(of: 2) ? depot.ana : depot.ben, device: number == 3 ? "phone" : nil,
                address: "10.0.0.\(number)")
            try await Origin.$current.withValue(origin) {
                try await trail.note(
                    number == 4 ? .refused : .signedIn, subject: "s\(number)", ["note": .string("Number \(number).")])
            }
        }
        return (depot, trail)
    }

    private static func subjects(_ page: JSON) -> [String] {
        guard case .array(let items)? = page["items"] else { return [] }
        return items.compactMap { $0["subject"]?.string }
    }

    @Test func `entries are found by who, what, from where and when`() async throws {
        let (depot, trail) = try await Self.filled(8)
        let end = depot.clock.now
        let questions: [((inout AuditQuery) -> Void, [String])] = [
            ({ $0.person = depot.ana }, ["s8", "s6", "s4", "s2"]), ({ $0.device = "phone" }, ["s3"]),
            ({ $0.device = "10.0.0.7" }, ["s7"]), ({ $0.kind = "refused" }, ["s4"]), ({ $0.subject = "s5" }, ["s5"]),
            ({ $0.text = "NUMBER 6" }, ["s6"]), ({ $0.text = "%" }, []),
            ({ $0.from = end.addingTimeInterval(-60) }, ["s8", "s7"]),
            ({ $0.to = end.addingTimeInterval(-6 * 60) }, ["s1"]),
            ({ $0.from = end.addingTimeInterval(1) }, []),
        ]
        for (index, question) in questions.enumerated() {
            var query = AuditQuery()
            query.topic = .audit
            question.0(&query)
            #expect(try await Self.subjects(trail.list(query)) == question.1, "question \(index)")
        }
    }

    @Test func `pages follow each other without a gap and end`() async throws {
        let (depot, trail) = try await Self.filled(7)
        defer { withExtendedLifetime(depot) {} }
        var query = AuditQuery()
        query.topic = .audit
        query.limit = 3
        var seen: [String] = []
        for _ in 1...10 {
            let page = try await trail.list(query)
            seen += Self.subjects(page)
            query.cursor = page["next"]?.string
            if query.cursor == nil { break }
        }
        #expect(seen == (1...7).reversed().map { "s\($0)" } && query.cursor == nil)
        query.cursor = "bm90aGluZw"
        await #expect(throws: Failure(.invalid, "")) { try await trail.list(query) }
    }

    @Test func `the table has who, what, old and new, and no formula`() async throws {
        let depot = try await TestDepot()
        let trail = AuditTrail(store: depot.store)
        let origin = Origin(person: depot.ana, device: "=cmd|calc", address: "10.0.0.1")
        let camera = try await depot.asset("CAM-1")
        try await Origin.$current.withValue(origin) {
            _ = try await depot.register.setStatus(
                of: camera, to: .maintenance, note: "=1+1", ifVersion: nil, actor: nil, device: nil)
        }
        let bytes = Mutex<[UInt8]>([])
        try await trail.table(AuditQuery()) { piece in bytes.withLock { $0 += piece } }
        let rows = String(decoding: bytes.withLock { $0 }, as: UTF8.self).split(separator: "\r\n")
        #expect(rows[0].hasSuffix("time,seq,person,device,address,topic,kind,subject,name,old,new"))
        let row = try #require(rows.first { $0.contains(",assets,status,") })
        #expect(row.contains("Ana Vidal,'=cmd|calc,10.0.0.1") && row.contains("CAM-1"))
        #expect(row.contains("maintenance") && row.contains("available"))
    }
}
