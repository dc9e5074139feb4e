// The organisations that share the box: whose a secret is, who comes and who goes. This is the only place that knows of
// more than one.
import Core
import Drivers
import Logging
import Synchronization

/// The organisations of the box.
final class Tenants: Sendable {
    private struct State {
        var housed: [Tenant]
        var isChanging = false
        var address: String?
    }

    /// The one that the box was set up for.
    let first: Tenant
    private let ground: Ground
    private let settlement: Settlement
    private let state: Mutex<State>
    private let (arrivals, arrive) = AsyncStream.makeStream(of: Tenant.self)

    /// Opens the files of all organisations, founding the first if there is none.
    ///
    /// - Throws: `unavailable` when the first one's file can not be opened. Another one's is left alone and told: one
    ///   organisation's damage does not keep the others out.
    init(on ground: Ground) async throws {
        self.ground = ground
        settlement = Settlement(
            configuration: ground.configuration, box: ground.box, clock: ground.clock, logger: ground.logger)
        try await settlement.sweep()
        let known = try await settlement.book.all()
        first = try await Tenant(known.first(where: \.isFirst), on: ground)
        var housed = [first]
        for tenancy in known where !tenancy.isFirst {
            do {
                housed.append(try await Tenant(tenancy, on: ground))
            } catch {
                ground.logger.critical(
                    "an organisation can not be served",
                    metadata: ["organisation": "\(tenancy.slug)", "cause": "\(error)"])
            }
        }
        state = Mutex(State(housed: housed))
    }

    /// All that are served, the first one first.
    var all: [Tenant] { state.withLock { $0.housed } }

    /// Whose secret this is, and of which organisation; nil when it is nobody's.
    func admitted(by secret: String) -> (tenant: Tenant, principal: Principal)? {
        for tenant in all {
            if let principal = tenant.credentials.principal(of: secret) { return (tenant, principal) }
        }
        return nil
    }

    /// Where somebody signs in who is not signed in yet: at the organisation that their address names; without a name
    /// where their screen is trusted, else at the first.
    func front(for head: HTTPRequestHead) -> Front {
        let home = screen(of: head)?.tenant
        guard let slug = head.query.first(where: { $0.name == "organisation" })?.value, !slug.isEmpty else {
            return Front(tenant: home ?? first, screens: home)
        }
        let named = all.first { $0.tenancy.slug == slug }
        return Front(tenant: named ?? first, screens: home, unknown: named == nil ? slug : nil)
    }

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

    /// The organisation at which a reader's codes are read; nil is the first.
    func reading(_ id: Tenancy.ID?) -> Tenant? {
        guard let id else { return first }
        return all.first { $0.tenancy.id == id }
    }

    /// Shows what is committed from now on. Before anybody listens.
    func start() async throws {
        for tenant in all {
            try await tenant.start()
            arrive.yield(tenant)
        }
    }

    /// Runs what goes on in them until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await tenant in arrivals { group.addTask { await tenant.run() } }
        }
    }

    /// Lets programs on this machine in, by a file in each one's folder that only the daemon's user can read.
    ///
    /// - Returns: the first one's token, which may be shown.
    func letProgramsIn(at address: String) async throws -> String {
        state.withLock { $0.address = address }
        for tenant in all { _ = try await tenant.programToken(address: address) }
        return try await first.programToken(address: address)
    }

    func close() throws {
        for tenant in all { try tenant.close() }
    }
}

/// An organisation before which somebody stands who is not signed in. One that there is not has the first one's front with
/// names that nobody there can have: so it answers in the same words and the same time as one that there is.
struct Front: Sendable {
    let tenant: Tenant
    /// Where the screen that asks is trusted.
    private let screens: Tenant?
    /// What was named and is not there; nil where it is.
    private let unknown: String?

    init(tenant: Tenant, screens: Tenant? = nil, unknown: String? = nil) {
        self.tenant = tenant
        self.screens = screens
        self.unknown = unknown
    }

    /// A name that was typed there.
    func name(_ typed: String) -> String { unknown.map { "\u{1}\($0)\u{1}\(typed)" } ?? typed }

    /// Who comes, as this organisation sees them: a screen that another one trusts is any browser here, and a browser on
    /// this machine is the first one's screen only.
    func visitor(_ visitor: Visitor) -> Visitor {
        var visitor = visitor
        let isLoopback = visitor.screen?.id == TrustedScreen.loopback.id
        let isTrusted = isLoopback ? tenant.tenancy.isFirst : screens === tenant
        if !isTrusted || unknown != nil { visitor.screen = nil }
        return visitor
    }
}

// MARK: - Coming and going

extension Tenants {
    /// Founds an organisation and serves it.
    ///
    /// - Returns: it, and the one-time link by which its first administrator comes in.
    /// - Throws: as ``Settlement/found(_:)``; `conflict` while another one comes or goes.
    func found(_ name: String) async throws -> (tenant: Tenant, link: String?) {
        try await changing {
            let tenancy = try await settlement.found(name)
            let tenant = try await Tenant(tenancy, on: ground)
            try await tenant.start()
            let address = state.withLock { $0.address }
            if let address { _ = try await tenant.programToken(address: address) }
            arrive.yield(tenant)
            state.withLock { $0.housed.append(tenant) }
            return (tenant, try await tenant.firstLink(address: address ?? ""))
        }
    }

    /// Erases an organisation: signs its people out, closes its files and removes them.
    ///
    /// - Throws: `notFound`; `conflict` for the first one, or while another one comes or goes.
    func erase(_ id: Tenancy.ID) async throws {
        try await changing {
            guard let tenancy = try await settlement.book.all().first(where: { $0.id == id }) else {
                throw Failure(.notFound, "There is no such organisation.")
            }
            guard !tenancy.isFirst else { throw Settlement.isFirst }
            let tenant = state.withLock { state in
                defer { state.housed.removeAll { $0.tenancy.id == id } }
                return state.housed.first { $0.tenancy.id == id }
            }
            if let tenant {
                await tenant.end()
                try tenant.close()
            }
            try await settlement.erase(tenancy)
        }
    }

    private func changing<Value>(_ body: () async throws -> Value) async throws -> Value {
        try state.withLock { state in
            guard !state.isChanging else {
                throw Failure(.conflict, "Another organisation is being made or erased. Try again.")
            }
            state.isChanging = true
        }
        defer { state.withLock { $0.isChanging = false } }
        return try await body()
    }
}
