// What may be configured and what is said when it may not. The file is the real etc/depotd.yaml.
import Foundation
import Logging
import Testing
import Yams

@testable import Appliance

private func load(
    _ yaml: String = "", flags: [String: String] = [:], environment: [String: String] = [:]
) throws -> Appliance.Configuration {
    try .decide(
        file: ConfigurationSource(yaml: yaml, path: "depotd.yaml"), flags: ConfigurationSource(flags: flags),
        environment: ConfigurationSource(environment: environment))
}

private func faults(
    _ yaml: String = "", flags: [String: String] = [:], environment: [String: String] = [:]
) -> [String] {
    do {
        _ = try load(yaml, flags: flags, environment: environment)
        return []
    } catch let error as ConfigurationFaults {
        return error.faults.map(\.description)
    } catch {
        return ["\(error)"]
    }
}

@Suite struct ConfigurationTests {
    static let shippedFile = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "etc/depotd.yaml")

    @Test func `without any source the defaults hold`() throws {
        let configuration = try Configuration.load(file: nil)
        #expect(configuration.data == "/var/lib/depotd")
        #expect(configuration.listen == ListenAddress("127.0.0.1:8080"))
        #expect(configuration.hosts == [])
        #expect(configuration.tls == .init(listen: nil, given: nil, isStrict: false))
        #expect(configuration.depot.position == nil)
        #expect(configuration.door.acting == .seconds(600))
        #expect(configuration.door.repeated == .seconds(10))
        #expect(configuration.door.debounce == .milliseconds(1500))
        #expect(configuration.readersEnabled)
        #expect(configuration.http.connectionCountMax == 6000)
        #expect(configuration.http.connectionCountPerAddressMax == 64)
        #expect(configuration.live == .init(queueByteCountMax: 1_048_576, ringChangeCountMax: 10_000))
        #expect(configuration.store == .init(groupWriteCountMax: 256, checkpointPageCount: 4000))
        #expect(configuration.logLevel == .info)
    }

    /// Run once with DEPOTD_TEST_UPDATE=1 after a change of the table.
    @Test func `the shipped file is what the table says, and says the defaults`() throws {
        if ProcessInfo.processInfo.environment["DEPOTD_TEST_UPDATE"] == "1" {
            try Data(ConfigurationKey.document().utf8).write(to: Self.shippedFile)
        }
        let shipped = try String(contentsOf: Self.shippedFile, encoding: .utf8)
        #expect(shipped == ConfigurationKey.document())
        #expect(try Configuration.load(file: Self.shippedFile.path) == Configuration.load(file: nil))
        let root = try #require(try Yams.compose(yaml: shipped)?.mapping)
        let names = root.flatMap { key, value -> [String] in
            let name = key.string ?? ""
            return value.mapping.map { $0.keys.map { "\(name).\($0.string ?? "")" } } ?? [name]
        }
        #expect(names == ConfigurationKey.all.map(\.name))
        #expect(shipped.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test func `names of keys, variables and options are unique, and defaults allowed`() {
        let all = ConfigurationKey.all
        for names in [all.map(\.name), all.map(\.environmentName), all.map(\.flagName)] {
            #expect(Set(names).count == all.count)
        }
        #expect(ConfigurationSource.defaults().faults.isEmpty)
    }

    @Test func `the command line wins over the environment, that over the file`() throws {
        let yaml = "door:\n  acting_minutes: 1\n  repeat_seconds: 1\n  debounce_milliseconds: 1\nlog:\n  level: debug"
        let environment = ["DEPOTD_DOOR_ACTING_MINUTES": "2", "DEPOTD_DOOR_REPEAT_SECONDS": "2", "HOME": "/root"]
        let configuration = try load(yaml, flags: ["door.acting_minutes": "3"], environment: environment)
        #expect(configuration.door.acting == .seconds(180))
        #expect(configuration.door.repeated == .seconds(2))
        #expect(configuration.door.debounce == .milliseconds(1))
        #expect(configuration.logLevel == .debug)
    }

    @Test func `lists and places are read from every source`() throws {
        let fromFile = try load("hosts: [Depot.example, depot.local]\ndepot: {longitude: 13.4, latitude: 52.5}")
        #expect(fromFile.hosts == ["depot.example", "depot.local"])
        #expect(fromFile.depot.position == .init(longitude: 13.4, latitude: 52.5))
        #expect(try load(environment: ["DEPOTD_HOSTS": "a.example, b.example"]).hosts == ["a.example", "b.example"])
        #expect(try load("hosts: depot.local").hosts == ["depot.local"])
    }

    @Test func `empty values, empty groups and an empty file keep the defaults`() throws {
        let defaults = try Configuration.load(file: nil)
        #expect(try load("listen:\ndoor:\nhttp:\n  header_seconds: ~\n") == defaults)
        #expect(try load("# nothing\n") == defaults)
        #expect(try load(environment: ["DEPOTD_LISTEN": ""]) == defaults)
    }

    struct Wrong: CustomTestStringConvertible, Sendable {
        let what: String
        let yaml: String
        let says: [String]
        var testDescription: String { what }
    }

    static let wrong = [
        Wrong(
            what: "misspelt key in a group", yaml: "door:\n  acting_minute: 5\n",
            says: ["depotd.yaml:2: unknown key 'door.acting_minute'; did you mean 'door.acting_minutes'?"]),
        Wrong(
            what: "misspelt group", yaml: "\ndor:\n  acting_minutes: 5\n",
            says: ["depotd.yaml:3: unknown key 'dor.acting_minutes'; did you mean 'door.acting_minutes'?"]),
        Wrong(
            what: "misspelt key at the top", yaml: "listn: 127.0.0.1:80",
            says: ["depotd.yaml:1: unknown key 'listn'; did you mean 'listen'?"]),
        Wrong(what: "nothing like any key", yaml: "colour: blue", says: ["depotd.yaml:1: unknown key 'colour'"]),
        Wrong(
            what: "text for a number", yaml: "store:\n\n  checkpoint_pages: abc",
            says: ["depotd.yaml:3: 'store.checkpoint_pages' is 'abc'; allowed: a whole number from 100 to 100000"]),
        Wrong(
            what: "out of range", yaml: "door: {acting_minutes: 481}",
            says: ["depotd.yaml:1: 'door.acting_minutes' is '481'; allowed: a whole number from 1 to 480"]),
        Wrong(
            what: "yes for true", yaml: "readers:\n  enabled: yes",
            says: ["depotd.yaml:2: 'readers.enabled' is 'yes'; allowed: true or false"]),
        Wrong(
            what: "map for a value", yaml: "data:\n  folder: /srv",
            says: ["depotd.yaml:1: 'data' is 'a map'; allowed: a path that begins with /"]),
        Wrong(
            what: "value for a group", yaml: "door: 5",
            says: ["depotd.yaml:1: 'door' is a group: its keys stand below it, indented"]),
        Wrong(
            what: "not a number", yaml: "depot:\n  longitude: nan\n  latitude: 91",
            says: [
                "depotd.yaml:2: 'depot.longitude' is 'nan'; allowed: a number from -180 to 180",
                "depotd.yaml:3: 'depot.latitude' is '91'; allowed: a number from -90 to 90",
            ]),
        Wrong(
            what: "a wrong value is not judged twice", yaml: "depot:\n  longitude: x\n  latitude: 52",
            says: ["depotd.yaml:2: 'depot.longitude' is 'x'; allowed: a number from -180 to 180"]),
        Wrong(
            what: "half a position", yaml: "depot:\n  latitude: 52",
            says: ["depotd.yaml:2: 'depot.longitude' and 'depot.latitude' are set together or not at all"]),
        Wrong(
            what: "host with a port", yaml: "hosts: ['depot:80']",
            says: [
                "depotd.yaml:1: 'hosts' is '[depot:80]'; allowed: a list of host names without port, such as "
                    + "[depot.example, depot.local]"
            ]),
        Wrong(
            what: "other machines without leave", yaml: "listen: 0.0.0.0:80",
            says: [
                "depotd.yaml:1: 'listen' is reached by other machines; allowed only with "
                    + "'tls.listen' or 'listen_beyond_loopback: true'"
            ]),
        Wrong(
            what: "a certificate without its key", yaml: "tls:\n  certificate: /etc/depotd/chain.pem",
            says: ["depotd.yaml:2: 'tls.certificate' and 'tls.key' are set together or not at all"]),
        Wrong(
            what: "more from one address than in all", yaml: "http:\n  connections_max: 20",
            says: ["depotd.yaml:2: 'http.connections_per_address_max' is more than 'http.connections_max', 20"]),
        Wrong(what: "a list", yaml: "- listen\n", says: ["depotd.yaml:1: the file must be a map of keys"]),
        Wrong(what: "twice", yaml: "data: /a\ndata: /b", says: ["depotd.yaml:1: set more than once: data"]),
        Wrong(
            what: "control characters", yaml: "data: \"a\\nREADY=1\"",
            says: ["depotd.yaml:1: 'data' is 'a\\u{A}READY=1'; allowed: a path that begins with /"]),
    ]

    @Test(arguments: wrong) func `what is wrong in the file is named with its line`(row: Wrong) {
        #expect(faults(row.yaml) == row.says)
    }

    @Test(arguments: [1, 2] as [UInt64]) func `no text traps`(seed: UInt64) {
        var state = seed
        let words = [
            "door", "listen", ":", " ", "\n", "\n  ", "[", "]", "{", "}", "&a", "*a", "<<", "- ", "\"", "|", "\u{0}",
            "é", "!!int", "? ",
        ]
        for _ in 0..<3_000 {
            let yaml = (0..<12).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return words[Int(state >> 33) % words.count]
            }
            _ = faults(yaml.joined())
        }
        #expect(faults(String(repeating: "[", count: 200_000)).count == 1)
        #expect(faults(String(repeating: "{a: ", count: 60_000)).count == 1)
        #expect(faults(String(repeating: "- ", count: 100_000)).count == 1)
    }

    @Test func `what is no YAML is named with its line`() {
        let said = faults("data: /a\nlisten: [::1]:8080\n")
        #expect(said.count == 1)
        #expect(said.first?.hasPrefix("depotd.yaml:2: the file is not YAML here: ") == true, "\(said)")
    }

    @Test func `variables and options are named, and everything wrong is said at once`() {
        let said = faults(
            "colour: blue", flags: ["log.level": "loud"],
            environment: ["DEPOTD_HTTP_HEADER_SECONDS": "x", "DEPOTD_LISTN": "a", "DEPOTD_CONFIG": "/etc/x"])
        #expect(
            said == [
                "--set log.level: it is 'loud'; allowed: trace, debug, info, notice, warning, error, critical",
                "DEPOTD_HTTP_HEADER_SECONDS: it is 'x'; allowed: a whole number from 1 to 120",
                "environment: unknown variable 'DEPOTD_LISTN'; did you mean 'DEPOTD_LISTEN'?",
                "depotd.yaml:1: unknown key 'colour'",
            ])
    }

    @Test func `a file that is not there is a fault`() {
        #expect(throws: ConfigurationFaults.self) { try Configuration.load(file: "/nowhere/depotd.yaml") }
    }

    struct Address: CustomTestStringConvertible, Sendable {
        let text: String
        var host: String?
        var port: UInt16 = 0
        var isLoopback = false
        var testDescription: String { text }
    }

    static let addresses = [
        Address(text: "127.0.0.1:8080", host: "127.0.0.1", port: 8080, isLoopback: true),
        Address(text: "127.9.9.9:1", host: "127.9.9.9", port: 1, isLoopback: true),
        Address(text: "localhost:0", host: "127.0.0.1", isLoopback: true),
        Address(text: "[::1]:8080", host: "::1", port: 8080, isLoopback: true),
        Address(text: "[::ffff:127.0.0.1]:80", host: "::ffff:127.0.0.1", port: 80, isLoopback: true),
        Address(text: "[::]:65535", host: "::", port: 65535),
        Address(text: "0.0.0.0:80", host: "0.0.0.0", port: 80),
        Address(text: "192.168.1.5:80", host: "192.168.1.5", port: 80),
        Address(text: "8080"), Address(text: ":8080"), Address(text: "127.0.0.1"), Address(text: "127.0.0.1:"),
        Address(text: "127.0.0.1:65536"), Address(text: "127.0.0.1:+80"), Address(text: "127.0.0.1:-1"),
        Address(text: "::1:80"), Address(text: "[127.0.0.1]:80"), Address(text: "[::1"), Address(text: "[]:80"),
        Address(text: "depot.example:80"), Address(text: "127.1:80"), Address(text: "127.0.0.1\0x:80"),
    ]

    @Test(arguments: addresses) func `an address to listen on is an IP address and a port`(row: Address) {
        let address = ListenAddress(row.text)
        #expect(address?.host == row.host)
        #expect(address?.port ?? 0 == row.port)
        #expect(address?.isLoopback ?? false == row.isLoopback)
        if let address { #expect(ListenAddress(address.description) == address) }
    }

    @Test func `other machines are served when that is said`() throws {
        let configuration = try load("listen: \"[::]:443\"\nlisten_beyond_loopback: true")
        #expect(configuration.listen.description == "[::]:443")
    }

    @Test func `beside TLS the plain address may be reached by others, for the enrolment`() throws {
        let configuration = try load("listen: 0.0.0.0:8080\ntls:\n  listen: 0.0.0.0:8443\n  hsts: true")
        #expect(configuration.tls.listen == ListenAddress("0.0.0.0:8443"))
        #expect(configuration.tls.isStrict)
    }
}
