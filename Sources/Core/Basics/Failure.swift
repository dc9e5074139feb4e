// What can go wrong, in the words of the depot. Drivers have typed errors of their own; where one reaches a person
// it is turned into a Failure. The table to HTTP status lives in Appliance/HTTP/FailureResponse.swift.

/// What can go wrong: a code to branch on, a message fit to show, and a cause fit only to log.
///
/// Two failures are equal when their codes are.
package struct Failure: Error, Sendable, Equatable {
    /// The kinds of failure; each has one HTTP status and one problem type.
    package enum Code: String, Sendable, CaseIterable {
        case invalid, notFound, conflict, forbidden, unauthorized
        case tooMany, tooLarge, stale, unavailable, `internal`
    }

    package let code: Code
    /// A sentence for the person who asked: what happened, what was kept, what to do.
    package let message: String
    /// The field of the request that is at fault, as a JSON pointer without its slash, when one is.
    package let field: String?
    /// What a developer needs; it is logged and never shown.
    package let cause: String?
    /// What a page needs to go on, as further members of the problem document: `current` for the record as it is now,
    /// `asset` for the one that has the code already, `errors` for each field that is not right.
    package let details: JSON?

    package init(
        _ code: Code, _ message: String, field: String? = nil, cause: String? = nil, details: JSON? = nil
    ) {
        self.code = code
        self.message = message
        self.field = field
        self.cause = cause
        self.details = details
    }

    package static func == (one: Failure, other: Failure) -> Bool { one.code == other.code }
}

extension Failure: CustomStringConvertible {
    package var description: String {
        "\(code.rawValue): \(message)" + (cause.map { " (\($0))" } ?? "")
    }
}
