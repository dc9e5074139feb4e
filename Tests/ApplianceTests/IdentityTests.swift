// The box over TLS: its own authority and certificate, the enrolment, what is left of plain HTTP, and own certificates.
import Core
import Drivers
import Foundation
import Logging
import TestSupport
import Testing

@testable import Appliance

@Suite(.timeLimit(.minutes(15))) struct IdentityTests {
    private static let secure = ["tls.listen": "127.0.0.1:0", "tls.hsts": "true"]
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func ask(_ box: TestBox, _ head: String, _ fields: [String: String] = [:], body: String = "")
        throws -> Answer
    {
        let wire = try Wire(port: box.securePort, trusting: box.authority)
        let lines = ["Host": "localhost:\(box.securePort)", "Content-Length": "\(body.utf8.count)"]
            .merging(fields) { $1 }.map { "\($0.key): \($0.value)\r\n" }.joined()
        try wire.send("\(head) HTTP/1.1\r\n\(lines)\r\n\(body)")
        return try wire.readAnswer()
    }

    @Test func `a page, a sign-in with a cookie for TLS only, and the live socket come over TLS`() async throws {
        try await TestBox.run(flags: Self.secure) { box in
            let page = try Self.ask(box, "GET /")
            #expect(page.status == 200)
            #expect(page["strict-transport-security"] == "max-age=31536000")
            let people = try Self.ask(box, "GET /api/v1/session/people").fields().list("items")
            let ana = try #require(people.first { $0.text("name") == "Ana Vidal" }?.text("id"))
            let signIn = try Self.ask(
                box, "POST /api/v1/session", ["Origin": "https://localhost:\(box.securePort)"],
                body: #"{"person":"\#(ana)","pin":"1111"}"#)
            let cookie = try #require(signIn["set-cookie"])
            #expect(cookie.hasPrefix("__Host-depotd_session=") && cookie.contains("; Secure"))
            let pair = String(cookie.prefix { $0 != ";" })
            #expect(try Self.ask(box, "GET /api/v1/session", ["Cookie": pair]).status == 200)
            // The cookie of plain HTTP, which any page on the network could have set, counts for nothing here.
            let plain = pair.replacing("__Host-", with: "")
            #expect(try Self.ask(box, "GET /api/v1/session", ["Cookie": plain]).status == 401)
            let live = LiveClient(
                socket: try WireSocket(
                    port: box.securePort, path: "/api/v1/live",
                    headers: ["Host": "localhost", "Authorization": "Bearer \(box.token)"], trusting: box.authority))
            try live.subscribe(["assets"])
            try box.scan("CAM-7")
            #expect(try live.change().text("topic") == "assets")
        }
    }

    @Test func `a page without TLS may not write over TLS`() async throws {
        try await TestBox.run(flags: Self.secure) { box in
            let answer = try Self.ask(
                box, "POST /api/v1/session", ["Origin": "http://localhost:\(box.securePort)"], body: "{}")
            #expect(answer.status == 403)
        }
    }

    @Test(arguments: [
        ("GET", "/", 421), ("GET", "/api/v1/assets", 421), ("POST", "/api/v1/session", 421), ("GET", "/healthz", 421),
        ("GET", "/assets/app-x.js", 421), ("POST", "/enroll", 421), ("GET", "/enroll", 0), ("GET", "/enroll/x", 0),
    ])
    func `without TLS another machine gets the enrolment only`(method: String, path: String, status: Int) {
        let door = FrontDoor(hosts: [], listen: "0.0.0.0", secureHosts: { ["depot.local"] })
        func answer(from peer: String, isSecure: Bool) -> HTTPResponse? {
            var headers = HTTPHeaders()
            headers.add("Host", "depot.local")
            return door.admit(
                HTTPRequestHead(
                    method: method, path: path, headers: headers, peerAddress: peer, isSecure: isSecure))
        }
        #expect((answer(from: "192.168.4.9", isSecure: false)?.status ?? 0) == status)
        #expect(answer(from: "192.168.4.9", isSecure: true) == nil)
        #expect(answer(from: "127.0.0.1", isSecure: false) == nil)
    }

    @Test func `the enrolment gives out the authority in three forms and says where to go`() async throws {
        try await TestBox.run(flags: Self.secure) { box in
            let page = try box.ask("GET", "/enroll", authorization: nil)
            #expect(page["content-type"] == "text/html; charset=utf-8")
            #expect(page.text.contains("https://127.0.0.1:\(box.securePort)/"))
            #expect(!page.text.contains("@"), "a placeholder is left")
            let facts = try CertificateFacts(pem: box.authority)
            #expect(page.text.contains(facts.commonName))
            let style = try #require(page.text.firstMatch(of: /\/assets\/enroll-[A-Z0-9]+\.css/)).output
            #expect(try box.ask("GET", String(style), authorization: nil).status == 200)
            let der = try box.ask("GET", "/enroll/depotd-ca.crt", authorization: nil)
            #expect(der["content-type"] == "application/x-x509-ca-cert" && der.body == facts.der)
            let pem = try box.ask("GET", "/enroll/depotd-ca.pem", authorization: nil)
            #expect(pem.body == facts.pem && !pem.text.contains("PRIVATE"))
            let profile = try box.ask("GET", "/enroll/depotd-ca.mobileconfig", authorization: nil)
            #expect(profile["content-type"] == "application/x-apple-aspen-config")
            let plist = try PropertyListSerialization.propertyList(from: Data(profile.body), format: nil)
            let payload = ((plist as? [String: Any])?["PayloadContent"] as? [[String: Any]])?.first
            #expect(payload?["PayloadType"] as? String == "com.apple.security.root")
            #expect((payload?["PayloadContent"] as? Data).map { Array($0) } == facts.der)
            #expect(try box.ask("GET", "/enroll/authority.pem", authorization: nil).status == 404)
        }
    }

    @Test func `without TLS the pages and answers are what they were`() async throws {
        try await TestBox.run { box in
            #expect(box.securePort == 0 && box.authority.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: box.folder + "/box"))
        }
    }

    // MARK: The box's own certificate

    private static func configuration(_ folder: String, _ flags: [String: String] = [:]) throws -> Configuration {
        try Configuration.load(
            file: nil, flags: ["data": folder, "tls.listen": "127.0.0.1:0"].merging(flags) { $1 })
    }

    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "depotd-identity-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func `the authority stays, and the keys are for the daemon's user only`() throws {
        try Self.inFolder { folder in
            let first = try BoxIdentity(Self.configuration(folder), logger: Self.quiet)
            let again = try BoxIdentity(Self.configuration(folder), logger: Self.quiet)
            #expect(first.authority?.fingerprint == again.authority?.fingerprint)
            #expect(first.current.facts.fingerprint == again.current.facts.fingerprint)
            for file in ["box/authority.pem", "box/certificate.pem"] {
                let mode = try FileManager.default.attributesOfItem(atPath: folder + "/" + file)[.posixPermissions]
                #expect((mode as? NSNumber)?.intValue == 0o600)
            }
            #expect(first.current.facts.names.contains(.host("depot.local")))
            #expect(first.current.facts.names.contains(SubjectName("127.0.0.1")))
        }
    }

    @Test func `a certificate is renewed a month before it ends, and not before`() throws {
        try Self.inFolder { folder in
            let clock = TestClock()
            let identity = try BoxIdentity(Self.configuration(folder), logger: Self.quiet) { clock.now }
            let old = identity.current.facts
            #expect(try identity.refresh() == nil)
            clock.now = old.notAfter.addingTimeInterval(-31 * 86_400)
            #expect(try identity.refresh() == nil)
            clock.now = old.notAfter.addingTimeInterval(-29 * 86_400)
            #expect(try identity.refresh() != nil)
            #expect(identity.current.facts.notAfter > old.notAfter)
            #expect(try identity.refresh() == nil)
        }
    }

    @Test func `a new name makes a new certificate, and one outside the constraints is left out and told`() throws {
        try Self.inFolder { folder in
            let old = try BoxIdentity(Self.configuration(folder), logger: Self.quiet).current
            let flags = ["hosts": "stage.local,depot.example"]
            let new = try BoxIdentity(Self.configuration(folder, flags), logger: Self.quiet).current
            #expect(new.facts.fingerprint != old.facts.fingerprint)
            #expect(new.facts.names.contains(.host("stage.local")))
            #expect(!new.facts.names.contains(.host("depot.example")))
            #expect(new.unvouched.contains(.host("depot.example")))
            let findings = IdentityExamination(configuration: try Self.configuration(folder, flags)).findings()
            #expect(findings.contains { $0.subject == "names" && $0.sentence.contains("depot.example") })
        }
    }

    @Test func `a certificate of an authority that was here before is replaced`() throws {
        try Self.inFolder { folder in
            let old = try BoxIdentity(Self.configuration(folder), logger: Self.quiet).current
            try FileManager.default.removeItem(atPath: folder + "/box/authority.pem")
            let new = try BoxIdentity(Self.configuration(folder), logger: Self.quiet).current
            #expect(new.facts.fingerprint != old.facts.fingerprint)
        }
    }

    @Test func `a broken authority is refused in words and never replaced`() throws {
        try Self.inFolder { folder in
            _ = try BoxIdentity(Self.configuration(folder), logger: Self.quiet)
            let file = folder + "/box/authority.pem"
            try Data("-----BEGIN CERTIFICATE-----\nMIIB".utf8).write(to: URL(filePath: file))
            let failure = #expect(throws: Failure.self) {
                try BoxIdentity(Self.configuration(folder), logger: Self.quiet)
            }
            #expect(failure?.message.contains(file) == true)
            #expect(FileManager.default.contents(atPath: file)?.count == 32)
            let findings = IdentityExamination(configuration: try Self.configuration(folder)).findings()
            #expect(findings.first?.gravity == .bad)
        }
    }

    // MARK: A given certificate

    @Test func `a given certificate is shown, and a new file is taken without a restart`() throws {
        try Self.inFolder { folder in
            let issuer = try CertificateAuthority.make(name: "House", permitting: ["depot.example"], now: Date())
            let (certificate, key) = (folder + "/chain.pem", folder + "/key.pem")
            func give(_ authority: CertificateAuthority) throws {
                let pem = try authority.issue(for: [SubjectName("depot.example")], now: Date())
                for file in [certificate, key] { try Data(pem).write(to: URL(filePath: file)) }
            }
            try give(issuer)
            let configuration = try Self.configuration(
                folder, ["tls.certificate": certificate, "tls.key": key])
            let identity = try BoxIdentity(configuration, logger: Self.quiet)
            #expect(identity.authority == nil)
            #expect(identity.current.facts.names == [.host("depot.example")])
            #expect(identity.current.hosts.contains("depot.example"))
            #expect(try identity.refresh() == nil)
            try give(issuer)
            #expect(try identity.refresh() != nil)
            #expect(IdentityExamination(configuration: configuration).findings().first?.gravity == .good)
            let later = Date().addingTimeInterval(500 * 86_400)
            let finding = IdentityExamination(configuration: configuration, now: later).findings().first
            #expect(finding?.gravity == .bad && finding?.sentence.contains("browsers refuse it") == true)
        }
    }

    @Test(arguments: ["missing", "other", "garbage"])
    func `a wrong key file is refused in words by the daemon and by the doctor`(kind: String) throws {
        try Self.inFolder { folder in
            let issuer = try CertificateAuthority.make(name: "House", permitting: [], now: Date())
            let (certificate, key) = (folder + "/chain.pem", folder + "/key.pem")
            try Data(issuer.facts.pem).write(to: URL(filePath: certificate))
            let other = try CertificateAuthority.make(name: "Other", permitting: [], now: Date())
            if kind == "other" { try Data(other.pem).write(to: URL(filePath: key)) }
            if kind == "garbage" { try Data("garbage".utf8).write(to: URL(filePath: key)) }
            let configuration = try Self.configuration(
                folder, ["tls.certificate": certificate, "tls.key": key])
            let failure = #expect(throws: Failure.self) { try BoxIdentity(configuration, logger: Self.quiet) }
            #expect(failure?.message.contains(key) == true)
            let finding = IdentityExamination(configuration: configuration).findings().first
            #expect(finding?.gravity == .bad)
            let words = ["missing": "There is no file", "other": "made for", "garbage": "PEM"]
            #expect(finding?.sentence.contains(words[kind] ?? "?") == true, "\(finding?.sentence ?? "")")
        }
    }
}

/// A clock that a test sets.
private final class TestClock: @unchecked Sendable {
    var now = Date()
}
