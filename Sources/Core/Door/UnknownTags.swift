// Codes that nothing answers to. They wait with what was meant by them; when somebody says which gear it is, the code
// is learnt and what was meant is carried out.
import Foundation
import GRDB

/// A code that waits for somebody to say what it is.
package enum UnknownTag {
    package typealias ID = Identifier<UnknownTag>
}

enum UnknownTags {
    /// Lets the code wait, or counts it once more if it waits already.
    ///
    /// - Parameter reason: why, where more is known than that nothing answers to it.
    static func park(
        _ visit: Visit, because reason: String? = nil, in transaction: WriteTransaction
    ) throws -> ScanDecision {
        let outcome = Outcome(
            scan: visit.id, verdict: .unknown, action: .none, word: "UNKNOWN",
            short: reason ?? visit.code.note ?? "Kept in the inbox: say later what it is.",
            spoken: "Unknown code, put it aside", code: visit.code.text, actor: visit.actor, project: visit.project)
        let id = try upsert(visit, in: transaction)
        guard let tag = try WaitingTag.find(id, in: transaction.database) else {
            throw Failure(.internal, "The unknown code was not kept.")
        }
        try transaction.append(
            .unknowns, "waiting", subject: id.rawValue, actor: visit.actor?.id.rawValue, device: visit.scan.reader,
            tag.json)
        return ScanDecision(outcome: outcome)
    }

    /// Takes the code out of the inbox.
    static func settle(_ tag: WaitingTag, as state: String, asset: Asset?, in transaction: WriteTransaction) throws {
        try transaction.database.execute(
            sql: "UPDATE unknown_tag SET state = ?, asset = ? WHERE id = ?",
            arguments: [state, asset?.id.rawValue, tag.id.rawValue])
        try transaction.append(
            .unknowns, "settled", subject: tag.id.rawValue,
            [
                "id": .string(tag.id.rawValue), "code": .string(tag.scanCode.text), "how": .string(state),
                "asset": asset?.brief ?? .null,
            ])
    }

    private static func upsert(_ visit: Visit, in transaction: WriteTransaction) throws -> UnknownTag.ID {
        let key = visit.code.keys.first ?? visit.code.text
        let id: UnknownTag.ID = transaction.newID()
        try transaction.database.cachedStatement(
            sql: """
                INSERT INTO unknown_tag
                  (id, key, code, symbology, state, count, first_at, last_at, scan, door, direction, actor, project)
                VALUES (:id, :key, :code, :symbology, 'waiting', 1, :now, :now, :scan, :door, :direction, :actor, :project)
                ON CONFLICT (key) WHERE state = 'waiting' DO UPDATE SET
                  count = count + 1, last_at = :now, scan = :scan, door = :door, direction = :direction,
                  actor = :actor, project = :project
                """
        ).execute(arguments: [
            "id": id.rawValue, "key": key, "code": visit.code.text, "symbology": visit.code.symbology,
            "now": transaction.milliseconds, "scan": visit.id.rawValue, "door": visit.door.id.rawValue,
            "direction": visit.direction.rawValue, "actor": visit.actor?.id.rawValue,
            "project": visit.project?.id.rawValue,
        ])
        return try UnknownTag.ID.fetchOne(
            transaction.database, sql: "SELECT id FROM unknown_tag WHERE key = ? AND state = 'waiting'",
            arguments: [key]) ?? id
    }
}

/// A waiting code with what was meant by it.
struct WaitingTag: FetchableRecord {
    let id: UnknownTag.ID
    let scanCode: ScanCode
    let count: Int64
    let first: Date
    let last: Date
    let scan: ScanRecord.ID
    let door: NamedReference<Door>
    let direction: Direction
    let actor: NamedReference<Person>?
    let project: NamedReference<Project>?
    /// The read as it came, to carry out what was meant.
    let read: Scan
    /// Its place in the journal.
    let place: Int64

    init(row: Row) throws {
        id = row["id"]
        count = row["count"]
        first = Date(milliseconds: row["first_at"])
        last = Date(milliseconds: row["last_at"])
        scan = row["scan"]
        door = NamedReference(id: row["door"], name: row["door_name"])
        direction = Direction(rawValue: row["direction"]) ?? .both
        actor = NamedReference(id: row["actor"], name: row["actor_name"])
        project = NamedReference(id: row["project"], name: row["project_name"])
        read = Scan(
            key: row["scan_key"], reader: row["reader"], raw: Array(row["raw"] as Data), symbology: row["symbology"],
            at: last, monotonic: UInt64(bitPattern: row["monotonic"] as Int64))
        place = row["scan_place"]
        scanCode = ScanCode(raw: read.raw, symbology: read.symbology)
    }

    /// The number on the label, when it is one of ours.
    var ownNumber: String? {
        guard let natural = scanCode.natural, natural.scheme == .own else { return nil }
        return natural.value
    }

    static let selection = """
        SELECT tag.*, door.name AS door_name, person.name AS actor_name, project.name AS project_name,
          scan.key AS scan_key, scan.reader, scan.raw, scan.monotonic, scan.place AS scan_place
        FROM unknown_tag AS tag JOIN door ON door.id = tag.door JOIN scan ON scan.id = tag.scan
        LEFT JOIN person ON person.id = tag.actor LEFT JOIN project ON project.id = tag.project
        WHERE tag.state = 'waiting'
        """

    static func find(_ id: UnknownTag.ID, in database: Database) throws -> WaitingTag? {
        try fetchOne(database, sql: selection + " AND tag.id = ?", arguments: [id.rawValue])
    }

    /// The tag as the API gives it, without suggestions.
    var json: JSON {
        [
            "id": .string(id.rawValue), "code": .string(scanCode.text), "symbology": .optional(scanCode.symbology),
            "scheme": .optional(scanCode.natural?.scheme.rawValue), "count": .int(count), "firstAt": .time(first),
            "lastAt": .time(last), "door": door.json,
            "intent": [
                "direction": .string(direction.rawValue), "actor": actor.orNull(), "project": project.orNull(),
            ],
        ]
    }
}
