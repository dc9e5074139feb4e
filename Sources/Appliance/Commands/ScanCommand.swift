// `depotd scan CODE`: a scan from the command line, to the daemon that runs on this machine.
import ArgumentParser
import Core
import Foundation

/// Sends one scan to the running daemon and prints the outcome.
struct ScanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Send a scan to the daemon on this machine.")

    @Argument(help: "The code, as a reader would read it.") var code: String
    @Option(help: "The id of the door; without it the first door.") var door: String?
    @OptionGroup var options: OrganisationOptions

    func run() async throws {
        try await options.carryOut { folder, _ in
            let access = try LocalAccess(readingFrom: LocalAccess.file(in: folder))
            let body: JSON = ["code": .string(code), "door": .optional(door)]
            let answer = try LocalClient(access).post("/api/v1/scans", body, idempotencyKey: UUID().uuidString)
            print(try Self.sentence(answer))
        }
    }

    private struct Answer: Decodable {
        struct Named: Decodable { var number: String? }
        var outcome: String?
        var word: String?
        var short: String?
        var asset: Named?
        var detail: String?
    }

    private static func sentence(_ answer: [UInt8]) throws -> String {
        let answer = try JSONDecoder().decode(Answer.self, from: Data(answer))
        guard let outcome = answer.outcome, let word = answer.word else {
            throw Failure(.invalid, answer.detail ?? "The daemon did not take the scan.")
        }
        return [outcome + ":", word, answer.asset?.number ?? "", answer.short ?? ""].filter { !$0.isEmpty }
            .joined(separator: " ")
    }
}
