// Parts of a file: which bytes a request asks for, and that just those come, from the disk.
import Core
import Foundation
import TestSupport
import Testing

@testable import Drivers

@Suite(.timeLimit(.minutes(15))) struct HTTPRangeTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let asked: String
        let gives: HTTPRange
        var only: String?
        var method = "GET"
        var byteCount = 1_000
        var testDescription: String { "\(method) \(asked) \(only ?? "")" }
    }

    static let rows = [
        Row(asked: "bytes=0-0", gives: .part(0..<1)), Row(asked: "bytes=0-999", gives: .part(0..<1_000)),
        Row(asked: "bytes=10-", gives: .part(10..<1_000)), Row(asked: "BYTES= 10-19 ", gives: .part(10..<20)),
        Row(asked: "bytes=-10", gives: .part(990..<1_000)), Row(asked: "bytes=-5000", gives: .part(0..<1_000)),
        Row(asked: "bytes=990-99999999999999999999", gives: .part(990..<1_000)),
        Row(asked: "bytes=1000-", gives: .beyond), Row(asked: "bytes=1000-1001", gives: .beyond),
        Row(asked: "bytes=99999999999999999999-", gives: .beyond), Row(asked: "bytes=-0", gives: .beyond),
        Row(asked: "bytes=0-", gives: .beyond, byteCount: 0), Row(asked: "bytes=-5", gives: .beyond, byteCount: 0),
        // What is not understood, several ranges and other units are answered with the whole.
        Row(asked: "bytes=5-4", gives: .whole), Row(asked: "bytes=-", gives: .whole),
        Row(asked: "bytes=", gives: .whole), Row(asked: "bytes", gives: .whole), Row(asked: "", gives: .whole),
        Row(asked: "bytes=a-b", gives: .whole), Row(asked: "bytes=+1-2", gives: .whole),
        Row(asked: "bytes=0-1,5-6", gives: .whole), Row(asked: "lines=0-1", gives: .whole),
        Row(asked: "bytes=1-2-3", gives: .whole), Row(asked: "bytes=0-0", gives: .whole, method: "HEAD"),
        Row(asked: "bytes=0-0", gives: .part(0..<1), only: "\"one\""),
        Row(asked: "bytes=0-0", gives: .whole, only: "\"other\""),
        Row(asked: "bytes=0-0", gives: .whole, only: "W/\"one\""),
        Row(asked: "bytes=5000-", gives: .whole, only: "\"other\""),
        Row(asked: "bytes=0-0", gives: .whole, only: "Sat, 21 Nov 2026 16:00:00 GMT"),
    ]

    @Test(arguments: rows) func `a request asks for the whole, a part, or what is not there`(row: Row) {
        var headers = HTTPHeaders()
        headers.add("Range", row.asked)
        if let only = row.only { headers.add("If-Range", only) }
        let head = HTTPRequestHead(method: row.method, path: "/", headers: headers)
        #expect(HTTPRange(head, byteCount: row.byteCount, tag: "\"one\"") == row.gives)
        // What has no name may be another file by the next request.
        #expect(HTTPRange(head, byteCount: row.byteCount, tag: nil) == .whole)
    }

    @Test func `a part of a file of many gigabytes comes alone, over TLS too, and the connection goes on`() async throws
    {
        let path = NSTemporaryDirectory() + "depotd-range-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        // As long as no memory would hold; on the disk there is its end only.
        let (count, mark) = (40 << 30, Array("the end of a long film".utf8))
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.seek(toOffset: UInt64(count - mark.count))
        try file.write(contentsOf: Data(mark))
        try file.close()
        let handler: HTTPListener.Handler = { request in
            guard let file = try? ExportFile(at: path) else { return .response(HTTPResponse(status: 500)) }
            let answer = HTTPResponse(contentType: "video/mp4", file: file)
            return .response(request.path == "/nameless" ? answer : answer.with("ETag", "\"one\""))
        }
        try await withListener(tls: TLSLimits(), handler: handler) { test in
            for isSecure in [false, true] {
                let wire = try isSecure ? test.connectSecurely() : test.connect()
                func ask(_ path: String, _ fields: String, isHead: Bool = false) throws -> Answer {
                    try wire.send("\(isHead ? "HEAD" : "GET") \(path) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n")
                    return try wire.readAnswer(isHead: isHead)
                }
                let end = try ask("/", "Range: bytes=-\(mark.count)\r\nIf-Range: \"one\"\r\n")
                #expect(end.status == 206 && end.body == mark && end["content-type"] == "video/mp4")
                #expect(end["content-range"] == "bytes \(count - mark.count)-\(count - 1)/\(count)")
                let middle = try ask("/", "Range: bytes=\(6 << 30)-\((6 << 30) + 299_999)\r\n")
                #expect(middle.status == 206 && middle.body == [UInt8](repeating: 0, count: 300_000))
                let beyond = try ask("/", "Range: bytes=\(count)-\r\n")
                #expect(beyond.status == 416 && beyond["content-range"] == "bytes */\(count)")
                let head = try ask("/", "Range: bytes=0-9\r\n", isHead: true)
                #expect(head.status == 200 && head["content-length"] == "\(count)" && head["accept-ranges"] == "bytes")
                let nameless = try ask("/nameless", "Range: bytes=0-9\r\n", isHead: true)
                #expect(nameless.status == 200 && nameless["accept-ranges"] == nil)
            }
        }
    }
}
