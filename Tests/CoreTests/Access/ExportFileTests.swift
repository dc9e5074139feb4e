// Files on their way out: without a name, bounded, and never at the cost of the room that the depot needs itself.
import Core
import Foundation
import Testing

@Suite struct ExportFileTests {
    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "depotd-leaving-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func `a file that is written out has no name and holds what was written`() throws {
        try Self.inFolder { folder in
            let file = try ExportFile(in: folder)
            try file.append(Array("one,".utf8))
            try file.append(Array("two".utf8))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
            var bytes = [UInt8](repeating: 0, count: 100)
            let count = pread(file.descriptor, &bytes, bytes.count, 0)
            #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == "one,two" && file.byteCount == 7)
        }
    }

    @Test func `a file that grows too long or would fill the disk is given up`() throws {
        try Self.inFolder { folder in
            var options = ExportFile.Options()
            options.byteCountMax = 10
            let file = try ExportFile(in: folder, options: options)
            try file.append([UInt8](repeating: 1, count: 10))
            #expect(throws: Failure(.tooLarge, "")) { try file.append([1]) }
            options.freeByteCountMin = .max / 2
            #expect(throws: Failure(.unavailable, "")) {
                try ExportFile(in: folder, options: options).append([1])
            }
            #expect(throws: Failure(.unavailable, "")) { try ExportFile(in: folder + "/none") }
        }
    }
}
