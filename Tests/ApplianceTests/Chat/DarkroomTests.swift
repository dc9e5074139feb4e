// The helper that decodes what strangers send: what it may still do, what it makes, and what it refuses.
import Core
import Drivers
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite struct DarkroomTests {
    private static func withOpen<Made>(_ file: String, _ body: (CInt) async throws -> Made) async throws -> Made {
        let handle = try FileHandle(forReadingFrom: URL(filePath: file))
        defer { try? handle.close() }
        return try await body(handle.fileDescriptor)
    }

    private static func make(_ bytes: [UInt8]) async throws -> PictureMade? {
        let file = NSTemporaryDirectory() + "depotd-picture-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data(bytes).write(to: URL(filePath: file))
        return try await withOpen(file) { try await PictureWorkshop(binary: Daemon.path).make(from: $0) }
    }

    @Test(arguments: [["decode"], ["decode", "heif"]])
    func `while it waits for its picture it has no new privileges, few calls, and bounds on all it uses`(
        command: [String]
    ) throws {
        let input = Pipe()
        let process = try Child(
            Daemon.path, command, input: .descriptor(input.fileHandleForReading.fileDescriptor))
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
        #expect(limit("Max cpu time") == "10" && limit("Max address space") == "\(640 << 20)")
        // Threads of the runtime would make calls of their own, at which the helper is ended.
        #expect(try status.contains("Threads:\t1\n") && told("oom_score_adj") == "1000\n")
    }

    @Test func `a picture that takes its time is made all the same`() async throws {
        let bytes = SamplePicture.png(width: 1_200, height: 600)
        let (process, input, output) = (Process(), Pipe(), Pipe())
        process.executableURL = URL(filePath: Daemon.path)
        process.arguments = ["decode"]
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        for piece in [bytes[..<1_000], bytes[1_000...]] {
            try input.fileHandleForWriting.write(contentsOf: Data(piece))
            try await Task.sleep(for: .milliseconds(2_500))
        }
        try input.fileHandleForWriting.close()
        let made = try output.fileHandleForReading.readToEnd() ?? Data()
        #expect(String(decoding: made.prefix(9), as: UTF8.self) == "1200 600 ")
    }

    @Test func `a picture is made anew, large and small`() async throws {
        let made = try await Self.make(SamplePicture.png(width: 640, height: 320))
        #expect(made?.width == 640 && made?.height == 320)
        #expect(made.flatMap { PictureHeader($0.small)?.width } == 480)
    }

    @Test(arguments: ["JPEG", "HEIC", "AVIF", "PNG", "WebP"])
    func `a photo loses all that its camera wrote into it`(kind: String) async throws {
        let plain = try #require(try await Self.make(SamplePicture.png(width: 400, height: 200))).whole
        let held = SamplePicture.held(plain)
        let sent =
            switch kind {
            case "JPEG": held
            case "HEIC": try SamplePicture.heif(held)
            case "AVIF": try SamplePicture.heif(held, isAVIF: true)
            case "WebP": SamplePicture.webp(width: 400, height: 200)
            default:
                SamplePicture.png(
                    width: 400, height: 200,
                    chunks: [
                        ("eXIf", SamplePicture.exif()), ("tEXt", Array("Comment\0\(SamplePicture.serial)".utf8)),
                        ("iTXt", Array("XML:com.adobe.xmp\0\0\0\0\0\(SamplePicture.serial)".utf8)),
                    ])
            }
        let place = SamplePicture.exif().suffix(SamplePicture.serial.utf8.count + 24)
        #expect(Data(sent).range(of: Data(place)) != nil, "the sample has the place in it")
        let made = try #require(try await Self.make(sent))
        // A JPEG is turned as its Exif says; a HEIC says it in a box of its own.
        let size = kind == "JPEG" ? [200, 400] : [400, 200]
        #expect([made.width, made.height] == size)
        for picture in [made.whole, made.small] {
            for left in [Data(place), Data("Exif".utf8), Data("xmp".utf8), Data(SamplePicture.serial.utf8)] {
                #expect(Data(picture).range(of: left) == nil)
            }
        }
    }

    @Test func `a HEIC that is cut off or boasts of its size makes nothing, and a helper for JPEG makes none of it`()
        async throws
    {
        let plain = try #require(try await Self.make(SamplePicture.png(width: 400, height: 200))).whole
        let right = try SamplePicture.heif(plain)
        let size = try #require(Data(right).range(of: Data("ispe".utf8))).upperBound + 4
        var huge = right
        huge.replaceSubrange(size..<size + 8, with: [0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10])
        for bytes in [Array(right.prefix(right.count / 2)), Array(right.prefix(200)), huge] {
            #expect(try await Self.make(bytes)?.width == nil)
        }
        #expect(try await Self.make(right)?.width == 400)
        let file = NSTemporaryDirectory() + "depotd-picture-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data(right).write(to: URL(filePath: file))
        try await Self.withOpen(file) { descriptor in
            let end = try Child(Daemon.path, ["decode"], input: .descriptor(descriptor)).waitForEnd()
            #expect(end == 1)
        }
    }

    @Test func `what is no picture, is cut off or boasts of its size makes nothing`() async throws {
        let right = SamplePicture.png(width: 64, height: 64)
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
