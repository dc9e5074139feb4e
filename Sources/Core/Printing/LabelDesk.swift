// What people ask of labels: print these, hold that, print it again, is this the one. Everything is a row before a printer
// hears of it (LabelQueue.swift).
import Foundation
import GRDB

/// Labels that somebody asks for.
package struct LabelOrder: Sendable {
    package var printer: Printer.ID
    /// Nil for the design that fits the first of them.
    package var design: DesignChoice?
    package var subjects: [LabelSubject]
    package var copies = 1
    /// Nil for what the printer's codes say.
    package var payload: LabelPayload?
    /// What addresses on labels begin with where the printer has none of its own.
    package var base: String?
    /// The first place of the first sheet that still has its label, from 0.
    package var first = 0

    package init(printer: Printer.ID, subjects: [LabelSubject]) {
        self.printer = printer
        self.subjects = subjects
    }
}

/// Takes orders for labels. Everybody signed in may print labels of gear; badges are for managers.
package struct LabelDesk: Sendable {
    /// Most labels of one order, and most that wait in all.
    package static let orderCountMax = 2_000
    package static let waitingCountMax = 10_000

    let store: Store

    package init(store: Store) { self.store = store }

    /// Queues labels. - Returns: the job.
    ///
    /// - Throws: `invalid` for a design that does not fit; `tooMany`; `notFound`; what ``LabelWriter/write(_:)`` throws.
    package func order(_ order: LabelOrder, by author: Author) async throws -> JSON {
        try await store.write { try Self.order(order, by: author, in: $0) }
    }

    /// Queues labels in a write that is under way.
    static func order(_ order: LabelOrder, by author: Author, in transaction: WriteTransaction) throws -> JSON {
        let database = transaction.database
        let printer = try RecordEdit.find(order.printer, in: database)
        guard !printer.isArchived else { throw Failure(.conflict, "\(printer.name) is archived.", field: "printer") }
        let media = try LabelMedia.named(printer.media)
        let count = order.subjects.count * order.copies
        guard let example = order.subjects.first, order.copies >= 1, count <= orderCountMax else {
            throw Failure(.invalid, "An order is for 1 to \(orderCountMax) labels.", field: "items")
        }
        guard (0..<media.count).contains(order.first) else {
            throw Failure(.invalid, "A sheet has the places 0 to \(media.count - 1).", field: "first")
        }
        if author.role < .manager, order.subjects.contains(where: { $0.kind == "person" }) {
            throw Failure(.forbidden, "Badges are printed by a manager.")
        }
        let waiting =
            try Int.fetchOne(
                database.cachedStatement(sql: "SELECT count(*) FROM label_item WHERE state = 'waiting'")) ?? 0
        guard waiting + count <= waitingCountMax else {
            throw Failure(.tooMany, "\(waiting) labels wait already. Print these when some are done.")
        }
        let layout = try example.layout(order.design, on: media, in: database)
        let writer = try LabelWriter(order.payload ?? printer.payload, base: printer.base ?? order.base, in: database)
        var items: [(LabelSubject, name: String, content: LabelContent)] = []
        for subject in order.subjects {
            for _ in 0..<order.copies {
                let (name, content) = try writer.write(subject)
                items.append((subject, name, content))
            }
        }
        let title = title(of: items.map { ($0.0, $0.name) })
        return try open(items, layout, title, on: printer, first: order.first, by: author, in: transaction)
    }

    private static func title(of items: [(subject: LabelSubject, name: String)]) -> String {
        guard let first = items.first, items.count > 1 else { return items.first?.name ?? "" }
        if items.allSatisfy({ $0.subject == .blank }) { return "\(items.count) blank labels" }
        if items.allSatisfy({ $0.subject == first.subject }) { return "\(first.name), \(items.count) times" }
        return "\(first.name) and \(items.count - 1) more"
    }

    private static func open(
        _ items: [(subject: LabelSubject, name: String, content: LabelContent)], _ layout: LabelLayout,
        _ title: String, on printer: Printer, first: Int, by author: Author, in transaction: WriteTransaction
    ) throws -> JSON {
        let database = transaction.database
        let id: LabelJob.ID = transaction.newID()
        try database.execute(
            sql: """
                INSERT INTO label_job (id, printer, media, title, state, first, total, person, device, at)
                VALUES (?, ?, ?, ?, 'printing', ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.rawValue, printer.id.rawValue, printer.media, title, first, items.count, author.person?.rawValue,
                author.device, transaction.milliseconds,
            ])
        let statement = try database.cachedStatement(
            sql: "INSERT INTO label_item (job, n, kind, subject, name, layout, content) VALUES (?, ?, ?, ?, ?, ?, ?)")
        let layoutText = layout.json.text
        for (place, item) in items.enumerated() {
            try statement.execute(arguments: [
                id.rawValue, place + 1, item.subject.kind, item.subject.id, item.name, layoutText,
                item.content.json.text,
            ])
        }
        try LabelJob.note(id, "ordered", by: author, in: transaction)
        return try LabelJob.find(id, in: database).json
    }

    /// What a label would say. - Throws: as ``order(_:by:)``.
    package func draft(
        _ subject: LabelSubject, on printer: Printer.ID?, media key: String?, design: DesignChoice?,
        payload: LabelPayload?, base: String?, by author: Author
    ) async throws -> LabelDraft {
        try await store.read { database in
            if author.role < .manager, case .person = subject {
                throw Failure(.forbidden, "Badges are printed by a manager.")
            }
            let printer = try printer.map { try RecordEdit.find($0, in: database) }
            let media = try LabelMedia.named(key ?? printer?.media ?? "zebra-57x32")
            let layout = try subject.layout(design, on: media, in: database)
            let writer = try LabelWriter(
                payload ?? printer?.payload ?? .opaque, base: printer?.base ?? base, in: database)
            return LabelDraft(
                layout: layout, content: try writer.write(subject).content, media: media,
                resolution: printer?.resolution ?? 203, logo: try Self.logo(of: printer, in: database))
        }
    }

    static func logo(of printer: Printer?, in database: Database) throws -> [UInt8]? {
        guard let logo = printer?.logo else { return nil }
        let bytes = try Data.fetchOne(
            database.cachedStatement(sql: "SELECT bytes FROM picture WHERE id = ?"), arguments: [logo])
        return bytes.map { [UInt8]($0) }
    }
}

/// A label that was not asked for yet.
package struct LabelDraft: Sendable {
    package let layout: LabelLayout
    package let content: LabelContent
    package let media: LabelMedia
    package let resolution: Int
    package let logo: [UInt8]?
}

// MARK: - Jobs

extension LabelDesk {
    /// The last jobs, the newest first, those that are not done before all others.
    package func jobs(limit: Int) async throws -> [JSON] {
        try await store.read { database in
            try LabelJob.fetchAll(
                database.cachedStatement(
                    sql: LabelJob.selection + """
                         ORDER BY label_job.state IN ('printing', 'paused') DESC, label_job.place DESC LIMIT ?
                        """), arguments: [limit]
            ).map(\.json)
        }
    }

    /// A job with its items: all, or those that need somebody first when there are more than fit.
    package func job(_ id: LabelJob.ID) async throws -> JSON {
        try await store.read { database in
            let job = try LabelJob.find(id, in: database)
            let items = try LabelItem.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT * FROM label_item WHERE job = ?
                        ORDER BY state IN ('unsure', 'failed') DESC, n LIMIT 500
                        """), arguments: [id.rawValue])
            return job.json.adding(["items": .array(items.map(\.json))])
        }
    }

    /// Holds a job, lets it go on, or gives up what was not printed yet.
    ///
    /// - Throws: `conflict` for a job that is done; `notFound`.
    package func set(_ state: LabelJob.State, of id: LabelJob.ID, by author: Author) async throws -> JSON {
        try await store.write { transaction in
            let database = transaction.database
            let job = try LabelJob.find(id, in: database)
            guard [.printing, .paused].contains(job.state), state != .done else {
                throw Failure(.conflict, "This job is \(job.state.rawValue) already.")
            }
            guard job.state != state else { return job.json }
            if state == .cancelled {
                try database.execute(
                    sql: "UPDATE label_item SET state = 'cancelled', at = ? WHERE job = ? AND state = 'waiting'",
                    arguments: [transaction.milliseconds, id.rawValue])
            }
            try database.execute(
                sql: "UPDATE label_job SET state = ?, trouble = NULL WHERE id = ?",
                arguments: [state.rawValue, id.rawValue])
            try LabelJob.note(id, state.rawValue, by: author, in: transaction)
            return try LabelJob.find(id, in: database).json
        }
    }

    /// Prints labels of a job again, as they were: all that failed or are unsure, or one.
    ///
    /// - Throws: `conflict` when there are none; `notFound`.
    package func again(_ id: LabelJob.ID, item n: Int?, by author: Author) async throws -> JSON {
        try await store.write { transaction in
            let database = transaction.database
            let job = try LabelJob.find(id, in: database)
            let printer = try RecordEdit.find(job.printer.id, in: database)
            let items = try LabelItem.fetchAll(
                database,
                sql: """
                    SELECT * FROM label_item WHERE job = ?1
                      AND CASE WHEN ?2 IS NULL THEN state IN ('unsure', 'failed', 'cancelled') ELSE n = ?2 END
                    ORDER BY n
                    """, arguments: [id.rawValue, n])
            guard let layout = items.first?.layout else {
                throw Failure(.conflict, n == nil ? "All labels of this job were printed." : "There is no such label.")
            }
            let wanted = try items.map { item in
                (
                    subject: try LabelSubject(["kind": .string(item.kind), "id": .optional(item.subject)]),
                    name: item.name, content: item.content
                )
            }
            if author.role < .manager, wanted.contains(where: { $0.subject.kind == "person" }) {
                throw Failure(.forbidden, "Badges are printed by a manager.")
            }
            try LabelMedia.named(printer.media).check(layout)
            let title = "\(items.count == 1 ? items[0].name : "\(items.count) labels"), again"
            let made = try Self.open(wanted, layout, title, on: printer, first: 0, by: author, in: transaction)
            // What nobody knew about is settled by printing it again.
            try database.execute(
                sql: """
                    UPDATE label_item SET state = 'cancelled', trouble = 'Printed again.'
                    WHERE job = ?1 AND state IN ('unsure', 'failed') AND (?2 IS NULL OR n = ?2)
                    """, arguments: [id.rawValue, n])
            try LabelJob.settle(id, in: transaction)
            try LabelJob.note(id, "settled", by: author, in: transaction)
            return made
        }
    }

    /// Says which label of a job a scanned code is on, and that it can be read.
    ///
    /// - Throws: `notFound` when it is on none of them, with what it stands for.
    package func verify(_ text: String, in id: LabelJob.ID) async throws -> JSON {
        let code = ScanCode(raw: Array(text.utf8), symbology: nil)
        return try await store.write { transaction in
            let database = transaction.database
            _ = try LabelJob.find(id, in: database)
            var asset: Asset?
            if let found = try CodeOwner.find(code, in: database)?.asset { asset = found }
            let item = try LabelItem.fetchOne(
                database,
                sql: """
                    SELECT * FROM label_item WHERE job = ?1 AND (
                      content ->> '$.code' = ?2 COLLATE NOCASE OR content ->> '$.shortCode' = ?2 COLLATE NOCASE
                      OR (kind = 'asset' AND subject = ?3))
                    ORDER BY matched IS NOT NULL, n LIMIT 1
                    """, arguments: [id.rawValue, code.text, asset?.id.rawValue])
            guard let item else {
                let what = asset.map { "That is \($0.number), which" } ?? "That code"
                throw Failure(.notFound, "\(what) is not on a label of this job.", field: "code")
            }
            try database.execute(
                sql: """
                    UPDATE label_item SET matched = ?, at = coalesce(at, ?),
                      state = CASE WHEN state IN ('unsure', 'sent', 'printing') THEN 'printed' ELSE state END
                    WHERE job = ? AND n = ?
                    """, arguments: [transaction.milliseconds, transaction.milliseconds, id.rawValue, item.n])
            try LabelJob.settle(id, in: transaction)
            let job = try LabelJob.find(id, in: database)
            try LabelJob.note(id, "matched", by: Author(), in: transaction)
            return ["n": .int(Int64(item.n)), "name": .string(item.name), "job": job.json]
        }
    }
}
