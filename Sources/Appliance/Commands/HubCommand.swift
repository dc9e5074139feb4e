// `depotd hub install|depot|office`: for whoever runs the database that many depots share. What a depot does with it is
// `depotd sync`.
import ArgumentParser
import Core
import Drivers
import Foundation

/// The hub.
struct HubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hub", abstract: "Install the hub in a PostgreSQL database, and let depots and offices in.",
        subcommands: [InstallHub.self, AdmitDepot.self, AdmitOffice.self])
}

/// Where the database is.
struct HubOptions: ParsableArguments {
    @Option(help: "postgresql://USER@HOST:PORT/DATABASE of one who may create roles; the password in PGPASSWORD.")
    var url: String
    @Option(help: "PEM file of who vouches for the server; without it those that the system trusts.")
    var authorities: String?

    func open() throws -> HubInstaller {
        let password = ProcessInfo.processInfo.environment["PGPASSWORD"]
        return try HubInstaller(PostgresAddress(url, password: password, authorities: authorities))
    }
}

/// Brings the database up to date.
struct InstallHub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Install the hub, or bring it up to date; nothing happens the second time.")

    @OptionGroup var hub: HubOptions

    func run() async throws {
        do {
            let (applied, hasPoints) = try hub.open().install()
            print(
                applied.isEmpty
                    ? "The hub is up to date: version \(HubInstaller.scripts.count)."
                    : "Applied \(applied.joined(separator: ", ")): the hub is of version \(HubInstaller.scripts.count)."
            )
            if !hasPoints { print("There is no PostGIS: office.positions has degrees and no points.") }
        } catch {
            throw Exit.failed(error)
        }
    }
}

/// Who is let in.
struct AdmissionOptions: ParsableArguments {
    @Argument(help: "What it is called, such as \"Hall 4\" or reports.") var name: String
    @Option(help: "The organisation that it belongs to; all its depots share one feed.") var organisation: String
    @OptionGroup var hub: HubOptions

    /// Makes the role and says its password, which nobody can ask for again.
    func admit(_ kind: HubInstaller.Kind, mayEdit: Bool = false, advice: String) throws {
        do {
            let member = try hub.open().admit(kind, name, of: organisation, mayEdit: mayEdit)
            print("role: \(member.role)\npassword: \(member.password)\n\(advice)")
        } catch {
            throw Exit.failed(error)
        }
    }
}

/// Lets a depot in.
struct AdmitDepot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "depot", abstract: "Make the role of a depot, or its password anew; for another box, too.")

    @OptionGroup var admission: AdmissionOptions

    func run() async throws {
        try admission.admit(
            .depot,
            advice: "On the box: upstream.url names the role, and upstream.password_file a file with the password.")
    }
}

/// Lets an office in.
struct AdmitOffice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "office", abstract: "Make a role that reads the views of the schema office, of one organisation.")

    @OptionGroup var admission: AdmissionOptions
    @Flag(help: "It may also edit, with SELECT office.edit('assets', ID, '{\"note\": \"...\"}').") var mayEdit = false

    func run() async throws {
        try admission.admit(
            .office, mayEdit: mayEdit,
            advice: "It reads the schema office\(mayEdit ? " and edits with office.edit" : "").")
    }
}
