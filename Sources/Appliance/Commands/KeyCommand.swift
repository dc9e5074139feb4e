// `depotd key create|list|revoke`: the keys of programs, through the daemon that runs on this machine.
import ArgumentParser
import Core
import Foundation

/// The keys of programs.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make, list and revoke the keys of programs.",
        subcommands: [Create.self, List.self, Revoke.self])

    /// Makes a key and prints its secret, once.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key and print its secret, once.",
            discussion: "Scopes: read (what crew may look at), write (crew's work), manage (what managers do), door "
                + "(scans and the door itself), export (lists as files).")

        @Argument(help: "What the program is called.") var name: String
        @Option(help: ArgumentHelp("What it may do; may be given more than once.", valueName: "scope"))
        var scope: [String]
        @Option(help: ArgumentHelp("When it ends: days from now such as 90d, or a day such as 2027-01-31."))
        var expires: String?
        @OptionGroup var options: OrganisationOptions

        func run() async throws {
            try await KeyCommand.ask(options) { client in
                let end = try expires.map { try KeyCommand.end(of: $0, now: Date()) }
                let scopes = scope.flatMap { $0.split(separator: ",") }.map { JSON.string(String($0)) }
                let made = try KeyCommand.answer(
                    client.request(
                        "POST", "/api/v1/keys",
                        ["name": .string(name), "scopes": .array(scopes), "expiresAt": end.map(JSON.time) ?? .null]))
                print(made["secret"]?.string ?? "")
            }
        }
    }

    /// Prints the keys, one a line.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys.")

        @OptionGroup var options: OrganisationOptions

        func run() async throws {
            try await KeyCommand.ask(options) { client in
                for key in try KeyCommand.keys(client) { print(KeyCommand.line(key)) }
            }
        }
    }

    /// Ends a key at once.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a key and the tokens made of it.")

        @Argument(help: "Its name, or how its secret begins.") var key: String
        @OptionGroup var options: OrganisationOptions

        func run() async throws {
            try await KeyCommand.ask(options) { client in
                let meant = try KeyCommand.keys(client).filter { known in
                    [known["name"]?.string, known["prefix"]?.string, known["id"]?.string].contains(key)
                }
                guard meant.count == 1, let id = meant[0]["id"]?.string else {
                    throw Failure(.notFound, "There is no such key: \(key). See depotd key list.")
                }
                _ = try KeyCommand.answer(client.request("DELETE", "/api/v1/keys/\(id)"))
                print("\(KeyCommand.line(meant[0])): revoked")
            }
        }
    }

    private static func ask(_ options: OrganisationOptions, _ work: (LocalClient) throws -> Void) async throws {
        try await options.carryOut { folder, _ in
            let access = try LocalAccess(readingFrom: LocalAccess.file(in: folder))
            try work(LocalClient(LocalAccess(url: LocalAccess.loopback(access.url), token: access.asAdmin.token)))
        }
    }

    private static func keys(_ client: LocalClient) throws -> [JSON] {
        guard case .array(let keys)? = try answer(client.request("GET", "/api/v1/keys"))["items"] else { return [] }
        return keys
    }

    private static func answer(_ answer: (status: Int, body: [UInt8])) throws -> JSON {
        guard answer.status < 300 else {
            throw Failure(.invalid, (try? JSON(parsing: answer.body))?["detail"]?.string ?? "The daemon refused.")
        }
        return answer.body.isEmpty ? [:] : try JSON(parsing: answer.body)
    }

    private static func line(_ key: JSON) -> String {
        var scopes: [String] = []
        if case .array(let values)? = key["scopes"] { scopes = values.compactMap(\.string) }
        let day = { (name: String) in key[name]?.string.map { String($0.prefix(10)) } }
        return [
            key["prefix"]?.string ?? "", key["name"]?.string ?? "", scopes.joined(separator: ","),
            day("expiresAt").map { "until \($0)" } ?? "no end", day("lastUsedAt").map { "used \($0)" } ?? "never used",
        ].joined(separator: "  ")
    }

    /// `90d` or `2027-01-31`, whose end of the day in UTC is meant.
    static func end(of text: String, now: Date) throws -> Date {
        if let days = text.hasSuffix("d") ? Int(text.dropLast()) : nil, (1...36_500).contains(days) {
            return now.addingTimeInterval(Double(days) * 24 * 3_600)
        }
        guard let date = RecordField.date(of: text + "T23:59:59Z") else {
            throw Failure(.invalid, "--expires is a number of days such as 90d, or a day such as 2027-01-31.")
        }
        return date
    }
}
