// Where gear lives: rooms, racks and shelves, one inside the other.
package import Foundation
package import GRDB

/// A room, rack or shelf.
package struct Place: RegistryRecord {
    package typealias ID = Identifier<Place>

    package let id: ID
    package let name: String
    package let parent: NamedReference<Place>?
    /// The names from the outermost place to this one.
    package let path: String
    package let isArchived: Bool
    package var version: Int64
    package var updated: Date

    package static let table = RecordTable(
        name: "place", topic: .places, word: "place", heading: "name",
        fields: [
            RecordField("name", "Name", .line(100), .required),
            RecordField("parent", "Inside", .reference(table: "place", word: "place")),
            RecordField("archived", "Archived", .archived),
        ], seeds: ["path": "".databaseValue])

    package init(row: Row) throws {
        id = row["id"]
        name = row["name"]
        parent = NamedReference(id: row["parent"], name: row["parent_path"])
        path = row["path"]
        isArchived = (row["archived"] as Int64?) != nil
        version = row["version"]
        updated = Date(milliseconds: row["updated"])
    }

    static let selection = """
        SELECT place.*, outer.path AS parent_path FROM place LEFT JOIN place AS outer ON outer.id = place.parent
        """

    package static func find(_ id: ID, in database: Database) throws -> Place? {
        try fetchOne(database.cachedStatement(sql: selection + " WHERE place.id = ?"), arguments: [id.rawValue])
    }

    /// The place as the API gives it.
    package var json: JSON {
        [
            "id": .string(id.rawValue), "name": .string(name), "parent": parent.orNull(), "path": .string(path),
            "archived": .bool(isArchived), "version": .int(version), "updatedAt": .time(updated),
        ]
    }

    /// Deepest nesting of places.
    static let depthMax = 8

    /// Writes the path anew, here and in all places inside.
    package static func settle(_ place: Place, before: Place?, in transaction: WriteTransaction) throws -> Place {
        let database = transaction.database
        let above = try above(place, in: database)
        if place.parent?.id != before?.parent?.id {
            try Archive.refuse(reference: place.parent?.id.rawValue, to: "place", at: "parent", in: database)
        }
        let path = [place.parent?.name, place.name].compactMap { $0 }.joined(separator: " / ")
        guard path != place.path else { return place }
        try settle(path, of: place.id, depth: above + 1, in: database)
        return try RecordEdit.find(place.id, in: database)
    }

    package static func clash(
        _ columns: [String: DatabaseValue], id: ID, in database: Database
    ) throws -> Failure? {
        if columns["parent"] == id.databaseValue {
            return Failure(.invalid, "A place can not be inside itself.", field: "parent")
        }
        return Failure(.conflict, "There is a place of that name there already.", field: "name")
    }

    /// How many places it is inside of.
    ///
    /// - Throws: `invalid` when it is inside itself by way of others, which are named.
    private static func above(_ place: Place, in database: Database) throws -> Int {
        var chain = [place.name]
        var up = place.parent?.id
        while let id = up, chain.count <= depthMax {
            guard let next = try find(id, in: database) else { break }
            chain.append(next.name)
            guard next.id != place.id else {
                throw Failure(
                    .invalid, "A place can not be inside itself: \(chain.joined(separator: " in ")).", field: "parent")
            }
            up = next.parent?.id
        }
        return chain.count - 1
    }

    private static func settle(_ path: String, of id: ID, depth: Int, in database: Database) throws {
        guard depth <= depthMax else {
            throw Failure(.invalid, "Places can be \(depthMax) deep at most.", field: "parent")
        }
        try database.execute(sql: "UPDATE place SET path = ? WHERE id = ?", arguments: [path, id.rawValue])
        for row in try Row.fetchAll(
            database, sql: "SELECT id, name FROM place WHERE parent = ?", arguments: [id.rawValue])
        {
            let name: String = row["name"]
            try settle("\(path) / \(name)", of: row["id"], depth: depth + 1, in: database)
        }
    }
}
