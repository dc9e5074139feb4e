// `depotd conformance`: the WebSocket layer behind an echo endpoint and nothing else, for suites such as Autobahn. It
// opens no data folder and asks nobody who they are, so it listens on this machine only.
import ArgumentParser
import Drivers
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// Echoes every message until it is told to stop. Not in the help: it is for `make conformance`.
struct ConformanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance", abstract: "Echo WebSocket messages, for conformance suites.", shouldDisplay: false)

    @Option(help: ArgumentHelp("Where to listen, on this machine.", valueName: "host:port"))
    var listen = "127.0.0.1:9001"

    func run() async throws {
        guard let address = ListenAddress(listen), address.isLoopback else {
            throw Exit.misconfigured("--listen: '\(listen)' is no address of this machine, such as 127.0.0.1:9001")
        }
        let logger = Logger(label: "depotd") { _ in SwiftLogNoOpLogHandler() }
        do {
            let loop = try EventLoop()
            loop.start()
            let listener = HTTPListener(host: address.host, port: address.port, loop: loop, logger: logger) { _ in
                .upgrade(Self.echo)
            }
            try await listener.start()
            // Not printed: whoever started this waits for the line, which a buffer would hold back.
            let line = "echoing on ws://\(address.authority(port: listener.port))\n"
            FileHandle.standardOutput.write(Data(line.utf8))
            let group = ServiceGroup(
                services: [HTTPService(listener: listener)], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger)
            try await group.run()
            loop.stop()
        } catch {
            throw Exit.failed(error)
        }
    }

    /// The suites send messages of 16 MiB, and as many as they like.
    static var echo: WebSocketUpgrade {
        var upgrade = WebSocketUpgrade()
        upgrade.offersDeflate = true
        upgrade.limits.messageByteCountMax = 64 << 20
        upgrade.limits.queueByteCountMax = 256 << 20
        upgrade.limits.queueFrameCountMax = 100_000
        upgrade.onText = { socket, text in socket.send(SharedFrame(text: text)) }
        upgrade.onBinary = { socket, bytes in socket.send(SharedFrame(binary: bytes)) }
        return upgrade
    }
}
