// The table of everything that can be set: names, defaults, what is allowed and what it means. It is the one truth:
// it validates every source, it is the text of etc/depotd.yaml, and it names the environment variables.
// Read next: Configuration.swift, which makes typed values of it.
import Configuration

/// One thing that can be set, and what it may be set to.
package struct ConfigurationKey: Sendable {
    /// The path in the file, parts joined by dots: `door.acting_minutes`.
    package let name: String
    let kind: Kind
    /// The default as YAML writes it; empty where nothing is set.
    package let fallback: String
    /// One sentence for the file: what it is, in which unit.
    let about: String

    init(_ name: String, _ kind: Kind, _ fallback: String, _ about: String) {
        self.name = name
        self.kind = kind
        self.fallback = fallback
        self.about = about
    }

    /// The environment variable that sets it: `DEPOTD_DOOR_ACTING_MINUTES`.
    package var environmentName: String { "DEPOTD_" + name.replacing(".", with: "_").uppercased() }

    /// The command line option that sets it: `--listen`, `--set door.acting_minutes`.
    package var flagName: String { ["data", "listen"].contains(name) ? "--\(name)" : "--set \(name)" }
}

extension ConfigurationKey {
    /// What a value may be.
    enum Kind: Sendable {
        case folder, listen, hosts, flag
        case text(countMax: Int)
        case choice([String])
        case whole(ClosedRange<Int>)
        case number(ClosedRange<Double>)
    }

    /// What a source says for a key, before anybody looked whether it may.
    enum Written: Sendable {
        case one(String)
        case list([String])
        /// Something that no key takes, such as a map.
        case other

        var shown: String {
            switch self {
            case .one(let text): text
            case .list(let parts): "[\(parts.joined(separator: ", "))]"
            case .other: "a map"
            }
        }
    }

    /// The sentence for people on what may stand here.
    var allowed: String {
        switch kind {
        case .folder: "a path that begins with /"
        case .listen: "ADDRESS:PORT such as 127.0.0.1:8080, \"[::1]:8080\" or localhost:0"
        case .hosts: "a list of host names without port, such as [depot.example, depot.local]"
        case .flag: "true or false"
        case .text(let countMax): "a text of 1 to \(countMax) characters"
        case .choice(let choices): choices.joined(separator: ", ")
        case .whole(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))"
        }
    }

    /// The value for the reader of all sources; nil when it is not allowed.
    func content(_ written: Written) -> ConfigContent? {
        switch (kind, written) {
        case (.hosts, .list(let names)): hosts(names)
        case (.hosts, .one(let text)):
            hosts(text.split(separator: ",").map { String($0.filter { $0 != " " }) })
        case (_, .one(let text)): scalar(text)
        default: nil
        }
    }

    private func scalar(_ text: String) -> ConfigContent? {
        switch kind {
        case .folder: text.hasPrefix("/") && !text.utf8.contains(0) ? .string(text) : nil
        case .listen: ListenAddress(text) == nil ? nil : .string(text)
        case .flag: ["true": true, "false": false][text].map { .bool($0) }
        case .text(let countMax): (1...countMax).contains(text.count) ? .string(text) : nil
        case .choice(let choices): choices.contains(text) ? .string(text) : nil
        case .whole(let range): Int(text).flatMap { range.contains($0) ? .int($0) : nil }
        case .number(let range): Double(text).flatMap { range.contains($0) ? .double($0) : nil }
        case .hosts: nil
        }
    }

    /// Host names are compared without case, so they are kept in lower case.
    private func hosts(_ names: [String]) -> ConfigContent? {
        let isName = { (name: String) in
            (1...253).contains(name.utf8.count)
                && name.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x2E
                }
        }
        let names = names.map { $0.lowercased() }
        return names.allSatisfy(isName) ? .stringArray(names) : nil
    }
}

