// The composition root: what is made of what, what starts when, and what stops in reverse. Tests call it too.
import Core
import Drivers
import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// One running box: its own file, its organisations, its readers and its pages.
final class Wiring: Sendable {
    let configuration: Configuration
    let logger: Logger
    let clock: HybridClock
    let isDemo: Bool
    let box: Box
    let tenants: Tenants
    let limits: Limits
    let guests: LiveGuests
    let readers: ReaderDesk
    let heartbeat: Heartbeat
    let measures: PrometheusRegistry
    let administration: Administration
    /// Who the box is over TLS; nil where none is spoken.
    let identity: BoxIdentity?
    private let lock: FolderLock
    /// 0 until TLS is bound.
    let securePort = Mutex<UInt16>(0)
    /// 0 until plain HTTP is bound.
    let plainPort = Mutex<UInt16>(0)
    let loop: EventLoop
    private let usb: USBReaders
    let press = LabelPress()
    let printers: PrinterDrivers
    let printerFinder = PrinterFinder()

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
        box = try Box(path: configuration.data + "/box.sqlite")
        identity = configuration.tls.listen == nil ? nil : try BoxIdentity(configuration, logger: logger)
        limits = Limits(configuration.limits, clock: clock)
        loop = try EventLoop()
        printers = PrinterDrivers(press: press)
        heartbeat = Heartbeat(logger: logger)
        let tenants = try await Tenants(
            on: Ground(
                configuration: configuration, box: box, clock: clock, loop: loop, mill: PassphraseMill(box: box),
                heartbeat: heartbeat, limits: limits, printers: printers,
                pictures: PictureWorkshop(binary: Self.binary), isDemo: isDemo, logger: logger))
        self.tenants = tenants
        guests = LiveGuests(loop: loop, limits: configuration.live, tenants: tenants)
        usb = USBReaders(logger: logger)
        readers = ReaderDesk(
            source: usb, book: ReaderBook(box: box, clock: clock), logger: logger,
            home: { tenants.reading($0)?.readerHome })
        measures = PrometheusRegistry()
        administration = Administration(listen: configuration.listen.host)
    }

    /// Serves until the process is told to stop, then stops in reverse.
    ///
    /// - Parameter ready: called once everything listens, with where it does.
    func run(ready: @escaping @Sendable (Addresses) async throws -> Void) async throws {
        loop.start()
        try await tenants.start()
        let listener = makeListener()
        try await listener.start()
        securePort.withLock { $0 = listener.tlsPort }
        plainPort.withLock { $0 = listener.port }
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
            TenantsService(tenants: tenants),
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
        try tenants.close()
        try box.close()
    }

    /// This program, or the one beside the tests that run it.
    private static let binary: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        guard !own.hasSuffix("/depotd") else { return own }
        return URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "depotd").path()
    }()

    /// Lets programs on this machine in, and local administration. - Returns: the token that may be shown.
    func programToken(address: String) async throws -> String {
        try administration.open(at: address, in: configuration.data)
        return try await tenants.letProgramsIn(at: address)
    }
}
