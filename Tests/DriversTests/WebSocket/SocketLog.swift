// The server's side of a WebSocket under test: a listener that upgrades everything and writes down what it saw.
import TestSupport

@testable import Drivers

/// What the server's side of a WebSocket saw.
final class SocketLog: Sendable {
    let opened = Gathered<WebSocket>()
    let texts = Gathered<String>()
    let closed = Gathered<(code: UInt16, isClean: Bool)>()

    /// An upgrade that writes everything down and sends back every message.
    func upgrade(limits: WebSocketLimits = WebSocketLimits(), offersDeflate: Bool = false) -> WebSocketUpgrade {
        var upgrade = WebSocketUpgrade()
        upgrade.limits = limits
        upgrade.offersDeflate = offersDeflate
        upgrade.onOpen = { self.opened.add($0) }
        upgrade.onText = { socket, text in
            self.texts.add(text)
            socket.send(SharedFrame(text: text))
        }
        upgrade.onClose = { _, code, isClean in self.closed.add((code, isClean)) }
        return upgrade
    }
}

/// Runs a listener that upgrades every request.
func withSockets<Result: Sendable>(
    limits: WebSocketLimits = WebSocketLimits(), offersDeflate: Bool = false,
    _ body: @escaping @Sendable (TestListener, SocketLog) throws -> Result
) async throws -> Result {
    let log = SocketLog()
    let upgrade = log.upgrade(limits: limits, offersDeflate: offersDeflate)
    return try await withListener(handler: { _ in .upgrade(upgrade) }) { try body($0, log) }
}
