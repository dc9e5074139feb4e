// Labels that were asked for together, as rows: a job, and an item for each label. Written by LabelDesk (what is asked for)
// and LabelQueue (what became of it).
import Foundation
package import GRDB

/// Labels that were asked for together.
package struct LabelJob: Sendable, FetchableRecord {
    package typealias ID = Identifier<LabelJob>

    /// How far it is.
    package enum State: String, Sendable, CaseIterable {
        case printing, paused, done, cancelled
    }

    package let id: ID
    package let printer: NamedReference<Printer>
    package let media: String
    package let title: String
    package let state: State
    /// The first place of the first sheet that still has its label, from 0.
    let first: Int
    package let total: Int
    /// What holds it up, or why its last label did not come out, in words.
    package let trouble: String?
    let actor: NamedReference<Person>?
    let at: Date
    let place: Int64
    /// How many items there are in each state.
    package let counts: [LabelItem.State: Int]
    let matched: Int

    package init(row: Row) throws {
        id = row["id"]
        printer = NamedReference(id: row["printer"], name: row["printer_name"])
        media = row["media"]
        title = row["title"]
        state = State(rawValue: row["state"]) ?? .done
        first = row["first"]
        total = row["total"]
        trouble = row["trouble"]
        actor = NamedReference(id: row["person"], name: row["person_name"])
        at = Date(milliseconds: row["at"])
        place = row["place"]
        let pairs = try JSON(parsing: Array((row["counts"] as String).utf8)).members.compactMap { member in
            LabelItem.State(rawValue: member.key).map { ($0, Int(member.value.text) ?? 0) }
        }
        counts = Dictionary(pairs) { first, _ in first }
        matched = row["matched"]
    }

    static let selection = """
        SELECT label_job.*, printer.name AS printer_name, person.name AS person_name,
          (SELECT coalesce(json_group_object(state, count), '{}')
           FROM (SELECT state, count(*) AS count FROM label_item WHERE job = label_job.id GROUP BY state)) AS counts,
          (SELECT count(*) FROM label_item WHERE job = label_job.id AND matched IS NOT NULL) AS matched
        FROM label_job JOIN printer ON printer.id = label_job.printer
        LEFT JOIN person ON person.id = label_job.person
        """

    /// - Throws: `notFound`.
    static func find(_ id: ID, in database: Database) throws -> LabelJob {
        let job = try fetchOne(
            database.cachedStatement(sql: selection + " WHERE label_job.id = ?"), arguments: [id.rawValue])
        guard let job else { throw Failure(.notFound, "There is no such job of labels.") }
        return job
    }

    /// The job as the API and the topic `labels` give it.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "title": .string(title), "printer": printer.json, "media": .string(media),
            "state": .string(state.rawValue), "trouble": .optional(trouble), "total": .int(Int64(total)),
            "counts": .object(
                LabelItem.State.allCases.map { .init(key: $0.rawValue, value: .int(Int64(counts[$0] ?? 0))) }),
            "matched": .int(Int64(matched)), "actor": actor.orNull(), "at": .time(at),
        ]
    }

    /// Forgets what went wrong with a job that is over when nothing of it needs anybody any more.
    static func settle(_ id: ID, in transaction: WriteTransaction) throws {
        try transaction.database.execute(
            sql: """
                UPDATE label_job SET trouble = NULL
                WHERE id = ?1 AND state IN ('done', 'cancelled') AND NOT EXISTS
                  (SELECT 1 FROM label_item WHERE job = ?1 AND state IN ('unsure', 'failed'))
                """, arguments: [id.rawValue])
    }

    /// Tells the screens and the log what became of the job.
    static func note(_ id: ID, _ kind: String, by author: Author, in transaction: WriteTransaction) throws {
        let job = try find(id, in: transaction.database)
        try transaction.append(
            .labels, "job.\(kind)", subject: id.rawValue, actor: author.person?.rawValue, device: author.device,
            job.json)
    }
}

/// One label of a job.
package struct LabelItem: Sendable, FetchableRecord {
    /// What became of it.
    package enum State: String, Sendable, CaseIterable {
        case waiting, printing, printed
        /// The printer took it and does not say more.
        case sent
        /// Nobody can know whether it came out.
        case unsure
        case failed, cancelled
    }

    let job: LabelJob.ID
    let n: Int
    let kind: String
    let subject: String?
    let name: String
    let layout: LabelLayout
    package let content: LabelContent
    package let state: State
    let ticket: Int?
    let trouble: String?
    let matched: Date?

    package init(row: Row) throws {
        job = row["job"]
        n = row["n"]
        kind = row["kind"]
        subject = row["subject"]
        name = row["name"]
        layout = try LabelLayout(json: row["layout"])
        content = try LabelContent(json: row["content"])
        state = State(rawValue: row["state"]) ?? .failed
        ticket = row["ticket"]
        trouble = row["trouble"]
        matched = (row["matched"] as Int64?).map { Date(milliseconds: $0) }
    }

    /// The item as the API gives it. What a badge says opens doors, so nobody is told it here.
    package var json: JSON {
        let code = kind == "person" ? "" : content.code
        return [
            "n": .int(Int64(n)), "kind": .string(kind), "subject": .optional(subject), "name": .string(name),
            "code": .string(code), "state": .string(state.rawValue), "trouble": .optional(trouble),
            "matchedAt": matched.map(JSON.time) ?? .null,
        ]
    }
}
