// The composition root: what is made of what, what starts when, and what stops in reverse. Tests call it too.
import Core
import Drivers
import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// One running box: its files, its desks, its readers and its pages.
final class Wiring: Sendable {
    let configuration: Configuration
    let logger: Logger
    let clock: HybridClock
    let isDemo: Bool
    let store: Store
    let box: Box
    let organisation: Organisation
    let roster: Roster
    let register: AssetRegister
    let projects: ProjectBoard
    let door: DoorDesk
    let sessions: Sessions
    let trail: AuditTrail
    let credentials: Credentials
    let limits: Limits
    let refusals: RefusalBook
    let hub: LiveHub
    let guests: LiveGuests
    let readers: ReaderDesk
    let heartbeat: Heartbeat
    let progressWatch: ProgressWatch
    let backups: BackupDesk
    let batches: BatchRunner
    let imports: ImportDesk
    let exports: ExportDesk
    let measures: PrometheusRegistry
    /// Who the box is over TLS; nil where none is spoken.
    let identity: BoxIdentity?
    private let lock: FolderLock
    /// 0 until TLS is bound.
    let securePort = Mutex<UInt16>(0)
    let loop: EventLoop
    private let usb: USBReaders

    /// Opens the files of `configuration.data` and wires everything; nothing listens yet.
    ///
    /// - Parameter isDemo: fills an empty folder with a demo depot.
    /// - Throws: `conflict` when another daemon has the folder; `unavailable` when a file can not be opened.
    init(_ configuration: Configuration, isDemo: Bool = false, logger: Logger) async throws {
        self.configuration = configuration
        self.logger = logger
        self.isDemo = isDemo
        lock = try FolderLock(folder: configuration.data)
        clock = HybridClock()
        store = try Store(
            path: configuration.data + "/depot.sqlite", clock: clock, options: configuration.storeOptions)
        box = try Box(path: configuration.data + "/box.sqlite")
        identity = configuration.tls.listen == nil ? nil : try BoxIdentity(configuration, logger: logger)
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
        let keys = try await KeyRing(box: box, trail: trail, clock: clock)
        let signing = try await SigningKeys(box: box, clock: clock, options: configuration.signingOptions)
        credentials = Credentials(
            sessions: sessions, keys: keys,
            mint: try await TokenMint(ring: keys, keys: signing, organisation: organisation, clock: clock))
        limits = Limits(configuration.limits, clock: clock)
        let refusals = RefusalBook(trail: trail, clock: clock, logger: logger)
        self.refusals = refusals
        loop = try EventLoop()
        let hub = LiveHub(loop: loop, store: store, limits: configuration.live, events: limits.events, logger: logger)
        self.hub = hub
        let credentials = credentials
        guests = LiveGuests(
            loop: loop, limits: configuration.live,
            admit: { secret in
                let scopes = Route.scopes("GET", "/api/v1/live", .role(.crew))
                guard let principal = credentials.principal(of: secret), principal.isWithin(scopes) else { return nil }
                return (hub, principal)
            },
            refuse: { address in
                refusals.note(
                    .init(origin: Origin(address: address), code: .unauthorized, asked: "GET /api/v1/live/guest"))
            })
        usb = USBReaders(logger: logger)
        readers = ReaderDesk(
            source: usb, book: ReaderBook(box: box, clock: clock), desk: door, logger: logger,
            signal: { topic, kind, data in hub.signal(topic, kind, data) })
        measures = PrometheusRegistry()
        backups = BackupDesk(folder: configuration.data, clock: clock)
        batches = BatchRunner(store: store, logger: logger, signal: { hub.signal(.assets, "batch", $0) })
        imports = ImportDesk(store: store, box: box, runner: batches)
        exports = ExportDesk(store: store)
        heartbeat = Heartbeat(store: store, logger: logger)
        progressWatch = ProgressWatch(projects: projects, hub: hub)
    }

    /// Serves until the process is told to stop, then stops in reverse.
    ///
    /// - Parameter ready: called once everything listens, with where it does.
    func run(ready: @escaping @Sendable (Addresses) async throws -> Void) async throws {
        loop.start()
        try await hub.start()
        store.onCommit { [sessions, hub, progressWatch] changes in
            for person in Sessions.affected(by: changes) {
                sessions.end(of: person)
                hub.end(person: person)
            }
            progressWatch.heed(changes)
        }
        let listener = makeListener()
        try await listener.start()
        securePort.withLock { $0 = listener.tlsPort }
        let address = "http://\(configuration.listen.authority(port: listener.port))"
        heartbeat.listens { try await LocalClient.askHealth(of: LocalAccess.loopback(address)) }
        let addresses = Addresses(
            plain: address,
            secure: configuration.tls.listen.map { "https://\($0.authority(port: listener.tlsPort))" })
        let services: [any Service] = [
            HTTPService(listener: listener),
            ReaderService(readers: readers, source: configuration.readersEnabled ? usb : nil, logger: logger),
            IdentityService(identity: identity, listener: listener, logger: logger),
            heartbeat,
            refusals,
            progressWatch,
            BatchService(batches: batches),
            ReadyService { try await ready(addresses) },
        ]
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger))
        defer { lock.letGo() }
        do {
            try await group.run()
        } catch {
            try close()
            throw error
        }
        try close()
    }

    /// Where the box is reached.
    struct Addresses: Sendable {
        /// Such as `http://127.0.0.1:8080`.
        let plain: String
        /// Such as `https://0.0.0.0:8443`; nil where no TLS is spoken.
        let secure: String?
    }

    private func close() throws {
        loop.stop()
        try store.close()
        try box.close()
    }

    /// The token of programs on this machine, which `depotd scan` and scripts use; made once and kept in a file that
    /// only the daemon's user can read.
    func programToken(address: String) async throws -> String {
        let file = LocalAccess.file(in: configuration.data)
        let kept = try? LocalAccess(readingFrom: file)
        let token = try await key(kept?.token)
        let adminToken = try await adminToken(kept?.adminToken)
        try LocalAccess(url: address, token: token, adminToken: adminToken).write(to: file)
        return token
    }

    /// A key like any other, which an admin may revoke until the next start.
    private func key(_ kept: String?) async throws -> String {
        let keys = credentials.keys
        if let kept, keys.principal(of: kept) != nil { return kept }
        let name = "local programs"
        for old in keys.list where old.name == name { try await keys.revoke(old.id, by: Author(device: name)) }
        return try await keys.create(name, scopes: Set(Scope.allCases), by: Author(device: name)).secret
    }

    private func adminToken(_ kept: String?) async throws -> String {
        if let kept, sessions.principal(of: kept) != nil { return kept }
        return try await sessions.issueToken(device: "local administration", role: .admin)
    }
}
