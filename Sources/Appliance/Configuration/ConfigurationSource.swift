// One source of configuration taken apart: which keys it sets, where, to what, and everything wrong with it. The file
// is read as a tree with line numbers, which the library's own YAML provider does not keep.
import Configuration
import Foundation
import Yams

/// What one source sets: the file, the environment or the command line.
struct ConfigurationSource {
    /// Values by key name, all of them allowed.
    private(set) var values: [String: ConfigContent] = [:]
    /// Where each key was set, in the words of that source: `depotd.yaml:12`, `DEPOTD_LISTEN`, `--listen`.
    private(set) var places: [String: String] = [:]
    private(set) var faults: [ConfigurationFaults.Fault] = []
    /// Keys whose value was not allowed: what they contradict is not to be judged.
    private(set) var refused: Set<String> = []

    /// The keys as a provider for the reader that decides between the sources.
    func provider(named name: String) -> InMemoryProvider {
        let pairs = values.map { (AbsoluteConfigKey($0.key.split(separator: ".").map(String.init)), $0.value) }
        return InMemoryProvider(
            name: name,
            values: Dictionary(pairs.map { ($0.0, ConfigValue($0.1, isSecret: false)) }, uniquingKeysWith: { $1 }))
    }

    private mutating func set(_ name: String, to written: ConfigurationKey.Written, at place: String, shown: String) {
        guard let key = ConfigurationKey.all.first(where: { $0.name == name }) else {
            return refuse(place, Self.unknown(name, among: ConfigurationKey.all.map(\.name), what: "key"))
        }
        guard let content = key.content(written) else {
            refused.insert(name)
            return refuse(place, "\(shown) is '\(written.shown.printable(countMax: 60))'; allowed: \(key.allowed)")
        }
        values[name] = content
        places[name] = place
    }

    private mutating func refuse(_ place: String, _ sentence: String) {
        faults.append(ConfigurationFaults.Fault(place: place, sentence: sentence))
    }

    private static func unknown(_ name: String, among names: [String], what: String) -> String {
        let shown = name.printable(countMax: 60)
        let near = names.map { ($0, $0.editDistance(to: name, max: 4)) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= max(2, name.count / 4), near.1 < 5 else { return "unknown \(what) '\(shown)'" }
        return "unknown \(what) '\(shown)'; did you mean '\(near.0)'?"
    }
}

// MARK: - Command line and environment

extension ConfigurationSource {
    /// Options by the name of their key, as the command line's parser collected them.
    init(flags: [String: String]) {
        for (name, text) in flags.sorted(by: { $0.key < $1.key }) {
            let flag = ConfigurationKey.all.first { $0.name == name }?.flagName ?? "--\(name)"
            set(name, to: .one(text), at: flag, shown: "it")
        }
    }

    /// Variables of ours that are no keys: where the file is, and what tests set.
    static let otherVariables: Set<String> = ["DEPOTD_CONFIG"]

    /// The variables that begin with `DEPOTD_`; an empty one sets nothing.
    init(environment: [String: String]) {
        let names = Dictionary(
            ConfigurationKey.all.map { ($0.environmentName, $0.name) }, uniquingKeysWith: { first, _ in first })
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix("DEPOTD_") {
            if text.isEmpty || Self.otherVariables.contains(variable) || variable.hasPrefix("DEPOTD_TEST_") { continue }
            if let name = names[variable] {
                set(name, to: .one(text), at: variable, shown: "it")
            } else {
                refuse("environment", Self.unknown(variable, among: names.keys.sorted(), what: "variable"))
            }
        }
    }

    /// The defaults of the table. They pass the same test as everything else.
    static func defaults() -> ConfigurationSource {
        var source = ConfigurationSource()
        for key in ConfigurationKey.all where !key.fallback.isEmpty {
            let written: ConfigurationKey.Written = key.fallback == "[]" ? .list([]) : .one(key.fallback)
            source.set(key.name, to: written, at: "default", shown: key.name)
        }
        return source
    }
}

// MARK: - File

extension ConfigurationSource {
    /// Largest file read; ours has 5 KB.
    static let fileByteCountMax = 262_144

