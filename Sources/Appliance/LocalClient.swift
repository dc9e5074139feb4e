// The few requests that the command line makes to the daemon on this machine. Linking a whole HTTP client for them
// would double the binary.
import Core
import Foundation

/// Speaks to the daemon on this machine.
struct LocalClient {
    private let access: LocalAccess

    /// Longest answer taken, and longest wait for it.
    private static let answerByteCountMax = 1 << 20
    private static let waitSeconds = 10

    init(_ access: LocalAccess) { self.access = access }

    /// Posts JSON and gives back the answer's body, whatever its status.
    ///
    /// - Throws: `unavailable` when no daemon answers.
    func post(_ path: String, _ body: JSON, idempotencyKey: String) throws -> [UInt8] {
        try request("POST", path, body, headers: ["Idempotency-Key: \(idempotencyKey)"]).body
    }

    /// One request on a connection of its own.
    ///
    /// - Throws: `unavailable` when no daemon answers.
    func request(
        _ method: String, _ path: String, _ body: JSON? = nil, headers: [String] = []
    ) throws -> (status: Int, body: [UInt8]) {
        let authority = access.url.replacingOccurrences(of: "http://", with: "")
        let bytes = body?.bytes ?? []
        let head =
            [
                "\(method) \(path) HTTP/1.1", "Host: \(authority)", "Authorization: Bearer \(access.token)",
                "Content-Type: application/json", "Content-Length: \(bytes.count)", "Connection: close",
            ] + headers + ["", ""]
        let answer = try exchange(Array(head.joined(separator: "\r\n").utf8) + bytes, with: authority)
        guard let end = Data(answer).firstRange(of: Data("\r\n\r\n".utf8)),
            let status = Int(String(decoding: answer.dropFirst(9).prefix(3), as: UTF8.self))
        else { throw Self.silence }
        return (status, Array(answer[end.upperBound...]))
    }

    /// Asks for `/healthz` as a browser would, on a thread of its own: this client blocks.
    ///
    /// - Throws: `unavailable` when the daemon does not answer, or not with 200.
    static func askHealth(of address: String) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let answer = try LocalClient(LocalAccess(url: address, token: "-")).request("GET", "/healthz")
                        guard answer.status == 200 else {
                            throw Failure(.unavailable, "The daemon answers \(answer.status).")
                        }
                    })
            }
        }
    }

    private static let silence = Failure(
        .unavailable, "No daemon answers. Is depotd running? Its data folder is given with --data.")

    private func exchange(_ request: [UInt8], with authority: String) throws -> [UInt8] {
        let descriptor = try connect(to: authority)
        defer { close(descriptor) }
        var sent = 0
        while sent < request.count {
            let count = request[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Self.silence }
            sent += count
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while answer.count < Self.answerByteCountMax {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer.prefix(count)
        }
        return answer
    }

    private func connect(to authority: String) throws -> Int32 {
        guard let address = ListenAddress(authority) else { throw Self.silence }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.host, String(address.port), &hints, &found) == 0, let first = found else {
            throw Self.silence
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(first.pointee.ai_family, first.pointee.ai_socktype, 0)
        var wait = timeval(tv_sec: Self.waitSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        guard Foundation.connect(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            close(descriptor)
            throw Self.silence
        }
        return descriptor
    }
}
