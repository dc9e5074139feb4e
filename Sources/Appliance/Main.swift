// The command line, and before it the one process that must not have what a command line comes with.
import ArgumentParser
import Drivers
import Foundation

/// The binary.
@main
enum Program {
    /// `depotd decode` is the helper that makes one picture anew. It is begun here and not among the commands, which run on
    /// threads of Dispatch: those set their timers when they like, which the helper may not, so that a picture that took
    /// more than a second ended it. For the same reason it ends at once and not gently.
    static func main() {
        switch Array(CommandLine.arguments.dropFirst()) {
        case ["decode"]: _exit(PictureDarkroom.run(readsHEIF: false))
        case ["decode", "heif"]: _exit(PictureDarkroom.run(readsHEIF: true))
        default: break
        }
        // Nothing can be awaited here; what is begun ends the process.
        Task {
            await Depotd.main()
            exit(EXIT_SUCCESS)
        }
        dispatchMain()
    }
}

/// The commands.
struct Depotd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "depotd", abstract: "The appliance at the door of an equipment depot.",
        subcommands: [
            ServeCommand.self, DemoCommand.self, ScanCommand.self, DevicesCommand.self, DoctorCommand.self,
            KeyCommand.self, BackupCommand.self, RestoreCommand.self, OrganisationCommand.self, HubCommand.self,
            SyncCommand.self, ConformanceCommand.self, VersionCommand.self,
        ])
}

/// Prints the version.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() { print("depotd \(Version.current)") }
}
