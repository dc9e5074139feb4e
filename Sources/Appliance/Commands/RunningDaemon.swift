// The daemon that serves a data folder, as the care commands ask it: for a backup, and for how it fares.
import Core
import Foundation

/// A daemon that answers on this machine.
struct RunningDaemon {
    private let client: LocalClient

    /// How often a backup is asked after, and for how long.
    private static let pollInterval = Duration.milliseconds(100)
    private static let backupLimit = Duration.seconds(3_600)

    /// Nil when no daemon answers for this folder.
    ///
    /// - Throws: `forbidden` when one does and we may not speak to it.
    init?(data: String) throws {
        guard let access = try? LocalAccess(readingFrom: LocalAccess.file(in: data)) else { return nil }
        client = LocalClient(LocalAccess(url: LocalAccess.loopback(access.url), token: access.asAdmin.token))
        guard let answer = try? client.request("GET", "/api/v1/backup") else { return nil }
        guard answer.status == 200 else {
            throw Failure(
                .forbidden, "The daemon does not let us in (\(answer.status)). Is this its data folder: \(data)?")
        }
    }

    /// What `/api/v1/health` says.
    struct Health: Decodable {
        struct Readers: Decodable { let items: [Reader] }
        struct Reader: Decodable {
            let name: String
            let state: String
            let trouble: String?
        }

        let sqlite: String
        let synchronous: String
        let trouble: String?
        let failedCommits: Int
        let walPages: Int
        let readers: Readers
    }

    func health() throws -> Health {
        let answer = try client.request("GET", "/api/v1/health")
        guard answer.status == 200 else { throw Self.problem(answer.body) }
        return try JSONDecoder().decode(Health.self, from: Data(answer.body))
    }

    /// Has the daemon make a backup in its data folder. - Returns: its path.
    func backup() async throws -> String {
        struct Standing: Decodable {
            let state: String
            let file: String?
            let trouble: String?
        }
        let answer = try client.request("POST", "/api/v1/backup")
        guard answer.status == 202 else { throw Self.problem(answer.body) }
        let deadline = ContinuousClock.now + Self.backupLimit
        while ContinuousClock.now < deadline {
            let answer = try client.request("GET", "/api/v1/backup")
            let standing = try JSONDecoder().decode(Standing.self, from: Data(answer.body))
            if let file = standing.file { return file }
            if let trouble = standing.trouble { throw Failure(.unavailable, trouble) }
            try await Task.sleep(for: Self.pollInterval)
        }
        throw Failure(.unavailable, "The backup takes more than an hour. See the daemon's journal.")
    }

    static func problem(_ body: [UInt8]) -> Failure {
        struct Problem: Decodable { let detail: String? }
        let detail = (try? JSONDecoder().decode(Problem.self, from: Data(body)))?.detail
        return Failure(.unavailable, detail ?? "The daemon refused.")
    }
}
