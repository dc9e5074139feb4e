// A whole box in this process, with the demo depot on a free port, and a client that speaks to it.
import Core
import Drivers
import Foundation
import Logging
import Synchronization
import TestSupport

@testable import Appliance

/// A whole box in this process.
final class TestBox: Sendable {
    let port: UInt16
    let token: String
    let folder: String
    /// 0 where no TLS is spoken.
    let securePort: UInt16
    /// PEM of the box's own authority; empty where it has none.
    let authority: [UInt8]

    /// A box that runs already, such as a child process.
    init(port: UInt16, token: String, folder: String, securePort: UInt16 = 0, authority: [UInt8] = []) {
        self.securePort = securePort
        self.authority = authority
        self.port = port
        self.token = token
        self.folder = folder
    }

    /// Runs a box around `body`, which gets a thread of its own, and stops it afterwards.
    ///
    /// - Parameters:
    ///   - folder: a folder that exists and is kept; nil makes one and removes it.
    ///   - flags: configuration by key, such as `live.ring_changes_max`.
    static func run<Result: Sendable>(
        folder: String? = nil, flags: [String: String] = [:],
        _ body: @escaping @Sendable (TestBox) throws -> Result
    ) async throws -> Result {
        try await turns.take {
            guard folder == nil else { return try await start(in: folder ?? "", flags: flags, body) }
            let data = NSTemporaryDirectory() + "depotd-box-" + UUID().uuidString
            defer { try? FileManager.default.removeItem(atPath: data) }
            try FileManager.default.copyItem(atPath: try await mould.filled(), toPath: data)
            return try await start(in: data, flags: flags, body)
        }
    }

    private static let turns = Turns(4)
    private static let mould = Mould()

    /// The demo depot as its first start leaves it: made once, for filling it takes longer than most tests do.
    private actor Mould {
        static let folder = NSTemporaryDirectory() + "depotd-mould-\(getpid())"
        private var filling: Task<Void, any Error>?

        func filled() async throws -> String {
            let filling =
                filling
                ?? Task {
                    atexit { try? FileManager.default.removeItem(atPath: Mould.folder) }
                    try await TestBox.start(in: Mould.folder, flags: [:]) { _ in }
                }
            self.filling = filling
            try await filling.value
            return Self.folder
        }
    }

    private static func start<Result: Sendable>(
        in data: String, flags: [String: String], _ body: @escaping @Sendable (TestBox) throws -> Result
    ) async throws -> Result {
        let settings = [
            "data": data, "listen": "127.0.0.1:0", "readers.enabled": "false", "sign_in.trust_loopback": "true",
            "depot.name": "Hall 4",
        ]
        let configuration = try Configuration.load(
            file: nil, flags: settings.merging(flags) { $1 }, environment: [:])
        let wiring = try await Wiring(
            configuration, isDemo: true, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let (addresses, ready) = AsyncStream.makeStream(of: Wiring.Addresses.self)
        let running = Task { try await wiring.run { ready.yield($0) } }
        defer { running.cancel() }
        guard let address = await addresses.first(where: { _ in true }), let url = URL(string: address.plain) else {
            throw Failure(.internal, "The box did not start.")
        }
        _ = try await wiring.programToken(address: address.plain)
        let token = try await onOwnThread { try LocalAccess.managersKey(in: data) }
        let box = TestBox(
            port: UInt16(url.port ?? 0), token: token, folder: data, securePort: wiring.securePort.withLock { $0 },
            authority: wiring.identity?.authority?.pem ?? [])
        let result = await Swift.Result { try await onOwnThread { try body(box) } }
        running.cancel()
        _ = await running.result
        return try result.get()
    }

    /// One request on a connection of its own.
    func ask(
        _ method: String, _ path: String, _ body: JSON? = nil, headers: [String: String] = [:],
        authorization: String? = "token"
    ) throws -> Answer {
        var lines = ["\(method) \(path) HTTP/1.1", "Connection: close"]
        var headers = headers
        if headers["Host"] == nil { headers["Host"] = "127.0.0.1:\(port)" }
        if authorization == "token" { headers["Authorization"] = "Bearer \(token)" }
        if headers["Cookie"] != nil, headers["Origin"] == nil { headers["Origin"] = "http://127.0.0.1:\(port)" }
        if let body { headers["Content-Length"] = "\(body.bytes.count)" }
        lines += headers.map { "\($0.key): \($0.value)" }
        let wire = try Wire(port: port)
        try wire.send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body?.bytes ?? []))
        return try wire.readAnswer(isHead: method == "HEAD")
    }

    /// Scans a code and gives back the outcome.
    @discardableResult
    func scan(_ code: String, key: String = UUID().uuidString) throws -> Fields {
        try ask("POST", "/api/v1/scans", ["code": .string(code)], headers: ["Idempotency-Key": key]).fields()
    }

    /// The id of the asset with this number.
    func asset(_ number: String) throws -> Fields {
        let items = try ask("GET", "/api/v1/assets?q=\(number)&limit=500").fields().list("items")
        guard let asset = items.first(where: { $0.text("number") == number }) else {
            throw Failure(.notFound, number)
        }
        return asset
    }

    /// A live connection.
    func live(_ headers: [String: String] = [:], authorization: String? = "token") throws -> LiveClient {
        var headers = headers
        headers["Host"] = "127.0.0.1:\(port)"
        if headers["Cookie"] != nil { headers["Origin"] = "http://127.0.0.1:\(port)" }
        if authorization == "token" { headers["Authorization"] = "Bearer \(token)" }
        return LiveClient(
            socket: try WireSocket(port: port, path: "/api/v1/live", headers: headers))
    }
}

