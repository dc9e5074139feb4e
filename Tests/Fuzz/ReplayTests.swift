// A short round of the fuzzers in each test run: every seed through its parser, whole, cut, and with bytes that chance
// changed. What libFuzzer finds in longer rounds (`make fuzz`) is a seed from then on. A broken claim ends the process.
import Chance
import Foundation
import TestSupport
import Testing

/// One after the other: targets share what they reuse, such as an inflater.
@Suite(.serialized) struct ReplayTests {
    private static let corpora = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpora")
    /// So many changed inputs for each seed.
    private static let changedCount = 60

    private static func seeds(of target: FuzzTarget) throws -> [[UInt8]] {
        let folder = corpora.appending(path: target.name)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return try names.sorted().map { name in
            let bytes = try Array(Data(contentsOf: folder.appending(path: name)))
            guard name.hasSuffix(".hex") else { return bytes }
            let digits = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
                .flatMap { $0.prefix { $0 != "#" }.filter(\.isHexDigit) }
            return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                UInt8(String(digits[$0...$0 + 1]), radix: 16)
            }
        }
    }

    private static func changed(_ seed: [UInt8], _ chance: inout SeededChance) -> [UInt8] {
        var bytes = seed
        for _ in 0...Int.random(in: 0...3, using: &chance) where !bytes.isEmpty {
            let place = bytes.indices.randomElement(using: &chance) ?? 0
            switch Int.random(in: 0...3, using: &chance) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &chance)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: bytes[..<min(place, 32)], at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `every parser keeps its claims over its seeds and what chance makes of them`(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        // The same in each run: what a longer round finds becomes a seed.
        var chance = SeededChance(seed: 1)
        let seeds = try Self.seeds(of: target)
        for bytes in seeds + [[]] where bytes.count <= target.byteCountMax {
            target.run(bytes)
            for _ in 0..<Self.changedCount {
                let bytes = Self.changed(bytes, &chance)
                if bytes.count <= target.byteCountMax { target.run(bytes) }
            }
        }
    }
}
