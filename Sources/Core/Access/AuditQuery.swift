// Reading the audit trail back: newest first, a page at a time, and as a table. The log has millions of rows and no index
// for every question, so a page looks at a bounded stretch of it and says from where to go on.
package import Foundation
import GRDB

/// Which entries to show.
package struct AuditQuery: Sendable {
    package var person: Person.ID?
    /// A device's or program's name, or an address.
    package var device: String?
    package var topic: Topic?
    package var kind: String?
    package var subject: String?
    package var from: Date?
    package var to: Date?
    /// Text that must occur in what was changed.
    package var text = ""
    package var cursor: String?
    package var limit = 50

    package init() {}

    /// Most rows of one page.
    package static let limitMax = 200
    /// Most rows of the log that one page looks at: some tens of milliseconds.
    static let examinedCountMax: Int64 = 20_000

    /// The filters as SQL on `change`, each with its argument.
    var conditions: [(sql: String, argument: any DatabaseValueConvertible)] {
        var conditions: [(String, any DatabaseValueConvertible)] = []
        if let person { conditions.append(("actor = ?", person.rawValue)) }
        if let device { conditions.append(("? IN (device, address)", device)) }
        if let topic { conditions.append(("topic = ?", topic.rawValue)) }
        if let kind { conditions.append(("kind = ?", kind)) }
        if let subject { conditions.append(("subject = ?", subject)) }
        if !text.isEmpty { conditions.append(("instr(lower(body), lower(?)) > 0", text)) }
        return conditions
    }
}

extension AuditTrail {
    /// One page, newest first: `{"items": [{"seq", "at", "person", "device", "address", "topic", "kind", "subject",
    /// "data"}], "next"}`. `next` is null at the end; a page may be short and still have one.
    ///
    /// - Throws: `invalid` for a cursor this list did not give out.
    package func list(_ query: AuditQuery) async throws -> JSON {
        let cursor = try query.cursor.map(Self.seq(of:))
        return try await store.read { database in
            let bounds = try Self.bounds(of: query, in: database)
            let end = cursor.map { min($0, bounds.end) } ?? bounds.end
            let start = max(bounds.start, end - AuditQuery.examinedCountMax)
            let rows = try Self.rows(query, from: start, to: end, limit: query.limit, in: database)
            let reached: Int64 = rows.count == query.limit ? (rows.last?["seq"] ?? start) : start
            return [
                "items": .array(try rows.map(Self.json)),
                "next": reached > bounds.start ? .string(ListCursor.text(["audit", String(reached)])) : .null,
            ]
        }
    }

    /// All that the query asks for as a table, newest first, in pieces.
    package func table(_ query: AuditQuery, to sink: @escaping ExportDesk.Sink) async throws {
        var head = CSVWriter()
        head.append(["time", "seq", "person", "device", "address", "topic", "kind", "subject", "name", "old", "new"])
        try sink(head.take())
        let bounds = try await store.read { try Self.bounds(of: query, in: $0) }
        var end = bounds.end
        while end > bounds.start {
            try Task.checkCancellation()
            let start = max(bounds.start, end - AuditQuery.examinedCountMax / 4)
            try await store.read(isLong: true) { [end] database in
                let rows = try Self.rows(query, from: start, to: end, limit: Int(end - start), in: database)
                var writer = CSVWriter(continuing: ())
                for row in rows { writer.append(try Self.cells(row)) }
                try sink(writer.take())
            }
            end = start
        }
    }

    /// The rows with `start <= seq < end` that fit, newest first.
    private static func rows(
        _ query: AuditQuery, from start: Int64, to end: Int64, limit: Int, in database: Database
    ) throws -> [Row] {
        var arguments = StatementArguments([start, end])
        var sql = """
            SELECT change.*, person.name AS actor_name FROM change
            LEFT JOIN person ON person.id = change.actor WHERE seq >= ? AND seq < ?
              AND topic <> 'chat'
            """
        for condition in query.conditions {
            sql += " AND " + condition.sql
            arguments += [condition.argument]
        }
        return try Row.fetchAll(database, sql: sql + " ORDER BY seq DESC LIMIT ?", arguments: arguments + [limit])
    }

    /// The places of the log within the times asked for: from `start` on, before `end`. Hybrid times grow with the
    /// places, so each bound is found by halving.
    private static func bounds(of query: AuditQuery, in database: Database) throws -> (start: Int64, end: Int64) {
        let last = try Int64.fetchOne(database, sql: "SELECT max(seq) FROM change") ?? 0
        let statement = try database.cachedStatement(sql: "SELECT hlc FROM change WHERE seq >= ? ORDER BY seq LIMIT 1")
        func place(notBefore date: Date) throws -> Int64 {
            let bound = date.milliseconds << 16
            var (low, high) = (Int64(1), last + 1)
            while low < high {
                let middle = (low + high) / 2
                let time = try Int64.fetchOne(statement, arguments: [middle]) ?? .max
                if time < bound { low = middle + 1 } else { high = middle }
            }
            return low
        }
        return (try query.from.map(place(notBefore:)) ?? 1, try query.to.map(place(notBefore:)) ?? last + 1)
    }

    private static func seq(of cursor: String) throws -> Int64 {
        let parts = try ListCursor.parts(of: cursor, count: 2)
        guard parts[0] == "audit", let seq = Int64(parts[1]), seq > 0 else { throw ListCursor.stranger }
        return seq
    }

    private static func json(_ row: Row) throws -> JSON {
        let change = try Change(row: row)
        let name: String? = row["actor_name"]
        return [
            "seq": .int(change.position.seq), "at": .time(change.time.date),
            "person": change.actor.map { ["id": .string($0), "name": .optional(name)] } ?? .null,
            "device": .optional(change.device), "address": .optional(change.address),
            "topic": .string(change.topic.rawValue), "kind": .string(change.kind), "subject": .string(change.subject),
            "data": .verbatim(change.body),
        ]
    }

    private static func cells(_ row: Row) throws -> [String] {
        let change = try Change(row: row)
        let body = try JSON(parsing: change.body)
        let before = body["before"] ?? .null
        let changed = body.members.filter { !["id", "before"].contains($0.key) }
        let name = ["number", "name", "code"].lazy.compactMap { body[$0]?.string }.first ?? ""
        return [
            change.time.date.iso8601, String(change.position.seq), (row["actor_name"] as String?) ?? change.actor ?? "",
            change.device ?? "", change.address ?? "", change.topic.rawValue, change.kind, change.subject, name,
            before == .null ? "" : before.text, JSON.object(changed).text,
        ]
    }
}
