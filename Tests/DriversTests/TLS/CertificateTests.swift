// The box's own authority: what it may vouch for, and that other programs' rules agree. openssl is the second opinion.
import Foundation
import TestSupport
import Testing

@testable import Drivers

@Suite struct CertificateTests {
    private static let now = Date(timeIntervalSince1970: 1_795_000_000)

    private static func authority(hosts: [String] = ["depot"]) throws -> CertificateAuthority {
        try CertificateAuthority.make(name: "Depotd depot 1a2b", permitting: hosts, now: now)
    }

    /// Runs openssl, and gives back whether it was content and what it said.
    private static func openssl(_ arguments: [String]) throws -> (isContent: Bool, said: String) {
        let output = Pipe()
        let writing = output.fileHandleForWriting
        let process = try Child(
            "/usr/bin/openssl", arguments, output: .descriptor(writing.fileDescriptor),
            errors: .descriptor(writing.fileDescriptor))
        try writing.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return (process.waitForEnd() == 0, said)
    }

    /// What openssl says of a certificate for these names, against the authority's certificate.
    private static func verify(_ authority: CertificateAuthority, _ names: [String], as name: String) throws -> Bool {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (root, leaf) = (folder.appending(path: "ca").path(), folder.appending(path: "leaf").path())
        try Data(authority.facts.pem).write(to: URL(filePath: root))
        try Data(authority.issue(for: names.map { SubjectName($0) }, now: now)).write(to: URL(filePath: leaf))
        let isAddress = if case .address = SubjectName(name) { true } else { false }
        return try openssl([
            "verify", "-x509_strict", "-attime", "\(Int(now.timeIntervalSince1970))", "-purpose", "sslserver",
            "-CAfile", root, isAddress ? "-verify_ip" : "-verify_hostname", name, leaf,
        ]).isContent
    }

    @Test(arguments: ["depot", "depot.local", "localhost", "192.168.4.2", "10.1.2.3", "fd00::7", "fe80::1", "::1"])
    func `openssl takes a certificate for a name of the box`(name: String) throws {
        let authority = try Self.authority()
        #expect(authority.mayVouch(for: SubjectName(name)))
        #expect(try Self.verify(authority, ["depot", "depot.local", name], as: name))
    }

    @Test(arguments: ["bank.example", "depot.example", "8.8.8.8", "172.32.0.1", "2001:db8::1", "notdepot"])
    func `a certificate for a name outside is worth nothing, although the key could sign it`(name: String) throws {
        let authority = try Self.authority()
        #expect(!authority.mayVouch(for: SubjectName(name)))
        #expect(try !Self.verify(authority, [name], as: name))
    }

    @Test func `it signs no further authority and its leaf signs nothing`() throws {
        let authority = try Self.authority()
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func text(_ pem: [UInt8]) throws -> String {
            let file = folder.appending(path: "certificate")
            try Data(pem).write(to: file)
            return try Self.openssl(["x509", "-in", file.path(), "-noout", "-text"]).said
        }
        let root = try text(authority.facts.pem)
        #expect(root.contains("X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0"))
        #expect(root.contains("X509v3 Name Constraints: critical"))
        #expect(root.contains("X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign"))
        #expect(root.contains("CN = Depotd depot 1a2b"))
        #expect(root.contains("prime256v1"))
        let leaf = try text(authority.issue(for: [SubjectName("depot.local")], now: Self.now))
        #expect(leaf.contains("CA:FALSE"))
        #expect(leaf.contains("TLS Web Server Authentication"))
        #expect(leaf.contains("X509v3 Key Usage: critical\n                Digital Signature"))
    }

    @Test func `a leaf holds at most 825 days, and the authority outlives it`() throws {
        let authority = try Self.authority()
        let leaf = try CertificateFacts(pem: authority.issue(for: [SubjectName("depot")], now: Self.now))
        #expect(leaf.notAfter.timeIntervalSince(leaf.notBefore) <= 825 * 86_400)
        #expect(leaf.notBefore < Self.now)
        #expect(try authority.facts.notAfter > leaf.notAfter)
        #expect(leaf.names == [SubjectName("depot")])
    }

    @Test func `a box without a clock makes an authority that holds when it learns the date`() throws {
        let early = try CertificateAuthority.make(
            name: "Early", permitting: [], now: Date(timeIntervalSince1970: 1_000))
        #expect(try early.facts.notBefore < Self.now && early.facts.notAfter > Self.now)
    }

    @Test func `a key of another certificate is refused in words`() throws {
        let (one, other) = (try Self.authority(), try Self.authority())
        let certificate = try one.facts.pem
        let error = #expect(throws: TLSError.self) { try TLSCredentials(certificate: certificate, key: other.pem) }
        #expect(error?.description.contains("The key is not the one that this certificate was made for.") == true)
    }

    @Test(arguments: ["", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n", "\u{1}\u{2}"])
    func `what is no certificate is refused in words`(text: String) throws {
        let key = try Self.authority().pem
        let error = #expect(throws: TLSError.self) { try TLSCredentials(certificate: Array(text.utf8), key: key) }
        #expect(error?.description.contains("PEM") == true)
    }
}
