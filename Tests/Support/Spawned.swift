// Programs that tests start. Foundation's Process waits for what a program leaves behind as a daemon, and reads behind the end
// of a folder's entries when it closes more than a thousand files, which tests have open beside each other.
import Foundation
import Glibc

/// Programs that are started and left to themselves, or waited for.
enum Spawned {
    /// Starts a program. What it says is not heard, or kept in a file.
    static func start(
        _ path: String, _ arguments: [String], _ environment: [String: String], output: String? = nil
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in 0...2 {
            posix_spawn_file_actions_addopen(&actions, Int32(descriptor), "/dev/null", O_RDWR, 0)
        }
        if let output { posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600) }
        // Threads of ours block signals, and a program that began so could not be asked to end.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var child: pid_t = 0
        let refusal = posix_spawn(&child, path, &actions, &attributes, &words, &settings)
        guard refusal == 0 else { throw POSIXError(POSIXErrorCode(rawValue: refusal) ?? .EIO) }
        return child
    }

    /// Runs a program to its end. - Returns: how it ended.
    static func run(
        _ path: String, _ arguments: [String], _ environment: [String: String], output: String? = nil
    ) throws -> Int32 {
        let child = try start(path, arguments, environment, output: output)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status
    }
}
