// What somebody who is let in says, and what the box is told at its start: bodies, cursors, live messages, pictures,
// the configuration file.
import Configuration
import Core
import Foundation

@testable import Appliance
@testable import Core
@testable import Drivers

extension FuzzTarget {
    static let applianceTargets = [
        FuzzTarget(name: "live-message", byteCountMax: 4_096, run: liveMessage),
        FuzzTarget(name: "configuration", byteCountMax: 2_048, run: configuration),
        FuzzTarget(name: "body", byteCountMax: 4_096, run: body),
        FuzzTarget(name: "request", byteCountMax: 2_048, run: request),
        FuzzTarget(name: "picture", byteCountMax: 2_048, run: picture),
    ]

    private static func liveMessage(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self), let message = LiveSession.Message(text) else {
            return
        }
        guard let since = message.since else { return }
        let end = LogPosition(epoch: "e", seq: 30_000)
        let position = LogPosition(epoch: since.epoch, seq: since.seq)
        guard LiveReplay.isWithinReach(position, of: end) else { return }
        claim(since.epoch == "e" && (10_000...30_000).contains(since.seq), "\(since.seq) can be replayed")
    }

    private static func configuration(_ bytes: [UInt8]) {
        let source = ConfigurationSource(yaml: String(decoding: bytes, as: UTF8.self), path: "depotd.yaml")
        for fault in source.faults {
            claim(fault.place.hasPrefix("depotd.yaml"), "a fault has a place: \(fault)")
        }
        let decided = Result {
            try Configuration.decide(file: source, flags: ConfigurationSource(), environment: ConfigurationSource())
        }
        switch decided {
        case .success(let configuration):
            claim(source.faults.isEmpty && configuration.listen.isLoopback || listensBeyond(source), "leave was given")
        case .failure(let error):
            claim((error as? ConfigurationFaults)?.faults.isEmpty == false, "a refusal says why: \(error)")
        }
    }

    private static func listensBeyond(_ source: ConfigurationSource) -> Bool {
        source.places["listen_beyond_loopback"] != nil
    }

    private struct Body: Decodable {
        var code: String
        var door: Patch<String>
        var minutes: Patch<Int>
        var quantity: Int?
        var direction: Direction?
        var topics: [String]?
    }

    private static func body(_ bytes: [UInt8]) {
        let head = HTTPRequestHead(method: "POST", path: "/")
        let exchange = Exchange(
            request: HTTPRequest(head: head, body: bytes), parameters: [:], principal: nil, secret: nil)
        do {
            let body = try exchange.body(Body.self)
            if case .null = body.door { claim(body.door.map { $0 } == .some(nil), "null empties") }
            if case .absent = body.door { claim(body.door.map { $0 } == .none, "absent leaves as it is") }
        } catch {
            claim((error as? Failure)?.code == .invalid, "a body is refused as invalid: \(error)")
        }
    }

    /// A query, a line end, and an ETag or key.
    private static func request(_ bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard let target = HTTPTarget("/x?" + lines[0]) else { return }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            headers.add("If-Match", String(line))
            headers.add("Idempotency-Key", String(line))
        }
        let head = HTTPRequestHead(method: "GET", path: target.path, query: target.query, headers: headers)
        let exchange = Exchange(request: HTTPRequest(head: head), parameters: [:], principal: nil, secret: nil)
        refuses { claim((1...500).contains(try exchange.number("limit", default: 50, in: 1...500)), "in its range") }
        refuses { _ = try exchange.ifMatch() }
        refuses { claim(try exchange.idempotencyKey()?.utf8.count ?? 1 <= 201, "a key keeps its bound") }
        refuses {
            let parts = try ListCursor.parts(of: exchange.request.query("cursor") ?? "", count: 4)
            claim(parts.count == 4 && parts.allSatisfy { !$0.contains("\n") }, "a cursor has its parts")
        }
    }

    private static func picture(_ bytes: [UInt8]) {
        guard let header = PictureHeader(bytes) else { return }
        claim(header.width > 0 && header.height > 0, "a picture has a size: \(header)")
        claim(header.width <= 1 << 32 && header.height <= 1 << 32, "a size has four bytes at most: \(header)")
        let more = PictureHeader(bytes + [0, 0xFF, 0xD9])
        claim(more == header, "what follows changes nothing: \(header)")
    }

    private static func refuses(_ body: () throws -> Void) {
        do { try body() } catch {
            claim((error as? Failure)?.code == .invalid, "what is wrong is invalid: \(error)")
        }
    }
}
