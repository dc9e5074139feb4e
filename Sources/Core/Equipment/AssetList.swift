// One piece of gear with all that is known of it. Lists are in Finding.
import Foundation
import GRDB

extension AssetRegister {
    /// One piece with its identifiers and where it was.
    ///
    /// - Throws: `notFound`.
    package func find(_ id: Asset.ID) async throws -> (asset: Asset, json: JSON) {
        try await store.read { database in
            guard let asset = try Asset.find(id, in: database) else {
                throw Failure(.notFound, "There is no such gear.")
            }
            let more: JSON = [
                "identifiers": .array(try Self.identifiers(of: id, in: database)),
                "history": .array(try Self.history(of: id, in: database)),
            ]
            return (asset, asset.json.adding(more))
        }
    }

    private static func identifiers(of id: Asset.ID, in database: Database) throws -> [JSON] {
        try Row.fetchAll(
            database, sql: "SELECT scheme, value FROM identifier WHERE asset = ? ORDER BY scheme, value",
            arguments: [id.rawValue]
        ).map { ["scheme": .string($0["scheme"]), "value": .string($0["value"])] }
    }

    /// The last 100 movements at doors and changes by hand, newest first.
    private static func history(of id: Asset.ID, in database: Database) throws -> [JSON] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT happening.*, person.name AS person_name, project.name AS project_name,
                  door.name AS door_name
                FROM (
                  SELECT kind, at, person, project, door, NULL AS note, NULL AS status
                  FROM custody_event WHERE asset = :asset AND door IS NOT NULL
                  UNION ALL
                  SELECT kind, hlc >> 16, actor, NULL, NULL, json_extract(body, '$.note'), json_extract(body, '$.status')
                  FROM change WHERE topic = 'assets' AND subject = :asset AND kind IN ('created', 'status')
                ) AS happening
                LEFT JOIN person ON person.id = happening.person LEFT JOIN project ON project.id = happening.project
                LEFT JOIN door ON door.id = happening.door
                ORDER BY happening.at DESC LIMIT 100
                """, arguments: ["asset": id.rawValue]
        ).map { row in
            [
                "kind": .string(row["kind"]), "at": .time(Date(milliseconds: row["at"])),
                "person": NamedReference<Person>(id: row["person"], name: row["person_name"]).orNull(),
                "project": NamedReference<Project>(id: row["project"], name: row["project_name"]).orNull(),
                "door": NamedReference<Door>(id: row["door"], name: row["door_name"]).orNull(),
                "note": .optional(row["note"]), "status": .optional(row["status"]),
            ]
        }
    }
}
