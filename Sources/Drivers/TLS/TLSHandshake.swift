// One accepted connection until its handshake is done. It works only when TLSAcceptor gives it a turn, because a
// handshake is the one thing on the loop that costs half a millisecond.
import CLinux
import Glibc

/// A connection whose handshake is not done. Loop-confined.
final class TLSHandshake {
    let number: UInt64
    let descriptor: CInt
    let peer: SocketAddress
    /// Waits for its turn already.
    var isQueued = false
    private(set) var session: TLSSession?
    private var waitsToWrite = false
    private unowned let acceptor: TLSAcceptor

    init(number: UInt64, descriptor: CInt, peer: SocketAddress, acceptor: TLSAcceptor) {
        self.number = number
        self.descriptor = descriptor
        self.peer = peer
        self.acceptor = acceptor
    }

    /// What became of a step.
    enum Outcome {
        case waits
        case done(TLSSession)
        case failed
    }

    /// One step, with what has come by now. GnuTLS gets a session only when the first byte looks like TLS, so a silent
    /// connection costs a descriptor and not 10 KiB.
    func step(loop: EventLoop) -> Outcome {
        if session == nil {
            var first: UInt8 = 0
            let count = recv(descriptor, &first, 1, CInt(MSG_PEEK | MSG_DONTWAIT))
            guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) ? .waits : .failed }
            guard first == Self.handshakeRecord else {
                answerPlainly(first)
                return .failed
            }
            session = acceptor.newSession(on: descriptor)
        }
        guard let session else { return .failed }
        switch session.shakeHands() {
        case .done: return .done(session)
        case .failed: return .failed
        case .waitsToRead: wait(toWrite: false, loop)
        case .waitsToWrite: wait(toWrite: true, loop)
        }
        return .waits
    }

    /// The type of the first record of a client (RFC 8446 §5.1).
    private static let handshakeRecord: UInt8 = 22

    /// Whoever speaks plain HTTP here is told so in HTTP, in one packet; anything else is garbage and gets nothing.
    private func answerPlainly(_ first: UInt8) {
        guard (0x41...0x5A).contains(first) else { return }
        let words = #"{"status":400,"detail":"This port speaks https only."}"#
        let answer =
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
            + "Content-Length: \(words.utf8.count)\r\n\r\n\(words)"
        _ = Array(answer.utf8).withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
        // What the client still sends is read, or the kernel's reset would overtake the answer.
        Glibc.shutdown(descriptor, CInt(SHUT_WR))
        var rest = [UInt8](repeating: 0, count: 4_096)
        _ = recv(descriptor, &rest, rest.count, CInt(MSG_DONTWAIT))
    }

    private func wait(toWrite: Bool, _ loop: EventLoop) {
        guard toWrite != waitsToWrite else { return }
        waitsToWrite = toWrite
        loop.rewatch(descriptor, events: UInt32(toWrite ? DEPOT_EPOLLOUT : DEPOT_EPOLLIN))
    }
}

extension TLSHandshake: DescriptorWatcher {
    func descriptorIsReady(_ events: UInt32) { acceptor.queue(self) }
}
