// Work that is long at times has a thread of its own, from which every other thread may take the core while it gives way.
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Drivers

@Suite struct BackgroundThreadTests {
    private actor Clerk {
        private nonisolated let thread: BackgroundThread
        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
        init(_ thread: BackgroundThread) { self.thread = thread }
        func look() -> Place { Place() }
    }

    /// Where something runs. The kernel calls its last choice 5, SCHED_IDLE.
    private struct Place: Equatable {
        let thread = pthread_self()
        let policy = sched_getscheduler(0)
    }

    private nonisolated static func look() async -> Place { Place() }
    private nonisolated static func giveWay(_ givesWay: Bool) async { BackgroundThread.giveWay(givesWay) }

    @Test func `tasks and actors share one thread, which the kernel runs last while it gives way`() async {
        // Who may not take a core back gives none.
        let last: Int32 = BackgroundThread.mayTakeBack ? 5 : 0
        let thread = BackgroundThread("test")
        let first = await withTaskExecutorPreference(thread) { await Self.look() }
        #expect(first.policy == 0)
        #expect(await Clerk(thread).look() == first)
        await withTaskExecutorPreference(thread) { await Self.giveWay(true) }
        let giving = await Clerk(thread).look()
        #expect(giving.policy == last && giving.thread == first.thread)
        #expect(await Self.look().policy == 0)
        await withTaskExecutorPreference(thread) { await Self.giveWay(false) }
        #expect(await Clerk(thread).look().policy == 0)
    }

    @Test func `the thread ends when nobody can ask anything of it`() async throws {
        let entry: String
        do {
            let thread = BackgroundThread("test")
            entry = "/proc/" + (try await withTaskExecutorPreference(thread) { try await Self.entry() })
            #expect(FileManager.default.fileExists(atPath: entry))
            withExtendedLifetime(thread) {}
        }
        #expect(await comes { !FileManager.default.fileExists(atPath: entry) })
    }

    /// What the kernel calls the thread that asks.
    private nonisolated static func entry() async throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
    }
}
