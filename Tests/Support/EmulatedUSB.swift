// Runs a program under emulated USB devices (Tests/Emulator) and waits for what happens; nothing here sleeps.
// Read Tests/Emulator/main.c for the commands and events.
import Foundation
import Synchronization
import Testing

/// The emulator with a program under it. Ends both when let go.
package final class EmulatedUSB: Sendable {
    private struct Waiter {
        var id: Int
        var matches: @Sendable (String) -> Bool
        var continuation: CheckedContinuation<String?, Never>
    }

    private struct State {
        /// What nobody has waited for yet, in order.
        var lines: [String] = []
        var waiters: [Waiter] = []
        var nextID = 0
        var hasEnded = false
    }

    package struct TimedOut: Error, CustomStringConvertible {
        package var description: String
    }

    /// For each wait; the machine may be busy with a build.
    private static let deadlineSeconds = 30.0

    private let state = Mutex(State())
    private let process = Process()
    private let input = Pipe()

    /// Starts the emulator; the program starts by ``start()``.
    package init(program: [String], hasHost: Bool = true) throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["umockdev-wrapper", try Self.emulator()] + (hasHost ? [] : ["no-host"]) + ["--"] + program
        process.standardInput = input
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        Thread.detachNewThread { [weak self] in
            var rest = Data()
            while case let chunk = output.fileHandleForReading.availableData, !chunk.isEmpty {
                rest += chunk
                while let end = rest.firstIndex(of: 0x0A) {
                    self?.take(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest = Data(rest[rest.index(after: end)...])
                }
            }
            self?.end()
        }
    }

    deinit { try? input.fileHandleForWriting.close() }

    /// `DEPOTD_TEST_EMULATOR`, or what `make -C Tests/Emulator` built.
    private static func emulator() throws -> String {
        let built = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.build/emulator")
        let path = ProcessInfo.processInfo.environment["DEPOTD_TEST_EMULATOR"] ?? built.standardized.path()
        try #require(
            FileManager.default.isExecutableFile(atPath: path),
            """
            No USB emulator at \(path). Build it: apt-get install umockdev libumockdev-dev libglib2.0-dev pkg-config \
            && make -C Tests/Emulator
            """)
        try #require(
            FileManager.default.isExecutableFile(atPath: "/usr/bin/umockdev-wrapper"),
            "umockdev-wrapper is missing: apt-get install umockdev")
        return path
    }

    // MARK: Commands and events

    package func send(_ command: String) { input.fileHandleForWriting.write(Data((command + "\n").utf8)) }

    /// Sends a command and waits for the line that answers it.
    @discardableResult
    package func send(_ command: String, until answer: String) async throws -> String {
        send(command)
        return try await line("\"\(answer)\" after \"\(command)\"") { $0.hasPrefix(answer) }
    }

    /// Waits for an event of the emulator, such as `claimed k 0`, and takes it out.
    @discardableResult
    package func event(_ prefix: String) async throws -> String {
        try await line(prefix) { $0 == prefix || $0.hasPrefix(prefix + " ") }
    }

    /// Whether a line came that nobody has waited for.
    package func hasSeen(_ matches: (String) -> Bool) -> Bool { state.withLock { $0.lines.contains(where: matches) } }

    /// Waits for the first line that matches and that nobody has taken yet; others stay for others.
    package func line(_ what: String, where matches: @escaping @Sendable (String) -> Bool) async throws -> String {
        let found = await withCheckedContinuation { wait(matches, $0) }
        if let found { return found }
        let seen = state.withLock { $0.lines.suffix(20).joined(separator: "\n") }
        throw TimedOut(description: "Waited for \(what). Not taken yet:\n\(seen)")
    }

    private func wait(
        _ matches: @escaping @Sendable (String) -> Bool, _ continuation: CheckedContinuation<String?, Never>
    ) {
        let (line, id) = state.withLock { state -> (String?, Int?) in
            if let index = state.lines.firstIndex(where: matches) { return (state.lines.remove(at: index), nil) }
            if state.hasEnded { return (nil, nil) }
            state.nextID += 1
            state.waiters.append(Waiter(id: state.nextID, matches: matches, continuation: continuation))
            return (nil, state.nextID)
        }
        guard let id else { return continuation.resume(returning: line) }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.deadlineSeconds) { [weak self] in self?.give(up: id) }
    }

    private func give(up id: Int) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume(returning: nil)
    }

    private func take(_ line: String) {
        let waiter = state.withLock { state -> Waiter? in
            if let index = state.waiters.firstIndex(where: { $0.matches(line) }) {
                return state.waiters.remove(at: index)
            }
            state.lines.append(line)
            return nil
        }
        waiter?.continuation.resume(returning: line)
    }

    private func end() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            state.hasEnded = true
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
    }
}

