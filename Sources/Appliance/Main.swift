// The command line.
import ArgumentParser

/// The binary.
@main
struct Depotd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "depotd", abstract: "The appliance at the door of an equipment depot.",
        subcommands: [
            ServeCommand.self, DemoCommand.self, ScanCommand.self, DevicesCommand.self, DoctorCommand.self,
            KeyCommand.self, BackupCommand.self, RestoreCommand.self, OrganisationCommand.self, HubCommand.self,
            SyncCommand.self, ConformanceCommand.self, DecodeCommand.self,
            VersionCommand.self,
        ])
}

/// Prints the version.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() { print("depotd \(Version.current)") }
}
