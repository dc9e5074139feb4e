// The loop by itself: mailbox, order, ticks, and its end.
import TestSupport
import Testing

@testable import Drivers

@Suite(.timeLimit(.minutes(15))) struct EventLoopTests {
    @Test func `jobs run on the loop, in order, from any thread`() async throws {
        let loop = try EventLoop(tick: .milliseconds(20))
        loop.start()
        let seen = Gathered<Int>()
        for number in 0..<10_000 { loop.post { seen.add(loop.isOnLoop ? number : -1) } }
        try await onOwnThread {
            #expect(waits { seen.count == 10_000 })
            loop.stop()
        }
        #expect(seen.all == Array(0..<10_000))
        #expect(!loop.isOnLoop)
    }

    @Test func `a job posted before the stop runs, one after it is dropped`() async throws {
        let loop = try EventLoop()
        loop.start()
        let seen = Gathered<Int>()
        #expect(loop.post { seen.add(1) })
        try await onOwnThread { loop.stop() }
        #expect(!loop.post { seen.add(2) })
        #expect(seen.all == [1])
    }

    @Test func `repeated work comes with the tick`() async throws {
        let loop = try EventLoop(tick: .milliseconds(5))
        loop.start()
        let seen = Gathered<Int>()
        loop.post { loop.repeat(every: .milliseconds(10)) { seen.add(1) } }
        try await onOwnThread {
            #expect(waits { seen.count >= 5 })
            loop.stop()
        }
    }

    @Test func `a listener whose loop ends first lets go of its clients and stops at once`() async throws {
        let loop = try EventLoop()
        loop.start()
        let log = SocketLog()
        let upgrade = log.upgrade()
        let listener = HTTPListener(host: "127.0.0.1", port: 0, loop: loop) { _ in .upgrade(upgrade) }
        try await listener.start()
        try await onOwnThread {
            let socket = try WireSocket(port: listener.port)
            #expect(waits { log.opened.count == 1 })
            loop.stop()
            #expect(socket.wire.isEnded())
        }
        #expect(log.closed.count == 1)
        await listener.stop()
    }

    @Test func `a port that is taken is told with its error`() async throws {
        try await withListener { test in
            let error = #expect(throws: ListenerError.self) {
                try ListeningSocket(host: "127.0.0.1", port: test.port, backlog: 1)
            }
            #expect(error?.isTransient == true)
            #expect(throws: ListenerError.self) { try ListeningSocket(host: "depot", port: 0, backlog: 1) }
        }
    }
}
