// What an API key may reach. A scope only ever narrows: what a key may do is what its role may, and of that what its
// scopes name. The routes say which scope each of them needs (Router.swift).

/// One part of what a program may do.
package enum Scope: String, Sendable, CaseIterable, Codable {
    /// Whatever crew may look at.
    case read
    /// Crew's work, and looking.
    case write
    /// What managers do, and all of that.
    case manage
    /// What a door does: scans, the door itself, gear looked up and set by hand. Bounded by a queue and never throttled.
    case door
    /// Lists as files.
    case export

    /// This scope and those it brings along.
    private var reach: Set<Scope> {
        switch self {
        case .read, .door, .export: [self]
        case .write: [.write, .read]
        case .manage: [.manage, .write, .read]
        }
    }

    /// Whether one of `held` is one of `wanted` or brings it along.
    package static func isCovered(_ wanted: Set<Scope>, by held: Set<Scope>) -> Bool {
        held.contains { !$0.reach.isDisjoint(with: wanted) }
    }

    /// The role of a program with these scopes; none is ever an admin.
    package static func role(of scopes: Set<Scope>) -> Role { scopes.contains(.manage) ? .manager : .crew }

    /// Scopes as OAuth writes them, such as `door read`; nil when one of them is unknown or there is none.
    ///
    /// - Source: RFC 6749 §3.3.
    package static func set(of text: String) -> Set<Scope>? {
        let words = text.split(separator: " ")
        let scopes = words.compactMap { Scope(rawValue: String($0)) }
        return scopes.isEmpty || scopes.count != words.count ? nil : Set(scopes)
    }

    /// The same scopes as text, always in the same order.
    package static func text(of scopes: Set<Scope>) -> String {
        allCases.filter(scopes.contains).map(\.rawValue).joined(separator: " ")
    }
}
