// What the command line does with organisations: it asks the daemon that serves the folder as local administration, and
// where none does, it works in the folder under its lock.
import Core
import Foundation
import Logging

/// The organisations of a data folder, with the daemon or without.
struct Organisations {
    let configuration: Configuration
    private static let path = "/api/v1/box/organisations"

    init(_ configuration: Configuration) { self.configuration = configuration }

    private var data: String { configuration.data }

    /// - Throws: `notFound`.
    static func find(_ name: String, in data: String) throws -> Tenancy {
        guard let found = try TenancyBook.look(in: data).first(where: { $0.name == name || $0.slug == name }) else {
            throw Failure(.notFound, "There is no organisation \(name) in \(data). See: depotd organisation list")
        }
        return found
    }

    /// - Returns: what was founded, and how its first administrator comes in; nil when the next start says so.
    func create(_ name: String) async throws -> (Tenancy, link: String?) {
        if let daemon = try daemon() {
            let answer = try daemon.request("POST", Self.path, ["name": .string(name)])
            guard answer.status == 201 else { throw RunningDaemon.problem(answer.body) }
            let body = try JSON(parsing: answer.body)
            let id = body["id"]?.string
            guard let made = try TenancyBook.look(in: data).first(where: { $0.id.rawValue == id }) else {
                throw Failure(.unavailable, "The daemon did not say what it founded.")
            }
            return (made, body["link"]?.string)
        }
        return (try await inFolder { try await $0.found(name) }, nil)
    }

    func erase(_ tenancy: Tenancy) async throws {
        if let daemon = try daemon() {
            let answer = try daemon.request("DELETE", Self.path + "/" + tenancy.id.rawValue)
            guard answer.status == 204 else { throw RunningDaemon.problem(answer.body) }
        } else if tenancy.isFirst {
            try await eraseFirst()
        } else {
            try await inFolder { try await $0.erase(tenancy) }
        }
    }

    /// Only through the daemon, which knows what is plugged in.
    func give(readerAt port: String, to tenancy: Tenancy) throws {
        guard let daemon = try daemon() else {
            throw Failure(.unavailable, "No daemon serves \(data). Start it first.")
        }
        let answer = try daemon.request(
            "PUT", Self.path + "/\(tenancy.id.rawValue)/readers", ["port": .string(port)])
        guard answer.status == 204 else { throw RunningDaemon.problem(answer.body) }
    }

    /// Everything in the folder goes but who the box is over TLS: what is the box's own is in the same file.
    private func eraseFirst() async throws {
        guard try TenancyBook.look(in: data).count == 1 else { throw Settlement.isFirst }
        let lock = try FolderLock(folder: data)
        defer { lock.letGo() }
        let kept = ["lock", "box"]
        for name in try FileManager.default.contentsOfDirectory(atPath: data) where !kept.contains(name) {
            try FileManager.default.removeItem(atPath: data + "/" + name)
        }
    }

    private func inFolder<Value>(_ body: (Settlement) async throws -> Value) async throws -> Value {
        guard try !TenancyBook.look(in: data).isEmpty else {
            throw Failure(.notFound, "There is no depot in \(data) yet. Serving it once makes the first organisation.")
        }
        let lock = try FolderLock(folder: data)
        defer { lock.letGo() }
        let box = try Box(path: data + "/box.sqlite")
        defer { try? box.close() }
        let settlement = Settlement(
            configuration: configuration, box: box, clock: HybridClock(), logger: Logger(label: "depotd"))
        try await settlement.sweep()
        return try await body(settlement)
    }

    /// The daemon, asked as local administration; nil when none serves the folder.
    private func daemon() throws -> LocalClient? {
        guard let access = try? LocalAccess(readingFrom: Administration.file(in: data)) else { return nil }
        let client = LocalClient(LocalAccess(url: LocalAccess.loopback(access.url), token: access.token))
        guard let answer = try? client.request("GET", Self.path) else { return nil }
        guard answer.status == 200 else {
            throw Failure(
                .forbidden, "The daemon does not let us in (\(answer.status)). Is this its data folder: \(data)?")
        }
        return client
    }
}
