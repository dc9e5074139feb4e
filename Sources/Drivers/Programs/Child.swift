// Programs that run beside this one. Foundation's Process reads entries of a folder beyond their end when it closes files,
// which ends a process that has more than a thousand open, and waits for what a program leaves behind as a daemon.
private import CLinux
import Foundation
private import Glibc
private import Synchronization

/// A program that runs beside this one.
package final class Child: Sendable {
    /// Where a program reads from or writes to.
    package enum End: Sendable {
        /// Nothing is read, and what is written is not heard.
        case nothing
        case descriptor(Int32)
        case file(String)
    }

    package let id: Int32
    /// What `waitpid` said; nil until the end.
    private let status = Mutex<Int32?>(nil)

    /// Starts a program with no other files than these, and no signal held back as threads of ours do.
    ///
    /// - Parameter environment: nil for our own.
    package init(
        _ path: String, _ arguments: [String], environment: [String: String]? = nil, input: End = .nothing,
        output: End = .nothing, errors: End = .nothing
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (place, end) in [input, output, errors].enumerated() {
            switch end {
            case .nothing: posix_spawn_file_actions_addopen(&actions, Int32(place), "/dev/null", O_RDWR, 0)
            case .descriptor(let own): posix_spawn_file_actions_adddup2(&actions, own, Int32(place))
            case .file(let path):
                posix_spawn_file_actions_addopen(&actions, Int32(place), path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            }
        }
        depot_spawn_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let environment = environment ?? ProcessInfo.processInfo.environment
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var child: pid_t = 0
        let refusal = posix_spawn(&child, path, &actions, &attributes, &words, &settings)
        guard refusal == 0 else { throw POSIXError(POSIXErrorCode(rawValue: refusal) ?? .EIO) }
        id = child
    }

    /// Runs a program to its end. - Returns: its exit code, or the signal that ended it.
    @discardableResult
    package static func run(
        _ path: String, _ arguments: [String], environment: [String: String]? = nil, output: End = .nothing,
        errors: End = .nothing
    ) throws -> Int32 {
        try Child(path, arguments, environment: environment, output: output, errors: errors).waitForEnd()
    }

    package var isRunning: Bool { look(WNOHANG) == nil }

    /// Sends it a signal, unless it is gone: then its number may be another's.
    package func signal(_ signal: Int32) {
        if isRunning { Glibc.kill(id, signal) }
    }

    /// Waits for the end. - Returns: its exit code, or the signal that ended it.
    @discardableResult
    package func waitForEnd() -> Int32 {
        while true {
            if let status = look(WNOHANG) { return status & 0x7F == 0 ? status >> 8 & 0xFF : status & 0x7F }
            usleep(2_000)
        }
    }

    private func look(_ options: Int32) -> Int32? {
        status.withLock { known in
            if let known { return known }
            var status: Int32 = 0
            guard waitpid(id, &status, options) == id else { return nil }
            known = status
            return status
        }
    }

    /// Ends it as a power cut would.
    package func kill() {
        signal(SIGKILL)
        waitForEnd()
    }
}
