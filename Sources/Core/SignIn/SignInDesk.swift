// The ways in: name and passphrase anywhere, a PIN or a badge at a trusted screen, a one-time link once. Every attempt
// is counted before it is looked at (Guesses), and no answer says whether a name exists.
import Foundation
import GRDB

/// Signs people in, and lets them change what they sign in with.
package struct SignInDesk: Sendable {
    /// Somebody who is signed in.
    package struct SignedIn: Sendable {
        /// For the cookie; it is not kept.
        package let secret: String
        package let person: Person
        package let principal: Principal
    }

    /// What came of a badge.
    package enum Badged: Sendable {
        case signedIn(SignedIn)
        /// It says who it is; the PIN is to follow.
        case needsPIN(Person)
    }

    private let store: Store
    package let secrets: SecretBook
    package let sessions: Sessions
    package let invitations: Invitations
    package let badges: BadgeWatch
    private let guesses: Guesses

    package init(
        store: Store, secrets: SecretBook, sessions: Sessions, guesses: Guesses, invitations: Invitations,
        badges: BadgeWatch
    ) {
        self.store = store
        self.secrets = secrets
        self.sessions = sessions
        self.guesses = guesses
        self.invitations = invitations
        self.badges = badges
    }

    // ---- signing in --------------------------------------------------------------------------------------------------

    /// Signs somebody in by name or e-mail address and passphrase.
    ///
    /// - Throws: `unauthorized` in the same words and the same time whatever is wrong; `tooMany` while one has to wait.
    package func signIn(name: String, passphrase: String, from visitor: Visitor) async throws -> SignedIn {
        try guesses.begin(name, from: visitor)
        guard let person = try await secrets.person(named: name, passphrase: passphrase) else {
            await guesses.wasWrong(name, from: visitor)
            throw Failure(.unauthorized, "That name and passphrase do not fit together.")
        }
        await guesses.wasRight(name, from: visitor)
        return try await open(for: person, as: person.role, by: .passphrase, from: visitor)
    }

    /// Signs somebody in by PIN, at a trusted screen.
    ///
    /// - Throws: `forbidden` anywhere else; `unauthorized` for a wrong PIN; `tooMany` while one has to wait.
    package func signIn(_ id: Person.ID, pin: String, from visitor: Visitor) async throws -> SignedIn {
        guard visitor.screen != nil else { throw Self.notTrusted }
        try guesses.begin(id.rawValue, from: visitor)
        guard try await secrets.matches(pin: pin, of: id), let person = try await find(id) else {
            await guesses.wasWrong(id.rawValue, from: visitor)
            throw Failure(.unauthorized, "That PIN is not right.", field: "pin")
        }
        await guesses.wasRight(id.rawValue, from: visitor)
        return try await open(for: person, as: person.role, by: .pin, from: visitor)
    }

    /// Signs the person in whose badge was typed or read at a trusted screen.
    ///
    /// - Throws: `unauthorized` for a code that is nobody's badge, and as ``signIn(_:pin:from:)``.
    package func signIn(badge code: String, from visitor: Visitor) async throws -> Badged {
        guard visitor.screen != nil else { throw Self.notTrusted }
        let code = ScanCode(raw: Array(code.utf8), symbology: nil)
        try guesses.begin("badge", from: visitor)
        guard let person = try await store.read({ try CodeOwner.find(code, in: $0)?.person }) else {
            await guesses.wasWrong("badge", from: visitor)
            throw Failure(.unauthorized, "That is nobody's badge.", field: "code")
        }
        await guesses.wasRight("badge", from: visitor)
        return try await letIn(person, byBadgeAt: visitor)
    }

    /// Waits for the next badge at the reader of a trusted screen's door, and signs its person in; nil when none came.
    package func awaitBadge(from visitor: Visitor, within: Duration) async throws -> Badged? {
        guard let screen = visitor.screen else { throw Self.notTrusted }
        guard let door = screen.door, let id = await badges.next(at: door, for: screen.id, within: within),
            let person = try await find(id), person.isActive
        else { return nil }
        return try await letIn(person, byBadgeAt: visitor)
    }

    /// A badge alone gives crew rights only, for as long as the badge counts at the door.
    private func letIn(_ person: Person, byBadgeAt visitor: Visitor) async throws -> Badged {
        guard visitor.screen?.badge == .alone else { return .needsPIN(person) }
        let door = visitor.screen?.door
        let minutes = try await store.read { database in
            try door.flatMap { try Door.find($0, in: database) }?.actingMinutes ?? 10
        }
        return .signedIn(
            try await open(for: person, as: .crew, by: .badge, from: visitor, idle: .seconds(minutes * 60)))
    }

    private static let notTrusted = Failure(
        .forbidden, "PINs and badges sign in at a trusted screen only. Use your passphrase here.")

    private func open(
        for person: Person, as role: Role, by way: Session.Way, from visitor: Visitor, idle: Duration? = nil
    ) async throws -> SignedIn {
        let (secret, session) = try await sessions.open(
            Principal(person: person.id, role: role), by: way, from: visitor, idle: idle)
        try await AuditTrail(store: store).note(
            .signedIn, subject: person.id.rawValue, by: Author(person: person.id, device: visitor.screen?.name),
            ["name": .string(person.name), "way": .string(way.rawValue), "agent": .string(session.agent)])
        return SignedIn(secret: secret, person: person, principal: session.principal)
    }

    private func find(_ id: Person.ID) async throws -> Person? {
        try await store.read { try Person.find(id, in: $0) }
    }

    // ---- one-time links ----------------------------------------------------------------------------------------------

    /// Makes a one-time link for a person: theirs to make with what they sign in with, or somebody's with a higher role.
    ///
    /// - Parameter current: the passphrase, or the PIN of somebody who has none; for one's own only.
    /// - Throws: `notFound`, `forbidden`, `invalid` for a wrong `current`, `tooMany`.
    package func invite(
        _ id: Person.ID, current: String?, by author: Author, from visitor: Visitor
    ) async throws -> (secret: String, invitation: Invitations.Invitation) {
        let kept = try await secrets.kept(of: id, for: author)
        guard author.person == id else { return invitations.make(for: id) }
        try await prove(current, of: id, kept, from: visitor)
        return invitations.make(for: id, keepsPassphrase: kept.hasPassphrase)
    }

    /// Whom a link is for; it can still be opened afterwards.
    ///
    /// - Throws: `notFound` for one that is nobody's, too old, or used. Nobody guesses 160 random bits, so that is not
    ///   counted.
    package func look(at secret: String, from visitor: Visitor) async throws -> (
        person: Person, invitation: Invitations.Invitation, names: [String]
    ) {
        guard let invitation = invitations.find(secret, for: visitor), let person = try await find(invitation.person),
            person.isActive
        else { throw Self.spent }
        let kept = try await secrets.kept(of: person.id, for: Author())
        return (person, invitation, kept.names)
    }

    /// Opens a link: sets the passphrase, ends what sessions the person had, and signs them in.
    ///
    /// - Parameter passphrase: nil is enough for a link that its person made, who has one.
    /// - Throws: as ``look(at:from:)``; `invalid` for a passphrase that may not be, and the link is still good.
    package func open(_ secret: String, passphrase: String?, from visitor: Visitor) async throws -> SignedIn {
        let (person, invitation, _) = try await look(at: secret, from: visitor)
        guard passphrase != nil || invitation.keepsPassphrase else {
            throw Failure(.invalid, "Choose a passphrase.", field: "passphrase")
        }
        if let passphrase {
            let hash = try await secrets.hash(of: passphrase, for: person.id)
            guard invitations.take(secret, for: visitor) != nil else { throw Self.spent }
            try await secrets.set(ground: hash, of: person.id, by: Author(person: person.id, role: person.role))
            sessions.end(of: person.id)
        } else {
            guard invitations.take(secret, for: visitor) != nil else { throw Self.spent }
        }
        return try await open(for: person, as: person.role, by: .link, from: visitor)
    }

    private static let spent = Failure(
        .notFound, "This link was used, or it is too old. Ask for another one.", field: "secret")

    // ---- changing ----------------------------------------------------------------------------------------------------

    /// Changes one's own passphrase; what else one was signed in at ends.
    ///
    /// - Throws: `invalid` for a wrong `current` or a passphrase that may not be; `tooMany`.
    package func changePassphrase(
        _ passphrase: String, current: String?, by principal: Principal, from visitor: Visitor
    ) async throws {
        guard let id = principal.person else { throw Failure(.forbidden, "Programs have no passphrase.") }
        let author = Author(person: id, role: principal.role)
        try await prove(current, of: id, secrets.kept(of: id, for: author), from: visitor)
        try await secrets.setPassphrase(passphrase, of: id, by: author)
        invitations.revoke(of: id)
        sessions.end(of: id, except: principal.session)
    }

    /// Sets a PIN: one's own with the present one or the passphrase, or that of somebody with a lower role.
    ///
    /// - Throws: `invalid`, `forbidden`, `notFound`, `tooMany`.
    package func setPIN(
        _ pin: String, of id: Person.ID, current: String?, by author: Author, in session: Session.ID?,
        from visitor: Visitor
    ) async throws {
        if author.person == id {
            try await prove(current, of: id, secrets.kept(of: id, for: author), isForPIN: true, from: visitor)
        }
        try await secrets.setPIN(pin, of: id, by: author)
        sessions.end(of: id, except: session)
    }

    /// Refuses whoever can not say the passphrase, or the PIN where there is no passphrase: a session alone, left open
    /// or begun by a badge, is not enough to change what one signs in with.
    private func prove(
        _ current: String?, of id: Person.ID, _ kept: SecretBook.Kept, isForPIN: Bool = false, from visitor: Visitor
    ) async throws {
        let words =
            kept.hasPassphrase && !(isForPIN && kept.hasPIN)
            ? "That is not your present passphrase." : "That is not your present PIN."
        let wrong = Failure(.invalid, words, field: "current")
        guard let current else { throw wrong }
        try guesses.begin(id.rawValue, from: visitor)
        var isRight = false
        if kept.hasPIN, isForPIN || !kept.hasPassphrase {
            isRight = try await secrets.matches(pin: current, of: id)
        }
        if !isRight, kept.hasPassphrase { isRight = try await secrets.matches(passphrase: current, of: id) }
        guard isRight else {
            await guesses.wasWrong(id.rawValue, from: visitor)
            throw wrong
        }
        await guesses.wasRight(id.rawValue, from: visitor)
    }
}
