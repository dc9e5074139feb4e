// The long-running parts as services: each runs until the box is told to stop, and ends in its own way.
import Core
import Drivers
import Logging
import ServiceLifecycle

/// The listener, which is started already: it stops gently.
struct HTTPService: Service {
    let listener: HTTPListener

    func run() async throws {
        try? await gracefulShutdown()
        await listener.stop(code: WebSocket.CloseCode.restart)
    }
}

/// The readers and the desk that takes their codes. A box without USB goes on without readers.
struct ReaderService: Service {
    let readers: ReaderDesk
    let source: USBReaders?
    let logger: Logger

    func run() async throws {
        guard let source else { return try await gracefulShutdown() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await readers.run() }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    do {
                        try await source.run()
                    } catch is CancellationError {
                    } catch {
                        logger.error("no readers can be used", metadata: ["cause": "\(error)"])
                    }
                }
            }
        }
        try? await gracefulShutdown()
    }
}

/// What goes on in the organisations.
struct TenantsService: Service {
    let tenants: Tenants

    func run() async throws {
        await cancelWhenGracefulShutdown { await tenants.run() }
    }
}

/// Says once that everything runs.
struct ReadyService: Service {
    let announce: @Sendable () async throws -> Void

    func run() async throws {
        try await announce()
        try? await gracefulShutdown()
    }
}
