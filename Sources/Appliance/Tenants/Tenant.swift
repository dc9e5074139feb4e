// One organisation on the box: its folder, its file, every desk upon it, and its screens. A route gets at a tenant only as
// the one that who asks belongs to (Exchange.tenant), so no handler can so much as name another.
// Read next: Tenant+Desks.swift, Tenants.swift.
import Core
import Drivers
import Foundation
import Logging

/// What all organisations of a box stand on.
struct Ground: Sendable {
    let configuration: Configuration
    let box: Box
    let clock: HybridClock
    let loop: EventLoop
    let mill: PassphraseMill
    let heartbeat: Heartbeat
    let limits: Limits
    let printers: PrinterDrivers
    let pictures: any PictureMaker
    let isDemo: Bool
    let logger: Logger
}

/// One organisation with all that is its own.
final class Tenant: Sendable {
    let tenancy: Tenancy
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
    let screens: TrustedScreens
    let signIn: SignInDesk
    let hub: LiveHub
    let batches: BatchRunner
    let labelQueue: LabelQueue
    let imports: ImportDesk
    let exports: ExportDesk
    let backups: BackupDesk
    let talk: Talk
    let pictureMaker: any PictureMaker
    /// Nil where no hub is configured, and for all but the first.
    let sync: TenantSync?
    private let heartbeat: Heartbeat
    private let progressWatch: ProgressWatch
    private let pictureSweep: PictureSweep
    private let (ending, ends) = AsyncStream.makeStream(of: Void.self)
    private let (ended, hasEnded) = AsyncStream.makeStream(of: Void.self)
    private let logger: Logger

    /// Opens the files of an organisation; nothing runs yet.
    ///
    /// - Parameter known: its entry in the box's list; nil at a box's first start, which founds and enters the first.
    /// - Throws: `unavailable` when a file is not there or can not be opened.
    init(_ known: Tenancy?, on ground: Ground) async throws {
        let (configuration, clock, logger) = (ground.configuration, ground.clock, ground.logger)
        self.logger = logger
        let isFirst = known?.isFirst ?? true
        folder = known?.folder(in: configuration.data) ?? configuration.data
        guard isFirst || FileManager.default.fileExists(atPath: folder + "/depot.sqlite") else {
            throw Failure(.unavailable, "The organisation's file is not there: \(folder)/depot.sqlite")
        }
        box = isFirst ? ground.box : try Box(path: folder + "/box.sqlite")
        var options = configuration.storeOptions
        if !isFirst { options.readerCount = 2 }
        let store = try Store(path: folder + "/depot.sqlite", clock: clock, options: options)
        self.store = store
        roster = Roster(store: store)
        register = AssetRegister(store: store)
        projects = ProjectBoard(store: store)
        door = DoorDesk(store: store, options: configuration.doorOptions, logger: logger)
        let isDemo = ground.isDemo && isFirst
        organisation = try await Founding(
            configuration, name: isDemo ? DemoDepot.organisationName : configuration.organisationName, isDemo: isDemo,
            store, roster, door
        ).run()
        let secrets = SecretBook(store: store, mill: ground.mill)
        if isDemo {
            try await DemoDepot(register: register, roster: roster, secrets: secrets, projects: projects, door: door)
                .fill(store)
        }
        if let known {
            tenancy = known
        } else {
            tenancy = try await TenancyBook(box: ground.box)
                .enter(Tenancy.ID(at: clock.now), organisation.name, isFirst: true, at: clock.now)
        }
        sessions = try await Sessions(box: box, roster: roster, clock: clock, options: configuration.sessionOptions)
        trail = AuditTrail(store: store)
        refusals = RefusalBook(trail: trail, clock: clock, logger: logger)
        let keys = try await KeyRing(box: box, trail: trail, clock: clock)
        let signing = try await SigningKeys(box: box, clock: clock, options: configuration.signingOptions)
        let mint = try await TokenMint(ring: keys, keys: signing, organisation: organisation, clock: clock)
        credentials = Credentials(sessions: sessions, keys: keys, mint: mint)
        screens = try await TrustedScreens(box: box, clock: clock)
        signIn = SignInDesk(
            store: store, secrets: secrets, sessions: sessions, guesses: try Guesses(box: box, clock: clock),
            invitations: Invitations(clock: clock), badges: BadgeWatch())
        pictureMaker = ground.pictures
        talk = try await Talk(store: store, folder: folder + "/files", maker: ground.pictures, logger: logger)
        if isDemo {
            let people = try await roster.whoMaySignIn()
            try await DemoChat(talk: talk, people: people, register: register, now: clock.now).fill()
        }
        let hub = LiveHub(
            loop: ground.loop, store: store, limits: configuration.live, events: ground.limits.events, talk: talk,
            logger: logger)
        self.hub = hub
        batches = BatchRunner(store: store, logger: logger, signal: { hub.signal(.assets, "batch", $0) })
        labelQueue = LabelQueue(
            store: store, drivers: { [printers = ground.printers] in printers.driver(for: $0) }, logger: logger,
            signal: { hub.signal(.labels, "job", $0) })
        imports = ImportDesk(store: store, box: box, runner: batches)
        exports = ExportDesk(store: store)
        backups = BackupDesk(folder: folder, clock: clock)
        sync =
            isFirst
            ? try TenantSync(
                configuration, store: store, organisation: organisation, logger: logger,
                told: { hub.signal(.assets, "distant", ["count": .int(Int64($0))]) }) : nil
        progressWatch = ProgressWatch(projects: projects, hub: hub)
        pictureSweep = PictureSweep(store: store, logger: logger)
        heartbeat = ground.heartbeat
    }

