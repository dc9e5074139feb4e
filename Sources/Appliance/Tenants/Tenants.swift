// The organisations that share the box, and whose a secret is. This is the only place that knows of more than one.
import Core

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
            if let principal = tenant.credentials.principal(of: secret) { return (tenant, principal) }
        }
        return nil
    }

    /// Where somebody signs in who is not signed in yet.
    var front: Tenant? { first }

    /// Runs what goes on in them until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for tenant in all { group.addTask { await tenant.run() } }
        }
    }
}
