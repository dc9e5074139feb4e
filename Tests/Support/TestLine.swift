// A line to a server that can be cut, or go silent without a word as a dead modem does.
import Foundation
import Synchronization

/// Forwards connections on a port of its own to another port of this machine.
package final class TestLine: Sendable {
    package let port: UInt16
    private let target: UInt16
    private let listening: Int32

    private struct State {
        var isSilent = false
        var isCut = false
        var byteCountMax: Int?
        var open: Set<Int32> = []
        var byteCount = 0
    }

    private let state = Mutex(State())

    package init(to target: UInt16) throws {
        self.target = target
        listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isReady = withUnsafeMutablePointer(to: &address) { [listening] address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listening, $0, length) == 0 && listen(listening, 16) == 0
                    && getsockname(listening, $0, &length) == 0
            }
        }
        guard isReady else { throw CocoaError(.fileReadUnknown) }
        port = UInt16(bigEndian: address.sin_port)
        Thread { [weak self] in self?.accept() }.start()
    }

    deinit {
        shutdown(listening, Int32(SHUT_RDWR))
        close(listening)
    }

    /// Whether what is sent goes nowhere while the connections stay.
    package func goSilent(_ isSilent: Bool) { state.withLock { $0.isSilent = isSilent } }

    /// Ends all connections, and new ones as they come until it is mended.
    package func cut(_ isCut: Bool) {
        let open = state.withLock { state in
            state.isCut = isCut
            return isCut ? state.open : []
        }
        for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    /// Ends all connections after so many more bytes.
    package func cut(after byteCount: Int) { state.withLock { $0.byteCountMax = $0.byteCount + byteCount } }

    /// How many bytes went through, both ways.
    package var byteCount: Int { state.withLock { $0.byteCount } }

    private func accept() {
        while true {
            let near = Glibc.accept(listening, nil, nil)
            guard near >= 0 else { return }
            let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.loopback(target)
            let isConnected = withUnsafePointer(to: &address) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isConnected, !state.withLock({ $0.isCut }) else {
                close(near)
                close(far)
                continue
            }
            state.withLock { $0.open.formUnion([near, far]) }
            for (from, to) in [(near, far), (far, near)] {
                Thread { [weak self] in self?.forward(from, to) }.start()
            }
        }
    }

    private func forward(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            while state.withLock({ $0.isSilent }) { usleep(5_000) }
            let isOver = state.withLock { state in
                state.byteCount += count
                defer { if state.byteCount > state.byteCountMax ?? .max { state.byteCountMax = nil } }
                return state.byteCount > state.byteCountMax ?? .max
            }
            if isOver { cut(true) }
            guard send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
        // The thread of the other direction has ended or will; the descriptors go with the line, which is a test's.
        state.withLock { _ = $0.open.remove(from) }
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
