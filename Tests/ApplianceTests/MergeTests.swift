// Two whole boxes and a real hub: gear of one depot comes to the other, both edit it, both give it out, the office has its
// say, and in the end both have the same. What becomes of worse is in Tests/Simulation.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite(.timeLimit(.minutes(3))) struct MergeTests {
    /// Two depots that share a hub. Both are demo depots, so both are called Hall 4.
    private struct Pair {
        let hall: TestBox
        let quay: TestBox

        var both: [TestBox] { [hall, quay] }

        /// A piece that is the quay's, of a kind that both depots have under one name.
        func piece(_ number: String) throws -> String {
            let model = try quay.asset("CAM-7").object("model").text("id") ?? ""
            let made = try quay.ask("POST", "/api/v1/assets", ["number": .string(number), "model": .string(model)])
            #expect(made.status == 201)
            let id = try made.fields().text("id") ?? ""
            #expect(
                waits(upTo: 20) {
                    (try? hall.ask("GET", "/api/v1/distant/assets?q=\(number)").fields())?.number("count") == 1
                })
            return id
        }

        func read(_ box: TestBox, _ id: String) throws -> Fields {
            try box.ask("GET", "/api/v1/assets/\(id)").fields()
        }

        func edit(_ box: TestBox, _ id: String, _ fields: JSON) throws {
            let answer = try box.ask("PATCH", "/api/v1/assets/\(id)", fields)
            #expect(answer.status == 200, "\(answer.text)")
        }

        /// Without a line, each does something the other does not know of; then the line is back.
        func apart(_ body: () throws -> Void) throws {
            for box in both { #expect(try SyncTests.ask(box, "POST", "/pause").status == 200) }
            try body()
            for box in both { #expect(try SyncTests.ask(box, "POST", "/resume").status == 200) }
        }

        func conflicts(_ box: TestBox) throws -> [Fields] {
            try box.ask("GET", "/api/v1/conflicts").fields().list("items")
        }

        /// The same one entry at both depots.
        func conflict() throws -> Fields {
            #expect(waits(upTo: 20) { (try? both.allSatisfy { try conflicts($0).count == 1 }) == true })
            let (one, other) = (try conflicts(hall).first, try conflicts(quay).first)
            #expect(one?.text("id") == other?.text("id"))
            #expect(one?.list("sides").map { $0.text("words") } == other?.list("sides").map { $0.text("words") })
            return try #require(one)
        }

        /// Says at the hall that the side is right that does not stand, and waits until both have it.
        func overrule(_ conflict: Fields) throws {
            let side = conflict.list("sides").last
            let answer = try hall.ask(
                "POST", "/api/v1/conflicts/\(conflict.text("id") ?? "")/answer", ["side": .optional(side?.text("side"))]
            )
            #expect(answer.status == 200, "\(answer.text)")
            #expect(waits(upTo: 20) { (try? both.allSatisfy { try conflicts($0).isEmpty }) == true })
        }

        func scan(_ box: TestBox, _ code: String, at door: Int) throws -> Fields {
            let doors = try box.ask("GET", "/api/v1/doors").fields().list("items")
            return try box.ask(
                "POST", "/api/v1/scans", ["code": .string(code), "door": .optional(doors[door].text("id"))],
                headers: ["Idempotency-Key": UUID().uuidString]
            ).fields()
        }

        /// Whether both say the same of a piece.
        func agree(_ id: String, _ what: (Fields) -> String?) -> Bool {
            waits(upTo: 20) {
                guard let one = try? read(hall, id), let other = try? read(quay, id) else { return false }
                return what(one) != nil && what(one) == what(other)
            }
        }
    }

    private static func run(_ body: @escaping @Sendable (Pair, RealHub) throws -> Void) async throws {
        let hub = try RealHub()
        let (folder, other) = (SyncTests.folder(), SyncTests.folder())
        defer { for folder in [folder, other] { try? FileManager.default.removeItem(atPath: folder) } }
        let quay = try hub.depot("Quay")
        try await TestBox.run(flags: SyncTests.flags(hub.depot("Hall 4"), in: folder)) { box in
            let daemon = try SyncTests.daemon(quay, in: other)
            defer { daemon.kill() }
            let port = try SyncTests.box(of: daemon, other).port
            let key = try LocalAccess.managersKey(in: other)
            let pair = Pair(hall: box, quay: TestBox(port: port, token: key, folder: other))
            for box in pair.both { _ = try SyncTests.drained(box) }
            try body(pair, hub)
        }
    }

    @Test func `gear of another depot that is scanned here is checked in here, and is one piece at both`() async throws
    {
        try await Self.run { pair, _ in
            let id = try pair.piece("QUAY-1")
            let outcome = try pair.scan(pair.hall, "QUAY-1", at: 2)
            #expect(outcome.text("word") == "IN", "\(outcome.text("short") ?? "")")
            #expect(try pair.read(pair.hall, id).text("number") == "QUAY-1")
            #expect(try pair.read(pair.hall, id).text("depot") == nil)
            #expect(waits(upTo: 20) { (try? pair.read(pair.quay, id).text("depot")) == "Hall 4" })
            #expect(
                try pair.hall.ask("GET", "/api/v1/distant/assets?q=QUAY-1").fields().number("count") == 0,
                "it is no other depot's only any more")
            // Its model is the one of that name that the hall has.
            let model = try pair.hall.asset("CAM-7").object("model").text("id")
            #expect(try pair.read(pair.hall, id).object("model").text("id") == model)
            _ = try pair.scan(pair.hall, "BADGE-ANA", at: 1)
            #expect(try pair.scan(pair.hall, "QUAY-1", at: 1).text("action") == "out")
            #expect(waits(upTo: 20) { (try? pair.read(pair.quay, id).text("status")) == "in_use" })
            #expect(try pair.read(pair.quay, id).object("holder").object("person").text("name") == "Ana Vidal")
            // And back, where it came from.
            #expect(try pair.scan(pair.quay, "QUAY-1", at: 2).text("word") == "IN")
            #expect(waits(upTo: 20) { (try? pair.read(pair.hall, id).text("depot")) == "Hall 4" })
            #expect(try pair.read(pair.hall, id).text("status") == "available")
        }
    }

    @Test func `gear of another depot whose number is taken here waits in the inbox, and the door says why`()
        async throws
    {
        try await Self.run { pair, _ in
            let id = try pair.piece("QUAY-5")
            try pair.edit(pair.quay, id, ["serial": "SN-QUAY-5"])
            #expect(
                waits(upTo: 20) {
                    (try? pair.hall.ask("GET", "/api/v1/distant/assets?q=SN-QUAY-5").fields())?.number("count") == 1
                })
            let model = try pair.hall.asset("CAM-7").object("model").text("id") ?? ""
            let made = try pair.hall.ask("POST", "/api/v1/assets", ["number": "QUAY-5", "model": .string(model)])
            #expect(made.status == 201)
            let outcome = try pair.scan(pair.hall, "SN-QUAY-5", at: 2)
            #expect(outcome.text("word") == "UNKNOWN")
            #expect(outcome.text("short") == "Gear of Hall 4, kept in the inbox. QUAY-5 is on QUAY-5 already.")
            let waiting = try pair.hall.ask("GET", "/api/v1/unknowns").fields().list("items")
            #expect(waiting.contains { $0.text("code") == "SN-QUAY-5" })
        }
    }

    @Test func `edits of different fields unite, and of one field both sides are shown and one press decides`()
        async throws
    {
        try await Self.run { pair, _ in
            let id = try pair.piece("QUAY-2")
            _ = try pair.scan(pair.hall, "QUAY-2", at: 2)
            #expect(waits(upTo: 20) { (try? pair.read(pair.quay, id).text("depot")) == "Hall 4" })
            try pair.apart {
                try pair.edit(pair.hall, id, ["note": "the hall's", "owner": "Northlight"])
                try pair.edit(pair.quay, id, ["note": "the quay's", "serial": "S-2"])
            }
            #expect(
                pair.agree(id) { piece in
                    piece.text("owner").flatMap { owner in piece.text("serial").map { owner + $0 } }
                })
            let conflict = try pair.conflict()
            #expect(conflict.text("title") == "Note of QUAY-2 was edited at two depots")
            #expect(Set(conflict.list("sides").compactMap { $0.text("words") }) == ["the hall's", "the quay's"])
            #expect(Set(conflict.list("sides").compactMap { $0.text("depot") }) == ["Hall 4"])
            #expect(pair.agree(id) { $0.text("note") })
            try pair.overrule(conflict)
            #expect(
                waits(upTo: 20) {
                    (try? pair.read(pair.quay, id).text("note")) == conflict.list("sides").last?.text("words")
                })
            #expect(pair.agree(id) { $0.text("note") })
            // One after the other is no conflict.
            try pair.edit(pair.hall, id, ["note": "first"])
            #expect(waits(upTo: 20) { (try? pair.read(pair.quay, id).text("note")) == "first" })
            try pair.edit(pair.quay, id, ["note": "then"])
            #expect(waits(upTo: 20) { (try? pair.read(pair.hall, id).text("note")) == "then" })
            #expect(try pair.conflicts(pair.hall).isEmpty && pair.conflicts(pair.quay).isEmpty)
        }
    }

    @Test func `two depots that both gave out one piece see both sides, and the answer holds at both`() async throws {
        try await Self.run { pair, _ in
            let id = try pair.piece("QUAY-3")
            _ = try pair.scan(pair.hall, "QUAY-3", at: 2)
            #expect(waits(upTo: 20) { (try? pair.read(pair.quay, id).text("depot")) == "Hall 4" })
            try pair.apart {
                _ = try pair.scan(pair.hall, "BADGE-ANA", at: 1)
                #expect(try pair.scan(pair.hall, "QUAY-3", at: 1).text("action") == "out")
                _ = try pair.scan(pair.quay, "BADGE-BEN", at: 1)
                #expect(try pair.scan(pair.quay, "QUAY-3", at: 1).text("action") == "out")
            }
            let conflict = try pair.conflict()
            #expect(conflict.text("title") == "QUAY-3 was given out by two depots")
            // The sheet of the festival asks for such a camera at both.
            let words = conflict.list("sides").compactMap { $0.text("words") }
            #expect(Set(words) == ["Ana Vidal, Festival North", "Ben Ortiz, Festival North"])
            let person: (Fields) -> String? = { $0.object("holder").object("person").text("name") }
            #expect(pair.agree(id, person))
            try pair.overrule(conflict)
            #expect(pair.agree(id, person))
            #expect(try words.last == person(pair.read(pair.quay, id)).map { $0 + ", Festival North" })
        }
    }

    @Test func `what the office writes arrives at the depots as an edit of the office`() async throws {
        try await Self.run { pair, hub in
            let office = try hub.office("desk", mayEdit: true)
            let id = try pair.piece("QUAY-4")
            _ = try office("SELECT office.edit('assets', '\(id)', '{\"note\": \"to be serviced\"}')")
            #expect(waits(upTo: 20) { (try? pair.read(pair.quay, id).text("note")) == "to be serviced" })
            let history = try pair.read(pair.quay, id).list("history")
            #expect(history.first { $0.text("kind") == "edited" }?.text("device") == "office")
            // The office knew what was there, so nobody is asked; and the depot's next edit stands over it.
            try pair.edit(pair.quay, id, ["note": "serviced"])
            #expect(
                waits(upTo: 20) { (try? office("SELECT note FROM office.assets WHERE id = '\(id)'")) == "serviced" })
            _ = try office("SELECT office.edit('assets', '\(id)', '{\"note\": \"thanks\", \"owner\": \"Bank\"}')")
            #expect(waits(upTo: 20) { (try? pair.read(pair.quay, id).text("owner")) == "Bank" })
            #expect(try pair.conflicts(pair.quay).isEmpty)
            #expect(throws: (any Error).self) {
                try office("SELECT office.edit('assets', '\(id)', '{\"status\": \"lost\"}')")
            }
            let reader = try hub.office("reports")
            #expect(throws: (any Error).self) {
                try reader("SELECT office.edit('assets', '\(id)', '{\"note\": \"no\"}')")
            }
        }
    }
}
