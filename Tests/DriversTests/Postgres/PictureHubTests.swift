// Pictures at a real hub: in parts, where they stopped, and thrown away where they are not what their name says.
import Chance
import Foundation
import TestSupport
import Testing

@testable import Core
@testable import Drivers

@Suite struct PictureHubTests {
    private static func picture(_ count: Int, seed: UInt64) -> (id: String, bytes: [UInt8]) {
        var chance = SeededChance(seed: seed)
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &chance) }
        return (String(Hex.text(SHA256.digest(bytes)).prefix(36)), bytes)
    }

    private static func part(_ id: String, _ bytes: [UInt8], _ range: Range<Int>?, node: String = "hall") -> PicturePart
    {
        PicturePart(
            node: node, picture: id, type: "image/jpeg", byteCount: bytes.count, offset: range?.lowerBound ?? 0,
            bytes: range.map { Array(bytes[$0]) })
    }

    @Test func `a picture comes in parts, goes on where it stopped, and is there once`() async throws {
        let hub = try RealHub()
        let (hall, quay) = (try hub.depot("Hall 4").upstream, try hub.depot("Quay").upstream)
        let (id, bytes) = Self.picture(600_000, seed: 1)
        #expect(try await hall.give(Self.part(id, bytes, nil)) == 0)
        #expect(try await hall.give(Self.part(id, bytes, 0..<256_000)) == 256_000)
        #expect(try await hall.give(Self.part(id, bytes, 0..<256_000)) == 256_000, "a part that comes again")
        #expect(try await hall.give(Self.part(id, bytes, 512_000..<600_000)) == 256_000, "a gap is not taken")
        #expect(try await quay.give(Self.part(id, bytes, nil, node: "quay")) == 256_000)
        #expect(try await quay.give(Self.part(id, bytes, 256_000..<600_000, node: "quay")) == 600_000)
        let read = try hub.office("reports")(
            "SELECT id, size, left(encode(sha256(bytes), 'hex'), 36) FROM office.pictures")
        #expect(read == "\(id)|600000|\(id)")
        #expect(try hub.office("others", of: "south")("SELECT count(*) FROM office.pictures") == "0")
    }

    @Test func `a picture that was altered on the way is thrown away and may come again`() async throws {
        let hub = try RealHub()
        let upstream = try hub.depot("Hall 4").upstream
        let (id, bytes) = Self.picture(1_000, seed: 2)
        var altered = bytes
        altered[500] ^= 1
        #expect(try await upstream.give(Self.part(id, altered, 0..<1_000)) == 0)
        #expect(try await upstream.give(Self.part(id, bytes, 0..<1_000)) == 1_000)
        #expect(try hub.office("reports")("SELECT count(*) FROM office.pictures") == "1")
    }
}
