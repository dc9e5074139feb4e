// HTTP over TLS against real GnuTLS on loopback: what honest clients get, and what the others cannot do.
import Foundation
import TestSupport
import Testing

@testable import Drivers

@Suite(.serialized, .timeLimit(.minutes(15))) struct TLSTests {
    private static let request = "GET /gear HTTP/1.1\r\nHost: localhost\r\n\r\n"

    @Test(arguments: [("NORMAL", "TLS1.3"), ("NORMAL:-VERS-TLS1.3", "TLS1.2")])
    func `a client that trusts the authority is answered`(priorities: String, version: String) async throws {
        var hooks = HTTPHooks()
        hooks.secureHeaders = [("Strict-Transport-Security", "max-age=60")]
        let handler: HTTPListener.Handler = { .response(HTTPResponse(text: "\($0.path) \($0.head.isSecure)")) }
        try await withListener(tls: TLSLimits(), hooks: hooks, handler: handler) { test in
            let wire = try Wire(port: test.listener.tlsPort)
            let client = try SecureClient(
                wire.descriptor, trusting: test.authority?.pem ?? [], priorities: priorities)
            wire.speak(client)
            #expect(client.version == version)
            #expect(client.agreedProtocol == "http/1.1")
            for _ in 0..<3 {
                try wire.send(Self.request)
                let answer = try wire.readAnswer()
                #expect(answer.text == "/gear true")
                #expect(answer["strict-transport-security"] == "max-age=60")
            }
            let plain = try test.ask(Self.request)
            #expect(plain.text == "/gear false")
            #expect(plain["strict-transport-security"] == nil)
            #expect(test.counters.tlsHandshakes == 1)
        }
    }

    @Test(arguments: [
        "NORMAL:-VERS-ALL:+VERS-TLS1.1", "NORMAL:-KX-ALL:+RSA:-VERS-TLS1.3", "NORMAL:-GROUP-ALL:+GROUP-FFDHE2048",
    ])
    func `what is not safe any more is refused`(priorities: String) async throws {
        try await withListener(tls: TLSLimits()) { test in
            let wire = try Wire(port: test.listener.tlsPort)
            #expect(throws: SecureClient.Refused.self) {
                try SecureClient(wire.descriptor, trusting: test.authority?.pem ?? [], priorities: priorities)
            }
            #expect(waits { test.counters.tlsHandshakesFailed == 1 })
        }
    }

    @Test func `a client that speaks another protocol by name is refused`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            let wire = try Wire(port: test.listener.tlsPort)
            #expect(throws: SecureClient.Refused.self) {
                try SecureClient(wire.descriptor, trusting: test.authority?.pem ?? [], protocols: ["h2"])
            }
            let silent = try Wire(port: test.listener.tlsPort)
            silent.speak(try SecureClient(silent.descriptor, trusting: test.authority?.pem ?? [], protocols: []))
            try silent.send(Self.request)
            #expect(try silent.readAnswer().status == 200)
        }
    }

    @Test func `a client of another name or another authority finds out`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            let stranger = try CertificateAuthority.make(name: "Stranger", permitting: [], now: Date())
            let one = try Wire(port: test.listener.tlsPort)
            #expect(throws: SecureClient.Refused.self) { try SecureClient(one.descriptor, trusting: stranger.pem) }
            let other = try Wire(port: test.listener.tlsPort)
            #expect(throws: SecureClient.Refused.self) {
                try SecureClient(other.descriptor, trusting: test.authority?.pem ?? [], name: "bank.example")
            }
        }
    }

    @Test func `a second connection goes on from the ticket of the first`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            let first = try test.connectSecurely()
            try first.send(Self.request)
            _ = try first.readAnswer()
            let second = try Wire(port: test.listener.tlsPort)
            second.speak(
                try SecureClient(
                    second.descriptor, trusting: test.authority?.pem ?? [], ticket: first.secure?.ticket))
            #expect(second.secure?.isResumed == true)
            try second.send(Self.request)
            #expect(try second.readAnswer().status == 200)
            #expect(test.counters.tlsResumed == 1)
        }
    }

    @Test func `nobody negotiates again`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            let wire = try Wire(port: test.listener.tlsPort)
            let client = try SecureClient(
                wire.descriptor, trusting: test.authority?.pem ?? [], priorities: "NORMAL:-VERS-TLS1.3")
            #expect(!client.renegotiates())
        }
    }

    @Test(arguments: [1, 16_383, 16_384, 16_385, 5_000_000])
    func `a big body comes back whole`(byteCount: Int) async throws {
        var limits = HTTPLimits()
        limits.bodyByteCountMax = 8 << 20
        let handler: HTTPListener.Handler = {
            .response(HTTPResponse(contentType: "application/octet-stream", bytes: $0.body))
        }
        try await withListener(limits: limits, tls: TLSLimits(), handler: handler) { test in
            let wire = try test.connectSecurely()
            let body = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try wire.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(byteCount)\r\n\r\n")
            try wire.send(body)
            #expect(try wire.readAnswer().body == body)
        }
    }

    @Test func `the last answer ends with a goodbye and the connection with it`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            let wire = try test.connectSecurely()
            try wire.send("GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            #expect(try wire.readAnswer().text == "hello /last")
            #expect(wire.isEnded())
            #expect(wire.hasGoodbye)
            wire.secure?.endSending()
            #expect(waits { test.counters.tlsOpen == 0 && test.counters.connectionsOpen == 0 })
        }
    }

    @Test func `a client that says goodbye behind its request is answered`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            let wire = try test.connectSecurely()
            try wire.send(Self.request)
            wire.secure?.endSending()
            #expect(try wire.readAnswer().text == "hello /gear")
            #expect(wire.isEnded())
            #expect(waits { test.counters.tlsOpen == 0 })
        }
    }

    @Test func `a client that vanishes leaves nothing behind`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            for _ in 0..<20 {
                let wire = try test.connectSecurely()
                try wire.send("POST /half HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
            }
            #expect(waits { test.counters.tlsOpen == 0 && test.counters.connectionsOpen == 0 })
        }
    }

    @Test func `a client that does not read is cut, and meanwhile its answer waits in bounds`() async throws {
        var limits = HTTPLimits()
        limits.byteRateGrace = .milliseconds(300)
        limits.answerByteRateMin = 1 << 30
        let big = SharedBytes(copying: [UInt8](repeating: 7, count: 32 << 20))
        let handler: HTTPListener.Handler = { _ in .response(HTTPResponse(contentType: "x/y", body: big)) }
        try await withListener(limits: limits, tls: TLSLimits(), handler: handler) { test in
            let wire = try test.connectSecurely()
            try wire.send(Self.request)
            #expect(waits { test.counters.connectionsReaped == 1 })
            #expect(waits { test.counters.tlsOpen == 0 && test.counters.connectionsOpen == 0 })
            withExtendedLifetime(wire) {}
        }
    }

    @Test func `the certificate is renewed while connections stay`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            let old = try test.connectSecurely()
            let authority = try #require(test.authority)
            test.listener.show(try testCredentials(authority))
            // What was posted to the loop before is done before the next connection is accepted.
            let new = try test.connectSecurely()
            #expect(new.secure?.peerCertificate != old.secure?.peerCertificate)
            try old.send(Self.request)
            #expect(try old.readAnswer().status == 200)
        }
    }
}
