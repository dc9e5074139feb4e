// The typed error of this driver, for what fails at start: after it, what a peer does wrong is answered or counted and
// never thrown.
import Glibc

/// What failed when the event loop or the listener was set up.
package struct ListenerError: Error, Sendable, CustomStringConvertible {
    /// The call that failed, such as `bind`.
    package let operation: String
    /// The errno of the call; 0 where the library gives none.
    package let code: Int32
    /// The library's words for the code.
    package let text: String
    /// What a person can do, when there is something.
    package let hint: String?

    /// Whether trying again later may help: the address is still in use, or the box is short of memory or descriptors.
    package var isTransient: Bool { [EADDRINUSE, EADDRNOTAVAIL, EMFILE, ENFILE, ENOMEM].contains(code) }

    /// One line for the log.
    package var description: String { "\(operation): \(text)" + (hint.map { " (\($0))" } ?? "") }

    /// Builds an error from a call that has just failed and left its reason in errno.
    static func last(_ operation: String, hint: String? = nil) -> ListenerError {
        let code = errno
        return ListenerError(operation: operation, code: code, text: String(cString: strerror(code)), hint: hint)
    }
}
