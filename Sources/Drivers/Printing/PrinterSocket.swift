// A TCP connection that waits no longer than it was told to. Blocking: it is used on a queue of its own.
private import CLinux
import Core
import Foundation
import Glibc

/// A connection to a printer.
final class PrinterSocket {
    private let descriptor: Int32

    /// Connects. - Throws: `PrintTrouble` of the kind `away`.
    init(host: String, port: Int, seconds: Double) throws {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0 else {
            throw PrintTrouble(.away, "Nobody knows where the printer \(host) is.")
        }
        defer { freeaddrinfo(found) }
        var next = found
        while let address = next {
            if let open = Self.open(address.pointee, seconds: seconds) {
                descriptor = open
                return
            }
            next = address.pointee.ai_next
        }
        throw PrintTrouble(.away, "The printer can not be reached.", cause: "\(host):\(port)")
    }

    deinit { close(descriptor) }

    private static func open(_ address: addrinfo, seconds: Double) -> Int32? {
        let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
        guard descriptor >= 0 else { return nil }
        _ = depot_set_nonblocking(descriptor)
        let result = connect(descriptor, address.ai_addr, address.ai_addrlen)
        var (failure, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
        let isOpen =
            result == 0
            || (errno == EINPROGRESS && wait(descriptor, Int16(POLLOUT), seconds: seconds)
                && getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0)
        guard isOpen else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func wait(_ descriptor: Int32, _ events: Int16, seconds: Double) -> Bool {
        var polled = pollfd(fd: descriptor, events: events, revents: 0)
        return poll(&polled, 1, Int32(seconds * 1000)) > 0
    }

    /// Sends all. - Returns: how many bytes the other side's window took before it went away or stood still.
    func send(_ bytes: [UInt8], seconds: Double) -> Int {
        var sent = 0
        while sent < bytes.count {
            guard Self.wait(descriptor, Int16(POLLOUT), seconds: seconds) else { return sent }
            let count = bytes.withUnsafeBytes { memory in
                Glibc.send(
                    descriptor, memory.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { return sent }
            sent += count
        }
        return sent
    }

    /// What comes until `isEnough` says so, at most 4 KB; nil when the other side is gone.
    func receive(seconds: Double, until isEnough: ([UInt8]) -> Bool) -> [UInt8]? {
        var received: [UInt8] = []
        let end = ContinuousClock.now + .seconds(seconds)
        while !isEnough(received), received.count < 4_096 {
            let left = end - ContinuousClock.now
            guard left > .zero, Self.wait(descriptor, Int16(POLLIN), seconds: left / .seconds(1)) else { break }
            var buffer = [UInt8](repeating: 0, count: 1_024)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { return received.isEmpty ? nil : received }
            received += buffer.prefix(count)
        }
        return received
    }

    /// Says that nothing more comes and waits for the other side to have taken it all.
    ///
    /// - Returns: whether the other side closed too, and did not break off.
    func finish(seconds: Double) -> Bool {
        shutdown(descriptor, Int32(SHUT_WR))
        guard Self.wait(descriptor, Int16(POLLIN), seconds: seconds) else { return true }
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, 0) >= 0
    }
}
