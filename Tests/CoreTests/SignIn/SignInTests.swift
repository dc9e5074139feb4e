// Signing in: by passphrase, PIN, badge and one-time link, what guessing costs, and how sessions end.
import Foundation
import GRDB
import Testing

@testable import Core

/// A desk to sign in at, over a depot of its own.
struct SignInBench {
    let depot: TestDepot
    let desk: SignInDesk
    let sessions: Sessions
    let guesses: Guesses
    let screens: TrustedScreens
    let door: TrustedScreen
    let elsewhere = Visitor(address: "192.168.4.20", agent: "Phone")

    init() async throws {
        depot = try await TestDepot()
        let clock = depot.clock.hybrid
        sessions = try await Sessions(box: depot.box, roster: depot.roster, clock: clock)
        guesses = try Guesses(box: depot.box, clock: clock)
        screens = try await TrustedScreens(box: depot.box, clock: clock)
        door = try await screens.trust("Loading bay", at: depot.outDoor, by: "Mara").screen
        desk = SignInDesk(
            store: depot.store, secrets: depot.secrets, sessions: sessions, guesses: guesses,
            invitations: Invitations(clock: clock), badges: BadgeWatch())
    }

    var atTheDoor: Visitor { Visitor(address: "192.168.4.9", agent: "Screen", screen: door) }

    func person(_ name: String, _ role: Role, pin: String? = nil) async throws -> Person.ID {
        try await depot.roster.add(name: name, role: role, pin: pin)
    }
}

@Suite struct SignInTests {
    private let good = "seven cases by noon"

    @Test func `a passphrase signs in by name or e-mail, whatever the case`() async throws {
        let bench = try await SignInBench()
        try await bench.depot.secrets.setPassphrase(good, of: bench.depot.ana, by: Author())
        _ = try await RecordDesk<Person>(store: bench.depot.store).edit(
            bench.depot.ana, ["email": "ana@depot.example"], ifVersion: nil, by: Author())
        for name in ["Ana Vidal", " ana vidal", "ANA@depot.example"] {
            let signedIn = try await bench.desk.signIn(name: name, passphrase: good, from: bench.elsewhere)
            #expect(signedIn.person.id == bench.depot.ana)
            #expect(bench.sessions.principal(of: signedIn.secret) == signedIn.principal)
        }
    }

