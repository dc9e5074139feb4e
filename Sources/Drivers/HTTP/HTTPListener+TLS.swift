// TLS in front of libmicrohttpd: who has shaken hands is given to it as a connection whose bytes come out of a
// socketpair, with the peer's true address. Read TLSAcceptor and TLSRelay for what happens on the far side.
import CLinux
import CMicroHTTPD
import Glibc
import Synchronization

extension HTTPListener {
    /// The port on which TLS is spoken; 0 without TLS and before the start.
    package var tlsPort: UInt16 { boundTLSPort.load(ordering: .acquiring) }

    /// Shows another certificate to connections from now on; those that are open keep theirs and stay. Any thread may.
    package func show(_ credentials: TLSCredentials) {
        loop.post { self.acceptor?.credentials = credentials }
    }

    /// Takes the listening socket over.
    func beginTLS(_ listening: ListeningSocket?) throws {
        guard let listening, let tls else { return }
        do {
            acceptor = try TLSAcceptor(
                listening: listening.descriptor, settings: tls, loop: loop, counters: counters
            ) { [unowned self] in take($0) }
        } catch {
            Glibc.close(listening.descriptor)
            throw error
        }
    }

    /// Gives a connection to libmicrohttpd, which asks `accepts` about it as about any other.
    private func take(_ relay: TLSRelay) {
        guard let daemon, !isStopping else {
            Glibc.close(relay.inner)
            return relay.cut()
        }
        arriving[relay.inner] = relay
        let isTaken = relay.peer.withAddress { MHD_add_connection(daemon, relay.inner, $0, $1) } == .YES
        // libmicrohttpd has closed the descriptor of what it did not take.
        guard isTaken else {
            arriving[relay.inner] = nil
            return relay.cut()
        }
        relay.begin()
    }

    /// The TLS connection behind a descriptor that libmicrohttpd begins to serve.
    func takeRelay(of descriptor: CInt) -> TLSRelay? {
        guard !arriving.isEmpty, let relay = arriving.removeValue(forKey: descriptor) else { return nil }
        // Had libmicrohttpd closed it meanwhile, the number could be that of another connection by now.
        return depot_is_unix(descriptor) != 0 ? relay : nil
    }

    /// As with a plain socket, except that the session goes to the WebSocket and the socketpair goes away.
    func adopt(_ relay: TLSRelay, of exchange: HTTPExchange, extra: [UInt8], handle: OpaquePointer) {
        let taken = relay.handOver()
        _ = depot_mhd_upgrade_close(handle)
        guard let taken, let (upgrade, isDeflateAgreed) = exchange.agreed else {
            return relay.cut()
        }
        sockets.adopt(
            .tls(taken.session), peerAddress: exchange.connection.peer.text, isDeflateAgreed: isDeflateAgreed,
            upgrade: upgrade, extraInput: extra + taken.unread, unsent: taken.unsent)
    }
}