    /// Shows what is committed to its screens from now on. Before anybody listens, and before anything writes.
    func start() async throws {
        try await hub.start()
        store.onCommit { [sessions, signIn, hub, progressWatch, labelQueue, talk] changes in
            for person in Sessions.affected(by: changes) {
                sessions.end(of: person)
                signIn.invitations.revoke(of: person)
                hub.end(person: person)
            }
            sessions.heed(changes)
            signIn.badges.heed(changes)
            progressWatch.heed(changes)
            labelQueue.heed(changes)
            talk.heed(changes)
        }
        heartbeat.watch(store)
    }

    /// Ends sessions that are over, with their live connections; a screen at a door that only listens is in use.
    private func tendSessions() async {
        while (try? await Task.sleep(for: .seconds(30))) != nil {
            do {
                hub.end(sessions: Set(try await sessions.tend(inUse: hub.listening())))
            } catch {
                logger.warning("the sessions could not be tended", metadata: ["cause": "\(error)"])
            }
        }
    }

    /// Carries out its batches and counts its progress until the task is cancelled or ``end()``. A batch that is under
    /// way then is taken back at the next start.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [batches] in await batches.run() }
            group.addTask { [progressWatch] in await progressWatch.run() }
            group.addTask { [labelQueue] in await labelQueue.run() }
            group.addTask { [refusals] in await refusals.run() }
            group.addTask { await self.tendSessions() }
            group.addTask { [talk, hub] in await talk.run { hub.signal($0, "receipts", $1) } }
            group.addTask { [pictureSweep] in await pictureSweep.run() }
            if let sync { group.addTask { await sync.run() } }
            group.addTask { [ending] in for await _ in ending {} }
            await group.next()
            group.cancelAll()
        }
        hasEnded.finish()
    }

    /// Sends its people away and ends what goes on in it.
    func end() async {
        heartbeat.letGo(of: store)
        hub.endAll()
        ends.finish()
        for await _ in ended {}
    }

    /// Closes its files.
    func close() throws {
        try store.close()
        if !tenancy.isFirst { try box.close() }
    }
}

extension Tenant {
    /// A one-time link for the first administrator, good on this machine only; nil once an admin has a passphrase.
    func firstLink(address: String) async throws -> String? {
        let administrator = try await signIn.secrets.administrator()
        guard !administrator.hasPassphrase, let first = administrator.first else { return nil }
        let made = signIn.invitations.make(for: first.id, isLocal: true, lasting: Invitations.firstLifetime)
        return LocalAccess.loopback(address) + "/welcome#" + made.secret
    }

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

    /// A key like any other: an admin may revoke it, until the next start. It is a door's, so scripts at the box are never
    /// throttled, and do what a door does; who wants more makes a key of their own.
    private func key(_ kept: String?) async throws -> String {
        if let kept, credentials.keys.principal(of: kept)?.scopes == [.door] { return kept }
        let author = Author(device: "local programs")
        for old in credentials.keys.list where old.name == author.device {
            try await credentials.keys.revoke(old.id, by: author)
        }
        return try await credentials.keys.create("local programs", scopes: [.door], by: author).secret
    }

    private func adminToken(_ kept: String?) async throws -> String {
        if let kept, sessions.principal(of: kept) != nil { return kept }
        return try await sessions.issueToken(device: "local administration", role: .admin)
    }
}
