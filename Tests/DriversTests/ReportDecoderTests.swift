// What the captures cannot say: times, settings that change, descriptors that lie, and bytes at random.
import Core
import TestSupport
import Testing

@testable import Drivers

@Suite struct KeyboardWedgeTests {
    private static let millisecond: UInt64 = 1_000_000

    private static func report(_ key: UInt8, _ modifiers: UInt8 = 0) -> [UInt8] { [modifiers, 0, key, 0, 0, 0, 0, 0] }

    @Test func `a key held down is typed once`() {
        var wedge = KeyboardWedge()
        for time in 0..<50 { _ = wedge.take(Self.report(0x04), at: UInt64(time) * Self.millisecond) }
        #expect(
            wedge.take(Self.report(0x28), at: 50 * Self.millisecond)
                == [.code([0x61], symbology: nil, monotonic: 0)])
    }

    @Test func `a code without Enter ends after the silence, not before`() throws {
        var wedge = KeyboardWedge(settings: ReaderSettings(silenceMilliseconds: 150))
        _ = wedge.take(Self.report(0x04), at: 7 * Self.millisecond)
        #expect(wedge.deadline == 157 * Self.millisecond)
        #expect(wedge.lapse(at: 156 * Self.millisecond).isEmpty)
        #expect(
            wedge.lapse(at: 157 * Self.millisecond)
                == [.code([0x61], symbology: nil, monotonic: 7 * Self.millisecond)])
        #expect(wedge.deadline == nil)
    }

    @Test func `without silence a code waits for its Enter for ever`() {
        let wedge = KeyboardWedge(settings: ReaderSettings(silenceMilliseconds: 0))
        var typed = wedge
        _ = typed.take(Self.report(0x04), at: 0)
        #expect(typed.deadline == nil)
    }

    @Test func `silence while nobody asked the reader does not cut a code in two`() {
        var wedge = KeyboardWedge(settings: ReaderSettings(silenceMilliseconds: 150))
        _ = wedge.take(Self.report(0x04), at: 0)
        wedge.resume(at: 5_000 * Self.millisecond)
        _ = wedge.take(Self.report(0x05), at: 5_001 * Self.millisecond)
        let end = 5_002 * Self.millisecond
        #expect(
            wedge.take(Self.report(0x28), at: end)
                == [.code([0x61, 0x62], symbology: nil, monotonic: 5_001 * Self.millisecond)])
    }

    @Test func `another layout holds from the next key on`() {
        var wedge = KeyboardWedge()
        _ = wedge.take(Self.report(0x1C), at: 0)
        _ = wedge.take(Self.report(0), at: 1)
        wedge.use(ReaderSettings(layout: .de))
        _ = wedge.take(Self.report(0x1C), at: 2)
        #expect(wedge.take(Self.report(0x28), at: 3) == [.code([0x79, 0x7A], symbology: nil, monotonic: 2)])
    }

    @Test func `a code of exactly the longest size is whole`() {
        var wedge = KeyboardWedge()
        for index in 0..<Scan.byteCountMax { _ = wedge.take(Self.report(index.isMultiple(of: 2) ? 4 : 5), at: 0) }
        guard case .code(let bytes, _, _)? = wedge.take(Self.report(0x28), at: 1).first else {
            Issue.record("no code")
            return
        }
        #expect(bytes.count == Scan.byteCountMax)
    }

    @Test(arguments: KeyboardLayout.allCases)
    func `every layout has each printable ASCII character on some key`(layout: KeyboardLayout) {
        let keymap = Keymap.of(layout)
        var found: Set<Character> = []
        for usage in UInt8(0x04)...0x64 {
            for level in [Keymap.Level.plain, .shift, .altGr] {
                if let character = keymap.character(usage, level) { found.insert(character) }
            }
        }
        let missing = (UInt8(0x20)...0x7E).map { Character(Unicode.Scalar($0)) }.filter { !found.contains($0) }
        #expect(missing.isEmpty)
    }

    @Test(arguments: KeyboardLayout.allCases)
    func `Ctrl and the key right of P's neighbour is GS in every layout`(layout: KeyboardLayout) {
        var wedge = KeyboardWedge(settings: ReaderSettings(layout: layout))
        _ = wedge.take(Self.report(0x30, 0x01), at: 0)
        #expect(wedge.take(Self.report(0x28), at: 1) == [.code([0x1D], symbology: nil, monotonic: 0)])
    }

    @Test func `a keyboard that reports a bit for each key is read`() throws {
        // Modifiers, then one bit each for usages 0x00 to 0x67.
        let descriptor = try ReportDescriptor(
            #require(bytes(hex: "05010906a101050719e029e715002501750195088102190029679568" + "8102c0")))
        var wedge = KeyboardWedge(formats: descriptor.keyboardFormats)
        var report = [UInt8](repeating: 0, count: 14)
        report[0] = 0x02
        report[1] = 0x10
        _ = wedge.take(report, at: 0)
        report = [UInt8](repeating: 0, count: 14)
        report[1 + 0x28 / 8] = 1 << (0x28 % 8)
        #expect(wedge.take(report, at: 1) == [.code([0x41], symbology: nil, monotonic: 0)])
    }
}

