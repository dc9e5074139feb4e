// Who holds what. Custody is always an event; the table `custody` is what the events add up to. Used by the door and
// by a status set by hand, always inside their transaction and inside RecordEdit, which makes the Change.
import Foundation
import GRDB

/// What an event of custody did.
enum CustodyKind: String {
    case out, `in`, transfer, undone
}

/// Who gets a piece of gear, and for which line of which pull sheet.
struct Custodian: Equatable {
    var person: Person.ID?
    var project: Project.ID?
    var line: PullLine.ID?
}

/// Where and by whom a movement was made.
struct Movement {
    var door: Door.ID?
    var scan: ScanRecord.ID?
    var actor: Person.ID?
}

enum Custody {
    typealias EventID = Identifier<CustodyKind>

    /// The asset, person, project, line and time.
    private static let insertion = """
        INSERT INTO custody (asset, person, project, line, since, asset_docid)
        VALUES (?1, ?2, ?3, ?4, ?5, (SELECT docid FROM asset WHERE id = ?1))
        """

    /// Hands an asset to `custodian`; whoever had it has it no more. `since` is now unless it was done elsewhere.
    @discardableResult
    static func give(
        _ asset: Asset.ID, to custodian: Custodian, as kind: CustodyKind, since: Int64? = nil, _ movement: Movement,
        in transaction: WriteTransaction
    ) throws -> EventID {
        try isHere(asset, in: transaction)
        try transaction.database.cachedStatement(
            sql: """
                \(insertion) ON CONFLICT (asset) DO UPDATE SET
                  person = excluded.person, project = excluded.project, line = excluded.line, since = excluded.since
                """
        ).execute(arguments: [
            asset.rawValue, custodian.person?.rawValue, custodian.project?.rawValue, custodian.line?.rawValue,
            since ?? transaction.milliseconds,
        ])
        return try record(kind, of: asset, custodian, movement, undoing: nil, in: transaction)
    }

    /// Takes an asset back; it is nobody's then.
    @discardableResult
    static func takeBack(
        _ asset: Asset.ID, as kind: CustodyKind = .in, _ movement: Movement, in transaction: WriteTransaction
    ) throws -> EventID {
        let had = try current(of: asset, in: transaction.database)
        try isHere(asset, in: transaction)
        try transaction.database.cachedStatement(sql: "DELETE FROM custody WHERE asset = ?")
            .execute(arguments: [asset.rawValue])
        return try record(kind, of: asset, had ?? Custodian(), movement, undoing: nil, in: transaction)
    }

    /// Whatever passes a door here is at no other depot.
    private static func isHere(_ asset: Asset.ID, in transaction: WriteTransaction) throws {
        try transaction.database.cachedStatement(
            sql: "UPDATE asset SET depot = NULL WHERE id = ? AND depot IS NOT NULL"
        )
        .execute(arguments: [asset.rawValue])
    }

    /// Restores what was before `event` by a reversing event.
    ///
    /// - Throws: `conflict` when the asset moved since, or the event was undone already.
    static func undo(_ event: EventID, of asset: Asset.ID, _ movement: Movement, in transaction: WriteTransaction)
        throws
    {
        let database = transaction.database
        let latest = try Row.fetchAll(
            database,
            sql: "SELECT * FROM custody_event WHERE asset = ? AND undoes IS NULL ORDER BY place DESC LIMIT 64",
            arguments: [asset.rawValue])
        let standing = try latest.filter { row in
            try Row.fetchOne(
                database, sql: "SELECT 1 FROM custody_event WHERE undoes = ?", arguments: [row["id"] as String]) == nil
        }
        guard let top = standing.first, top["id"] == event.rawValue else {
            throw Failure(.conflict, "This can not be undone: the gear moved again since.")
        }
        let previous = standing.dropFirst().first
        let custodian = previous.flatMap { $0["kind"] == CustodyKind.in.rawValue ? nil : Custodian(event: $0) }
        try restore(asset, custodian, since: previous?["at"], in: database)
        _ = try record(.undone, of: asset, custodian ?? Custodian(), movement, undoing: event, in: transaction)
    }

    /// Who has the asset; nil when it is here.
    static func current(of asset: Asset.ID, in database: Database) throws -> Custodian? {
        try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM custody WHERE asset = ?"), arguments: [asset.rawValue]
        ).map(Custodian.init(event:))
    }

    private static func restore(
        _ asset: Asset.ID, _ custodian: Custodian?, since: Int64?, in database: Database
    ) throws {
        try database.execute(sql: "DELETE FROM custody WHERE asset = ?", arguments: [asset.rawValue])
        guard let custodian, let since else { return }
        try database.execute(
            sql: insertion,
            arguments: [
                asset.rawValue, custodian.person?.rawValue, custodian.project?.rawValue, custodian.line?.rawValue,
                since,
            ])
    }

    private static func record(
        _ kind: CustodyKind, of asset: Asset.ID, _ custodian: Custodian, _ movement: Movement, undoing: EventID?,
        in transaction: WriteTransaction
    ) throws -> EventID {
        let id: EventID = transaction.newID()
        try transaction.database.cachedStatement(
            sql: """
                INSERT INTO custody_event (id, asset, kind, person, project, line, door, scan, actor, at, undoes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            id.rawValue, asset.rawValue, kind.rawValue, custodian.person?.rawValue, custodian.project?.rawValue,
            custodian.line?.rawValue, movement.door?.rawValue, movement.scan?.rawValue, movement.actor?.rawValue,
            transaction.milliseconds, undoing?.rawValue,
        ])
        return id
    }
}

extension Custodian {
    /// From a row with the columns `person`, `project` and `line`.
    init(event row: Row) {
        self.init(person: row["person"], project: row["project"], line: row["line"])
    }
}
