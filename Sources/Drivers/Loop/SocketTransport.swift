// How a WebSocket's bytes get on and off its socket: as they are, or through TLS. Both look like recv and send.
import CLinux
import Glibc

/// A connected socket that somebody reads and writes. Loop-confined with its owner.
enum SocketTransport {
    case plain(CInt)
    case tls(TLSSession)

    var descriptor: CInt {
        switch self {
        case .plain(let descriptor): descriptor
        case .tls(let session): session.descriptor
        }
    }

    /// Whether bytes that were taken wait for the kernel.
    var hasUnsent: Bool {
        if case .tls(let session) = self { session.hasUnsent } else { false }
    }

    /// Whether bytes wait that epoll does not know of.
    var hasPending: Bool {
        if case .tls(let session) = self { session.hasPending } else { false }
    }

    /// As recv: 0 at the end of the stream, -1 with errno.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        switch self {
        case .plain(let descriptor): Glibc.recv(descriptor, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT))
        case .tls(let session): session.receive(into: buffer)
        }
    }

    /// As sendmsg: how many bytes were taken, or -1 with errno. Through TLS the pieces are gathered in `scratch`, so
    /// that small frames share a record.
    func send(_ pieces: UnsafeMutableBufferPointer<iovec>, gatheringIn scratch: UnsafeMutableRawBufferPointer) -> Int {
        switch self {
        case .plain(let descriptor): Self.send(pieces, to: descriptor)
        case .tls(let session): session.send(Self.gather(pieces, in: scratch, upTo: session.recordByteCount))
        }
    }

    /// Sends what was taken and waits. - Returns: false with errno when it still waits or the connection is lost.
    func flush() -> Bool {
        if case .tls(let session) = self { session.flush() } else { true }
    }

    /// Lets the peer know that nothing more comes.
    func endSending() {
        if case .tls(let session) = self { _ = session.sayGoodbye() }
        Glibc.shutdown(descriptor, CInt(SHUT_WR))
    }

    /// Says goodbye where that is the custom, and closes.
    func close(isClean: Bool) {
        if isClean, case .tls(let session) = self { _ = session.sayGoodbye() }
        if !isClean {
            // A peer that had its time gets a reset: what the kernel still holds for it is freed at once.
            var now = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        }
        Glibc.close(descriptor)
    }

    private static func send(_ pieces: UnsafeMutableBufferPointer<iovec>, to descriptor: CInt) -> Int {
        if pieces.count == 1 {
            return Glibc.send(descriptor, pieces[0].iov_base, pieces[0].iov_len, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
        // sendmsg and not writev: only it can be told not to raise SIGPIPE.
        var message = msghdr()
        message.msg_iov = pieces.baseAddress
        message.msg_iovlen = pieces.count
        return sendmsg(descriptor, &message, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
    }

    /// As many bytes as fit one record, in one piece. A lone piece is not copied.
    private static func gather(
        _ pieces: UnsafeMutableBufferPointer<iovec>, in scratch: UnsafeMutableRawBufferPointer, upTo countMax: Int
    ) -> UnsafeRawBufferPointer {
        if pieces.count == 1 { return UnsafeRawBufferPointer(start: pieces[0].iov_base, count: pieces[0].iov_len) }
        let room = UnsafeMutableRawBufferPointer(rebasing: scratch[..<min(scratch.count, countMax)])
        var count = 0
        for piece in pieces {
            let bytes = UnsafeRawBufferPointer(start: piece.iov_base, count: min(piece.iov_len, room.count - count))
            UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyMemory(from: bytes)
            count += bytes.count
            if count == room.count { break }
        }
        return UnsafeRawBufferPointer(rebasing: room[..<count])
    }
}
