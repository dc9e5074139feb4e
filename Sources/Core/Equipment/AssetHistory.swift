// What happened to a piece of gear, newest first: movements from the events of custody, and what people set and edited
// from the log. Both are read by an index from where the last page ended, so a page costs the same however long a
// piece has been about.
import Foundation
import GRDB

extension AssetRegister {
    /// Most entries of one page.
    package static let historyCountMax = 200
    /// Entries that come with a piece itself.
    static let recentCount = 50

    /// One piece with its identifiers, what belongs to it, and what happened to it lately.
    ///
    /// - Throws: `notFound`.
    package func find(_ id: Asset.ID) async throws -> (asset: Asset, json: JSON) {
        try await store.read { database in
            guard let asset = try Asset.find(id, in: database) else {
                throw Failure(.notFound, "There is no such gear.")
            }
            return (asset, try Self.detailed(asset, in: database))
        }
    }

    /// What happened to a piece, newest first: `{"items", "next"}`.
    ///
    /// - Throws: `notFound`; `invalid` for a limit out of range or a cursor that was not given out.
    package func history(of id: Asset.ID, limit: Int, cursor: String?) async throws -> JSON {
        let end = try cursor.map(AssetHistory.End.init(cursor:)) ?? AssetHistory.End()
        return try await store.read { database in
            _ = try RecordEdit.find(id, in: database)
            let page = try AssetHistory.page(of: id, before: end, limit: limit, in: database)
            return ["items": .array(page.items), "next": .optional(page.next?.cursor)]
        }
    }

    static func detailed(_ asset: Asset, in database: Database) throws -> JSON {
        let history = try AssetHistory.page(
            of: asset.id, before: AssetHistory.End(), limit: recentCount, in: database)
        return asset.json.adding([
            "identifiers": .array(try identifiers(of: asset.id, in: database)),
            "accessories": .array(try Accessories.list(of: asset.model.id, in: database)),
            "history": .array(history.items),
        ])
    }
}

enum AssetHistory {
    /// How far both sources were read.
    struct End {
        /// Place of the last event of custody, and of the last Change.
        var event = Int64.max
        var change = Int64.max

        init() {}

        init(cursor: String) throws {
            let parts = try ListCursor.parts(of: cursor, count: 2).map { Int64($0) }
            guard let event = parts[0], let change = parts[1] else { throw ListCursor.stranger }
            self.event = event
            self.change = change
        }

        var cursor: String { ListCursor.text([String(event), String(change)]) }
    }

    private struct Entry {
        let at: Int64
        let place: Int64
        let isEvent: Bool
        let json: JSON
    }

    /// The entries before `end`; the next end is nil when there are no more.
    static func page(
        of id: Asset.ID, before end: End, limit: Int, in database: Database
    ) throws -> (items: [JSON], next: End?) {
        let count = limit + 1
        var events = try Row.fetchAll(
            database.cachedStatement(sql: eventSelection), arguments: [id.rawValue, end.event, count]
        ).map(entry(event:))[...]
        var changes = try Row.fetchAll(
            database.cachedStatement(sql: changeSelection), arguments: [id.rawValue, end.change, count]
        ).map(entry(change:))[...]
        var items: [JSON] = []
        var reached = end
        while items.count < limit {
            let isEvent = (events.first?.at ?? .min, 0) > (changes.first?.at ?? .min, 1)
            guard let next = isEvent ? events.popFirst() : changes.popFirst() ?? events.popFirst() else { break }
            items.append(next.json)
            if next.isEvent { reached.event = next.place } else { reached.change = next.place }
        }
        return (items, events.isEmpty && changes.isEmpty ? nil : reached)
    }

    /// Movements; one that a status set by hand made is told by the Change of that status.
    static let eventSelection = """
        SELECT event.*, person.name AS person_name, project.name AS project_name, door.name AS door_name,
          doer.name AS actor_name
        FROM custody_event AS event LEFT JOIN person ON person.id = event.person
        LEFT JOIN project ON project.id = event.project LEFT JOIN door ON door.id = event.door
        LEFT JOIN person AS doer ON doer.id = event.actor
        WHERE event.asset = ? AND event.place < ? AND (event.door IS NOT NULL OR NOT EXISTS (
          SELECT 1 FROM change WHERE topic = 'assets' AND subject = event.asset AND hlc >> 16 = event.at
            AND kind <> 'custody'))
        ORDER BY event.place DESC LIMIT ?
        """

    /// Everything but movements.
    static let changeSelection = """
        SELECT change.seq, change.hlc >> 16 AS at, change.kind, change.actor, person.name AS actor_name,
          change.device, change.body
        FROM change LEFT JOIN person ON person.id = change.actor
        WHERE change.topic = 'assets' AND change.subject = ? AND change.seq < ? AND change.kind <> 'custody'
        ORDER BY change.seq DESC LIMIT ?
        """

    private static func entry(event row: Row) throws -> Entry {
        let at: Int64 = row["at"]
        return Entry(
            at: at, place: row["place"], isEvent: true,
            json: json(
                kind: row["kind"], at: at,
                person: NamedReference<Person>(id: row["person"], name: row["person_name"]).orNull(),
                project: NamedReference<Project>(id: row["project"], name: row["project_name"]).orNull(),
                door: NamedReference<Door>(id: row["door"], name: row["door_name"]).orNull(),
                by: NamedReference<Person>(id: row["actor"], name: row["actor_name"]).orNull()))
    }

    private static func entry(change row: Row) throws -> Entry {
        let at: Int64 = row["at"]
        let kind: String = row["kind"]
        let body = try JSON(parsing: Array((row["body"] as String).utf8))
        let actor = NamedReference<Person>(id: row["actor"], name: row["actor_name"]).orNull()
        let before = body["before"] ?? .null
        let isEdit = !["created", "removed"].contains(kind)
        return Entry(
            at: at, place: row["seq"], isEvent: false,
            json: json(
                kind: kind, at: at, person: actor, by: actor, device: row["device"],
                status: isEdit ? body["status"]?.string : nil, note: body["note"]?.string,
                identifier: [body["identifier"], before["identifier"]].compactMap { $0 }.first { $0 != .null },
                before: isEdit ? fields(of: before, in: before) : .null,
                after: isEdit ? fields(of: body, in: before) : .null,
                change: row["seq"]))
    }

    private static func json(
        kind: String, at: Int64, person: JSON, project: JSON = .null, door: JSON = .null, by: JSON,
        device: String? = nil, status: String? = nil, note: String? = nil, identifier: JSON? = nil,
        before: JSON = .null, after: JSON = .null, change: Int64? = nil
    ) -> JSON {
        [
            "kind": .string(kind), "at": .time(Date(milliseconds: at)), "person": person, "project": project,
            "door": door, "by": by, "device": .optional(device), "status": .optional(status),
            "note": .optional(note), "identifier": identifier ?? .null, "before": before, "after": after,
            "change": change.map(JSON.int) ?? .null,
        ]
    }

    /// The fields that a Change is about, which are those it knows from before.
    private static func fields(of body: JSON, in before: JSON) -> JSON {
        .object(body.members.filter { before[$0.key] != nil && !["version", "updatedAt"].contains($0.key) })
    }
}
