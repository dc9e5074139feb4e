// The audit trail is the log of Changes itself: it is append-only by trigger and says who, from where, what, old and new.
// What changes no record, a sign-in or a refusal, is a Change on the topic `audit`, which only admins may read.
// Read next: AuditQuery.swift.

/// Notes what happened to the box's doors rather than to its gear.
package struct AuditTrail: Sendable {
    /// What is noted on the topic `audit`.
    package enum Kind: String, Sendable, CaseIterable {
        case signedIn, signInFailed, signedOut
        /// Something was refused: 401, 403 or 429. `again` counts further ones of the same source in a minute.
        case refused, refusedAgain
        case keyMade, keyRevoked, tokenIssued
        /// A list left as a file, or a backup was asked for.
        case exported
    }

    let store: Store

    package init(store: Store) { self.store = store }

    /// Notes one thing; it is on disk when this returns.
    ///
    /// - Parameters:
    ///   - subject: what it is about: a key, a person, or the address it came from.
    ///   - author: nil where the origin of the request says all that is known.
    package func note(_ kind: Kind, subject: String, by author: Author? = nil, _ body: JSON) async throws {
        try await store.write { transaction in
            _ = try transaction.append(
                .audit, kind.rawValue, subject: subject, actor: author?.person?.rawValue, device: author?.device, body)
        }
    }
}
