// Live sockets of programs that can not set a header at the upgrade: they come in as nobody, hear nothing, and say in
// their first message who they are. A token in the address would end up in logs; a message does not.
import Core
import Drivers
import Foundation

/// The sockets that have not said yet who they are.
// Unchecked: what changes is touched on the event loop only.
final class LiveGuests: @unchecked Sendable {
    /// Most guests at once; a further one is closed.
    static let countMax = 100
    /// How long a guest may take.
    static let patience = Duration.seconds(5)

    private let loop: EventLoop
    private let limits: WebSocketLimits
    private let tenants: Tenants
    // Loop-confined from here on.
    private var waiting: [UInt64: (socket: WebSocket, since: ContinuousClock.Instant)] = [:]

    init(loop: EventLoop, limits: Configuration.Live, tenants: Tenants) {
        self.loop = loop
        self.tenants = tenants
        self.limits = LiveHub.socketLimits(limits)
        loop.post { [self] in loop.repeat(every: .milliseconds(500)) { [weak self] in self?.closeLate() } }
    }

    /// How a request of nobody goes on as a live connection.
    ///
    /// - Parameter front: the organisation that it is before, which hears of it when it is refused.
    func upgrade(from address: String, before front: Front) -> WebSocketUpgrade {
        var upgrade = WebSocketUpgrade()
        upgrade.limits = limits
        upgrade.offersDeflate = true
        upgrade.onOpen = { [self] socket in
            guard waiting.count < Self.countMax else {
                return socket.close(code: LiveSession.CloseCode.policy, reason: "too many wait to say who they are")
            }
            waiting[socket.id] = (socket, .now)
        }
        upgrade.onText = { [self] socket, text in
            if let session = socket.userInfo as? LiveSession { return session.receive(text) }
            welcome(socket, text, from: address, before: front)
        }
        upgrade.onClose = { [self] socket, _, _ in
            waiting[socket.id] = nil
            (socket.userInfo as? LiveSession)?.leave()
        }
        return upgrade
    }

    private func welcome(_ socket: WebSocket, _ text: String, from address: String, before front: Front) {
        struct Message: Decodable { var type, token: String }
        guard waiting.removeValue(forKey: socket.id) != nil else { return }
        guard let message = try? JSONDecoder().decode(Message.self, from: Data(text.utf8)),
            message.type == "authorize", let (tenant, principal) = tenants.admitted(by: message.token),
            principal.isWithin(Route.scopes("GET", "/api/v1/live", .role(.crew)))
        else {
            let asked = "GET /api/v1/live/guest"
            front.tenant.refusals.note(.init(origin: Origin(address: address), code: .unauthorized, asked: asked))
            return socket.close(code: LiveSession.CloseCode.signedOut, reason: "the first message is authorize")
        }
        tenant.hub.take(socket, for: principal, secret: message.token)
        socket.send(SharedFrame(utf8: (["type": "authorized"] as JSON).bytes))
    }

    private func closeLate() {
        for (socket, since) in waiting.values where ContinuousClock.now - since > Self.patience {
            socket.close(code: LiveSession.CloseCode.signedOut, reason: "nobody said who it is")
        }
    }
}