    @Test(arguments: [
        ("Ana Vidal", "wrong wrong wrong"), ("Nobody", "seven cases by noon"), ("Ben Ortiz", "2222"), ("", ""),
    ])
    func `whatever is wrong is refused in the same words`(name: String, passphrase: String) async throws {
        let bench = try await SignInBench()
        try await bench.depot.secrets.setPassphrase(good, of: bench.depot.ana, by: Author())
        let failure = await #expect(throws: Failure.self) {
            try await bench.desk.signIn(name: name, passphrase: passphrase, from: bench.elsewhere)
        }
        #expect(failure?.code == .unauthorized && failure?.message == "That name and passphrase do not fit together.")
        #expect(failure?.details == nil && failure?.field == nil)
    }

    @Test func `a name that two people have signs nobody in, and neither can choose a passphrase before an e-mail`()
        async throws
    {
        let bench = try await SignInBench()
        try await bench.depot.secrets.setPassphrase(good, of: bench.depot.ana, by: Author())
        let other = try await bench.person("Ana Vidal", .crew)
        await #expect(throws: Failure(.unauthorized, "")) {
            try await bench.desk.signIn(name: "Ana Vidal", passphrase: good, from: bench.elsewhere)
        }
        await #expect(throws: Failure(.conflict, "")) {
            try await bench.depot.secrets.setPassphrase(good, of: other, by: Author())
        }
    }

    @Test func `PINs and badges sign in at a trusted screen only`() async throws {
        let bench = try await SignInBench()
        await #expect(throws: Failure(.forbidden, "")) {
            try await bench.desk.signIn(bench.depot.ana, pin: "1111", from: bench.elsewhere)
        }
        await #expect(throws: Failure(.forbidden, "")) {
            try await bench.desk.signIn(badge: "BADGE-ANA", from: bench.elsewhere)
        }
        #expect(
            try await bench.desk.signIn(bench.depot.ana, pin: "1111", from: bench.atTheDoor).principal.role == .crew)
    }

    @Test func `a thousand wrong PINs sign nobody in, fill no memory, and keep nobody else out`() async throws {
        let bench = try await SignInBench()
        let (desk, depot) = (bench.desk, bench.depot)
        try await depot.secrets.setPassphrase(good, of: depot.ana, by: Author())
        let second = try await bench.screens.trust("Returns", at: nil, by: "Mara").screen
        var codes: [Failure.Code: Int] = [:]
        for number in 0..<1_000 {
            do {
                _ = try await desk.signIn(depot.ana, pin: String(2_000 + number), from: bench.atTheDoor)
                Issue.record("\(number) signed in")
            } catch let failure as Failure { codes[failure.code, default: 0] += 1 }
        }
        #expect(codes[.unauthorized] == 5 && codes[.tooMany] == 995)
        #expect(bench.guesses.count == 1)
        // The right one has to wait there as well; elsewhere, and for others, nothing is different.
        await #expect(throws: Failure(.tooMany, "")) {
            try await desk.signIn(depot.ana, pin: "1111", from: bench.atTheDoor)
        }
        _ = try await desk.signIn(depot.ana, pin: "1111", from: Visitor(address: "192.168.4.10", screen: second))
        _ = try await desk.signIn(depot.ben, pin: "2222", from: bench.atTheDoor)
        _ = try await desk.signIn(name: "Ana Vidal", passphrase: good, from: bench.elsewhere)
        depot.clock.advance(.seconds(901))
        _ = try await desk.signIn(depot.ana, pin: "1111", from: bench.atTheDoor)
    }

    @Test func `many guesses at once are not as many free ones`() async throws {
        let bench = try await SignInBench()
        let codes = await withTaskGroup(of: Failure.Code?.self) { group in
            for number in 0..<100 {
                group.addTask {
                    do {
                        _ = try await bench.desk.signIn(
                            bench.depot.ana, pin: String(3_000 + number), from: bench.atTheDoor)
                        return nil
                    } catch { return (error as? Failure)?.code }
                }
            }
            return await group.reduce(into: [Failure.Code?]()) { $0.append($1) }
        }
        #expect(codes.filter { $0 == .unauthorized }.count == 5 && !codes.contains(nil))
    }

    @Test func `each wrong one doubles the wait, a right one forgives, and the table is bounded`() async throws {
        let depot = try await TestDepot()
        let clock = depot.clock
        var options = Guesses.Options()
        options.countMax = 50
        let guesses = try Guesses(box: depot.box, clock: clock.hybrid, options: options)
        let screen = Visitor(address: "10.0.0.1", screen: .loopback)
        func wait() -> Int64? {
            do { try guesses.begin("ana", from: screen) } catch {
                guard case .int(let seconds)? = (error as? Failure)?.details?["retryAfter"] else { return nil }
                return seconds
            }
            return nil
        }
        var waits: [Int64] = []
        for _ in 0..<14 {
            guard let seconds = wait() else { continue }
            waits.append(seconds)
            clock.advance(.seconds(seconds))
        }
        #expect(waits == [5, 10, 20, 40, 80])
        await guesses.wasRight("ana", from: screen)
        #expect(wait() == nil)
        for number in 0..<200 {
            let visitor = Visitor(address: "10.1.\(number).1")
            try? guesses.begin("name \(number)", from: visitor)
            await guesses.wasWrong("name \(number)", from: visitor)
            clock.advance(.seconds(1))
        }
        #expect(guesses.count <= 50)
        #expect(try await depot.keptGuessCount() == 50)
    }

    @Test func `who guesses has to wait after a restart too, and who was right never cost the disk anything`()
        async throws
    {
        let bench = try await SignInBench()
        let (depot, clock) = (bench.depot, bench.depot.clock)
        for _ in 0..<6 { _ = try? await bench.desk.signIn(depot.ana, pin: "9999", from: bench.atTheDoor) }
        #expect(try await depot.keptGuessCount() == 1)
        _ = try await bench.desk.signIn(depot.ben, pin: "2222", from: bench.atTheDoor)
        #expect(try await depot.keptGuessCount() == 1)
        // Another boot: its clock begins anew, and the wall clock may have been set back by years.
        for wall in [clock.now.addingTimeInterval(2), clock.now.addingTimeInterval(-9e8)] {
            let restarted = HybridClock(bootID: "next", wall: { wall }, boot: { 7_000_000_000 })
            let guesses = try Guesses(box: depot.box, clock: restarted)
            let failure = #expect(throws: Failure.self) {
                try guesses.begin(depot.ana.rawValue, from: bench.atTheDoor)
            }
            guard case .int(let seconds)? = failure?.details?["retryAfter"] else { throw Failure(.internal, "no wait") }
            #expect((1...900).contains(seconds))
        }
        let later = HybridClock(bootID: "next", wall: { clock.now.addingTimeInterval(60) }, boot: { 7_000_000_000 })
        let guesses = try Guesses(box: depot.box, clock: later)
        try guesses.begin(depot.ana.rawValue, from: bench.atTheDoor)
        // It goes on where it was: the next wait is the longer one.
        let failure = #expect(throws: Failure.self) { try guesses.begin(depot.ana.rawValue, from: bench.atTheDoor) }
        #expect(failure?.details?["retryAfter"] == .int(10))
        await guesses.wasRight(depot.ana.rawValue, from: bench.atTheDoor)
        #expect(try await depot.keptGuessCount() == 0)
    }

    @Test func `a name that nobody has is as much work as one that somebody has`() async throws {
        let bench = try await SignInBench()
        let (depot, mill) = (bench.depot, bench.depot.mill)
        try await depot.secrets.setPassphrase(good, of: depot.ana, by: Author())
        let gone = try await bench.person("Cleo", .crew, pin: "3333")
        _ = try await RecordDesk<Person>(store: depot.store).edit(
            gone, ["active": false], ifVersion: nil, by: Author(role: .admin))
        func work(_ signIn: () async throws -> Void) async -> Int {
            let before = mill.groundCount
            await #expect(throws: Failure(.unauthorized, "")) { try await signIn() }
            return mill.groundCount - before
        }
        // Somebody, somebody without a passphrase, somebody who is out, nobody.
        for name in ["Ana Vidal", "Ben Ortiz", "Cleo", "Nobody", "\u{1}elsewhere\u{1}Ana Vidal", ""] {
            let count = await work {
                _ = try await bench.desk.signIn(name: name, passphrase: "wrong all day", from: bench.elsewhere)
            }
            #expect(count == 1, "\(name)")
        }
        for id in [depot.ana, gone, try await bench.person("Dora", .crew), Person.ID("nobody")] {
            let count = await work { _ = try await bench.desk.signIn(id, pin: "0000", from: bench.atTheDoor) }
            #expect(count == 1, "\(id)")
        }
        // One such piece of work costs the same: a hash's own text says what it costs.
        func cost(_ hash: String) -> [Substring] { Array(hash.split(separator: "$").prefix(3)) }
        let (decoy, known) = (try mill.decoy(TestDepot.cost), try await depot.passphraseHash(of: depot.ana))
        #expect(cost(decoy) == cost(known) && cost(known).last?.hasPrefix("m=") == true)
        #expect(try await cost(depot.pinHash(of: depot.ana)) == cost(SecretBook.nobodysPIN))
    }

    @Test func `one address that tries many names has to wait, and its whole IPv6 network with it`() async throws {
        let depot = try await TestDepot()
        let guesses = try Guesses(box: depot.box, clock: depot.clock.hybrid)
        for number in 0..<20 { try guesses.begin("name \(number)", from: Visitor(address: "fd00::\(number + 1)")) }
        #expect(throws: Failure(.tooMany, "")) { try guesses.begin("other", from: Visitor(address: "fd00::99")) }
        try guesses.begin("other", from: Visitor(address: "fd00:0:0:1::99"))
    }

    @Test func `a badge alone gives crew rights for as long as it counts at the door`() async throws {
        let bench = try await SignInBench()
        let mara = try await bench.depot.roster.add(name: "Mara", role: .manager, pin: "4711", badges: ["BADGE-MARA"])
        guard case .signedIn(let signedIn) = try await bench.desk.signIn(badge: "badge-mara", from: bench.atTheDoor)
        else {
            throw Failure(.internal, "The badge did not sign in.")
        }
        #expect(signedIn.principal.role == .crew && signedIn.person.id == mara)
        bench.depot.clock.advance(.seconds(9 * 60))
        _ = try await bench.depot.asset("CAM-7")
        bench.sessions.heed(try await bench.scans("BADGE-MARA", "CAM-7"))
        bench.depot.clock.advance(.seconds(9 * 60))
        #expect(bench.sessions.principal(of: signedIn.secret) != nil)
        bench.depot.clock.advance(.seconds(11 * 60))
        #expect(bench.sessions.principal(of: signedIn.secret) == nil)
    }

    @Test func `where a badge is not enough it says who it is, and a code that is nobody's says nothing`() async throws
    {
        let bench = try await SignInBench()
        let strict = try await bench.screens.edit(bench.door.id, name: nil, door: nil, badge: .pin)
        let visitor = Visitor(address: "192.168.4.9", screen: strict)
        guard case .needsPIN(let person) = try await bench.desk.signIn(badge: "BADGE-ANA", from: visitor) else {
            throw Failure(.internal, "The badge signed in.")
        }
        #expect(person.id == bench.depot.ana)
        await #expect(throws: Failure(.unauthorized, "")) { try await bench.desk.signIn(badge: "CAM-7", from: visitor) }
    }

    @Test func `a badge at the door's reader signs in at that door's screen, not at another's`() async throws {
        let bench = try await SignInBench()
        let desk = bench.desk
        let other = try await bench.screens.trust("In", at: bench.depot.inDoor, by: "Mara").screen
        async let here = desk.awaitBadge(from: bench.atTheDoor, within: .seconds(20))
        async let there = desk.awaitBadge(from: Visitor(address: "10.0.0.2", screen: other), within: .milliseconds(900))
        let reading = Task {
            while !Task.isCancelled {
                desk.badges.heed(try await bench.scans("BADGE-ANA"))
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        let badged = try await here
        reading.cancel()
        guard case .signedIn(let signedIn)? = badged else { throw Failure(.internal, "Nobody was signed in.") }
        #expect(signedIn.person.id == bench.depot.ana)
        #expect(try await there == nil)
    }

    @Test func `the cost of a passphrase is measured once, stays, and old hashes follow it at the next sign-in`()
        async throws
    {
        let bench = try await SignInBench()
        let depot = bench.depot
        try await depot.secrets.setKnownPassphrase(good, of: depot.ana)
        let before = try await depot.passphraseHash(of: depot.ana)
        _ = try await bench.desk.signIn(name: "Ana Vidal", passphrase: good, from: bench.elsewhere)
        let after = try await depot.passphraseHash(of: depot.ana)
        #expect(before != after && after.contains("m=64,t=1"))
        _ = try await bench.desk.signIn(name: "Ana Vidal", passphrase: good, from: bench.elsewhere)
        #expect(try await depot.passphraseHash(of: depot.ana) == after)
    }

    @Test(arguments: [(0.030, 4, 64), (0.060, 2, 64), (0.140, 1, 64), (0.300, 2, 32), (0.001, 10, 64)])
    func `a passphrase costs some 125 ms, whatever the machine`(seconds: Double, passes: Int, mebibytes: Int) {
        let cost = PassphraseMill.measure { Double($0.passes) * seconds * Double($0.memoryBytes) / Double(64 << 20) }
        #expect(cost == SecretHash.Cost(passes: UInt64(passes), memoryBytes: mebibytes << 20))
    }

    @Test func `the machine is measured once, and what was measured is kept`() async throws {
        let bench = try await SignInBench()
        let box = bench.depot.box
        let cost = try await PassphraseMill(box: box).grind { $0 }
        #expect(cost.memoryBytes >= 32 << 20 && cost.passes >= 1)
        #expect(try await PassphraseMill(box: box).grind { $0 } == cost)
    }
}

extension SignInBench {
    /// Scans at the out door; the Changes of it.
    func scans(_ codes: String...) async throws -> [Change] {
        let before = try await depot.changes().count
        for code in codes { try await depot.scan(code, at: depot.outDoor) }
        return Array(try await depot.changes().dropFirst(before))
    }
}

extension TestDepot {
    fileprivate func keptGuessCount() async throws -> Int? {
        try await box.database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM guess") }
    }

    fileprivate func pinHash(of id: Person.ID) async throws -> String {
        try await store.read {
            try String.fetchOne($0, sql: "SELECT pin_hash FROM credential WHERE person = ?", arguments: [id.rawValue])
                ?? ""
        }
    }

    fileprivate func passphraseHash(of id: Person.ID) async throws -> String {
        try await store.read {
            try String.fetchOne($0, sql: "SELECT hash FROM passphrase WHERE person = ?", arguments: [id.rawValue]) ?? ""
        }
    }
}
