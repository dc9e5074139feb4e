// A client's end of a connection as plain bytes, so that tests can send what no well-behaved library would.
import Glibc

/// A blocking TCP client with a deadline on every read. One thread at a time.
package final class Wire {
    package struct Ended: Error {}
    package struct TimedOut: Error { let received: String }

    package let descriptor: CInt
    private var buffer: [UInt8] = []
    /// Set once TLS is spoken.
    package private(set) var secure: SecureClient?
    /// Whether the stream ended with a goodbye, where TLS is spoken.
    package private(set) var hasGoodbye = false

    /// Connects and shakes hands.
    package convenience init(port: UInt16, receiveByteCount: CInt? = nil, trusting authority: [UInt8]) throws {
        try self.init(port: port, receiveByteCount: receiveByteCount)
        secure = try SecureClient(descriptor, trusting: authority)
    }

    /// Speaks TLS from here on.
    package func speak(_ secure: SecureClient) { self.secure = secure }

    package init(port: UInt16, receiveByteCount: CInt? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveByteCount {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Ended() }
    }

    deinit { Glibc.close(descriptor) }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                secure?.send($0) ?? Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw Ended() }
            rest = rest.dropFirst(sent)
        }
    }

    package func shutdownWriting() { Glibc.shutdown(descriptor, CInt(SHUT_WR)) }

    /// Waits for more bytes. Throws ``Ended`` at the end of the stream.
    private func fill(_ seconds: Double) throws {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard secure?.hasPending == true || poll(&poller, 1, CInt(seconds * 1_000)) > 0 else {
            throw TimedOut(received: String(decoding: buffer.prefix(500), as: UTF8.self))
        }
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = secure?.receive(&piece) ?? recv(descriptor, &piece, piece.count, 0)
        if secure != nil, count == 0 { hasGoodbye = true }
        guard count > 0 else { throw Ended() }
        buffer += piece[..<count]
    }

    /// Exactly so many bytes.
    package func read(_ count: Int, within seconds: Double = 60) throws -> [UInt8] {
        while buffer.count < count { try fill(seconds) }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    package func readHead(within seconds: Double = 60) throws -> String {
        let mark = Array("\r\n\r\n".utf8)
        var searched = 0
        while true {
            if let at = (searched..<max(searched, buffer.count - 3)).first(where: { Array(buffer[$0..<$0 + 4]) == mark }
            ) {
                return String(decoding: try read(at + 4), as: UTF8.self)
            }
            searched = max(0, buffer.count - 3)
            try fill(seconds)
        }
    }

    /// One whole answer; `isHead` for answers to HEAD, which have no body.
    package func readAnswer(isHead: Bool = false, within seconds: Double = 60) throws -> Answer {
        var head = try readHead(within: seconds)
        while head.hasPrefix("HTTP/1.1 100 ") { head = try readHead(within: seconds) }
        var answer = Answer(head)
        let length = answer["content-length"].flatMap { Int($0) } ?? 0
        if !isHead, length > 0 { answer.body = try read(length, within: seconds) }
        return answer
    }

    /// Whether the peer ends the stream in time; what it sends before is thrown away.
    package func isEnded(within seconds: Double = 60) -> Bool {
        do {
            while true {
                try fill(seconds)
                buffer = []
            }
        } catch { return error is Ended }
    }
}

/// An HTTP answer as it came.
package struct Answer {
    package let status: Int
    private var fields: [String: String] = [:]
    package var body: [UInt8] = []
    package var text: String { String(decoding: body, as: UTF8.self) }

    package init(_ head: String) {
        let lines = head.split(separator: "\r\n")
        status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            if pair.count == 2 { fields[pair[0].lowercased()] = pair[1].drop { $0 == " " }.description }
        }
    }

    package subscript(name: String) -> String? { fields[name] }
}

/// A port of the loopback at which nobody listens, for programs that cannot be asked which one they took.
package func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
        }
    }
    guard isBound else { throw Wire.Ended() }
    return UInt16(bigEndian: address.sin_port)
}
