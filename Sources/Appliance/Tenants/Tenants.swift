// The organisations that share the box, and whose a secret is. This is the only place that knows of more than one.
import Core
import Drivers

/// The organisations of the box.
final class Tenants: Sendable {
    /// The one that the box was set up for.
    let first: Tenant
    let all: [Tenant]

    init(_ first: Tenant) {
        self.first = first
        all = [first]
    }

    /// Whose secret this is, and of which organisation; nil when it is nobody's.
    func admitted(by secret: String) -> (tenant: Tenant, principal: Principal)? {
        for tenant in all {
            if let principal = tenant.sessions.principal(of: secret) { return (tenant, principal) }
        }
        return nil
    }

    /// Where somebody signs in who is not signed in yet: where their screen is trusted.
    func front(for head: HTTPRequestHead) -> Tenant? { screen(of: head)?.tenant ?? first }

    /// The trusted screen that a request is from, and whose it is.
    func screen(of head: HTTPRequestHead) -> (tenant: Tenant, screen: TrustedScreen)? {
        guard let secret = Cookie.device.value(in: head) else { return nil }
        for tenant in all {
            if let screen = tenant.screens.find(secret) { return (tenant, screen) }
        }
        return nil
    }

    /// The organisation that made a one-time link; the first for one that none did.
    func inviting(_ secret: String, _ visitor: Visitor) -> Tenant {
        all.first { $0.signIn.invitations.find(secret, for: visitor) != nil } ?? first
    }

    /// Runs what goes on in them until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for tenant in all { group.addTask { await tenant.run() } }
        }
    }
}
