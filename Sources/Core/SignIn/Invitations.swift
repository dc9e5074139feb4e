// One-time links: a phone is enrolled by one, a forgotten passphrase is replaced by one, and the first administrator
// comes in by one. In memory: they live for minutes, and after a restart one asks for another.
package import Foundation
private import Synchronization

/// Makes one-time links and takes them back. Only digests of their secrets are kept.
package final class Invitations: Sendable {
    /// Whom a link lets in.
    package struct Invitation: Sendable, Equatable {
        package let person: Person.ID
        /// Whether it is taken from this machine only.
        package let isLocal: Bool
        /// Whether it signs in somebody who has a passphrase, without a new one.
        package let keepsPassphrase: Bool
        package let expires: Date
    }

    /// How long a link may wait to be opened.
    package static let lifetime = Duration.seconds(15 * 60)
    /// How long the first administrator's may.
    package static let firstLifetime = Duration.seconds(30 * 60)
    /// Most that wait; beyond, the one that ends first goes.
    static let countMax = 1_000

    private let clock: HybridClock
    private let invitations = Mutex<[[UInt8]: Invitation]>([:])

    package init(clock: HybridClock) { self.clock = clock }

    /// Makes a link's secret; an earlier one of the same person counts no more.
    package func make(
        for person: Person.ID, isLocal: Bool = false, keepsPassphrase: Bool = false,
        lasting lifetime: Duration = Invitations.lifetime
    ) -> (secret: String, invitation: Invitation) {
        let secret = Hex.text(SecureRandom.bytes(20))
        let invitation = Invitation(
            person: person, isLocal: isLocal, keepsPassphrase: keepsPassphrase,
            expires: clock.now.addingTimeInterval(Double(lifetime.components.seconds)))
        invitations.withLock { invitations in
            invitations = invitations.filter { $0.value.person != person }
            if invitations.count >= Self.countMax,
                let first = invitations.min(by: { $0.value.expires < $1.value.expires })
            {
                invitations[first.key] = nil
            }
            invitations[SHA256.digest(Array(secret.utf8))] = invitation
        }
        return (secret, invitation)
    }

    /// The invitation of a secret that may still be taken from where somebody is.
    package func find(_ secret: String, for visitor: Visitor) -> Invitation? {
        invitations.withLock { isGood($0[SHA256.digest(Array(secret.utf8))], for: visitor) }
    }

    /// Takes an invitation: of any number who try, one gets it.
    package func take(_ secret: String, for visitor: Visitor) -> Invitation? {
        let hash = SHA256.digest(Array(secret.utf8))
        return invitations.withLock { invitations in
            guard let invitation = isGood(invitations[hash], for: visitor) else { return nil }
            invitations[hash] = nil
            return invitation
        }
    }

    /// Takes back what was made for a person.
    package func revoke(of person: Person.ID) {
        invitations.withLock { invitations in invitations = invitations.filter { $0.value.person != person } }
    }

    private func isGood(_ invitation: Invitation?, for visitor: Visitor) -> Invitation? {
        guard let invitation, invitation.expires > clock.now, visitor.isLocal || !invitation.isLocal else { return nil }
        return invitation
    }
}
