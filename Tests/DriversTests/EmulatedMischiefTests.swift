// Devices that lie, flood or never end, against the real driver and libusb: it carries on, and loses nothing.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct EmulatedMischiefTests {
    struct Lie: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var config: String
        var report: String
        /// Whether there is anything to describe.
        var kind: String?
    }

    static let lies: [Lie] = [
        Lie(testDescription: "no configuration", config: "", report: "-", kind: nil),
        Lie(
            testDescription: "a configuration longer than it is",
            config: "0902FFFF010100A032" + "090400000103010100", report: "-", kind: nil),
        Lie(
            testDescription: "200 interfaces", config: "09022200C80100A032" + "090400000103010100" + "0705810308000A",
            report: EmulatedDevice.keyboardReport, kind: nil),
        Lie(
            testDescription: "255 endpoints", config: "09021900010100A032" + "09040000FF03010100" + "0705810308000A",
            report: EmulatedDevice.keyboardReport, kind: nil),
        Lie(
            testDescription: "packets of no bytes",
            config: "09022200010100A032" + "090400000103010100" + "092111010001223F00" + "0705810300000A",
            report: EmulatedDevice.keyboardReport, kind: "unsupported"),
        Lie(
            testDescription: "a descriptor of length 0", config: "09022200010100A032" + "000400000103010100",
            report: "-", kind: nil),
        Lie(
            testDescription: "a report descriptor without end", config: EmulatedDevice.keyboardConfig,
            report: String(repeating: "a101", count: 2_000), kind: "keyboard"),
        Lie(
            testDescription: "a report descriptor of noise", config: EmulatedDevice.keyboardConfig,
            report: "97ffffffff75ff8100b4c0fefe", kind: "keyboard"),
    ]

    @Test(arguments: lies)
    func `a device that lies about itself disturbs nobody`(lie: Lie) async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("good", "keyboard", "1-2")
        try await readers.usb.send(
            "device liar 1-3 \(EmulatedDevice.device) \(lie.config) \(lie.report)", until: "ok")
        try await readers.usb.send("plug liar", until: "plugged liar")
        if let kind = lie.kind {
            #expect(try await readers.event("appeared", "usb:1-3:0")["kind"] == kind)
            readers.usb.send("tell adopt usb:1-3:0")
            try await readers.event(kind == "unsupported" ? "trouble" : "opened", "usb:1-3:0")
        }
        if lie.kind == "keyboard" {
            readers.usb.send("type liar boot\\n")
            #expect(try await readers.code("usb:1-3:0") == "boot")
        }
        readers.usb.send("type good undisturbed\\n")
        #expect(try await readers.code("usb:1-2:0") == "undisturbed")
    }

    @Test func `ten thousand reports arrive in order though nobody takes events for a while`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3")
        readers.usb.send("tell hold")
        // 1,000 codes of four digits and Enter, a press and a release each: 10,000 reports.
        let codes = (1_000..<2_000).map { String($0) }
        readers.usb.send("type k " + codes.map { $0 + "\\n" }.joined())
        // Held up: the driver stops asking before all is taken, so idle cannot come before "go".
        readers.usb.send("wait-idle k")
        try await readers.usb.send("keyboard other 1-4", until: "ok")
        #expect(!readers.usb.hasSeen { $0.hasPrefix("idle k") })
        readers.usb.send("tell go")
        var read: [String?] = []
        for _ in codes { read.append(try await readers.code("usb:1-3:0")) }
        #expect(read == codes)
        try await readers.usb.event("idle k")
        #expect(!readers.hasSeen("trouble"))
    }

    @Test func `a driver that was kept from running does not cut a code in two`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3", layout: "us 1000")
        readers.usb.send("type k one")
        try await readers.usb.send("wait-idle k", until: "idle k")
        readers.usb.send("kill 19")
        readers.usb.send("type k two\\n")
        // Longer than the silence; time itself is what is tested.
        try await Task.sleep(for: .milliseconds(1_500))
        readers.usb.send("kill 18")
        #expect(try await readers.code("usb:1-3:0") == "onetwo")
    }

    @Test func `a code without end is trouble once, and the next code is read`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3")
        readers.usb.send("type k " + String(repeating: "12", count: 3_000) + "\\nshort\\n")
        #expect(try await readers.event("trouble", "usb:1-3:0")["code"] == "tooLarge")
        #expect(try await readers.code("usb:1-3:0") == "short")
        #expect(!readers.hasSeen("trouble"))
    }

    @Test func `nonsense is said once, and what follows is read`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3")
        for _ in 0..<100 { readers.usb.send("report k ffffffffffffffff") }
        readers.usb.send("type k sense\\n")
        #expect(try await readers.event("trouble", "usb:1-3:0")["code"] == "invalid")
        #expect(try await readers.code("usb:1-3:0") == "sense")
        #expect(!readers.hasSeen("trouble"))
    }

    @Test func `a report longer than its packet is trouble for that reader only`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3")
        readers.usb.send("report k " + String(repeating: "00", count: 64))
        try await readers.usb.event("cleared k 129")
        readers.usb.send("type k fits\\n")
        #expect(try await readers.code("usb:1-3:0") == "fits")
    }

    @Test func `a reader that halts for ever is given back with trouble`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3")
        for _ in 0...5 {
            try await readers.usb.send("stall k", until: "ok")
            if try await Self.isGivenUp(readers) { break }
        }
        try await readers.event("closed", "usb:1-3:0")
        try await readers.usb.event("attached k 0")
    }

    /// Waits for the next halt to be cleared, or for the reader to be given up.
    private static func isGivenUp(_ readers: EmulatedReaders) async throws -> Bool {
        let line = try await readers.usb.line("cleared or trouble") {
            $0.hasPrefix("cleared") || $0.contains("\"event\":\"trouble\"")
        }
        return !line.hasPrefix("cleared")
    }
}
