// `depotd serve`: the daemon as systemd runs it.
import ArgumentParser
import Core
import Foundation
import Logging

/// The flags that every command with a data folder has; they go before environment and file.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data folder.", valueName: "dir")) var data: String?
    @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port")) var listen: String?
    @Option(help: ArgumentHelp("The configuration file.", valueName: "file")) var config: String?

    @Option(name: .customLong("set"), help: ArgumentHelp("Any key of the configuration.", valueName: "key=value"))
    var settings: [String] = []

    /// Reads flags, environment and file; a mistake ends the program with all of them named.
    ///
    /// - Parameter defaults: values that hold where no file is given, by key.
    func configuration(defaults: [String: String] = [:]) throws -> Configuration {
        let environment = ProcessInfo.processInfo.environment
        let file = config ?? environment["DEPOTD_CONFIG"]
        var flags = try settingFlags()
        flags["data"] = data ?? flags["data"]
        flags["listen"] = listen ?? flags["listen"]
        for (key, value) in defaults
        where file == nil && environment["DEPOTD_\(key.replacing(".", with: "_").uppercased())"] == nil {
            flags[key] = flags[key] ?? value
        }
        do {
            return try Configuration.load(file: file, flags: flags, environment: environment)
        } catch let faults as ConfigurationFaults {
            throw Exit.misconfigured("\(faults)")
        }
    }

    private func settingFlags() throws -> [String: String] {
        var flags: [String: String] = [:]
        for setting in settings {
            let pair = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2 else { throw Exit.misconfigured("--set \(setting): write key=value") }
            flags[pair[0]] = pair[1]
        }
        return flags
    }
}

extension CommonOptions {
    /// Carries out a command about a data folder, the demo's where none is named; what fails ends the program in words.
    func carryOut(_ work: (Configuration) async throws -> Void) async throws {
        let configuration = try configuration(defaults: ["data": ".depotd/demo"])
        do {
            try await work(configuration)
        } catch {
            throw Exit.failed(error)
        }
    }
}

/// The options of a command about one organisation's files.
struct OrganisationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The organisation, by its name or what its people type; without it the first.", valueName: "name"))
    var organisation: String?
    @OptionGroup var options: CommonOptions

    /// Carries out a command, given the organisation's folder and the data folder it is in.
    func carryOut(_ work: (_ folder: String, _ data: String) async throws -> Void) async throws {
        try await options.carryOut { configuration in
            let data = configuration.data
            let folder = try organisation.map { try Organisations.find($0, in: data).folder(in: data) }
            try await work(folder ?? data, data)
        }
    }
}

/// How the program ends when it can not go on.
enum Exit {
    /// EX_CONFIG of sysexits.h: restarting does not help, and the unit does not.
    static func misconfigured(_ message: String) -> any Error { ended(message, code: 78) }

    static func failed(_ error: any Error) -> any Error {
        let failure = error as? Failure
        let cause = failure?.cause.map { "\n\($0)" } ?? ""
        return ended((failure?.message ?? "\(error)") + cause, code: 1)
    }

    private static func ended(_ message: String, code: Int32) -> any Error {
        FileHandle.standardError.write(Data("depotd: \(message)\n".utf8))
        return ExitCode(code)
    }
}

/// Serves until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Serve the depot.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.configuration()
        let environment = ProcessInfo.processInfo.environment
        JournalLog.bootstrap(level: configuration.logLevel, environment: environment)
        let logger = Logger(label: "depotd")
        do {
            let appliance = try await Wiring(configuration, logger: logger)
            try await appliance.run { addresses in
                _ = try await appliance.programToken(address: addresses.plain)
                let shown = [addresses.secure, addresses.plain].compactMap { $0 }.joined(separator: " and ")
                logger.notice("serving", metadata: ["address": "\(shown)"])
                for tenant in appliance.tenants.all {
                    guard let link = try await tenant.firstLink(address: addresses.plain) else { continue }
                    logger.notice(
                        """
                        nobody administers \(tenant.tenancy.name) yet; open this within 30 minutes, on this machine: \(link)
                        """)
                }
                Systemd(environment: environment).notify(.ready, .status("serving \(shown)"))
            }
        } catch {
            throw Exit.failed(error)
        }
    }
}
