// Who hears one topic, in the order they came. The order matters: it is nearly the one in which the kernel laid their
// sockets out, and going through 5,000 of them in a dictionary's order costs a third more.
import Drivers

/// The sockets that listen to one topic. Lives on the event loop.
struct LiveListeners {
    private var sockets: [WebSocket] = []
    private var places: [UInt64: Int] = [:]

    var count: Int { sockets.count }

    mutating func add(_ socket: WebSocket) {
        guard places[socket.id] == nil else { return }
        places[socket.id] = sockets.count
        sockets.append(socket)
    }

    /// Lets the last one have the place of the one that goes.
    mutating func remove(_ id: UInt64) {
        guard let place = places.removeValue(forKey: id) else { return }
        let last = sockets.removeLast()
        guard last.id != id else { return }
        sockets[place] = last
        places[last.id] = place
    }

    /// Queues a frame at each.
    func send(_ frame: SharedFrame, latestWins key: LatestWinsKey? = nil) {
        for socket in sockets { socket.send(frame, latestWins: key) }
    }
}