extension ConfigurationKey {
    /// Every key, in the order of the file: those without a dot first, then group by group.
    package static let all: [ConfigurationKey] = [
        Self("data", .folder, "/var/lib/depotd", "Folder of the organisations' stores and photos."),
        Self(
            "listen", .listen, "127.0.0.1:8080",
            "Where plain HTTP is spoken; port 0 takes a free one. Beside TLS, other machines get only /enroll here."),
        Self(
            "listen_beyond_loopback", .flag, "false",
            "Whether listen may be an address that other machines reach although no TLS is spoken."),
        Self(
            "hosts", .hosts, "[]",
            "Host names under which browsers may ask for the appliance, besides the loopback ones; without port."),
        Self(
            "tls.listen", .listen, "",
            "Where HTTPS is spoken, such as 0.0.0.0:8443 or \"[::]:443\"; empty for nowhere. Phones begin at /enroll."),
        Self(
            "tls.certificate", .folder, "",
            "PEM file of a certificate and what vouches for it; empty lets the box make its own."),
        Self("tls.key", .folder, "", "PEM file of the key of tls.certificate, without a passphrase."),
        Self(
            "tls.hsts", .flag, "false",
            "Whether browsers are told to come by HTTPS only for a year; for a box whose name stays."),
        Self(
            "organisation.name", .text(countMax: 100), "Organisation", "Name of the organisation that owns the assets."),
        Self("depot.name", .text(countMax: 100), "Depot", "Name of this depot, as screens and labels show it."),
        Self("depot.longitude", .number(-180...180), "", "Degrees east, WGS 84; empty where it is not known."),
        Self("depot.latitude", .number(-90...90), "", "Degrees north, WGS 84; empty where it is not known."),
        Self("door.acting_minutes", .whole(1...480), "10", "Minutes a person acts at the door after showing a badge."),
        Self(
            "door.repeat_seconds", .whole(0...600), "10",
            "Seconds within which the same code at the other door is taken for the same passage."),
        Self(
            "door.debounce_milliseconds", .whole(0...60_000), "1500",
            "Milliseconds within which the same code at the same reader is taken for the same read."),
        Self(
            "sign_in.trust_loopback", .flag, "false",
            "Whether browsers on this machine are trusted screens; for demos, never behind a proxy."),
        Self("readers.enabled", .flag, "true", "Whether USB readers are looked for."),
        Self("http.connections_max", .whole(10...60_000), "6000", "Connections open at once; more wait."),
        Self(
            "http.connections_per_address_max", .whole(1...60_000), "64", "Connections open at once from one address."),
        Self("http.body_bytes_max", .whole(65_536...268_435_456), "16777216", "Bytes in the body of one request."),
        Self("http.header_seconds", .whole(1...120), "10", "Seconds a client may take to send the head of a request."),
        Self(
            "live.queue_bytes_max", .whole(65_536...67_108_864), "1048576",
            "Bytes waiting for one screen before it is closed and has to resume."),
        Self(
            "live.ring_changes_max", .whole(100...1_000_000), "10000",
            "Changes kept in memory for screens that resume; older ones come from the store."),
        Self(
            "limits.events_per_minute", .whole(1...1_000_000), "100",
            "Changes a minute by one person or program, and messages on a live connection; not for doors."
        ),
        Self(
            "limits.checkouts_per_minute", .whole(1...1_000_000), "10",
            "Check-outs in a minute by one person or program that is not at a door."),
        Self(
            "limits.door_waiting_max", .whole(1...9_000), "300",
            "Scans of doors and their programs that are under way at once; more are told to come back."),
        Self(
            "tokens.signing_days", .whole(1...365), "30",
            "Days after which access tokens are signed by a new key."),
        Self("store.group_writes_max", .whole(1...4096), "256", "Writes committed together at most."),
        Self(
            "store.checkpoint_pages", .whole(100...100_000), "4000",
            "Pages of 4096 bytes in the write-ahead log after which it is written back."),
        Self(
            "upstream.url", .text(countMax: 1_000), "",
            "The hub, such as postgresql://ROLE@hub.example:5432/depotd, without a password; empty for none."),
        Self(
            "upstream.password_file", .folder, "",
            "File with the hub's password; empty for systemd's credential upstream-password, if there is one."),
        Self(
            "upstream.authorities", .folder, "",
            "PEM file of who vouches for the hub; empty for those that the system trusts."),
        Self(
            "upstream.picture_kilobits", .whole(0...1_000_000), "1000",
            "Kilobits a second for pictures at most, after the Changes; 0 for no limit."),
        Self(
            "session.idle_minutes", .whole(5...10_080), "720", "Minutes without a request after which a session ends."),
        Self("session.hours_max", .whole(1...2160), "168", "Hours after which a session ends in any case."),
        Self(
            "log.level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), "info",
            "The least that is written to the log: trace, debug, info, notice, warning, error or critical."),
    ]

    /// The file with every key at its default: etc/depotd.yaml.
    package static func document() -> String {
        var lines = [
            "# Configuration of depotd: every key with its default. What is left out keeps its default.",
            "# A command line option wins over an environment variable, that over this file: door.acting_minutes is",
            "# --set door.acting_minutes=5 and DEPOTD_DOOR_ACTING_MINUTES=5.",
        ]
        var group: Substring?
        for key in all {
            let parts = key.name.split(separator: ".")
            let indent = parts.count == 2 ? "  " : ""
            let keyGroup = parts.count == 2 ? parts.first : nil
            if keyGroup == nil || keyGroup != group { lines.append("") }
            if let keyGroup, keyGroup != group { lines.append("\(keyGroup):") }
            group = keyGroup
            lines.append("\(indent)# \(key.about)" + (key.range.map { " (\($0))" } ?? ""))
            lines.append("\(indent)\(parts.last ?? ""):" + (key.fallback.isEmpty ? "" : " \(key.fallback)"))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What is allowed, where the sentence on the key does not say it.
    private var range: String? {
        switch kind {
        case .whole(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .number, .flag: allowed
        default: nil
        }
    }
}
