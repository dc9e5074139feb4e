// Which scope a key needs for a route: it follows from the route's role and method, but for the work of a door and for
// files. This and Router.admit are all there is of authorisation.
import Core

extension Route {
    /// What a door does, and the gear it does it to.
    static let doorWork: Set<String> = [
        "POST /api/v1/scans", "POST /api/v1/scans/{id}/undo", "POST /api/v1/scans/{id}/quantity",
        "GET /api/v1/doors", "GET /api/v1/doors/{id}", "PATCH /api/v1/doors/{id}", "GET /api/v1/doors/{id}/visit",
        "GET /api/v1/assets", "GET /api/v1/assets/{id}", "PATCH /api/v1/assets/{id}/status", "GET /api/v1/lookup",
        "GET /api/v1/live", "GET /api/v1/about",
    ]

    /// Whatever key one has.
    static let anyKey: Set<String> = ["GET /api/v1/session", "DELETE /api/v1/session", "POST /api/v1/tokens"]

    /// The scopes of which a key needs one; none lets no key in.
    static func scopes(_ method: String, _ pattern: String, _ access: Access) -> Set<Scope> {
        let name = method + " " + pattern
        guard case .role(let role) = access, role != .admin else { return [] }
        if anyKey.contains(name) { return Set(Scope.allCases) }
        if pattern.hasPrefix("/api/v1/export/") { return role == .manager ? [] : [.export] }
        let needed: Scope = role == .manager ? .manage : method == "GET" ? .read : .write
        return doorWork.contains(name) ? [needed, .door] : [needed]
    }

    /// Whether what it gives is a file with many records, which the audit trail notes: an export, a sheet, the trail
    /// itself, a backup.
    var leavesAsFile: Bool {
        document.tag == "export" || pattern.hasSuffix(".csv") || (method == "POST" && pattern == "/api/v1/backup")
    }

    /// Whether it is asked by doors too, whose scans wait and are never turned away for being many.
    var isDoorWork: Bool { scopes.contains(.door) }
}
