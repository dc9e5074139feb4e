// Where a database is and how to come to it safely: what a person wrote, and what is right where nothing was written.
private import CPQ
package import Core
import Foundation

/// The parameters of a connection.
package struct PostgresAddress: Sendable, Equatable {
    /// libpq's keywords and their values.
    package private(set) var parameters: [String: String]

    /// Reads `postgresql://USER@HOST:PORT/DATABASE` or `host=… user=…`.
    ///
    /// Over a network the server's certificate and name are checked unless the address says otherwise; with a password
    /// beside it, the password is only ever used bound to that certificate.
    /// - Parameters:
    ///   - password: kept apart from the address; nil for none.
    ///   - authorities: a PEM file of who vouches for the server; nil for those that the system trusts.
    /// - Throws: `invalid` when it can not be read.
    package init(_ text: String, password: String? = nil, authorities: String? = nil) throws {
        var parameters = try Self.parse(text)
        let host = parameters["hostaddr"] ?? parameters["host"] ?? ""
        let isHere = host.isEmpty || host.hasPrefix("/") || ["127.0.0.1", "::1", "localhost"].contains(host)
        if let password { parameters["password"] = password }
        var defaults = [
            "application_name": "depotd", "client_encoding": "UTF8", "sslmode": isHere ? "prefer" : "verify-full",
            // A link that went silent is found out in 30 s: idle after 15 s and three probes, or 20 s of unanswered bytes.
            "keepalives": "1", "keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3",
            "tcp_user_timeout": "20000",
        ]
        let mode = parameters["sslmode"] ?? defaults["sslmode"]
        if mode == "verify-full" || mode == "verify-ca" {
            defaults["sslrootcert"] = authorities ?? "/etc/ssl/certs/ca-certificates.crt"
            defaults["ssl_min_protocol_version"] = "TLSv1.2"
            if parameters["password"] != nil, parameters["sslcert"] == nil { defaults["channel_binding"] = "require" }
        }
        self.parameters = parameters.merging(defaults) { own, _ in own }
    }

    /// For people: without a password.
    package var shown: String {
        let host = parameters["host"] ?? parameters["hostaddr"] ?? "this machine"
        return "\(parameters["user"] ?? "?")@\(host):\(parameters["port"] ?? "5432")/\(parameters["dbname"] ?? "")"
    }

    package var hasPassword: Bool { parameters["password"] != nil }

    private static func parse(_ text: String) throws -> [String: String] {
        var trouble: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &trouble) else {
            defer { PQfreemem(trouble) }
            let said = trouble.map { String(cString: $0) } ?? ""
            throw Failure(.invalid, "That is no address of a PostgreSQL database.", cause: said)
        }
        defer { PQconninfoFree(options) }
        var parameters: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parameters[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return parameters
    }
}
