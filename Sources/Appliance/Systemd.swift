// How the daemon tells systemd that it is ready, alive, or stopping: datagrams to the socket it was given. Without
// systemd nothing is sent and nothing fails. Not libsystemd: the protocol is a few lines and needs no library.
import CLinux
import Dispatch
import Foundation

/// The service manager that started this process, if one did.
///
/// - Source: sd_notify(3), sd_watchdog_enabled(3)
package struct Systemd: Sendable {
    /// What can be told.
    package enum State: Sendable, Equatable {
        /// Everything is up: requests are answered and readers are read.
        case ready
        /// The configuration is being read anew; `ready` ends it. Needs ``Systemd/monotonicMicroseconds()``.
        case reloading(monotonicMicroseconds: UInt64)
        case stopping
        /// The daemon is alive; due at least each half of ``Systemd/watchdog``.
        case watchdog
        /// One line for `systemctl status`.
        case status(String)

        var line: String {
            switch self {
            case .ready: "READY=1"
            case .reloading(let time): "RELOADING=1\nMONOTONIC_USEC=\(time)"
            case .stopping: "STOPPING=1"
            case .watchdog: "WATCHDOG=1"
            // A line end would begin another assignment.
            case .status(let text): "STATUS=\(text.printable(countMax: 500))"
            }
        }
    }

    private let socketPath: String?
    /// The time after which systemd takes a silent daemon for dead; nil when it does not watch this process.
    package let watchdog: Duration?

    /// Reads what systemd put into the environment.
    package init(environment: [String: String], processID: Int32 = getpid()) {
        socketPath = environment["NOTIFY_SOCKET"].flatMap { path in
            (path.hasPrefix("/") || path.hasPrefix("@")) && path.utf8.count > 1 ? path : nil
        }
        watchdog = Self.watchdog(environment, processID: processID)
    }

    /// Whether somebody listens.
    package var isListening: Bool { socketPath != nil }

    /// Sends the states in one datagram.
    ///
    /// - Returns: whether it was sent; false without systemd. A daemon carries on either way.
    @discardableResult
    package func notify(_ states: State...) -> Bool {
        guard let socketPath, !states.isEmpty else { return false }
        let message = Array(states.map(\.line).joined(separator: "\n").utf8)
        let handle = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard handle >= 0 else { return false }
        defer { close(handle) }
        return Self.withAddress(socketPath) { address, count in
            // Never waits: a service manager that does not read must not hold the daemon up.
            sendto(
                handle, message, message.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), address,
                count)
        } == message.count
    }

    /// The clock that `reloading` wants.
    package static func monotonicMicroseconds() -> UInt64 {
        DispatchTime.now().uptimeNanoseconds / 1_000
    }

    private static func watchdog(_ environment: [String: String], processID: Int32) -> Duration? {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0 else {
            return nil
        }
        // Set for another process: a parent of ours is watched.
        if let watched = environment["WATCHDOG_PID"], watched != String(processID) { return nil }
        return .microseconds(microseconds)
    }

    /// An address of the abstract namespace is written with `@` and has a NUL there, and no NUL at its end.
    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int) -> Int {
        var bytes = Array(path.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        var address = sockaddr_un()
        // One byte stays for the NUL at the end of a path.
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return -1 }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let head = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
        let count = socklen_t(head + bytes.count + (bytes.first == 0 ? 0 : 1))
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, count) }
        }
    }
}
