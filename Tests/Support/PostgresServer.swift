// A PostgreSQL of the tests' own: a cluster in a temporary folder, on loopback at a free port, gone with the process. Debian's
// own is left alone. PostgreSQL does not run as root, so there it runs as the user `postgres`.
import Drivers
import Foundation
import Synchronization

/// A cluster that runs until it is stopped.
package final class PostgresServer: Sendable {
    package let port: UInt16
    package let folder: String
    private let running = Mutex<(process: Child, leash: Pipe)?>(nil)
    private let options: [String]

    /// One for all tests that only want databases of their own.
    package static let shared: PostgresServer = {
        do {
            let server = try PostgresServer()
            atexit { PostgresServer.shared.remove() }
            return server
        } catch {
            // Without it no test that asks for it could say anything.
            fatalError("PostgreSQL does not start: \(error)")
        }
    }()

    /// Makes a cluster and starts it.
    ///
    /// - Parameter options: more settings, such as `ssl=on`.
    package init(options: [String] = []) throws {
        folder = NSTemporaryDirectory() + "depotd-postgres-" + UUID().uuidString.prefix(8)
        port = try freePort()
        self.options = options
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if getuid() == 0 { try Self.run(["chown", "postgres", folder]) }
        try Self.run(
            Self.asUser + [
                Self.program("initdb"), "-D", data, "-U", "boss", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                "--no-sync",
            ])
        // Whoever is not the boss needs a password, as at a real hub.
        let rules = """
            local all boss trust
            host all boss 127.0.0.1/32 trust
            host all all 127.0.0.1/32 scram-sha-256

            """
        try rules.write(toFile: data + "/pg_hba.conf", atomically: false, encoding: .utf8)
        try start()
    }

    private var data: String { folder + "/data" }

    /// The address of a database for one who may do everything.
    package func url(_ database: String, as role: String = "boss") -> String {
        "postgresql://\(role)@127.0.0.1:\(port)/\(database)"
    }

    /// Makes an empty database of a name that no other has. - Returns: the name.
    package func database() throws -> String {
        let name = "db_" + UUID().uuidString.prefix(8).lowercased()
        try sql("CREATE DATABASE \(name)", in: "postgres")
        return name
    }

    /// Runs SQL, one text after the other in one session, as one who may do everything if no other is named.
    ///
    /// - Returns: what psql prints, without its frames.
    @discardableResult
    package func sql(
        _ texts: String..., in database: String, as role: String = "boss", password: String = ""
    ) throws -> String {
        try Self.run(
            [
                "PGPASSWORD=\(password)", Self.program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d",
                url(database, as: role),
            ] + texts.flatMap { ["-c", $0] })
    }

    /// Starts it again after ``stop()``.
    package func start() throws {
        // A shell holds it on a leash: when the tests end, however they do, its input ends, and so does PostgreSQL.
        let words =
            Self.asUser + ["sh", "-c", Self.leash, "sh", Self.program("postgres")]
            + ["-D", data, "-k", folder, "-p", "\(port)"]
            + (["listen_addresses=127.0.0.1", "fsync=off", "shared_buffers=32MB", "log_min_messages=fatal"] + options)
            .flatMap { ["-c", $0] }
        let leash = Pipe()
        let process = try Child(
            "/usr/bin/env", words, input: .descriptor(leash.fileHandleForReading.fileDescriptor))
        try leash.fileHandleForReading.close()
        running.withLock { $0 = (process, leash) }
        for _ in 0..<300 {
            if (try? sql("SELECT 1", in: "postgres")) != nil { return }
            usleep(50_000)
        }
        throw ServerError(text: "no answer on port \(port)")
    }

    /// Ends PostgreSQL when its input ends. It does not wait: SIGCHLD is blocked in what dispatch's threads start.
    private static let leash = #""$@" & read -r end; kill -INT $!"#

    /// Ends it at once, with every connection.
    package func stop() {
        guard
            let (process, leash) = running.withLock({ running in
                defer { running = nil }
                return running
            })
        else { return }
        // By its own number, which it writes down itself: at the end of the process nobody waits for children any more.
        let first = (try? String(contentsOfFile: data + "/postmaster.pid", encoding: .utf8))?.split(separator: "\n")
            .first
        if let pid = first.flatMap({ pid_t($0) }) {
            kill(pid, SIGINT)
            for _ in 0..<200 where FileManager.default.fileExists(atPath: data + "/postmaster.pid") { usleep(50_000) }
        }
        try? leash.fileHandleForWriting.close()
        process.waitForEnd()
    }

    /// Ends it and removes its files.
    package func remove() {
        stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What a program said that failed.
    package struct ServerError: Error { package let text: String }

    private static let asUser =
        getuid() == 0
        ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []

    /// The newest that is installed; Debian keeps them out of the path.
    private static func program(_ name: String) -> String {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = versions.compactMap { Int($0) }.max() ?? 0
        return "/usr/lib/postgresql/\(newest)/bin/\(name)"
    }

    @discardableResult
    private static func run(_ command: [String]) throws -> String {
        let (output, errors) = (Pipe(), Pipe())
        let process = try Child(
            "/usr/bin/env", command, output: .descriptor(output.fileHandleForWriting.fileDescriptor),
            errors: .descriptor(errors.fileHandleForWriting.fileDescriptor))
        for pipe in [output, errors] { try pipe.fileHandleForWriting.close() }
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let trouble = errors.fileHandleForReading.readDataToEndOfFile()
        guard process.waitForEnd() == 0 else {
            throw ServerError(text: String(decoding: trouble, as: UTF8.self))
        }
        return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}
