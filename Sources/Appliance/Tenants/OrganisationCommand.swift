// `depotd organisation create|list|erase|reader`: which organisations share the box. Local administration only: through
// the daemon if one serves the folder, else in the folder itself.
import ArgumentParser
import Core
import Foundation
import Logging

/// The organisations of the box.
struct OrganisationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "organisation", abstract: "Found, list and erase the organisations that share this box.",
        subcommands: [
            CreateOrganisation.self, ListOrganisations.self, EraseOrganisation.self, GiveReader.self,
        ])
}

/// Founds an organisation.
struct CreateOrganisation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Found an organisation with a file of its own.")

    @Argument(help: "Its name.") var name: String
    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await options.carryOut { configuration in
            let (made, link) = try await Organisations(configuration).create(name)
            print("\(made.name) is founded. Its people sign in at /?organisation=\(made.slug).")
            print("Its first administrator: " + (link ?? "the journal says how when depotd serves."))
        }
    }
}

/// Lists the organisations.
struct ListOrganisations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the organisations.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await options.carryOut { configuration in
            for one in try TenancyBook.look(in: configuration.data) {
                print("\(one.slug)  \(one.name)  \(one.folder(in: configuration.data))")
            }
        }
    }
}

/// Erases an organisation.
struct EraseOrganisation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Erase an organisation with all that is its own, at once.",
        discussion: "Its file, its sessions, its backups in the data folder and its readers' settings go. Copies that "
            + "were made elsewhere stay: remove them too. There is no way back but such a copy.")

    @Argument(help: "Its name, or its word at sign-in.") var name: String
    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await options.carryOut { configuration in
            let organisations = Organisations(configuration)
            let tenancy = try Organisations.find(name, in: configuration.data)
            print(Self.warning(of: tenancy, in: configuration.data))
            print("Type its name to erase it: \(tenancy.name)")
            guard readLine(strippingNewline: true) == tenancy.name else {
                throw Failure(.invalid, "That is not its name. Nothing was erased.")
            }
            try await organisations.erase(tenancy)
            print("\(tenancy.name) is erased.")
        }
    }

    /// What goes, in words.
    private static func warning(of tenancy: Tenancy, in data: String) -> String {
        let folder = tenancy.folder(in: data)
        let backups = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/backups")) ?? []
        let last = BackupRecord.last(in: folder).map { "the last backup that was made is \($0.file)" }
        return "This removes \(folder) with everything in it, \(backups.count) backups among it; "
            + (last ?? "no backup was ever made") + "."
    }
}

/// Gives a reader to an organisation.
struct GiveReader: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reader", abstract: "Give a reader to an organisation: its codes go to that one's first door.",
        discussion: "A reader that is new belongs to the organisation that the box was set up for.")

    @Argument(help: "The port of the reader, as `depotd devices` lists it.") var port: String
    @Argument(help: "The organisation's name, or its word at sign-in.") var name: String
    @OptionGroup var options: CommonOptions

    func run() async throws {
        try await options.carryOut { configuration in
            let organisations = Organisations(configuration)
            let tenancy = try Organisations.find(name, in: configuration.data)
            try organisations.give(readerAt: port, to: tenancy)
            print("The reader at \(port) is \(tenancy.name)’s.")
        }
    }
}
