// The organisations that share the box: whose a secret is, who comes and who goes. This is the only place that knows of
// more than one.
import Core
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

    /// Where somebody signs in who is not signed in yet: at the organisation they name, and where there is only one, at
    /// that.
    @Sendable func front(_ slug: String?) -> Front {
        let all = all
        if all.count == 1 { return Front(tenant: first) }
        let slug = slug ?? ""
        guard let named = all.first(where: { $0.tenancy.slug == slug }) else {
            return Front(tenant: first, unknown: slug)
        }
        return Front(tenant: named)
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
    /// What was named and is not there; nil where it is.
    let unknown: String?

    init(tenant: Tenant, unknown: String? = nil) {
        self.tenant = tenant
        self.unknown = unknown
    }

    /// A name that was typed there.
    func name(_ typed: String) -> String { unknown.map { "\u{0}\($0)\u{0}\(typed)" } ?? typed }
}

// MARK: - Coming and going

extension Tenants {
    /// Founds an organisation and serves it.
    ///
    /// - Throws: as ``Settlement/found(_:)``; `conflict` while another one comes or goes.
    func found(_ name: String) async throws -> Tenant {
        try await changing {
            let tenancy = try await settlement.found(name)
            let tenant = try await Tenant(tenancy, on: ground)
            try await tenant.start()
            if let address = state.withLock({ $0.address }) { _ = try await tenant.programToken(address: address) }
            arrive.yield(tenant)
            state.withLock { $0.housed.append(tenant) }
            return tenant
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
