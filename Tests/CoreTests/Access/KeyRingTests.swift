// The keys of programs: what is kept of them, what they reach, and how they end.
import Core
import Foundation
import GRDB
import Testing

@Suite struct KeyRingTests {
    private static let admin = Author(device: "test")

    private static func ring(_ depot: TestDepot) async throws -> (ring: KeyRing, box: Box) {
        let box = try Box(path: depot.folder + "/box.sqlite")
        let ring = try await KeyRing(box: box, trail: AuditTrail(store: depot.store), clock: depot.clock.hybrid)
        return (ring, box)
    }

    @Test func `a key signs its program in with its scopes and no more than their role`() async throws {
        let depot = try await TestDepot()
        let (ring, _) = try await Self.ring(depot)
        let (key, secret) = try await ring.create("Shop", scopes: [.read, .export], by: Self.admin)
        let principal = try #require(ring.principal(of: secret))
        #expect(principal.device == "Shop" && principal.role == .crew && principal.key == key.id)
        #expect(principal.isWithin([.read]) && principal.isWithin([.export, .manage]))
        #expect(!principal.isWithin([.write]) && !principal.isWithin([.door]) && !principal.isWithin([]))
        #expect(ring.principal(of: secret + "0") == nil && ring.principal(of: "dk_") == nil)
        let (_, manager) = try await ring.create("Office", scopes: [.manage], by: Self.admin)
        #expect(ring.principal(of: manager)?.role == .manager)
    }

    @Test func `no scopes make an admin`() {
        #expect(Scope.role(of: Set(Scope.allCases)) == .manager)
    }

    @Test func `only the digest of a secret is on the disk, and it is known again after a start`() async throws {
        let depot = try await TestDepot()
        let (ring, box) = try await Self.ring(depot)
        let (key, secret) = try await ring.create("Shop", scopes: [.door], by: Self.admin)
        #expect(secret.hasPrefix(key.prefix) && key.prefix.count < secret.count / 4)
        try box.close()
        for file in ["/box.sqlite", "/box.sqlite-wal", "/depot.sqlite", "/depot.sqlite-wal"] {
            let bytes = FileManager.default.contents(atPath: depot.folder + file) ?? Data()
            #expect(bytes.firstRange(of: Data(secret.dropFirst(key.prefix.count).utf8)) == nil, "\(file)")
        }
        let (again, _) = try await Self.ring(depot)
        #expect(again.principal(of: secret)?.key == key.id)
        let mode = try FileManager.default.attributesOfItem(atPath: depot.folder + "/box.sqlite")[.posixPermissions]
        #expect((mode as? NSNumber)?.intValue == 0o600)
    }

    @Test func `a key ends when it was revoked or its time is over`() async throws {
        let depot = try await TestDepot()
        let (ring, _) = try await Self.ring(depot)
        let end = depot.clock.now.addingTimeInterval(3_600)
        let (short, secret) = try await ring.create("Short", scopes: [.read], expires: end, by: Self.admin)
        let (long, other) = try await ring.create("Long", scopes: [.read], by: Self.admin)
        depot.clock.advance(.seconds(3_599))
        #expect(ring.principal(of: secret) != nil && ring.find(short.id) != nil)
        depot.clock.advance(.seconds(1))
        #expect(ring.principal(of: secret) == nil && ring.find(short.id) == nil)
        try await ring.revoke(long.id, by: Self.admin)
        #expect(ring.principal(of: other) == nil && ring.list.map(\.name) == ["Short"])
        await #expect(throws: Failure(.notFound, "")) { try await ring.revoke(long.id, by: Self.admin) }
        let (again, _) = try await Self.ring(depot)
        #expect(again.list.map(\.name) == ["Short"])
    }

    @Test func `a name is given once, and a key has a name, a scope and an end to come`() async throws {
        let depot = try await TestDepot()
        let (ring, _) = try await Self.ring(depot)
        _ = try await ring.create("Shop", scopes: [.read], by: Self.admin)
        await #expect(throws: Failure(.conflict, "")) { try await ring.create("shop", scopes: [.read], by: Self.admin) }
        for name in ["", " ", "a\u{7}b", String(repeating: "x", count: 81)] {
            await #expect(throws: Failure(.invalid, "")) {
                try await ring.create(name, scopes: [.read], by: Self.admin)
            }
        }
        await #expect(throws: Failure(.invalid, "")) { try await ring.create("None", scopes: [], by: Self.admin) }
        await #expect(throws: Failure(.invalid, "")) {
            try await ring.create("Past", scopes: [.read], expires: depot.clock.now, by: Self.admin)
        }
        #expect(ring.list.count == 1)
    }

    @Test func `when a key was used is known to the minute`() async throws {
        let depot = try await TestDepot()
        let (ring, _) = try await Self.ring(depot)
        let (_, secret) = try await ring.create("Shop", scopes: [.read], by: Self.admin)
        #expect(ring.list.first?.lastUsed == nil)
        let first = depot.clock.now
        _ = ring.principal(of: secret)
        depot.clock.advance(.seconds(30))
        _ = ring.principal(of: secret)
        #expect(ring.list.first?.lastUsed == first)
        depot.clock.advance(.seconds(31))
        _ = ring.principal(of: secret)
        #expect(ring.list.first?.lastUsed == depot.clock.now)
    }

    @Test func `who made a key and who revoked it is in the audit trail, and the secret is not`() async throws {
        let depot = try await TestDepot()
        let (ring, _) = try await Self.ring(depot)
        let (key, secret) = try await ring.create("Shop", scopes: [.read], by: Author(person: depot.ana))
        try await ring.revoke(key.id, by: Author(person: depot.ben))
        let entries = try await depot.store.changes(after: 0, limit: 1_000).filter { $0.topic == .audit }
        #expect(entries.map(\.kind) == ["keyMade", "keyRevoked"])
        #expect(entries.map(\.actor) == [depot.ana.rawValue, depot.ben.rawValue])
        for entry in entries { #expect(!String(decoding: entry.body, as: UTF8.self).contains(secret)) }
    }

    @Test func `a signing key signs for its time, then verifies until its last token is over, and is forgotten`()
        async throws
    {
        let depot = try await TestDepot()
        let box = try Box(path: depot.folder + "/box.sqlite")
        let keys = try await SigningKeys(box: box, clock: depot.clock.hybrid)
        let options = SigningKeys.Options()
        let first = try await keys.signing()
        #expect(try await keys.signing() == first && first.seed.count == 32)
        depot.clock.advance(options.signing)
        let second = try await keys.signing()
        #expect(second.kid != first.kid && second.seed != first.seed)
        #expect(Set(keys.verifying.map(\.kid)) == [first.kid, second.kid])
        depot.clock.advance(options.token)
        #expect(keys.verifying.map(\.kid) == [second.kid])
        depot.clock.advance(options.signing - options.token)
        let third = try await keys.signing()
        let again = try await SigningKeys(box: box, clock: depot.clock.hybrid)
        #expect(Set(again.verifying.map(\.kid)) == [second.kid, third.kid])
        let kept = try await DatabaseQueue(path: depot.folder + "/box.sqlite").read {
            try String.fetchSet($0, sql: "SELECT kid FROM signing_key")
        }
        #expect(kept == [second.kid, third.kid])
    }
}
