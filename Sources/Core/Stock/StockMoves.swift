// Pieces of counted stock going out and coming back, inside a transaction. Each movement is an event; `stock_out` is
// what they add up to. What is physically there wins: more may go out than was counted, and never less come back.
import Foundation
import GRDB

/// Counts movements of counted stock.
enum StockMoves {
    /// Hands pieces to somebody.
    static func give(
        _ quantity: Int64, of model: Model.ID, to custodian: Custodian, _ movement: Movement,
        in transaction: WriteTransaction
    ) throws {
        try add(quantity, of: model, to: custodian, in: transaction)
        try record("out", quantity, of: model, custodian, movement, in: transaction)
    }

    /// Takes pieces back: from whom `custodian` names first, then from whoever has had some for the longest.
    ///
    /// - Returns: how many were out and came back; what came back beyond that was never out.
    @discardableResult
    static func takeBack(
        _ quantity: Int64, of model: Model.ID, from custodian: Custodian, _ movement: Movement,
        in transaction: WriteTransaction
    ) throws -> Int64 {
        var left = quantity
        for row in try holders(of: model, preferring: custodian, in: transaction.database) where left > 0 {
            let taken = min(left, row["quantity"])
            try subtract(taken, fromRow: row["id"], in: transaction.database)
            try record("in", taken, of: model, Custodian(event: row), movement, in: transaction)
            left -= taken
        }
        return quantity - left
    }

    /// Reverses what a scan moved. - Returns: false when it moved nothing that still stands.
    static func undo(_ scan: ScanRecord.ID, _ movement: Movement, in transaction: WriteTransaction) throws -> Bool {
        let events = try Row.fetchAll(
            transaction.database,
            sql: """
                SELECT * FROM stock_event WHERE scan = ? AND kind <> 'undone'
                  AND id NOT IN (SELECT undoes FROM stock_event WHERE undoes IS NOT NULL AND scan = ?) ORDER BY place
                """, arguments: [scan.rawValue, scan.rawValue])
        for event in events {
            let (model, quantity) = (event["model"] as Model.ID, event["quantity"] as Int64)
            let custodian = Custodian(event: event)
            if event["kind"] == "out" {
                _ = try subtract(quantity, of: model, from: custodian, in: transaction.database)
            } else {
                try add(quantity, of: model, to: custodian, in: transaction)
            }
            try record(
                "undone", quantity, of: model, custodian, movement, undoing: event["id"], in: transaction)
        }
        return !events.isEmpty
    }

    private static func add(
        _ quantity: Int64, of model: Model.ID, to custodian: Custodian, in transaction: WriteTransaction
    ) throws {
        try transaction.database.cachedStatement(
            sql: """
                INSERT INTO stock_out (model, person, project, line, quantity, since) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (model, coalesce(project, ''), coalesce(person, ''), coalesce(line, ''))
                DO UPDATE SET quantity = quantity + excluded.quantity
                """
        ).execute(arguments: [
            model.rawValue, custodian.person?.rawValue, custodian.project?.rawValue, custodian.line?.rawValue,
            quantity, transaction.milliseconds,
        ])
    }

    /// Takes away what is there of a holder's pieces; some may have come back since.
    private static func subtract(
        _ quantity: Int64, of model: Model.ID, from custodian: Custodian, in database: Database
    ) throws -> Int64 {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT id, quantity FROM stock_out
                WHERE model = ? AND project IS ? AND person IS ? AND line IS ?
                """,
            arguments: [
                model.rawValue, custodian.project?.rawValue, custodian.person?.rawValue, custodian.line?.rawValue,
            ])
        guard let row else { return 0 }
        let taken = min(quantity, row["quantity"])
        try subtract(taken, fromRow: row["id"], in: database)
        return taken
    }

    private static func subtract(_ quantity: Int64, fromRow id: Int64, in database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM stock_out WHERE id = ? AND quantity = ?")
            .execute(arguments: [id, quantity])
        try database.cachedStatement(sql: "UPDATE stock_out SET quantity = quantity - ? WHERE id = ? AND quantity > ?")
            .execute(arguments: [quantity, id, quantity])
    }

    private static func holders(
        of model: Model.ID, preferring custodian: Custodian, in database: Database
    ) throws -> [Row] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT * FROM stock_out WHERE model = :model
                    ORDER BY project IS :project DESC, person IS :person DESC, since, id
                    """),
            arguments: [
                "model": model.rawValue, "project": custodian.project?.rawValue, "person": custodian.person?.rawValue,
            ])
    }

    private static func record(
        _ kind: String, _ quantity: Int64, of model: Model.ID, _ custodian: Custodian, _ movement: Movement,
        undoing: String? = nil, in transaction: WriteTransaction
    ) throws {
        let id: Identifier<Stock> = transaction.newID()
        try transaction.database.cachedStatement(
            sql: """
                INSERT INTO stock_event
                  (id, model, kind, quantity, person, project, line, door, scan, actor, at, undoes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            id.rawValue, model.rawValue, kind, quantity, custodian.person?.rawValue, custodian.project?.rawValue,
            custodian.line?.rawValue, movement.door?.rawValue, movement.scan?.rawValue, movement.actor?.rawValue,
            transaction.milliseconds, undoing,
        ])
    }
}
