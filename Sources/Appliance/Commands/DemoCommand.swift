// `depotd demo`: a depot to look at and to write programs against.
import ArgumentParser
import Core
import Foundation
import Logging

/// Serves a demo depot.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Serve a depot with sample gear, people and projects.")

    @OptionGroup var options: CommonOptions
    @Flag(help: "Print one line of JSON when ready: the address, a token, and who may sign in.") var json = false

    func run() async throws {
        let configuration = try options.configuration(defaults: [
            "data": ".depotd/demo", "listen": "127.0.0.1:8080", "sign_in.trust_loopback": "true",
            "depot.name": DemoDepot.depotName,
        ])
        JournalLog.bootstrap(
            level: max(configuration.logLevel, .warning), environment: ProcessInfo.processInfo.environment)
        let asJSON = json
        do {
            let appliance = try await Wiring(configuration, isDemo: true, logger: Logger(label: "depotd"))
            try await appliance.run { addresses in
                let address = addresses.plain
                let token = try await appliance.programToken(address: address)
                let text =
                    asJSON
                    ? Self.line(addresses, token).text
                    : Self.welcome(address, token, appliance.configuration)
                FileHandle.standardOutput.write(Data((text + "\n").utf8))
            }
        } catch {
            throw Exit.failed(error)
        }
    }

    private static func line(_ addresses: Wiring.Addresses, _ token: String) -> JSON {
        let people = DemoDepot.people.map { person -> JSON in
            [
                "name": .string(person.name), "role": .string(person.role.rawValue), "pin": .string(person.pin),
                "passphrase": .string(person.passphrase), "badge": .string(person.badge),
            ]
        }
        return [
            "url": .string(addresses.plain), "secureUrl": .optional(addresses.secure), "token": .string(token),
            "people": .array(people),
        ]
    }

    private static func welcome(_ address: String, _ token: String, _ configuration: Configuration) -> String {
        let people = DemoDepot.people.map {
            "    \($0.name) (\($0.role.rawValue)): PIN \($0.pin), badge \($0.badge), passphrase “\($0.passphrase)”"
        }
        return """

            Depotd serves the demo depot “\(DemoDepot.organisationName), \(configuration.depot.name)”.

              Open     \(address)
              Sign in  as one of
            \(people.joined(separator: "\n"))
              Scan     plug in a reader, type a code such as CAM-7 into the door page,
                       or: depotd scan CAM-7 --data \(URL(filePath: configuration.data).path())
              Token    \(token)
                       for a door's programs: curl -H "Authorization: Bearer …" \(address)/api/v1/assets?limit=3

            Stop with Ctrl-C.
            """
    }
}
