// Whether the hub's address can be used, before anything starts.
import Drivers

enum UpstreamAddress {
    /// What is wrong with the address; nil when nothing is, or there is none.
    static func trouble(_ url: String?) -> String? {
        guard let url else { return nil }
        guard let address = try? PostgresAddress(url) else {
            return "'upstream.url' is no address of a PostgreSQL database, such as postgresql://ROLE@HOST:5432/DATABASE"
        }
        return address.hasPassword
            ? "'upstream.url' has a password in it; put it into a file and name that in 'upstream.password_file'" : nil
    }
}
