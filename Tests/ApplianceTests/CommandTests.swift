// The command line as a person meets it: what each command prints, and the code it ends with.
import Core
import Foundation
import TestSupport
import Testing

@testable import Appliance

@Suite(.timeLimit(.minutes(15))) struct CommandTests {
    /// A folder of one test's own.
    private final class Folder: Sendable {
        let path = NSTemporaryDirectory() + "depotd-command-" + UUID().uuidString

        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// What the daemon says where it is reached, once it does.
        func access() throws -> LocalAccess {
            let file = LocalAccess.file(in: path)
            try #require(waits { (try? LocalAccess(readingFrom: file)) != nil })
            return try LocalAccess(readingFrom: file)
        }
    }

    /// Runs a command to its end on a thread of its own.
    private static func run(_ arguments: String...) async throws -> (code: Int32, output: String, errors: String) {
        try await onOwnThread {
            let daemon = try Daemon(arguments)
            let (output, errors) = (daemon.output, daemon.errors)
            return (try daemon.waitForEnd(), output, errors)
        }
    }

    @Test func `the version is one line`() async throws {
        let told = try await Self.run("version")
        #expect(told.code == 0 && told.output == "depotd \(Version.current)\n")
    }

    @Test(arguments: [
        ["serve", "--listen", "nowhere"], ["serve", "--data", "here"], ["doctor", "--config", "/none.yaml"],
    ])
    func `a misconfiguration ends with 78 and says where it is`(arguments: [String]) async throws {
        let (code, errors) = try await onOwnThread {
            let daemon = try Daemon(arguments)
            let errors = daemon.errors
            return (try daemon.waitForEnd(), errors)
        }
        #expect(code == 78)
        #expect(errors.hasPrefix("depotd: ") && errors.contains(arguments[2] == "nowhere" ? "--listen" : arguments[2]))
    }

    @Test func `at rest nothing is in memory that only labels and maps need`() async throws {
        let folder = Folder()
        let daemon = try Daemon(["serve", "--data", folder.path, "--listen", "127.0.0.1:0"])
        defer { daemon.kill() }
        try await onOwnThread {
            let access = try folder.access()
            let port = try UInt16(#require(URL(string: access.url)?.port))
            // As a whole: a file of /proc has no length, and String(contentsOfFile:) takes its first page.
            let holds = { (library: String) in
                let maps = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(daemon.id)/maps"))
                return String(decoding: try maps.readToEnd() ?? Data(), as: UTF8.self).contains(library)
            }
            #expect(try holds("libspatialite") && !holds("libcairo") && !holds("libpango"))
            let files = "/proc/\(daemon.id)/fd"
            let open = try FileManager.default.contentsOfDirectory(atPath: files).compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(files)/\($0)")
            }
            #expect(open.contains { $0.hasSuffix("depot.sqlite") } && !open.contains { $0.hasSuffix("proj.db") })
            let label: JSON = ["item": ["kind": "calibration"], "media": "zebra-57x32"]
            let drawn = try Self.ask(port, "POST", "/api/v1/labels/preview", label, token: access.asAdmin.token)
            #expect(drawn.status == 200 && drawn["content-type"] == "image/png")
            #expect(try holds("libcairo"))
        }
    }

    @Test func `serving an empty folder says once how the first administrator comes in, on this machine`() async throws
    {
        let folder = Folder()
        let daemon = try Daemon(["serve", "--data", folder.path, "--listen", "127.0.0.1:0"])
        try await onOwnThread {
            let port = try UInt16(#require(URL(string: folder.access().url)?.port))
            var line = daemon.readErrorLine()
            while !line.contains("/welcome#") { line = daemon.readErrorLine() }
            let secret = try #require(line.split(separator: "/welcome#").last?.prefix { $0.isHexDigit })
            let link: JSON = ["secret": .string(String(secret))]
            let post = { (path: String, body: JSON) in try Self.ask(port, "POST", "/api/v1/session" + path, body) }
            let look = try post("/link/look", link).fields()
            #expect(
                look.object("person").text("name") == "Administrator" && look.object("person").text("role") == "admin")
            #expect(try Self.ask(port, "GET", "/api/v1/session/people").status == 403)
            #expect(try post("/link", link).fields().text("field") == "passphrase")
            let weak = try post("/link", link.adding(["passphrase": "password1"]))
            #expect(try weak.status == 400 && weak.fields().text("field") == "passphrase")
            let chosen = link.adding(["passphrase": "nine lamps over the stage"])
            #expect(try post("/link", chosen)["set-cookie"]?.contains("HttpOnly") == true)
            #expect(try post("/link", chosen).status == 404)
            let signIn: JSON = ["name": "administrator", "passphrase": "nine lamps over the stage"]
            #expect(try post("", signIn).status == 200)
        }
        #expect(try daemon.end() == 0)
        // Somebody administers it now: no further link.
        let again = try Daemon(["serve", "--data", folder.path, "--listen", "127.0.0.1:0"])
        try await onOwnThread {
            let served = try LocalAccess(readingFrom: LocalAccess.file(in: folder.path)).url
            try #require(waits { (try? folder.access().url) != served })
        }
        #expect(try again.end() == 0)
        #expect(!again.errors.contains("/welcome#"))
    }

    @Test func `the demo tells a person and a program how to come in`() async throws {
        let folder = Folder()
        let daemon = try Daemon(["demo", "--data", folder.path, "--listen", "127.0.0.1:0"])
        let access = try await onOwnThread { try folder.access() }
        let welcome = try await onOwnThread { (0..<7).map { _ in daemon.readLine() }.joined(separator: "\n") }
        let statuses = try await onOwnThread { () throws -> [Int] in
            let programs = LocalClient(access)
            return try [
                programs.request("GET", "/api/v1/assets?limit=3").status,
                programs.request("POST", "/api/v1/scans", ["code": "CAM-7"]).status,
                programs.request("GET", "/api/v1/people").status,
                programs.request("POST", "/api/v1/places", ["name": "Shelf 9"]).status,
            ]
        }
        // It is a door's: what managers do, and who there is, is not for it.
        #expect(statuses == [200, 201, 403, 403])
        #expect(welcome.contains(access.url) && welcome.contains("Ana Vidal (crew): PIN 1111, badge BADGE-ANA"))
        #expect(try daemon.end() == 0)
        let again = try Daemon(["demo", "--json", "--data", folder.path, "--listen", "127.0.0.1:0"])
        let line = try await onOwnThread { Fields(Array(again.readLine().utf8)) }
        #expect(line.text("token") == access.token && line.list("people").count == 4)
        #expect(try again.end() == 0)
    }

    @Test func `a scan from the command line is decided by the daemon of the folder`() async throws {
        try await TestBox.run { box in
            let scan = { (arguments: [String]) throws -> (Int32, String, String) in
                let daemon = try Daemon(["scan", "--data", box.folder] + arguments)
                let (output, errors) = (daemon.output, daemon.errors)
                return (try daemon.waitForEnd(), output, errors)
            }
            let (code, output, _) = try scan(["CAM-7"])
            #expect(code == 0 && output.hasPrefix("ok: OUT CAM-7"))
            #expect(try box.asset("CAM-7").text("status") == "in_use")
            let (failed, _, errors) = try scan(["CAM-7", "--door", "none"])
            #expect(failed == 1 && errors == "depotd: There is no such door.\n")
        }
    }

    @Test func `a scan says what to do when no daemon answers`() async throws {
        let folder = Folder()
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let nobody = try await Self.run("scan", "CAM-7", "--data", folder.path)
        #expect(nobody.code == 1 && nobody.errors.contains("Is depotd running"))
        // Port 1 is reserved and nobody listens there.
        try LocalAccess(url: "http://127.0.0.1:1", token: "t").write(to: LocalAccess.file(in: folder.path))
        let gone = try await Self.run("scan", "CAM-7", "--data", folder.path)
        #expect(gone.code == 1 && gone.errors.contains("No daemon answers"))
    }

    @Test func `the doctor looks at a depot and at none, and leaves both as they are`() async throws {
        let folder = Folder()
        let before = try await Self.run("doctor", "--data", folder.path)
        #expect(before.output.contains("holds no depot yet") && before.output.contains("SQLite: "))
        #expect(!FileManager.default.fileExists(atPath: folder.path))
        try await TestBox.run { box in
            let daemon = try Daemon(["doctor", "--data", box.folder])
            #expect(daemon.output.contains("\(box.folder) can be read and written"))
            _ = try daemon.waitForEnd()
            #expect(try box.scan("CAM-7").text("outcome") == "ok")
        }
    }

    @Test func `the devices that are plugged in are listed, also when there are none`() async throws {
        let told = try await Self.run("devices")
        #expect(told.code == 0 || told.errors.hasPrefix("depotd: "))
        #expect(!(told.output + told.errors).isEmpty)
    }

    @Test func `the conformance endpoint echoes what it is sent`() async throws {
        let daemon = try Daemon(["conformance", "--listen", "127.0.0.1:0"])
        try await onOwnThread {
            let line = daemon.readLine()
            let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
            let socket = try WireSocket(
                port: port, path: "/", headers: ["Sec-WebSocket-Extensions": "permessage-deflate"])
            #expect(socket.answer["sec-websocket-extensions"]?.hasPrefix("permessage-deflate") == true)
            try socket.send(text: "dépot")
            #expect(try socket.readFrame() == .init(opcode: 1, payload: Array("dépot".utf8)))
            try socket.send(0x2, [0, 0xFF])
            #expect(try socket.readFrame() == .init(opcode: 2, payload: [0, 0xFF]))
            try socket.sendClose(1000)
            #expect(try socket.readCloseCode() == 1000)
        }
        #expect(try daemon.end() == 0)
    }

    @Test func `the conformance endpoint is for this machine only`() async throws {
        let told = try await Self.run("conformance", "--listen", "0.0.0.0:0")
        #expect(told.code == 78)
    }

    /// One request to a daemon that is not in this process.
    private static func ask(
        _ port: UInt16, _ method: String, _ path: String, _ body: JSON? = nil, token: String? = nil
    ) throws -> Answer {
        let bytes = body?.bytes ?? []
        let wire = try Wire(port: port)
        let rights = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\(rights)Content-Length: \(bytes.count)\r\n\r\n"
        try wire.send(Array(head.utf8) + bytes)
        return try wire.readAnswer()
    }
}
