// The real driver over the real libusb, in a program of its own, against emulated devices: plugs, claims, codes.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct EmulatedReaderTests {
    @Test(arguments: ["sysfs", "control transfers"])
    func `a reader that is plugged in says who it is`(source: String) async throws {
        let readers = try EmulatedReaders()
        try await readers.usb.send("keyboard k 1-3.2", until: "ok")
        try await readers.usb.send("string k 1 Symbol Technologies", until: "ok")
        try await readers.usb.send("string k 2 Bar Code Scanner", until: "ok")
        try await readers.usb.send("string k 3 S1234567", until: "ok")
        if source != "sysfs" { try await readers.usb.send("hide-strings k", until: "ok") }
        try await readers.usb.send("plug k", until: "plugged k")
        if source != "sysfs" { try await readers.usb.send("unbind k 0", until: "ok") }
        try await readers.start()
        let reader = try await readers.event("appeared")
        #expect(reader["port"] == "usb:1-3.2:0")
        #expect(reader["kind"] == "keyboard")
        #expect(reader["known"] == "true")
        #expect(reader["product"] == "Bar Code Scanner")
        #expect(reader["manufacturer"] == "Symbol Technologies")
        #expect(reader["serial"] == "S1234567")
    }

    @Test func `an adopted reader types nowhere else and its codes are read`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3")
        try await readers.usb.event("detached k 0")
        try await readers.usb.event("claimed k 0")
        readers.usb.send("type k Asset-00042/AB\\n21\\x1d10\\n")
        #expect(try await readers.code("usb:1-3:0") == "Asset-00042/AB")
        #expect(try await readers.code("usb:1-3:0") == "21\u{1D}10")
    }

    @Test func `a code carries the time of its last key`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3")
        readers.usb.send("type k when\\n")
        let read = try await readers.event("read")
        let idle = try await readers.usb.send("wait-idle k", until: "idle k")
        let keyed = try #require(read["monotonic"].flatMap { Int64($0) })
        let handed = try #require(idle.split(separator: " ").last.flatMap { Int64($0) })
        // The last report lets Enter go. One second is for a busy machine; another clock would be hours off.
        #expect(abs(handed - keyed) < 1_000_000_000)
    }

    @Test func `a code without Enter is read after the silence`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3", layout: "us 1000")
        readers.usb.send("type k 0011223344")
        #expect(try await readers.code("usb:1-3:0") == "0011223344")
    }

    @Test func `other settings change the layout of an open reader`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3")
        readers.usb.send("tell adopt usb:1-3:0 de")
        try await readers.event("opened")
        readers.usb.send("type k y-z\\n")
        #expect(try await readers.code("usb:1-3:0") == "zßy")
    }

    @Test func `a released reader is the kernel's again`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3")
        readers.usb.send("tell release usb:1-3:0")
        try await readers.event("closed", "usb:1-3:0")
        try await readers.usb.event("released k 0")
        try await readers.usb.event("attached k 0")
        readers.usb.send("tell adopt usb:1-3:0")
        try await readers.event("opened", "usb:1-3:0")
        readers.usb.send("type k again\\n")
        #expect(try await readers.code("usb:1-3:0") == "again")
    }

    @Test func `a driver that ends gives every reader back`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("a", "keyboard", "1-1")
        try await readers.adopt("b", "keyboard", "1-2")
        readers.usb.send("tell quit")
        try await readers.usb.event("attached a 0")
        try await readers.usb.event("attached b 0")
        try await readers.usb.event("ended 0")
    }

    @Test func `a driver that was killed finds its readers again`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3")
        readers.usb.send("kill 9")
        try await readers.usb.event("ended signal 9")
        try await readers.usb.event("abandoned k 0")
        try await readers.start()
        #expect(try await readers.event("appeared", "usb:1-3:0")["kind"] == "keyboard")
        readers.usb.send("tell adopt usb:1-3:0")
        try await readers.event("opened", "usb:1-3:0")
        readers.usb.send("type k back\\n")
        #expect(try await readers.code("usb:1-3:0") == "back")
    }

    @Test func `readers at several ports do not get mixed up`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("a", "keyboard", "1-3.1")
        try await readers.adopt("b", "keyboard", "1-3.2", layout: "de")
        try await readers.adopt("c", "pos", "2-1.4.2", ids: "0c2e:0b8f")
        for name in ["a", "b"] { readers.usb.send("interval \(name) 500") }
        readers.usb.send("type a zebra\\n")
        readers.usb.send("type b zebra\\n")
        readers.usb.send("report c " + Self.pointOfSale("CASE-7", "]C0"))
        #expect(try await readers.code("usb:1-3.1:0") == "zebra")
        #expect(try await readers.code("usb:1-3.2:0") == "yebra")
        let read = try await readers.event("read", "usb:2-1.4.2:0")
        #expect(read["text"] == "CASE-7")
        #expect(read["symbology"] == "]C0")
        try await readers.usb.event("set-report c 0 03fe fe01")
    }

    @Test(arguments: ["unplug k", "unplug k error"])
    func `a reader that is unplugged in the middle of a code comes back`(unplug: String) async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3")
        readers.usb.send("type k half")
        try await readers.usb.send("wait-idle k", until: "idle k")
        try await readers.usb.send(unplug, until: "unplugged k")
        try await readers.event("disappeared", "usb:1-3:0")
        try await readers.usb.send("plug k", until: "plugged k")
        try await readers.event("appeared", "usb:1-3:0")
        readers.usb.send("tell adopt usb:1-3:0")
        try await readers.event("opened", "usb:1-3:0")
        readers.usb.send("type k whole\\n")
        #expect(try await readers.code("usb:1-3:0") == "whole")
        #expect(!readers.hasSeen("disappeared"))
    }

    @Test func `a reader that comes and goes twenty times is there in the end`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.usb.send("keyboard k 1-3", until: "ok")
        for _ in 0..<20 {
            try await readers.usb.send("plug k", until: "plugged k")
            readers.usb.send("tell adopt usb:1-3:0")
            try await readers.usb.send("unplug k", until: "unplugged k")
        }
        try await readers.usb.send("keyboard last 1-4", until: "ok")
        try await readers.usb.send("plug last", until: "plugged last")
        try await readers.event("appeared", "usb:1-4:0")
        readers.usb.send("tell adopt usb:1-4:0")
        try await readers.event("opened", "usb:1-4:0")
        readers.usb.send("type last alive\\n")
        #expect(try await readers.code("usb:1-4:0") == "alive")
    }

    @Test func `a reader without a kernel driver is asked for its descriptor and read`() async throws {
        let readers = try EmulatedReaders()
        try await readers.usb.send("pos c 1-3", until: "ok")
        try await readers.usb.send("plug c", until: "plugged c")
        try await readers.usb.send("unbind c 0", until: "ok")
        try await readers.start()
        #expect(try await readers.event("appeared")["kind"] == "pointOfSale")
        readers.usb.send("tell adopt usb:1-3:0")
        try await readers.event("opened")
        readers.usb.send("report c " + Self.pointOfSale("CASE-8", "]C0"))
        #expect(try await readers.code("usb:1-3:0") == "CASE-8")
    }

    @Test func `a reader that another program holds is trouble with a hint`() async throws {
        let readers = try EmulatedReaders()
        try await readers.usb.send("keyboard k 1-3", until: "ok")
        try await readers.usb.send("plug k", until: "plugged k")
        try await readers.usb.send("busy k 0", until: "ok")
        try await readers.start()
        try await readers.event("appeared")
        readers.usb.send("tell adopt usb:1-3:0")
        let trouble = try await readers.event("trouble", "usb:1-3:0")
        #expect(trouble["code"] == "unavailable")
        #expect(trouble["message"]?.contains("Another program holds the reader") == true)
    }

    @Test func `a box without USB says so and what to look at`() async throws {
        let readers = try EmulatedReaders(hasHost: false)
        try await readers.start()
        #expect(try await readers.event("failed")["message"]?.contains("There is no USB here") == true)
    }

    @Test func `a port with nothing in it is trouble, not a crash`() async throws {
        let readers = try EmulatedReaders()
        try await readers.usb.send("keyboard k 1-3", until: "ok")
        try await readers.usb.send("plug k", until: "plugged k")
        try await readers.start()
        try await readers.event("appeared")
        readers.usb.send("tell adopt usb:9-9:0")
        #expect(try await readers.event("trouble", "usb:9-9:0")["code"] == "notFound")
    }

    @Test func `of a composite device only the keyboard is a reader`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "composite", "1-3", ids: "ffff:0035")
        readers.usb.send("report k:1 00010100")
        readers.usb.send("type k 0004455667\\n")
        #expect(try await readers.code("usb:1-3:0") == "0004455667")
        #expect(!readers.hasSeen("appeared"))
    }

    @Test func `a reader that refuses every request is read all the same`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.usb.send("keyboard k 1-3", until: "ok")
        try await readers.usb.send("refuse k", until: "ok")
        try await readers.usb.send("plug k", until: "plugged k")
        readers.usb.send("tell adopt usb:1-3:0")
        try await readers.event("appeared")
        readers.usb.send("tell adopt usb:1-3:0")
        try await readers.event("opened")
        readers.usb.send("type k stubborn\\n")
        #expect(try await readers.code("usb:1-3:0") == "stubborn")
    }

    @Test func `a halted endpoint is cleared and read on`() async throws {
        let readers = try EmulatedReaders()
        try await readers.start()
        try await readers.adopt("k", "keyboard", "1-3")
        try await readers.usb.send("stall k", until: "ok")
        try await readers.usb.event("cleared k 129")
        readers.usb.send("type k mended\\n")
        #expect(try await readers.code("usb:1-3:0") == "mended")
    }

    private static func pointOfSale(_ text: String, _ symbology: String) -> String {
        var report = [2, UInt8(text.utf8.count)] + symbology.utf8 + text.utf8
        report += [UInt8](repeating: 0, count: 64 - report.count)
        return report.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
