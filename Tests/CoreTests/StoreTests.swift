import Core
import Foundation
import Testing

@Suite struct StoreTests {
    @Test func `smoke`() async throws {
        let folder = NSTemporaryDirectory() + UUID().uuidString
        let lock = try FolderLock(folder: folder)
        let clock = HybridClock()
        let started = clock.monotonic
        let store = try Store(path: folder + "/depot.sqlite", clock: clock)
        print("open", (clock.monotonic - started) / 1_000_000)
        let s = clock.monotonic
        try await withThrowingTaskGroup(of: Void.self) { group in
            for i in 0..<1000 {
                group.addTask {
                    _ = try await store.write { tx in
                        try tx.append(.assets, "status", subject: "x", ["id": .int(Int64(i))])
                    }
                }
            }
            try await group.waitForAll()
        }
        print("1000 writes", (clock.monotonic - s) / 1_000_000, store.figures, store.position)
        try store.close()
        _ = lock
    }
}
