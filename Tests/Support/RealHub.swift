// A hub as `depotd hub` installs it, in a database of its own on the tests' PostgreSQL.
package import Drivers
import Foundation

/// An installed hub.
package struct RealHub: Sendable {
    package let server: PostgresServer
    package let database: String

    /// What a depot needs to come in.
    package struct Place: Sendable {
        package let url: String
        package let password: String
        package let upstream: PostgresUpstream
    }

    package init(on server: PostgresServer = .shared) throws {
        self.server = server
        database = try server.database()
        _ = try installer.install()
    }

    package var installer: HubInstaller {
        get throws { try HubInstaller(PostgresAddress(server.url(database))) }
    }

    /// Lets a depot in. Roles are the server's, so the tenant's name has the database's in it.
    package func depot(
        _ name: String, of organisation: String = "north", limits: PostgresUpstream.Limits = .init(),
        port: UInt16? = nil
    ) throws -> Place {
        let member = try installer.admit(.depot, name, of: "\(organisation) \(database)")
        let url = "postgresql://\(member.role)@127.0.0.1:\(port ?? server.port)/\(database)"
        return Place(
            url: url, password: member.password,
            upstream: PostgresUpstream(try PostgresAddress(url, password: member.password), limits: limits))
    }

    /// Lets an office in. - Returns: what it reads with a query.
    package func office(_ name: String, of organisation: String = "north", mayEdit: Bool = false) throws
        -> @Sendable (String) throws -> String
    {
        let member = try installer.admit(.office, name, of: "\(organisation) \(database)", mayEdit: mayEdit)
        return { [server, database] query in
            try server.sql(query, in: database, as: member.role, password: member.password)
        }
    }

    /// What a query says to one who may see everything.
    @discardableResult
    package func sql(_ query: String) throws -> String { try server.sql(query, in: database) }

    /// Makes it what it was when it was installed and its members let in.
    package static let emptying = """
        TRUNCATE depotd.change, depotd.quarantine, depotd.lane, depotd.record;
        UPDATE depotd.tenant SET pos = 0; UPDATE depotd.member SET node = NULL;
        """
}