    /// Reads the file; one that cannot be read or is no YAML is a fault like any other.
    init(file path: String) {
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            guard data.count <= Self.fileByteCountMax else {
                refuse(path, "the file has more than \(Self.fileByteCountMax) bytes")
                return
            }
            read(yaml: String(decoding: data, as: UTF8.self), path: path)
        } catch {
            let reason = (error as? CocoaError)?.code == .fileReadNoSuchFile ? "there is no such file" : "\(error)"
            refuse(path, "the configuration cannot be read: \(reason.printable(countMax: 200))")
        }
    }

    /// Takes the text of a file apart.
    init(yaml: String, path: String) {
        read(yaml: yaml, path: path)
    }

    private mutating func read(yaml: String, path: String) {
        do {
            guard let root = try Yams.compose(yaml: yaml), root.null == nil else { return }
            guard case .mapping(let mapping) = root else {
                return refuse("\(path):\(root.mark?.line ?? 1)", "the file must be a map of keys")
            }
            for (key, value) in mapping { take(key, value, group: nil, path: path) }
        } catch let error as YamlError {
            let (line, sentence) = Self.explain(error)
            refuse(line.map { "\(path):\($0)" } ?? path, sentence)
        } catch {
            refuse(path, "the file is not YAML")
        }
    }

    private mutating func take(_ key: Node, _ value: Node, group: String?, path: String) {
        let place = "\(path):\(key.mark?.line ?? 1)"
        guard let part = key.string else { return refuse(place, "a key must be a word") }
        let name = group.map { "\($0).\(part)" } ?? part
        let isGroup = group == nil && ConfigurationKey.all.contains { $0.name.hasPrefix("\(name).") }
        switch value {
        case .mapping(let inner) where isGroup:
            for (key, value) in inner { take(key, value, group: name, path: path) }
        case .scalar where value.null != nil && (isGroup || ConfigurationKey.all.contains { $0.name == name }):
            // An empty value keeps the default, and so does an empty group.
            break
        case _ where isGroup:
            refuse(place, "'\(name)' is a group: its keys stand below it, indented")
        case .mapping(let inner) where group == nil && !ConfigurationKey.all.contains { $0.name == name }:
            // An unknown group: each key in it is named, with the one that was meant.
            for (key, value) in inner { take(key, value, group: name, path: path) }
            if inner.isEmpty { set(name, to: .other, at: place, shown: "'\(name)'") }
        default:
            set(name, to: Self.written(value), at: place, shown: "'\(name)'")
        }
    }

    private static func written(_ node: Node) -> ConfigurationKey.Written {
        switch node {
        case .scalar(let scalar): return .one(scalar.string)
        case .sequence(let items):
            let texts = items.compactMap(\.string)
            return texts.count == items.count ? .list(texts) : .other
        default: return .other
        }
    }

    private static func explain(_ error: YamlError) -> (line: Int?, sentence: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return (mark.line, "the file is not YAML here: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            return (context.mark.line, "set more than once: \(duplicates.sorted().joined(separator: ", "))")
        case .reader(let problem, let offset, _, let yaml):
            let line = offset.map { yaml.utf8.prefix($0).count { $0 == 0x0A } + 1 }
            return (line, "the file is not YAML here: \(problem)")
        default:
            return (nil, "the file is not YAML")
        }
    }
}

extension String {
    /// How many letters must be put in, left out or changed; `max` + 1 where it is more than that by length alone.
    fileprivate func editDistance(to other: String, max: Int) -> Int {
        let (here, there) = (Array(utf8), Array(other.utf8))
        guard abs(here.count - there.count) <= max else { return max + 1 }
        var row = Array(0...there.count)
        for (index, letter) in here.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in there.indices {
                let change = diagonal + (letter == there[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(change, row[column] + 1, diagonal + 1)
            }
        }
        return row[there.count]
    }
}
