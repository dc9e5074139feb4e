// One-time links, changing what one signs in with, passphrases that may be, sessions and trusted screens.
import CPasswords
import Foundation
import Testing

@testable import Core

@Suite struct LinkTests {
    private let good = "seven cases by noon"
    private let manager = Author(role: .manager)

    @Test func `a link signs in once, with the passphrase that was chosen`() async throws {
        let bench = try await SignInBench()
        let (desk, ana, phone) = (bench.desk, bench.depot.ana, bench.elsewhere)
        let (secret, _) = try await desk.invite(ana, current: nil, by: manager, from: bench.atTheDoor)
        #expect(try await desk.look(at: secret, from: phone).person.id == ana)
        let weak = await #expect(throws: Failure.self) {
            try await desk.open(secret, passphrase: "short", from: phone)
        }
        #expect(weak?.field == "passphrase")
        let signedIn = try await desk.open(secret, passphrase: good, from: phone)
        #expect(signedIn.principal.role == .crew && signedIn.principal.person == ana)
        for passphrase in [good, nil] {
            await #expect(throws: Failure(.notFound, "")) {
                try await desk.open(secret, passphrase: passphrase, from: phone)
            }
        }
        _ = try await desk.signIn(name: "Ana Vidal", passphrase: good, from: phone)
    }

    @Test func `of many who open one link at once, one gets in`() async throws {
        let bench = try await SignInBench()
        let (secret, _) = try await bench.desk.invite(bench.depot.ana, current: nil, by: manager, from: bench.atTheDoor)
        let count = await withTaskGroup(of: Int.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let words = "case number \(number) of the tour"
                    return (try? await bench.desk.open(secret, passphrase: words, from: bench.elsewhere)) == nil ? 0 : 1
                }
            }
            return await group.reduce(0, +)
        }
        #expect(count == 1 && bench.sessions.list(of: bench.depot.ana).count == 1)
    }

    @Test func `a link ends after a quarter of an hour, by a newer one, and when its person is put out`() async throws {
        let bench = try await SignInBench()
        let (desk, ana) = (bench.desk, bench.depot.ana)
        let (old, _) = try await desk.invite(ana, current: nil, by: manager, from: bench.atTheDoor)
        let (new, _) = try await desk.invite(ana, current: nil, by: manager, from: bench.atTheDoor)
        await #expect(throws: Failure(.notFound, "")) { try await desk.look(at: old, from: bench.elsewhere) }
        _ = try await desk.look(at: new, from: bench.elsewhere)
        bench.depot.clock.advance(.seconds(15 * 60))
        await #expect(throws: Failure(.notFound, "")) { try await desk.look(at: new, from: bench.elsewhere) }
        let (third, _) = try await desk.invite(ana, current: nil, by: manager, from: bench.atTheDoor)
        _ = try await RecordDesk<Person>(store: bench.depot.store).edit(
            ana, ["active": false], ifVersion: nil, by: manager)
        await #expect(throws: Failure(.notFound, "")) { try await desk.look(at: third, from: bench.elsewhere) }
    }

    @Test func `the first administrator's link is good on this machine only`() async throws {
        let bench = try await SignInBench()
        let jo = try await bench.person("Jo", .admin)
        #expect(try await bench.depot.secrets.administrator().first?.id == jo)
        let (secret, _) = bench.desk.invitations.make(for: jo, isLocal: true, lasting: Invitations.firstLifetime)
        await #expect(throws: Failure(.notFound, "")) { try await bench.desk.look(at: secret, from: bench.elsewhere) }
        await #expect(throws: Failure(.notFound, "")) {
            try await bench.desk.open(secret, passphrase: good, from: bench.elsewhere)
        }
        let here = Visitor(address: "127.0.0.1", isLocal: true)
        #expect(try await bench.desk.open(secret, passphrase: good, from: here).principal.role == .admin)
        #expect(try await bench.depot.secrets.administrator().hasPassphrase)
    }

    @Test func `nobody makes a link for somebody of the same role or above, nor for oneself by a session alone`()
        async throws
    {
        let bench = try await SignInBench()
        let desk = bench.desk
        let jo = try await bench.person("Jo", .admin)
        let mara = try await bench.person("Mara", .manager, pin: "4711")
        for (id, author) in [
            (jo, manager), (mara, manager), (bench.depot.ben, Author(person: bench.depot.ana, role: .crew)),
        ] {
            await #expect(throws: Failure(.forbidden, "")) {
                try await desk.invite(id, current: nil, by: author, from: bench.elsewhere)
            }
        }
        let own = Author(person: bench.depot.ana, role: .crew)
        for current in [nil, "2222"] {
            let refused = await #expect(throws: Failure.self) {
                try await desk.invite(bench.depot.ana, current: current, by: own, from: bench.elsewhere)
            }
            #expect(refused?.code == .invalid && refused?.field == "current")
        }
        let (first, _) = try await desk.invite(bench.depot.ana, current: "1111", by: own, from: bench.elsewhere)
        _ = try await desk.open(first, passphrase: good, from: bench.elsewhere)
        // With a passphrase the PIN is not enough any more, and the link leaves the passphrase as it is.
        await #expect(throws: Failure(.invalid, "")) {
            try await desk.invite(bench.depot.ana, current: "1111", by: own, from: bench.elsewhere)
        }
        let (second, _) = try await desk.invite(bench.depot.ana, current: good, by: own, from: bench.elsewhere)
        _ = try await desk.open(second, passphrase: nil, from: bench.elsewhere)
        #expect(bench.sessions.list(of: bench.depot.ana).count == 2)
    }

    @Test func `a new passphrase wants the present one, and ends the other sessions`() async throws {
        let bench = try await SignInBench()
        let (desk, ana) = (bench.desk, bench.depot.ana)
        try await bench.depot.secrets.setPassphrase(good, of: ana, by: Author())
        let here = try await desk.signIn(name: "Ana Vidal", passphrase: good, from: bench.elsewhere)
        let there = try await desk.signIn(name: "Ana Vidal", passphrase: good, from: bench.atTheDoor)
        let change = { (fresh: String, current: String?) in
            try await desk.changePassphrase(fresh, current: current, by: here.principal, from: bench.elsewhere)
        }
        await #expect(throws: Failure(.invalid, "")) { try await change("ten trucks at dawn", nil) }
        await #expect(throws: Failure(.invalid, "")) { try await change("ten trucks at dawn", "1111") }
        try await change("ten trucks at dawn", good)
        #expect(bench.sessions.principal(of: here.secret) != nil && bench.sessions.principal(of: there.secret) == nil)
        let last = try #require(try await bench.depot.changes().last { $0.kind == "passphrase" })
        #expect(last.subject == ana.rawValue && !String(decoding: last.body, as: UTF8.self).contains("trucks"))
    }

    @Test(arguments: [
        "short", "password", "Password123!", "p4$$w0rd", "12345678", "qwertyui", "87654321", "aaaaaaaaaa", "abcabcabc",
        "19840312", "24.12.2024", "AnaVidal1", "vidal2024", "northlight", "Northlight-1", "iloveyou!", "dragon summer",
        "depotd123", "1q2w3e4r", "ana@depot.example",
    ])
    func `what is guessed first is refused`(text: String) {
        let failure = #expect(throws: Failure.self) {
            try Passphrase(text, unlike: ["Northlight", "Hall 4", "Ana Vidal", "ana@depot.example"])
        }
        #expect(failure?.code == .invalid && failure?.field == "passphrase")
    }

    @Test func `the passwords that leaked most often are refused`() {
        let listed = String(cString: depotd_common_passwords()).split(separator: "\n")
        #expect(listed.count >= 3000 && listed.contains("trustno1"))
        let taken = listed.filter { (try? Passphrase(String($0), unlike: [])) != nil }
        #expect(taken.isEmpty)
        #expect(throws: Failure.self) { try Passphrase("TrustNo1", unlike: []) }
    }

    @Test(arguments: [
        "seven cases by noon", "correct horse battery staple", "ÄÖÜ ß 漢字 ok", "xk7#qPm2", "        eight spaces",
        "83650274",
        String(repeating: "long words ", count: 23),
    ])
    func `any characters will do where there are eight`(text: String) throws {
        _ = try Passphrase(text, unlike: ["Northlight", "Hall 4", "Ana Vidal"])
    }

    @Test func `a passphrase is the same however the keyboard writes its letters`() async throws {
        let bench = try await SignInBench()
        try await bench.depot.secrets.setPassphrase("Größe zählt nie", of: bench.depot.ana, by: Author())
        let decomposed = "Größe zählt nie".decomposedStringWithCanonicalMapping
        _ = try await bench.desk.signIn(name: "Ana Vidal", passphrase: decomposed, from: bench.elsewhere)
    }

    @Test func `sessions are listed, end one by one and all at once, and survive a restart but for badges`()
        async throws
    {
        let bench = try await SignInBench()
        let (desk, depot) = (bench.desk, bench.depot)
        let one = try await desk.signIn(depot.ana, pin: "1111", from: bench.atTheDoor)
        let two = try await desk.signIn(depot.ana, pin: "1111", from: bench.atTheDoor)
        guard case .signedIn(let badged) = try await desk.signIn(badge: "BADGE-ANA", from: bench.atTheDoor) else {
            return
        }
        let listed = bench.sessions.list(of: depot.ana)
        #expect(listed.count == 3 && listed.allSatisfy { $0.screen == "Loading bay" && $0.address == "192.168.4.9" })
        #expect(throws: Failure(.notFound, "")) {
            try bench.sessions.end(one.principal.session ?? Session.ID(""), of: depot.ben)
        }
        try bench.sessions.end(one.principal.session ?? Session.ID(""), of: depot.ana)
        #expect(bench.sessions.principal(of: one.secret) == nil)
        let again = try await Sessions(box: depot.box, roster: depot.roster, clock: depot.clock.hybrid)
        #expect(again.principal(of: two.secret) == two.principal && again.principal(of: badged.secret) == nil)
        again.end(of: depot.ana)
        #expect(again.list(of: depot.ana).isEmpty)
    }

    @Test func `a session that nobody uses ends, one that a door's screen listens in does not`() async throws {
        let bench = try await SignInBench()
        let idle = try await bench.desk.signIn(bench.depot.ana, pin: "1111", from: bench.atTheDoor)
        let used = try await bench.desk.signIn(bench.depot.ben, pin: "2222", from: bench.atTheDoor)
        let listening = Set([used.principal.session].compactMap { $0 })
        bench.depot.clock.advance(.seconds(11 * 3_600))
        #expect(try await bench.sessions.tend(inUse: listening).isEmpty)
        bench.depot.clock.advance(.seconds(2 * 3_600))
        #expect(try await bench.sessions.tend(inUse: listening) == [idle.principal.session])
        let again = try await Sessions(
            box: bench.depot.box, roster: bench.depot.roster, clock: bench.depot.clock.hybrid)
        #expect(again.principal(of: used.secret) != nil)
        bench.depot.clock.advance(.seconds(7 * 24 * 3_600))
        #expect(try await bench.sessions.tend(inUse: listening) == [used.principal.session])
    }

    @Test func `a person has a bounded number of sessions, and the one used longest ago goes first`() async throws {
        let bench = try await SignInBench()
        var secrets: [String] = []
        for _ in 0..<32 {
            secrets.append(try await bench.desk.signIn(bench.depot.ana, pin: "1111", from: bench.atTheDoor).secret)
            bench.depot.clock.advance(.seconds(20))
        }
        #expect(bench.sessions.list(of: bench.depot.ana).count == 30)
        #expect(bench.sessions.principal(of: secrets[0]) == nil && bench.sessions.principal(of: secrets[31]) != nil)
    }

    @Test func `a trusted screen is known by its secret, also after a restart, until trust is taken back`() async throws
    {
        let bench = try await SignInBench()
        let (secret, screen) = try await bench.screens.trust(" Returns ", at: nil, by: "Mara")
        let again = try await TrustedScreens(box: bench.depot.box, clock: bench.depot.clock.hybrid)
        #expect(again.find(secret)?.name == "Returns" && again.find("0000") == nil && again.all.count == 2)
        try await again.remove(screen.id)
        #expect(again.find(secret) == nil)
        await #expect(throws: Failure(.notFound, "")) { try await again.remove(screen.id) }
        await #expect(throws: Failure(.invalid, "")) { try await again.trust("  ", at: nil, by: nil) }
    }
}
