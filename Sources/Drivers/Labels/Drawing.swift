// Cairo and pango, which are loaded when the first label is drawn and stay: see Core.docc/Decisions. Whoever draws holds
// their functions, so nothing is called that was not found.
import CPango
import Core

enum Drawing {
    private static let found = depot_load_drawing()?.pointee

    /// The functions of both.
    ///
    /// - Throws: `unavailable` where they are not installed.
    static func library() throws -> depot_drawing {
        guard let found else {
            throw Failure(.unavailable, "This box can not draw labels: libpangocairo is missing.")
        }
        return found
    }
}
