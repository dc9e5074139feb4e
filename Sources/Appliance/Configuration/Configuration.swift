// What the appliance was told, as typed values: command line over environment over file over defaults. All that is
// wrong is found at once, with its place. The table of keys is ConfigurationKey.swift.
import Configuration
package import Logging

/// Everything wrong with the configuration, in the order of the sources and lines.
package struct ConfigurationFaults: Error, Equatable, CustomStringConvertible {
    /// One thing that is wrong.
    package struct Fault: Sendable, Equatable, CustomStringConvertible {
        /// `FILE:LINE`, an environment variable or an option.
        package let place: String
        /// What is wrong there and what is allowed.
        package let sentence: String

        package var description: String { "\(place): \(sentence)" }
    }

    package let faults: [Fault]

    /// One line per fault.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// The settings of one appliance; each is explained in etc/depotd.yaml.
package struct Configuration: Sendable, Equatable {
    /// Where the depot is.
    package struct Depot: Sendable, Equatable {
        package let name: String
        /// WGS 84, longitude then latitude; nil where it was not set.
        package let position: Position?

        /// Degrees, WGS 84.
        package struct Position: Sendable, Equatable {
            package let longitude: Double
            package let latitude: Double
        }
    }

    /// How long things last at the door.
    package struct Door: Sendable, Equatable {
        /// How long a person acts after showing a badge.
        package let acting: Duration
        /// How long a code at the other door is the same passage.
        package let repeated: Duration
        /// How long a code at the same reader is the same read.
        package let debounce: Duration
    }

    /// The bounds of the listener.
    package struct HTTP: Sendable, Equatable {
        package let connectionCountMax: Int
        package let connectionCountPerAddressMax: Int
        package let bodyByteCountMax: Int
        package let header: Duration
    }

    /// TLS for other machines.
    package struct TLS: Sendable, Equatable {
        /// Nil where no TLS is spoken.
        package let listen: ListenAddress?
        /// Nil where the box makes its own.
        package let given: Given?
        /// Whether browsers are told to use nothing but TLS from now on.
        package let isStrict: Bool

        /// A certificate and its key that somebody else made.
        package struct Given: Sendable, Equatable {
            /// Path of a PEM file, the chain in order.
            package let certificate: String
            /// Path of a PEM file.
            package let key: String
        }
    }

    /// The bounds of what goes out to screens.
    package struct Live: Sendable, Equatable {
        package let queueByteCountMax: Int
        package let ringChangeCountMax: Int
    }

    /// How much one client may do.
    package struct Limits: Sendable, Equatable {
        package let eventsPerMinute: Int
        package let checkoutsPerMinute: Int
        package let doorWaitingCountMax: Int
    }

    /// The bounds of the writer.
    package struct Store: Sendable, Equatable {
        package let groupWriteCountMax: Int
        package let checkpointPageCount: Int
    }

    /// The hub that many depots share.
    package struct Upstream: Sendable, Equatable {
        package let url: String
        /// Path; nil where systemd may have it.
        package let passwordFile: String?
        /// Path of a PEM file; nil for those that the system trusts.
        package let authorities: String?
        /// Bytes a second for pictures; nil where nothing limits them.
        package let pictureRate: Int?
    }

    /// How long somebody stays signed in.
    package struct Session: Sendable, Equatable {
        package let idle: Duration
        package let lifetime: Duration
    }

    /// Absolute path of the folder with the stores.
    package let data: String
    /// Loopback unless ``ConfigurationKey`` `listen_beyond_loopback` is true.
    package let listen: ListenAddress
    /// Host names besides the loopback ones, in lower case.
    package let hosts: [String]
    package let tls: TLS
    package let organisationName: String
    package let depot: Depot
    package let door: Door
    /// Whether browsers on this machine are trusted screens.
    package let trustsLoopback: Bool
    package let readersEnabled: Bool
    package let http: HTTP
    package let live: Live
    package let limits: Limits
    /// How long one key signs access tokens.
    package let tokenSigning: Duration
    package let store: Store
    package let session: Session
    /// Nil where there is no hub.
    package let upstream: Upstream?
    package let logLevel: Logger.Level
}

extension Configuration {
    /// Reads all sources and decides between them.
    ///
    /// - Parameters:
    ///   - file: the path of the file; nil where there is none.
    ///   - flags: texts from the command line by key name; `listen`, not `--listen`.
    ///   - environment: all variables; those that begin with `DEPOTD_` count.
    /// - Throws: ``ConfigurationFaults`` with everything that is wrong, also in values that another source overrides.
    package static func load(
        file: String?, flags: [String: String] = [:], environment: [String: String] = [:]
    ) throws -> Configuration {
        try decide(
            file: file.map { ConfigurationSource(file: $0) } ?? ConfigurationSource(),
            flags: ConfigurationSource(flags: flags), environment: ConfigurationSource(environment: environment))
    }

    static func decide(
        file: ConfigurationSource, flags: ConfigurationSource, environment: ConfigurationSource
    ) throws -> Configuration {
        let sources = [flags, environment, file, .defaults()]
        let names = ["command line", "environment", "file", "defaults"]
        let reader = ConfigReader(providers: zip(sources, names).map { $0.provider(named: $1) })
        let faults =
            sources.flatMap(\.faults)
            + contradictions(reader, sources)
        guard faults.isEmpty else { throw ConfigurationFaults(faults: faults) }
        return try Configuration(reader)
    }

    /// What is allowed key by key and not together.
    private static func contradictions(
        _ reader: ConfigReader, _ sources: [ConfigurationSource]
    ) -> [ConfigurationFaults.Fault] {
        var faults: [ConfigurationFaults.Fault] = []
        func refuse(_ names: String..., sentence: String) {
            guard sources.allSatisfy({ $0.refused.isDisjoint(with: names) }) else { return }
            let place = names.lazy.compactMap { name in
                sources.compactMap { $0.places[name] }.first { $0 != "default" }
            }.first
            faults.append(ConfigurationFaults.Fault(place: place ?? "default", sentence: sentence))
        }
        let listen = ListenAddress(reader.string(forKey: "listen", default: ""))
        let isSecure = reader.string(forKey: "tls.listen") != nil
        // Beside TLS the plain address serves other machines nothing but the enrolment page.
        if listen?.isLoopback == false, !isSecure, !reader.bool(forKey: "listen_beyond_loopback", default: false) {
            refuse(
                "listen",
                sentence:
                    "'listen' is reached by other machines; allowed only with 'tls.listen' or 'listen_beyond_loopback: true'"
            )
        }
        if (reader.string(forKey: "tls.certificate") == nil) != (reader.string(forKey: "tls.key") == nil) {
            refuse(
                "tls.certificate", "tls.key", sentence: "'tls.certificate' and 'tls.key' are set together or not at all"
            )
        }
        let degrees = [reader.double(forKey: "depot.longitude"), reader.double(forKey: "depot.latitude")]
        if degrees.compactMap({ $0 }).count == 1 {
            refuse(
                "depot.longitude", "depot.latitude",
                sentence: "'depot.longitude' and 'depot.latitude' are set together or not at all")
        }
        if let trouble = UpstreamAddress.trouble(reader.string(forKey: "upstream.url")) {
            refuse("upstream.url", sentence: trouble)
        }
        let connections = reader.int(forKey: "http.connections_max", default: 0)
        if reader.int(forKey: "http.connections_per_address_max", default: 0) > connections {
            refuse(
                "http.connections_per_address_max", "http.connections_max",
                sentence: "'http.connections_per_address_max' is more than 'http.connections_max', \(connections)")
        }
        return faults
    }
}

extension Configuration {
    /// Makes typed values of what passed the table; a name that is not in the table is a mistake of ours and throws.
    private init(_ reader: ConfigReader) throws {
        func seconds(_ name: ConfigKey, each unit: Int = 1) throws -> Duration {
            .seconds(try reader.requiredInt(forKey: name) * unit)
        }
        data = try reader.requiredString(forKey: "data")
        let address = try reader.requiredString(forKey: "listen")
        guard let listen = ListenAddress(address) else {
            throw ConfigurationFaults(faults: [.init(place: "listen", sentence: "'\(address)' is no address")])
        }
        self.listen = listen
        hosts = try reader.requiredStringArray(forKey: "hosts")
        tls = TLS(
            listen: reader.string(forKey: "tls.listen").flatMap { ListenAddress($0) }, given: Self.given(reader),
            isStrict: try reader.requiredBool(forKey: "tls.hsts"))
        organisationName = try reader.requiredString(forKey: "organisation.name")
        depot = Depot(name: try reader.requiredString(forKey: "depot.name"), position: Self.position(reader))
        door = Door(
            acting: try seconds("door.acting_minutes", each: 60), repeated: try seconds("door.repeat_seconds"),
            debounce: .milliseconds(try reader.requiredInt(forKey: "door.debounce_milliseconds")))
        trustsLoopback = try reader.requiredBool(forKey: "sign_in.trust_loopback")
        readersEnabled = try reader.requiredBool(forKey: "readers.enabled")
        http = HTTP(
            connectionCountMax: try reader.requiredInt(forKey: "http.connections_max"),
            connectionCountPerAddressMax: try reader.requiredInt(forKey: "http.connections_per_address_max"),
            bodyByteCountMax: try reader.requiredInt(forKey: "http.body_bytes_max"),
            header: try seconds("http.header_seconds"))
        live = Live(
            queueByteCountMax: try reader.requiredInt(forKey: "live.queue_bytes_max"),
            ringChangeCountMax: try reader.requiredInt(forKey: "live.ring_changes_max"))
        limits = Limits(
            eventsPerMinute: try reader.requiredInt(forKey: "limits.events_per_minute"),
            checkoutsPerMinute: try reader.requiredInt(forKey: "limits.checkouts_per_minute"),
            doorWaitingCountMax: try reader.requiredInt(forKey: "limits.door_waiting_max"))
        tokenSigning = try seconds("tokens.signing_days", each: 24 * 3600)
        store = Store(
            groupWriteCountMax: try reader.requiredInt(forKey: "store.group_writes_max"),
            checkpointPageCount: try reader.requiredInt(forKey: "store.checkpoint_pages"))
        session = Session(
            idle: try seconds("session.idle_minutes", each: 60), lifetime: try seconds("session.hours_max", each: 3600))
        let pictureKilobits = try reader.requiredInt(forKey: "upstream.picture_kilobits")
        upstream = reader.string(forKey: "upstream.url").map { url in
            Upstream(
                url: url, passwordFile: reader.string(forKey: "upstream.password_file"),
                authorities: reader.string(forKey: "upstream.authorities"),
                pictureRate: pictureKilobits == 0 ? nil : pictureKilobits * 125)
        }
        logLevel = Logger.Level(rawValue: try reader.requiredString(forKey: "log.level")) ?? .info
    }

    private static func given(_ reader: ConfigReader) -> TLS.Given? {
        guard let certificate = reader.string(forKey: "tls.certificate"), let key = reader.string(forKey: "tls.key")
        else { return nil }
        return TLS.Given(certificate: certificate, key: key)
    }

    private static func position(_ reader: ConfigReader) -> Depot.Position? {
        guard let longitude = reader.double(forKey: "depot.longitude"),
            let latitude = reader.double(forKey: "depot.latitude")
        else { return nil }
        return Depot.Position(longitude: longitude, latitude: latitude)
    }
}
