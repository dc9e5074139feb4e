// Counted stock at the desk: how much there is, who has some, movements by hand, and the codes on its shelves.
// At the door it is DoorDesk+Stock.swift's.
import Foundation
import GRDB

/// Reads and moves counted stock. Crew may move it; counting it anew and giving it codes is for managers.
package struct StockDesk: Sendable {
    private let store: Store

    package init(store: Store) { self.store = store }

    /// A movement by hand.
    package struct Move: Sendable {
        /// Whether pieces go out or come back.
        package var isOut: Bool
        package var quantity: Int64
        package var person: Person.ID?
        package var project: Project.ID?

        package init(isOut: Bool, quantity: Int64, person: Person.ID?, project: Project.ID?) {
            self.isOut = isOut
            self.quantity = quantity
            self.person = person
            self.project = project
        }
    }

    /// The stock with who has how many since when, and its codes: `{…, "holders": […], "codes": […]}`.
    ///
    /// - Throws: `notFound` for a model that is not counted or has no stock yet.
    package func stock(of model: Model.ID) async throws -> (stock: Stock, json: JSON) {
        try await store.read { database in
            let stock = try RecordEdit.find(Identifier<Stock>(model.rawValue), in: database)
            return (stock, try Self.detailed(stock, in: database))
        }
    }

    /// Sets how many there are and where they live. - Throws: as ``RecordEdit/edit(_:_:ifVersion:as:by:in:)``.
    package func edit(
        _ model: Model.ID, _ fields: JSON, ifVersion version: Int64?, by author: Author
    ) async throws -> Edited<Stock> {
        try await store.write { transaction in
            let stock = try Stock.of(model, in: transaction)
            return try RecordEdit.edit(stock.id, fields, ifVersion: version, by: author, in: transaction)
        }
    }

    /// Moves pieces by hand.
    ///
    /// - Throws: `invalid` for a quantity out of 1 to ``Stock/countMax``; `conflict` when fewer are out than come
    ///   back; `notFound`.
    package func move(_ model: Model.ID, _ move: Move, by author: Author) async throws -> Edited<Stock> {
        guard (1...Stock.countMax).contains(move.quantity) else {
            throw Failure(.invalid, "A quantity is 1 to \(Stock.countMax).", field: "quantity")
        }
        return try await store.write { transaction in
            let stock = try Stock.of(model, in: transaction)
            let movement = Movement(actor: author.person)
            let line = try StockLines.open(for: model, preferring: move.project, in: transaction.database)
                .first { $0.project.id == move.project }
            let custodian = Custodian(
                person: move.person ?? author.person, project: move.project, line: line?.line)
            return try RecordEdit.run("moved", on: stock, by: author, in: transaction) { stock in
                if move.isOut {
                    try StockMoves.give(move.quantity, of: model, to: custodian, movement, in: transaction)
                } else if try StockMoves.takeBack(move.quantity, of: model, from: custodian, movement, in: transaction)
                    < move.quantity
                {
                    throw Failure(
                        .conflict, "Only \(stock.out) of \(stock.name) are out. Count the shelf if there are more.",
                        field: "quantity")
                }
            }
        }
    }

    /// Gives the stock a code, such as its shelf's label; a scan of it counts one piece.
    ///
    /// - Throws: `conflict` with what has the code; `invalid` for a code that can not be learnt.
    package func attach(code: String, to model: Model.ID, by author: Author) async throws -> JSON {
        let code = ScanCode(raw: Array(code.utf8), symbology: nil)
        return try await store.write { transaction in
            let database = transaction.database
            let stock = try Stock.of(model, in: transaction)
            guard let identifier = code.natural else {
                throw Failure(.invalid, "That code can not stand for stock.", field: "code")
            }
            if try LikeCodes(identifier, code).refuse(for: model, field: "code", in: database) {
                throw Failure(.conflict, "\(identifier.value) counts \(stock.name) already.", field: "code")
            }
            try database.execute(
                sql: "INSERT INTO model_code (key, model, scheme, value) VALUES (?, ?, ?, ?)",
                arguments: [identifier.lookupKey, model.rawValue, identifier.scheme.rawValue, identifier.value])
            try Self.announceCodes(of: stock, by: author, in: transaction)
            return try Self.detailed(stock, in: database)
        }
    }

    /// Takes a code off the stock. - Throws: `notFound`.
    package func detach(key: String, from model: Model.ID, by author: Author) async throws {
        try await store.write { transaction in
            let stock = try Stock.of(model, in: transaction)
            try transaction.database.execute(
                sql: "DELETE FROM model_code WHERE key = ? AND model = ?", arguments: [key, model.rawValue])
            guard transaction.database.changesCount > 0 else {
                throw Failure(.notFound, "\(stock.name) does not have that code.")
            }
            try Self.announceCodes(of: stock, by: author, in: transaction)
        }
    }

    private static func announceCodes(
        of stock: Stock, by author: Author, in transaction: WriteTransaction
    ) throws {
        try transaction.append(
            .models, "stock.codes", subject: stock.id.rawValue, actor: author.person?.rawValue, device: author.device,
            [
                "id": .string(stock.id.rawValue), "name": .string(stock.name),
                "codes": .array(try codes(of: stock, in: transaction.database)),
            ])
    }

    private static func codes(of stock: Stock, in database: Database) throws -> [JSON] {
        try Row.fetchAll(
            database, sql: "SELECT key, scheme, value FROM model_code WHERE model = ? ORDER BY value",
            arguments: [stock.id.rawValue]
        ).map { ["key": .string($0["key"]), "scheme": .string($0["scheme"]), "value": .string($0["value"])] }
    }

    private static func detailed(_ stock: Stock, in database: Database) throws -> JSON {
        let holders = try Row.fetchAll(
            database,
            sql: """
                SELECT stock_out.*, person.name AS person_name, project.name AS project_name FROM stock_out
                LEFT JOIN person ON person.id = stock_out.person LEFT JOIN project ON project.id = stock_out.project
                WHERE model = ? ORDER BY since, stock_out.id
                """, arguments: [stock.id.rawValue]
        ).map { row -> JSON in
            [
                "person": NamedReference<Person>(id: row["person"], name: row["person_name"]).orNull(),
                "project": NamedReference<Project>(id: row["project"], name: row["project_name"]).orNull(),
                "quantity": .int(row["quantity"]), "since": .time(Date(milliseconds: row["since"])),
            ]
        }
        return stock.json.adding(["holders": .array(holders), "codes": .array(try codes(of: stock, in: database))])
    }
}
