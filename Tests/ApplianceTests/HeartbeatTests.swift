// The watchdog is fed only by what came back: from the writer, and from our own address over HTTP.
import Core
import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Appliance

@Suite struct HeartbeatTests {
    /// Runs a heartbeat of 50 ms on a Store in memory.
    private static func beating(
        _ ask: @escaping Heartbeat.Ask,
        _ body: (PowerCutDisk, Heartbeat, NotifySocket, Task<Void, any Error>) async throws -> Void
    ) async throws {
        let manager = try NotifySocket(path: "@depotd-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        let disk = PowerCutDisk(holding: [])
        let store = try disk.store(HybridClock())
        let systemd = Systemd(environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "150000"])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let heartbeat = Heartbeat(systemd: systemd, logger: logger)
        heartbeat.watch(store)
        heartbeat.listens(ask)
        let group = ServiceGroup(configuration: .init(services: [heartbeat], logger: logger))
        let running = Task { try await group.run() }
        do {
            try await body(disk, heartbeat, manager, running)
        } catch {
            running.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        _ = await running.result
        try store.close()
    }

    private static func hears(_ text: String, _ manager: NotifySocket) async -> Bool {
        await comes(upTo: 60) { manager.next()?.contains(text) == true }
    }

    @Test func `the watchdog is fed when the writer and our own address answered`() async throws {
        try await Self.beating({}) { _, heartbeat, manager, _ in
            #expect(await Self.hears("WATCHDOG=1", manager))
            #expect(heartbeat.trouble == nil && heartbeat.lastBeat > 0)
        }
    }

    @Test func `the watchdog is not fed when our own address is silent`() async throws {
        let asked = Gathered<Int>()
        try await Self.beating({
            asked.add(1)
            throw Failure(.unavailable, "silent")
        }) { _, heartbeat, manager, _ in
            #expect(await comes(upTo: 60) { asked.count >= 5 })
            var told: [String] = []
            while let text = manager.next() { told.append(text) }
            #expect(!told.isEmpty && told.allSatisfy { !$0.contains("WATCHDOG") })
            #expect(heartbeat.trouble == "The box does not answer over HTTP.")
        }
    }

    @Test func `a full disk is an answer and feeds the watchdog`() async throws {
        try await Self.beating({}) { disk, heartbeat, manager, _ in
            disk.leave(bytes: 0)
            #expect(await comes(upTo: 60) { heartbeat.trouble?.contains("disk is full") == true })
            while manager.next() != nil {}
            #expect(await Self.hears("WATCHDOG=1", manager))
            disk.leave(bytes: nil)
            #expect(await comes(upTo: 60) { heartbeat.trouble == nil })
        }
    }

    @Test func `a disk that failed ends the process so that the file is opened anew`() async throws {
        try await Self.beating({}) { disk, _, _, running in
            let ends = Gathered<any Error>()
            let watching = Task { if case .failure(let error) = await running.result { ends.add(error) } }
            disk.failSyncs(1)
            #expect(await comes(upTo: 30) { ends.count == 1 })
            #expect(ends.all.first as? Failure == Failure(.unavailable, ""))
            running.cancel()
            await watching.value
        }
    }

    @Test func `our own address is asked over HTTP`() async throws {
        let port = try await TestBox.run { box in
            // As the heartbeat asks: with a token that is nobody's.
            let answer = try box.ask("GET", "/healthz", headers: ["Authorization": "Bearer -"], authorization: nil)
            #expect(answer.status == 200)
            return box.port
        }
        await #expect(throws: Failure(.unavailable, "")) {
            try await LocalClient.askHealth(of: "http://127.0.0.1:\(port)")
        }
    }
}
