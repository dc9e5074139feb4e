// A program that does nothing but read USB readers: the real driver over the real libusb, driven by lines. Tests run
// it under emulated devices (Tests/Emulator); by hand it shows what a reader plugged in here sends.
import Core
import Drivers
import Foundation
import Logging
import Synchronization

/// Prints each reader event as one JSON line; takes `adopt PORT LAYOUT [SILENCE-MILLISECONDS]`, `release PORT`,
/// `hold` (stop taking events), `go` and `quit` on standard input. Silence ends no code unless it is given.
@main
struct ReaderProbe {
    static func main() async {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let readers = USBReaders(logger: Logger(label: "probe"))
        let gate = Gate()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await readers.run() } catch { say(["event": "failed", "message": "\(error)"]) }
            }
            group.addTask {
                for await event in readers.events {
                    await gate.pass()
                    say(describe(event))
                }
            }
            for await command in commands() where !obey(command, readers, gate) { break }
            gate.open()
            group.cancelAll()
        }
        say(["event": "ended"])
    }

    /// Standard input by line. A thread of its own, because reading blocks.
    private static func commands() -> AsyncStream<String> {
        AsyncStream { lines in
            Thread.detachNewThread {
                while let line = readLine() { lines.yield(line) }
                lines.finish()
            }
        }
    }

    private static func obey(_ command: String, _ readers: USBReaders, _ gate: Gate) -> Bool {
        let words = command.split(separator: " ").map { String($0) }
        switch words.first {
        case "adopt" where words.count >= 2:
            let layout = words.count > 2 ? KeyboardLayout(rawValue: words[2]) : .us
            let silence = words.count > 3 ? Int(words[3]) : nil
            let settings = ReaderSettings(layout: layout ?? .us, silenceMilliseconds: silence ?? 0)
            readers.adopt(port: words[1], settings: settings)
        case "release" where words.count == 2: readers.release(port: words[1])
        case "hold": gate.close()
        case "go": gate.open()
        default: return false
        }
        return true
    }

    private static func describe(_ event: ReaderEvent) -> [String: String] {
        switch event {
        case .appeared(let reader):
            return [
                "event": "appeared", "port": reader.port, "kind": reader.kind.rawValue, "advice": reader.advice ?? "",
                "known": "\(reader.isKnownModel)", "manufacturer": reader.manufacturer ?? "",
                "product": reader.product ?? "", "serial": reader.serial ?? "",
            ]
        case .opened(let port): return ["event": "opened", "port": port]
        case .read(let scan):
            return [
                "event": "read", "port": scan.reader ?? "", "key": scan.key, "symbology": scan.symbology ?? "",
                "text": String(decoding: scan.raw, as: UTF8.self), "monotonic": "\(scan.monotonic)",
            ]
        case .trouble(let port, let failure):
            return ["event": "trouble", "port": port, "code": failure.code.rawValue, "message": failure.message]
        case .closed(let port): return ["event": "closed", "port": port]
        case .disappeared(let port): return ["event": "disappeared", "port": port]
        }
    }

    private static func say(_ values: [String: String]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(values) else { return }
        FileHandle.standardOutput.write(line + Data("\n".utf8))
    }
}

/// Lets events through while it is open.
private final class Gate: Sendable {
    private struct State {
        var isOpen = true
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting = continuation }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func close() { state.withLock { $0.isOpen = false } }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}