/// Descriptors of emulated devices, in hex.
package enum EmulatedDevice {
    /// HID 1.11 appendix E.6, with all usages.
    package static let keyboardReport =
        "05010906a101050719e029e71500250175019508810295017508810395057501050819012905910295017503910395067508150026ff00"
        + "0507190029ff8100c0"
    /// A Scanned Data Report as in HID Point of Sale Usage Tables 1.02: byte count, AIM identifier, 56 bytes, vendor's
    /// code id, continued.
    package static let pointOfSaleReport =
        "068c000902a1010912a102850215002600ff75089501050109".replacingOccurrences(of: "2600ff", with: "26ff00")
        + "3b81029503058c09fb09fc09fd8102953809fe8202010666ff9502090409008102058c25017501950809ff8102c0c0"
    package static let device = "12010002000000400912CDAB000101020301"
    package static let keyboardConfig =
        "09022200010100A032" + "090400000103010100" + "092111010001223F00" + "0705810308000A"
}

/// `ReaderProbe` under the emulator: the driver by itself.
package struct EmulatedReaders {
    package let usb: EmulatedUSB

    package init(hasHost: Bool = true) throws {
        let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let built = products.appending(path: "ReaderProbe").path()
        let program = ProcessInfo.processInfo.environment["DEPOTD_TEST_READER_PROBE"] ?? built
        usb = try EmulatedUSB(program: [program], hasHost: hasHost)
    }

    /// Waits for a reader event of a kind and, when given, of a port.
    @discardableResult
    package func event(_ kind: String, _ port: String? = nil) async throws -> [String: String] {
        let line = try await usb.line("\(kind) \(port ?? "")") { line in
            guard let values = Self.values(line), values["event"] == kind else { return false }
            return port == nil || values["port"] == port
        }
        return try #require(Self.values(line))
    }

    /// The next code read at a port.
    package func code(_ port: String) async throws -> String? { try await event("read", port)["text"] }

    /// Whether a reader event of a kind came that nobody has waited for.
    package func hasSeen(_ kind: String) -> Bool { usb.hasSeen { Self.values($0)?["event"] == kind } }

    private static func values(_ line: String) -> [String: String]? {
        guard line.hasPrefix("out {") else { return nil }
        return try? JSONDecoder().decode([String: String].self, from: Data(line.dropFirst(4).utf8))
    }

    /// Plugs a device in under the running probe and adopts it. `layout` may go on with milliseconds of silence; there
    /// are none otherwise, because on a busy machine the emulator itself may pause in the middle of a code.
    package func adopt(_ name: String, _ preset: String, _ path: String, layout: String = "us", ids: String = "")
        async throws
    {
        try await usb.send("\(preset) \(name) \(path) \(ids)".trimmingCharacters(in: .whitespaces), until: "ok")
        try await usb.send("plug \(name)", until: "plugged \(name)")
        try await event("appeared", "usb:\(path):0")
        usb.send("tell adopt usb:\(path):0 \(layout)")
        try await event("opened", "usb:\(path):0")
        try await usb.event("asked \(name)")
    }

    package func start() async throws { try await usb.send("start", until: "started") }
}