@Suite struct ReportDescriptorTests {
    @Test func `the boot keyboard's descriptor is the boot format`() throws {
        let descriptor = try ReportDescriptor(#require(bytes(hex: EmulatedDevice.keyboardReport)))
        #expect(descriptor.keyboardFormats == [.boot])
        #expect(!descriptor.isPointOfSale)
    }

    @Test func `the usual HID POS descriptor is the layout in Honeywell's manual`() throws {
        let descriptor = try ReportDescriptor(#require(bytes(hex: EmulatedDevice.pointOfSaleReport)))
        #expect(descriptor.pointOfSaleFormat == HIDPointOfSale.honeywell)
        #expect(descriptor.isPointOfSale)
        #expect(descriptor.reportByteCountMax == 64)
    }

    struct Lie: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var bytes: [UInt8]
        var error: ReportDescriptor.Malformed
    }

    static let lies: [Lie] = [
        Lie(testDescription: "nothing", bytes: [], error: .empty),
        Lie(testDescription: "an item without its data", bytes: [0x05, 0x01, 0x26, 0xFF], error: .truncated(at: 2)),
        Lie(testDescription: "a long item beyond the end", bytes: [0xFE, 0xFF, 0x00], error: .truncated(at: 0)),
        Lie(testDescription: "half a long item", bytes: [0xFE], error: .truncated(at: 0)),
        Lie(
            testDescription: "collections without end",
            bytes: Array(repeating: [0xA1, 0x01], count: 100).flatMap { $0 },
            error: .tooDeep(at: 32)),
        Lie(testDescription: "an end without a collection", bytes: [0xC0], error: .unbalanced(at: 0)),
        Lie(testDescription: "a collection left open", bytes: [0xA1, 0x01], error: .unbalanced(at: 2)),
        Lie(
            testDescription: "more pushes than anybody needs", bytes: Array(repeating: 0xA4, count: 9),
            error: .tooDeep(at: 8)),
        Lie(testDescription: "a pop of nothing", bytes: [0xB4], error: .unbalanced(at: 0)),
        Lie(
            testDescription: "four thousand million values",
            bytes: [0x75, 0x08, 0x97, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x00], error: .badField(at: 2)),
        Lie(
            testDescription: "a report longer than any packet", bytes: [0x75, 0x20, 0x96, 0x00, 0x20, 0x81, 0x00],
            error: .badField(at: 5)),
        Lie(
            testDescription: "one field after another",
            bytes: [0x75, 0x01, 0x95, 0x01] + Array(repeating: [0x81, 0x02], count: 300).flatMap { $0 },
            error: .tooManyFields(at: 516)),
        Lie(testDescription: "endless bytes", bytes: Array(repeating: 0, count: 5_000), error: .tooLong),
    ]

    @Test(arguments: lies)
    func `a lying descriptor is a typed error`(lie: Lie) {
        #expect(throws: lie.error) { try ReportDescriptor(lie.bytes) }
    }
}

@Suite struct RandomBytesTests {
    /// A seed that fails is printed and can be put here.
    private static let seeds: Range<UInt64> = 0..<200

    @Test(arguments: seeds)
    func `no bytes of a device can bring the decoders down`(seed: UInt64) throws {
        var random = Seeded(seed)
        let descriptor = try? ReportDescriptor(Self.descriptor(&random))
        let formats = descriptor?.keyboardFormats ?? []
        let layout = try #require(KeyboardLayout.allCases.randomElement(using: &random))
        var decoders: [any ReportDecoder] = [
            KeyboardWedge(settings: ReaderSettings(layout: layout)),
            KeyboardWedge(formats: formats, settings: ReaderSettings(layout: layout)),
            HIDPointOfSale(), HIDPointOfSale(format: descriptor?.pointOfSaleFormat),
        ]
        var time: UInt64 = 0
        for _ in 0..<400 {
            time += UInt64.random(in: 0...400_000_000, using: &random)
            let report = Self.report(&random)
            for index in decoders.indices {
                for case .code(let code, _, _) in decoders[index].take(report, at: time) {
                    #expect(!code.isEmpty && code.count <= Scan.byteCountMax)
                }
                if let deadline = decoders[index].deadline { #expect(deadline >= time) }
            }
        }
    }

    /// Random bytes, half of the time after a beginning that makes sense.
    private static func descriptor(_ random: inout Seeded) -> [UInt8] {
        let hex = Bool.random(using: &random) ? EmulatedDevice.keyboardReport : EmulatedDevice.pointOfSaleReport
        var result = bytes(hex: hex) ?? []
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            result[Int.random(in: result.indices, using: &random)] = .random(in: 0...255, using: &random)
        }
        return result
    }

    private static func report(_ random: inout Seeded) -> [UInt8] {
        let isPlausible = Bool.random(using: &random)
        let count = Int.random(in: 1...70, using: &random)
        let highest: UInt8 = isPlausible ? 0x65 : 0xFF
        var report = (0..<count).map { _ in UInt8.random(in: 0...highest, using: &random) }
        if isPlausible { report[0] = UInt8.random(in: 0...2, using: &random) }
        return report
    }
}

/// SplitMix64: the same numbers for the same seed.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
