// Whose Store this is, and which depot the box stands in.
import Foundation
import GRDB

/// A place where gear lives, with doors.
package enum Depot {
    package typealias ID = Identifier<Depot>
}

/// The organisation and its depot, made at the first start.
package struct Organisation: Sendable {
    package let name: String
    package let depot: NamedReference<Depot>

    /// The organisation of this Store; nil before ``found(_:depot:longitude:latitude:in:)``.
    package static func current(of store: Store) async throws -> Organisation? {
        try await store.read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT organisation.name, depot.id, depot.name AS depot_name
                    FROM organisation JOIN depot ON depot.organisation = organisation.id ORDER BY depot.id LIMIT 1
                    """
            ).map { Organisation(name: $0["name"], depot: NamedReference(id: $0["id"], name: $0["depot_name"])) }
        }
    }

    /// Founds the organisation with its first depot.
    ///
    /// - Parameters:
    ///   - longitude: WGS 84 degrees, -180 to 180; nil leaves the depot without a place.
    ///   - latitude: WGS 84 degrees, -90 to 90.
    package static func found(
        _ name: String, depot: String, longitude: Double?, latitude: Double?, in store: Store
    ) async throws -> Organisation {
        try await store.write { transaction in
            let database = transaction.database
            let organisation: Identifier<Organisation> = transaction.newID()
            let id: Depot.ID = transaction.newID()
            try database.execute(
                sql: "INSERT INTO organisation (id, name) VALUES (?, ?)", arguments: [organisation.rawValue, name])
            try database.execute(
                sql: """
                    INSERT INTO depot (id, organisation, name, position)
                    VALUES (?, ?, ?, CASE WHEN ? IS NULL THEN NULL ELSE MakePoint(?, ?, 4326) END)
                    """, arguments: [id.rawValue, organisation.rawValue, depot, longitude, longitude, latitude])
            return Organisation(name: name, depot: NamedReference(id: id, name: depot))
        }
    }
}
