// How much somebody may do in a minute, on a clock that stands.
import Core
import Foundation
import Testing

@Suite struct AllowanceTests {
    @Test func `what may be done in a minute may be done at once, and comes back little by little`() {
        let clock = TestClock()
        let allowance = Allowance(perMinute: 10, clock: clock.hybrid)
        for _ in 1...10 { #expect(allowance.take("ana") == nil) }
        #expect(allowance.take("ana") == 6 && allowance.refusedCount == 1)
        #expect(allowance.take("ben") == nil)
        clock.advance(.seconds(5))
        #expect(allowance.take("ana") == 1)
        clock.advance(.seconds(1))
        #expect(allowance.take("ana") == nil)
        #expect(allowance.take("ana") == 6)
        clock.advance(.seconds(3_600))
        for _ in 1...10 { #expect(allowance.take("ana") == nil) }
        #expect(allowance.take("ana") != nil)
    }

    @Test func `what did not count is given back, and never more than that`() {
        let allowance = Allowance(perMinute: 2, clock: TestClock().hybrid)
        for _ in 1...20 {
            #expect(allowance.take("ana") == nil)
            allowance.giveBack("ana")
        }
        allowance.giveBack("ana")
        allowance.giveBack("nobody")
        #expect(allowance.take("ana") == nil && allowance.take("ana") == nil && allowance.take("ana") != nil)
    }

    @Test func `names are forgotten when they are full again, and there are never too many`() {
        let clock = TestClock()
        let allowance = Allowance(perMinute: 10, clock: clock.hybrid)
        for _ in 1...10 { _ = allowance.take("busy") }
        for number in 0..<25_000 { _ = allowance.take("name \(number)") }
        #expect(allowance.nameCount <= Allowance.nameCountMax)
        #expect(allowance.take("busy") != nil)
        clock.advance(.seconds(61))
        _ = allowance.take("one")
        #expect(allowance.nameCount == 1)
    }

    @Test func `a full waiting room tells the next to come back, and carries out whom it let in`() async throws {
        let room = WaitingRoom(countMax: 3)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Int.self) { group in
            let gates = gate
            let door = Task { for await _ in gates {} }
            for number in 1...3 {
                group.addTask {
                    try await room.pass {
                        await door.value
                        return number
                    }
                }
            }
            while room.count < 3 { await Task.yield() }
            await #expect(throws: Failure(.unavailable, "")) { try await room.pass { 4 } }
            #expect(room.refusedCount == 1)
            open.finish()
            var done: Set<Int> = []
            for try await number in group { done.insert(number) }
            #expect(done == [1, 2, 3] && room.count == 0)
        }
        #expect(try await room.pass { 5 } == 5)
        await #expect(throws: Failure(.invalid, "")) { try await room.pass { throw Failure(.invalid, "") } }
        #expect(room.count == 0)
    }
}
