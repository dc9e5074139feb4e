// One organisation on the box: its folder, its file, every desk upon it, and its screens. A route gets at a tenant only as
// the one that who asks belongs to (Exchange.tenant), so no handler can so much as name another.
// Read next: Tenant+Desks.swift, Tenants.swift.
import Core
import Drivers
import Logging

/// One organisation with all that is its own.
final class Tenant: Sendable {
    /// Where its files are; for the first organisation the data folder itself.
    let folder: String
    let organisation: Organisation
    let store: Store
    let box: Box
    let roster: Roster
    let register: AssetRegister
    let projects: ProjectBoard
    let door: DoorDesk
    let sessions: Sessions
    let credentials: Credentials
    let trail: AuditTrail
    let refusals: RefusalBook
    let hub: LiveHub
    let batches: BatchRunner
    let imports: ImportDesk
    let exports: ExportDesk
    let backups: BackupDesk
    private let progressWatch: ProgressWatch

    /// Opens the files of an organisation, founding it if there is none; nothing runs yet.
    ///
    /// - Parameters:
    ///   - box: where its sessions and uploads are kept.
    ///   - isDemo: fills an empty folder with a demo depot.
    /// - Throws: `unavailable` when a file can not be opened.
    init(
        folder: String, box: Box, _ configuration: Configuration, clock: HybridClock, loop: EventLoop, limits: Limits,
        isDemo: Bool, logger: Logger
    ) async throws {
        self.folder = folder
        self.box = box
        let store = try Store(path: folder + "/depot.sqlite", clock: clock, options: configuration.storeOptions)
        self.store = store
        roster = Roster(store: store)
        register = AssetRegister(store: store)
        projects = ProjectBoard(store: store)
        door = DoorDesk(store: store, options: configuration.doorOptions, logger: logger)
        organisation = try await Founding(configuration, isDemo: isDemo, store, roster, door, logger: logger).run()
        if isDemo {
            try await DemoDepot(register: register, roster: roster, projects: projects, door: door).fill(store)
        }
        sessions = try await Sessions(box: box, roster: roster, clock: clock, options: configuration.sessionOptions)
        trail = AuditTrail(store: store)
        refusals = RefusalBook(trail: trail, clock: clock, logger: logger)
        let keys = try await KeyRing(box: box, trail: trail, clock: clock)
        let signing = try await SigningKeys(box: box, clock: clock, options: configuration.signingOptions)
        let mint = try await TokenMint(ring: keys, keys: signing, organisation: organisation, clock: clock)
        credentials = Credentials(sessions: sessions, keys: keys, mint: mint)
        let hub = LiveHub(loop: loop, store: store, limits: configuration.live, events: limits.events, logger: logger)
        self.hub = hub
        batches = BatchRunner(store: store, logger: logger, signal: { hub.signal(.assets, "batch", $0) })
        imports = ImportDesk(store: store, box: box, runner: batches)
        exports = ExportDesk(store: store)
        backups = BackupDesk(folder: folder, clock: clock)
        progressWatch = ProgressWatch(projects: projects, hub: hub)
    }

    /// Shows what is committed to its screens from now on. Before anybody listens, and before anything writes.
    func start() async throws {
        try await hub.start()
        store.onCommit { [sessions, hub, progressWatch] changes in
            for person in Sessions.affected(by: changes) {
                sessions.end(of: person)
                hub.end(person: person)
            }
            progressWatch.heed(changes)
        }
    }

    /// Carries out its batches and counts its progress until the task is cancelled. A batch that is under way then is
    /// taken back at the next start.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [batches] in await batches.run() }
            group.addTask { [progressWatch] in await progressWatch.run() }
            group.addTask { [refusals] in await refusals.run() }
        }
    }
}

extension Tenant {
    /// The token of programs on this machine, which `depotd scan` and scripts use; made once and kept in a file that
    /// only the daemon's user can read.
    func programToken(address: String) async throws -> String {
        let file = LocalAccess.file(in: folder)
        let kept = try? LocalAccess(readingFrom: file)
        let token = try await key(kept?.token)
        let adminToken = try await adminToken(kept?.adminToken)
        try LocalAccess(url: address, token: token, adminToken: adminToken).write(to: file)
        return token
    }

    /// A key like any other: an admin may revoke it, until the next start. It has the scope `door`, so scripts at the
    /// box are never throttled, and the others, so that they reach what a manager does.
    private func key(_ kept: String?) async throws -> String {
        if let kept, credentials.keys.principal(of: kept) != nil { return kept }
        let author = Author(device: "local programs")
        for old in credentials.keys.list where old.name == author.device {
            try await credentials.keys.revoke(old.id, by: author)
        }
        return try await credentials.keys.create("local programs", scopes: Set(Scope.allCases), by: author).secret
    }

    private func adminToken(_ kept: String?) async throws -> String {
        if let kept, sessions.principal(of: kept) != nil { return kept }
        return try await sessions.issueToken(device: "local administration", role: .admin)
    }
}
