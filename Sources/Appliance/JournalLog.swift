// The log: lines on standard error. Under systemd each begins with `<N>`, from which the journal takes the priority;
// elsewhere with time and level for people. What came from outside cannot forge a line: control characters are shown.
import CLinux
// For `stat`, which the compiler looks for there once a package of the module imports FoundationEssentials.
import CoreFoundation
import Foundation
package import Logging

/// A log handler that writes one line per event and never more than one.
///
/// - Source: sd-daemon(3) for the prefixes; systemd.exec(5) for `JOURNAL_STREAM`
package struct JournalLog: LogHandler {
    package var logLevel: Logger.Level = .info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let isJournal: Bool
    private let write: @Sendable (String) -> Void

    /// Makes a handler for one label.
    ///
    /// - Parameters:
    ///   - isJournal: whether lines begin with a priority for the journal.
    ///   - write: takes one whole line with its end; standard error unless a test wants it.
    package init(
        label: String, isJournal: Bool, level: Logger.Level = .info,
        write: @escaping @Sendable (String) -> Void = JournalLog.standardError
    ) {
        self.label = label
        self.isJournal = isJournal
        self.write = write
        logLevel = level
    }

    /// Makes all loggers of the process write here. Once per process.
    package static func bootstrap(level: Logger.Level, environment: [String: String]) {
        let isJournal = standardErrorIsJournal(environment)
        LoggingSystem.bootstrap { JournalLog(label: $0, isJournal: isJournal, level: level) }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let start = isJournal ? "<\(event.level.priority)>" : "\(Self.time(Date())) \(event.level.rawValue) "
        var all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
        all.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error, all["error"] == nil { all["error"] = "\(error)" }
        let fields = all.sorted { $0.key < $1.key }.map { " \($0.key.printable())=\(Self.field($0.value))" }.joined()
        write("\(start)\(label.printable()): \(event.message.description.printable())\(fields)\n")
    }

    /// The value of a field; in quotes where a blank or quote in it could pass for another field.
    private static func field(_ value: Logger.Metadata.Value) -> String {
        let text = value.description.printable()
        guard text.isEmpty || text.contains(where: { " \"=".contains($0) }) else { return text }
        return "\"\(text.replacing("\"", with: "\\\""))\""
    }

    private static func time(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

extension JournalLog {
    /// Whether standard error is the journal: `JOURNAL_STREAM` names its device and inode. A child whose standard
    /// error was turned elsewhere inherits the variable and not the stream.
    package static func standardErrorIsJournal(_ environment: [String: String]) -> Bool {
        var status = stat()
        guard let stream = environment["JOURNAL_STREAM"], fstat(STDERR_FILENO, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// Writes the line in one call, so that lines of several threads do not mix. What cannot be written is lost:
    /// there is nowhere to say so.
    package static let standardError: @Sendable (String) -> Void = { line in
        var line = line
        line.withUTF8 { bytes in _ = Foundation.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}

extension Logger.Level {
    /// The priority of syslog, 7 for debug to 2 for critical.
    var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

extension String {
    /// The text on one line in which nothing is hidden: control characters, line ends, and marks that turn the
    /// direction of text stand as `\u{NNNN}`. Longer than `countMax` it is cut and ends in `…`.
    func printable(countMax: Int = 4_000) -> String {
        var shown = String.UnicodeScalarView()
        for (index, scalar) in unicodeScalars.enumerated() {
            guard index < countMax else {
                shown.append("…")
                break
            }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                shown.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
            default: shown.append(scalar)
            }
        }
        return String(shown)
    }
}
