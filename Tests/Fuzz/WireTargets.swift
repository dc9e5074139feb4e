// What comes over the network before anybody knows who sent it: WebSocket frames, deflated messages, request heads.
import Foundation

@testable import Drivers

extension FuzzTarget {
    static let wireTargets = [
        FuzzTarget(name: "frames", byteCountMax: 8_192, run: frames),
        FuzzTarget(name: "inflate", byteCountMax: 8_192, run: inflate),
        FuzzTarget(name: "http-target", byteCountMax: 4_096, run: target),
        FuzzTarget(name: "http-head", byteCountMax: 4_096, run: head),
    ]

    private static let messageByteCountMax = 4_096
    // Unsafe: libFuzzer calls from one thread only.
    nonisolated(unsafe) private static let inflater = MessageInflater()
    // Unsafe: as above.
    nonisolated(unsafe) private static let deflater = MessageDeflater()

    /// The first byte: whether deflate was agreed on, and in pieces of what length the rest arrives.
    private static func frames(_ bytes: [UInt8]) {
        var input = Bytes(bytes)
        let settings = input.byte()
        let stream = Array(input.rest)
        let isDeflated = settings & 1 == 1
        let whole = FrameLog(stream, pieceByteCount: max(1, stream.count), isDeflated: isDeflated)
        let cut = FrameLog(stream, pieceByteCount: 1 + Int(settings >> 1), isDeflated: isDeflated)
        claim(whole.messages == cut.messages, "\(whole.messages) is read as \(cut.messages) in pieces")
        // libwslay 1.1 notices a broken reason sooner or later, by the pieces it comes in, so a stream in which a close
        // frame may stand (opcode 8) may end sooner or later too.
        let mayClose = stream.contains { $0 & 0x0F == 0x08 }
        claim(mayClose || whole.hasEnded == cut.hasEnded, "\(whole.messages) ends, or does not, by its pieces")
    }

    /// What a reader found. Pongs are left out: they go out when a piece is done, so pieces move them.
    private final class FrameLog: FrameReaderDelegate {
        private(set) var messages: [String] = []
        private(set) var hasEnded = false

        init(_ bytes: [UInt8], pieceByteCount: Int, isDeflated: Bool) {
            let reader = FrameReader()
            reader?.serve(self, messageByteCountMax: messageByteCountMax, inflater: isDeflated ? inflater : nil)
            bytes.withUnsafeBytes { bytes in
                for start in stride(from: 0, to: bytes.count, by: pieceByteCount) {
                    reader?.read(UnsafeRawBufferPointer(rebasing: bytes[start...].prefix(pieceByteCount)))
                }
            }
        }

        private func find(_ what: String) {
            claim(!hasEnded, "nothing follows the end: \(messages), \(what)")
            messages.append(what)
        }

        private func end() {
            claim(!hasEnded, "it ends once")
            hasEnded = true
        }

        func readerFound(text: String) {
            claim(text.utf8.count <= messageByteCountMax, "a message keeps its bound")
            find("text \(text.utf8.count) \(text.hashValue)")
        }

        func readerFound(binary: [UInt8]) {
            claim(binary.count <= messageByteCountMax, "a message keeps its bound")
            find("binary \(binary.count) \(binary.hashValue)")
        }

        func readerFoundPong() {}

        func readerFoundClose(code: UInt16) {
            claim(code >= 1_000 && code != 1_004 && code != 1_006 && code < 5_000, "\(code) may be sent")
            end()
        }

        func readerAnswers(_ frame: SharedBytes) {
            claim((2...127).contains(frame.count), "a pong is a control frame")
        }

        func readerFails(code: UInt16) {
            claim([1_002, 1_007, 1_009, 1_011].contains(code), "\(code) says what was wrong")
            end()
        }
    }

    private static func inflate(_ bytes: [UInt8]) {
        let first = inflater.inflate(bytes, byteCountMax: messageByteCountMax)
        if case .message(let message) = first { claim(message.count <= messageByteCountMax, "the bound is kept") }
        claim(first == inflater.inflate(bytes, byteCountMax: messageByteCountMax), "messages stand alone")
        guard let packed = bytes.withUnsafeBytes({ deflater.deflate($0) }) else { return }
        claim(packed.count < bytes.count, "deflating is worth it")
        claim(inflater.inflate(packed, byteCountMax: bytes.count) == .message(bytes), "what is deflated comes back")
    }

    private static func target(_ bytes: [UInt8]) {
        guard let target = HTTPTarget(String(decoding: bytes, as: UTF8.self)) else { return }
        claim(target.path == "*" || target.path.utf8.first == 0x2F, "a path begins with a slash: \(target.path)")
        let segments = target.path.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
        claim(
            !segments.contains { $0.elementsEqual("..".utf8) || $0.elementsEqual(".".utf8) },
            "a path goes down only: \(target.path)")
        claim(!target.path.utf8.contains { $0 < 0x20 || $0 == 0x5C || $0 == 0x7F }, "a path is plain: \(target.path)")
        claim(target.query.count <= HTTPTarget.queryItemCountMax, "a query keeps its bound")
        claim(!target.query.contains { $0.name.utf8.contains(0) || $0.value.utf8.contains(0) }, "no NUL comes in")
    }

    /// One line `METHOD TARGET VERSION`, then `name: value` lines.
    private static func head(_ bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard words.count == 3 else { return }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            headers.add(String(pair[0]), pair.count > 1 ? String(pair[1].drop { $0 == " " }) : "")
        }
        let framing = try? HTTPHeadRules.framing(
            method: words[0], version: words[2], target: words[1], headers: headers, limits: HTTPLimits())
        if let framing {
            claim(framing.byteCount ?? 0 >= 0, "a length is not negative")
            let isChunked = framing.byteCount == nil
            claim(headers["Transfer-Encoding"] == nil || isChunked, "an encoding is never overlooked")
            claim(headers["Content-Length"] == nil || !isChunked, "one framing only")
            claim(headers.all("Host").count <= 1, "one host only")
        }
        let request = HTTPRequestHead(method: words[0], path: words[1], headers: headers)
        guard let handshake = try? WebSocketHandshake(request, offersDeflate: true) else { return }
        claim(handshake.accept.utf8.count == 28, "the answer is a SHA-1 in base64")
    }
}