extension LocalAccess {
    /// A key that reaches what a manager does, and is never throttled, of the organisation whose folder it is.
    static func managersKey(in folder: String) throws -> String {
        let access = try LocalAccess(readingFrom: LocalAccess.file(in: folder)).asAdmin
        let answer = try LocalClient(LocalAccess(url: LocalAccess.loopback(access.url), token: access.token)).request(
            "POST", "/api/v1/keys",
            [
                "name": .string("tests \(UUID().uuidString)"),
                "scopes": .array(Scope.allCases.map { .string($0.rawValue) }),
            ])
        guard answer.status == 201, let secret = Fields(answer.body).text("secret") else {
            throw Failure(.internal, "no key: \(String(decoding: answer.body, as: UTF8.self))")
        }
        return secret
    }
}

/// A JSON object as a test reads it.
struct Fields: Sendable {
    private let data: Data

    init(_ bytes: [UInt8]) { data = Data(bytes) }

    private var object: [String: Any] { (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:] }

    func text(_ key: String) -> String? { object[key] as? String }
    func number(_ key: String) -> Int? { (object[key] as? NSNumber)?.intValue }
    func has(_ key: String) -> Bool { object[key] != nil }

    func object(_ key: String) -> Fields { Self.fields(object[key] as? [String: Any] ?? [:]) }

    func list(_ key: String) -> [Fields] { (object[key] as? [[String: Any]] ?? []).map(Self.fields) }

    private static func fields(_ object: [String: Any]) -> Fields {
        Fields(Array((try? JSONSerialization.data(withJSONObject: object)) ?? Data()))
    }
}

extension Answer {
    func fields() throws -> Fields { Fields(body) }
}

/// A client of the live socket.
final class LiveClient {
    let socket: WireSocket

    init(socket: WireSocket) { self.socket = socket }

    func send(_ message: JSON) throws { try socket.send(text: message.text) }

    /// Subscribes and waits for the answer.
    @discardableResult
    func subscribe(_ topics: [String], since: (epoch: String, seq: Int)? = nil) throws -> Fields {
        var message: JSON = ["type": "subscribe", "topics": .array(topics.map(JSON.string))]
        if let since {
            message = message.adding(["since": ["epoch": .string(since.epoch), "seq": .int(Int64(since.seq))]])
        }
        try send(message)
        return try next { ["subscribed", "reset"].contains($0.text("type")) }
    }

    /// The next message that fits; pings are left out.
    func next(_ fits: (Fields) -> Bool = { _ in true }) throws -> Fields {
        while true {
            let frame = try socket.readFrame()
            guard frame.opcode == 1 else { continue }
            let message = Fields(frame.payload)
            if fits(message) { return message }
        }
    }

    /// The next Change.
    func change() throws -> Fields { try next { $0.text("type") == "change" } }
}
