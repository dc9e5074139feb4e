// The helper that decodes what strangers send: what it may still do, what it makes, and what it refuses.
import Core
import Drivers
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct DarkroomTests {
    private static func make(_ bytes: [UInt8]) async throws -> PictureMade? {
        let file = NSTemporaryDirectory() + "depotd-picture-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data(bytes).write(to: URL(filePath: file))
        return try await PictureWorkshop(binary: Daemon.path).make(from: file)
    }

    @Test func `while it waits for its picture it has no new privileges, few calls, and bounds on all it uses`() throws
    {
        let input = Pipe()
        let process = try Child(
            Daemon.path, ["decode"], input: .descriptor(input.fileHandleForReading.fileDescriptor))
        defer { process.kill() }
        func told(_ file: String) throws -> String {
            try String(contentsOfFile: "/proc/\(process.id)/\(file)", encoding: .utf8)
        }
        for _ in 0..<100 where try !told("status").contains("Seccomp:\t2") { Thread.sleep(forTimeInterval: 0.05) }
        let status = try told("status")
        #expect(status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1"))
        let limits = try told("limits").split(separator: "\n").map(String.init)
        func limit(_ name: String) -> String? {
            limits.first { $0.hasPrefix(name) }?.dropFirst(26).split(separator: " ").first.map(String.init)
        }
        #expect(limit("Max open files") == "3" && limit("Max file size") == "0")
        #expect(limit("Max cpu time") == "10" && limit("Max address space") == "\(900 << 20)")
    }

    @Test func `a picture is made anew, large and small`() async throws {
        let made = try await Self.make(ChatRouteTests.png(width: 640, height: 320))
        #expect(made?.width == 640 && made?.height == 320)
        #expect(made.flatMap { PictureHeader($0.small)?.width } == 480)
    }

    @Test func `a photo loses all that its camera wrote into it, and is turned as the camera was held`() async throws {
        let plain = try #require(try await Self.make(ChatRouteTests.png(width: 400, height: 200))).whole
        // Little-endian TIFF with one entry: orientation 6, a quarter to the right; behind it what must not be kept.
        let tiff: [UInt8] =
            Array("II*\0".utf8) + [8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]
        let exif = Array("Exif\0\0".utf8) + tiff + Array("GPS 52.5 13.4 SERIAL-4711".utf8)
        let count = exif.count + 2
        let held = plain[..<2] + [0xFF, 0xE1, UInt8(count >> 8), UInt8(count & 255)] + exif + plain[2...]
        let made = try #require(try await Self.make(Array(held)))
        #expect(made.width == 200 && made.height == 400)
        for picture in [made.whole, made.small] {
            #expect(!String(decoding: picture, as: UTF8.self).contains("SERIAL-4711"))
        }
    }

    @Test func `what is no picture, is cut off or boasts of its size makes nothing`() async throws {
        let right = try ChatRouteTests.png(width: 64, height: 64)
        var huge = right
        huge.replaceSubrange(16..<24, with: [0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10])
        for bytes in [[], Array("GIF89a".utf8), Array(right.prefix(60)), huge, Array(repeating: 0xFF, count: 100_000)] {
            let made = try await Self.make(bytes)
            #expect(made?.width == nil)
        }
        let made = try await Self.make(right)
        #expect(made?.width == 64)
    }
}
