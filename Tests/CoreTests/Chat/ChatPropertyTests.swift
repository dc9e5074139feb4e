// Whatever the line does: afterwards everybody has the same messages in the same order, each once, and nobody's receipt is
// ahead of what was said. The seed is in the message of a failure; DEPOTD_SEED runs that one alone.
import Chance
import Foundation
import TestSupport
import Testing

@testable import Core

@Suite struct ChatPropertyTests {
    private static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["DEPOTD_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? Array(1...12)

    @Test(arguments: seeds)
    func `after drops, duplicates, reorderings and restarts all have the same messages in the same order`(
        seed: UInt64
    ) async throws {
        var run = try await ChatRun(seed: seed)
        for _ in 0..<400 { try await run.step() }
        try await run.settle()
        try await run.check()
    }
}

/// One run of the dice.
private struct ChatRun {
    private var dice: SeededChance
    private let seed: UInt64
    private let box: SimulatedBox
    private var screens: [SimulatedScreen]
    /// What each screen wrote, in order.
    private var written: [[String]]
    private var number = 0

    init(seed: UInt64) async throws {
        self.seed = seed
        dice = SeededChance(seed: seed)
        box = try await SimulatedBox(people: 3)
        // The first person has two screens.
        screens = (box.people + [box.people[0]]).map { SimulatedScreen(author: $0) }
        written = screens.map { _ in [] }
    }

    mutating func step() async throws {
        let at = dice.below(screens.count)
        switch dice.below(100) {
        case 0..<30: write(at)
        case 30..<55: try await send(at)
        case 55..<75: try receive(at)
        case 75..<82: breakOff(at)
        case 82..<90: try await connect(at)
        case 90..<95: acknowledge(at)
        case 95..<97: try await receipts()
        case 97: try await reload(at)
        default: try await restart()
        }
        hear()
    }

    private mutating func write(_ at: Int) {
        number += 1
        box.clock.advance(.milliseconds(dice.below(2_000)))
        var draft = ChatDesk.Draft(id: Message.ID(at: box.clock.now))
        draft.text = "number \(number)"
        screens[at].outbox.append(draft)
        written[at].append(draft.id.rawValue)
    }

    /// The first of the outbox goes: it may not arrive, arrive twice, or its answer may be lost.
    private mutating func send(_ at: Int) async throws {
        guard let draft = screens[at].outbox.first, !dice.isTrue(0.2) else { return }
        let (room, author) = (box.room, screens[at].author)
        var answer = try await box.talk.desk.post(draft, to: room, by: author).message
        if dice.isTrue(0.2) { answer = try await box.talk.desk.post(draft, to: room, by: author).message }
        guard !dice.isTrue(0.25) else { return }
        screens[at].outbox.removeFirst()
        screens[at].take(try JSON(parsing: answer.bytes))
    }

    /// What was committed is on its way to all who are connected.
    private mutating func hear() {
        let fresh = box.fresh.take()
        for at in screens.indices where screens[at].isConnected { screens[at].frames += fresh }
    }

    private mutating func receive(_ at: Int) throws {
        hear()
        for _ in 0..<dice.below(6) where !screens[at].frames.isEmpty {
            try screens[at].take(screens[at].frames.removeFirst())
        }
    }

    private mutating func breakOff(_ at: Int) {
        screens[at].isConnected = false
        screens[at].frames = []
    }

    /// Comes back where it was; what it missed is read from the log, and the line may break in the middle of it.
    private mutating func connect(_ at: Int) async throws {
        guard !screens[at].isConnected else { return }
        hear()
        let missed = try await box.store.changes(after: screens[at].position, limit: 10_000)
        let isCut = dice.isTrue(0.3)
        for change in missed.prefix(isCut ? dice.below(missed.count + 1) : missed.count) {
            try screens[at].take(change)
        }
        screens[at].isConnected = !isCut
    }

    private mutating func acknowledge(_ at: Int) {
        guard var last = screens[at].items.last?.seq, let person = screens[at].author.person else { return }
        screens[at].acknowledged = max(screens[at].acknowledged, last)
        // Some screens say more than there is: of another epoch, or by mistake. What is there is all that counts.
        if dice.isTrue(0.2) {
            screens[at].acknowledged = box.store.position.seq
            last = box.store.position.seq + Int64(1 + dice.below(50))
        }
        box.talk.receipts.take([.init(room: box.room, person: person, device: "\(at)", delivered: last, read: last)])
    }

    private func receipts() async throws {
        let end = box.store.position.seq
        while try await box.talk.receipts.settle(tell: { _, told in
            for receipt in told["receipts"]?.items ?? [] {
                guard case .int(let read)? = receipt["read"] else { continue }
                #expect(read <= end, "a receipt ahead of the log")
            }
        }) {}
    }

    /// The page is loaded again: what it knew is gone but its outbox, and it asks for the room from its end.
    private mutating func reload(_ at: Int) async throws {
        breakOff(at)
        hear()
        screens[at].items = []
        screens[at].position = box.store.position.seq
        var place = ChatHistory.Place.end
        while true {
            let page = try await box.talk.history.page(
                place, of: box.room, for: screens[at].author.person, limit: 7 + dice.below(20))
            for message in page["items"]?.items ?? [] { screens[at].take(try JSON(parsing: message.bytes)) }
            guard case .int(let before)? = page["before"] else { return }
            place = .before(before)
        }
    }

    private mutating func restart() async throws {
        for at in screens.indices { breakOff(at) }
        try await box.restart()
    }

    /// The line is good again: what waits is sent and what was missed is read.
    mutating func settle() async throws {
        for at in screens.indices {
            for draft in screens[at].outbox {
                let answer = try await box.talk.desk.post(draft, to: box.room, by: screens[at].author).message
                screens[at].take(try JSON(parsing: answer.bytes))
            }
            screens[at].outbox = []
        }
        for at in screens.indices {
            breakOff(at)
            for change in try await box.store.changes(after: screens[at].position, limit: 10_000) {
                try screens[at].take(change)
            }
            acknowledge(at)
        }
        try await receipts()
    }

    func check() async throws {
        let page = try await box.talk.history.page(.after(0), of: box.room, for: box.people[0].person, limit: 100_000)
        let kept = (page["items"]?.items ?? []).compactMap { $0["id"]?.string }
        #expect(Set(kept) == Set(written.joined()) && kept.count == number, "seed \(seed): each is there once")
        for (at, screen) in screens.enumerated() {
            #expect(screen.items.map(\.id) == kept, "seed \(seed): screen \(at) has the same in the same order")
            let own = kept.filter { written[at].contains($0) }
            #expect(own == written[at], "seed \(seed): what screen \(at) wrote is in the order it was written")
        }
        let told = try await box.talk.receipts.list(of: box.room, for: box.people[0].person)
        for receipt in told["receipts"]?.items ?? [] {
            guard case .int(let read)? = receipt["read"], case .int(let delivered)? = receipt["delivered"] else {
                Issue.record("seed \(seed): a receipt without places")
                continue
            }
            let most =
                screens.filter { $0.author.person?.rawValue == receipt["person"]?.string }
                .map { max($0.acknowledged, $0.items.last?.seq ?? 0) }.max() ?? 0
            #expect(read <= delivered && delivered <= most, "seed \(seed): no receipt is ahead of what was seen")
        }
    }
}
