// The one error of the PostgreSQL driver: what libpq or the server said, and what follows from it for whoever waits.
private import CPQ
package import Core

/// What libpq or the server said no to.
package struct PostgresError: Error, Sendable, Equatable {
    /// What was tried: `connect`, `ask`.
    package let operation: String
    /// The server's SQLSTATE of five characters; nil when the connection itself failed.
    package let state: String?
    /// The server's or libpq's own sentence.
    package let text: String

    package init(_ operation: String, state: String? = nil, text: String) {
        self.operation = operation
        self.state = state
        self.text = text.trimmingCharacters
    }

    /// Whether the same call may succeed later without anybody doing anything.
    package var isTransient: Bool {
        guard let state else { return kind == .unreachable }
        return ["08", "40", "53", "55", "57"].contains(String(state.prefix(2)))
    }

    /// What it means for the sync, from the SQLSTATE's class.
    ///
    /// - Source: PostgreSQL documentation, appendix A.
    package var kind: UpstreamTrouble.Kind {
        guard let state else {
            return text.contains("too many") ? .busy : isIdentity ? .refused : .unreachable
        }
        switch state {
        case "3F000", "42883", "42P01", "3D000": return .notInstalled
        case "25006": return .readOnly
        case "53100": return .full
        case "42501": return .refused
        // The server is going down or coming up.
        case "57P01", "57P02", "57P03": return .unreachable
        default: break
        }
        switch state.prefix(2) {
        case "28": return .refused
        case "08": return .unreachable
        case "40", "53", "55", "57": return .busy
        default: return .broken
        }
    }

    /// While connecting libpq gives a sentence and no code.
    private var isIdentity: Bool {
        [
            "authentication failed", "no password supplied", "certificate", "does not support SSL",
            "no pg_hba.conf entry",
            "channel binding", "is not permitted to log in", "fe_sendauth", "does not exist",
        ]
        .contains { text.contains($0) }
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String { "postgres \(operation): \(state.map { "\($0) " } ?? "")\(text)" }
}

extension UpstreamTrouble {
    /// A driver's error in words for a person.
    package init(_ error: PostgresError) {
        let said = error.text.split(separator: "\n").first.map(String.init) ?? error.text
        self.init(error.kind, "\(error.kind.sentence) It said: \(said)", cause: "\(error)")
    }
}

extension String {
    /// Without the line ends that libpq puts behind its sentences.
    fileprivate var trimmingCharacters: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
