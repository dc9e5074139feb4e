// `depotd sync status|pause|resume|verify`: the exchange with the hub, through the daemon that runs on this machine.
import ArgumentParser
import Core
import Foundation

/// The sync with the hub.
struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "How the sync with the hub stands; pause it, go on, compare both sides.",
        subcommands: [Status.self, Pause.self, Resume.self, Verify.self])

    /// Says how it stands. Ends with 1 when the hub can not be had or is far behind.
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say how the sync stands.")

        @OptionGroup var options: CommonOptions

        func run() async throws {
            let standing = try await SyncCommand.ask(options, "GET", "")
            print(SyncCommand.words(standing))
            if standing["trouble"]?.string != nil || standing["isStale"] == true { throw ExitCode(1) }
        }
    }

    /// Stops it.
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stop sending, also over a restart.")

        @OptionGroup var options: CommonOptions

        func run() async throws { print(SyncCommand.words(try await SyncCommand.ask(options, "POST", "/pause"))) }
    }

    /// Goes on.
    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send again, at once.")

        @OptionGroup var options: CommonOptions

        func run() async throws { print(SyncCommand.words(try await SyncCommand.ask(options, "POST", "/resume"))) }
    }

    /// Compares both sides. Ends with 1 when they differ.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare what this box and the hub hold, topic by topic.",
            discussion: "Of everything that the hub acknowledged, counts and checksums are compared.")

        @OptionGroup var options: CommonOptions

        func run() async throws {
            let answer = try await SyncCommand.ask(options, "GET", "/verification")
            guard case .array(let differences)? = answer["differences"], case .int(let count)? = answer["compared"]
            else {
                return
            }
            for one in differences {
                print(
                    "\(one["topic"]?.string ?? "?"): \(one["here"]?.text ?? "?") here, \(one["there"]?.text ?? "?") at the hub"
                )
            }
            guard differences.isEmpty else { throw ExitCode(1) }
            print("\(count) changes are the same at both sides.")
        }
    }

    private static func ask(_ options: CommonOptions, _ method: String, _ path: String) async throws -> JSON {
        let configuration = try options.configuration(defaults: ["data": ".depotd/demo"])
        do {
            let access = try LocalAccess(readingFrom: LocalAccess.file(in: configuration.data))
            let client = LocalClient(LocalAccess(url: LocalAccess.loopback(access.url), token: access.asAdmin.token))
            let answer = try client.request(method, "/api/v1/sync" + path)
            guard answer.status == 200 else { throw RunningDaemon.problem(answer.body) }
            return try JSON(parsing: answer.body)
        } catch {
            throw Exit.failed(error)
        }
    }

    /// One fact a line, what is wrong first.
    static func words(_ standing: JSON) -> String {
        guard let hub = standing["hub"]?.string else { return "No hub is configured (upstream.url)." }
        let count = standing["backlog"]?.text ?? "?"
        let lines: [String?] = [
            standing["trouble"]?.string,
            standing["retryAt"]?.string.map { "It tries again at \($0)." },
            "\(standing["state"]?.string ?? "?"): \(hub)" + (standing["organisation"]?.string.map { ", \($0)" } ?? ""),
            count == "0"
                ? "The hub has everything."
                : "\(count) changes are not at the hub yet, the oldest of "
                    + "\(standing["oldestAt"]?.string ?? "?").",
            standing["ackedAt"]?.string.map { "It last took something at \($0)." },
            standing["refusedCount"] == 0
                ? nil : "\(standing["refusedCount"]?.text ?? "?") changes were put aside there.",
        ]
        return lines.compactMap { $0 }.joined(separator: "\n")
    }
}
