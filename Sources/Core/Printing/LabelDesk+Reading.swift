// What pages and files need of labels beside jobs: printers, designs, and labels for a sheet that nobody prints here.
import Foundation
import GRDB

extension LabelDesk {
    /// Printers that are not archived, by name.
    package func printers() async throws -> [JSON] {
        try await store.read { database in
            try Printer.fetchAll(
                database.cachedStatement(
                    sql: Printer.selection + " WHERE printer.archived IS NULL ORDER BY printer.name COLLATE NOCASE")
            ).map(\.json)
        }
    }

    /// Designs of one's own that are not archived, by name.
    package func designs() async throws -> [JSON] {
        try await store.read { database in
            try LabelDesign.fetchAll(
                database.cachedStatement(
                    sql: "SELECT * FROM label_design WHERE archived IS NULL ORDER BY name COLLATE NOCASE")
            ).map(\.json)
        }
    }

    /// A design on labels. - Throws: as ``DesignChoice/layout(on:in:)``.
    package func layout(of design: DesignChoice, on media: LabelMedia) async throws -> LabelLayout {
        try await store.read { try design.layout(on: media, in: $0) }
    }

    /// The printer that is named, else the door's, else the first that is no door's, else any.
    ///
    /// - Throws: `notFound`; `conflict` when there is none.
    package func printer(_ id: String?, door: String?) async throws -> Printer.ID {
        if let id { return Printer.ID(id) }
        return try await store.read { database in
            if let found = try Printer.at(Door.ID(door ?? ""), in: database) { return found.id }
            let any = try Printer.fetchOne(
                database, sql: Printer.selection + " WHERE printer.archived IS NULL ORDER BY printer.name LIMIT 1")
            guard let any else {
                throw Failure(.conflict, "No printer is set up. A manager adds one on the page of labels.")
            }
            return any.id
        }
    }

    /// Queues labels once for each key. - Throws: as ``order(_:by:)``.
    package func order(_ order: LabelOrder, key: String?, by author: Author) async throws -> JSON {
        guard let key else { return try await self.order(order, by: author) }
        return try await store.write { transaction in
            let known = try LabelJob.ID.fetchOne(
                transaction.database.cachedStatement(sql: "SELECT id FROM label_job WHERE key = ?"), arguments: [key])
            if let known { return try LabelJob.find(known, in: transaction.database).json }
            let job = try Self.order(order, by: author, in: transaction)
            try transaction.database.execute(
                sql: "UPDATE label_job SET key = ? WHERE id = ?", arguments: [key, job["id"]?.string])
            return job
        }
    }

    /// Labels for sheets, and what the printer is off that they are for.
    ///
    /// - Throws: as ``order(_:by:)``.
    package func sheet(
        _ order: LabelOrder, on media: LabelMedia, by author: Author
    ) async throws -> (
        labels: [(layout: LabelLayout, content: LabelContent)], offset: (x: Double, y: Double), logo: [UInt8]?
    ) {
        guard let example = order.subjects.first, order.subjects.count <= Self.orderCountMax else {
            throw Failure(.invalid, "An order is for 1 to \(Self.orderCountMax) labels.", field: "items")
        }
        guard (0..<media.count).contains(order.first) else {
            throw Failure(.invalid, "A sheet has the places 0 to \(media.count - 1).", field: "first")
        }
        if author.role < .manager, order.subjects.contains(where: { $0.kind == "person" }) {
            throw Failure(.forbidden, "Badges are printed by a manager.")
        }
        return try await store.read { database in
            let printer = try Printer.find(order.printer, in: database)
            let layout = try example.layout(order.design, on: media, in: database)
            let writer = try LabelWriter(order.payload ?? .opaque, base: printer?.base ?? order.base, in: database)
            return (
                try order.subjects.map { (layout, try writer.write($0).content) },
                (printer?.offsetX ?? 0, printer?.offsetY ?? 0), try Self.logo(of: printer, in: database)
            )
        }
    }
}
