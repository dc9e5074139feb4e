// What a peer can do to the TLS port without ever finishing a handshake, or after it, and that others are served.
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Drivers

@Suite(.serialized, .timeLimit(.minutes(15))) struct HostileTLSTests {
    private static let request = "GET /gear HTTP/1.1\r\nHost: localhost\r\n\r\n"
    /// A record of a handshake that announces a ClientHello of 512 bytes, and its beginning.
    private static let halfHello: [UInt8] = [22, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3] + [UInt8](repeating: 9, count: 60)

    private static func isServed(_ test: TestListener) throws -> Bool {
        let wire = try test.connectSecurely()
        try wire.send(request)
        return try wire.readAnswer().status == 200
    }

    @Test(arguments: [[], Self.halfHello])
    func `a handshake that takes too long is cut`(bytes: [UInt8]) async throws {
        var limits = TLSLimits()
        limits.handshakeDeadline = .milliseconds(200)
        try await withListener(tls: limits) { test in
            let wire = try Wire(port: test.listener.tlsPort)
            try wire.send(bytes)
            #expect(wire.isEnded(within: 10))
            #expect(test.counters.tlsHandshakesCut == 1)
            #expect(try Self.isServed(test))
        }
    }

    @Test func `two hundred half-open handshakes do not hold up a healthy client`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            let quiet = try Self.milliseconds { try Self.isServed(test) }
            let half = try (0..<200).map { number in
                let wire = try Wire(port: test.listener.tlsPort)
                if number % 2 == 0 { try wire.send(Self.halfHello) }
                return wire
            }
            let crowded = try Self.milliseconds { try Self.isServed(test) }
            // A scheduler's whim on a busy machine is allowed for; a held-up client would wait for the deadline, 10 s.
            #expect(crowded < quiet * 5 + 500)
            withExtendedLifetime(half) {}
        }
    }

    private static func milliseconds(_ isServed: () throws -> Bool) throws -> Double {
        let began = bootClockNanoseconds()
        #expect(try isServed())
        return Double(bootClockNanoseconds() - began) / 1e6
    }

    @Test func `when too many are half-open the oldest is cut`() async throws {
        var limits = TLSLimits()
        limits.handshakeCountMax = 10
        try await withListener(tls: limits) { test in
            let half = try (0..<30).map { _ in try Wire(port: test.listener.tlsPort) }
            #expect(waits { test.counters.tlsHandshakesCut == 20 })
            for wire in half[..<20] { #expect(wire.isEnded(within: 10)) }
            #expect(try Self.isServed(test))
            #expect(test.counters.tlsHandshakesCut == 21)
        }
    }

    @Test func `garbage instead of a hello is refused at once`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            let pieces: [[UInt8]] = [
                [0], [22, 3, 1, 0, 0], [22] + [UInt8](repeating: 0xFF, count: 5_000), Array("SSH-2.0-x\r\n".utf8),
                [22, 3, 1, 0, 4, 1, 0xFF, 0xFF, 0xFF], [21, 3, 1, 0, 2, 2, 40], [128, 46, 1, 0, 2],
            ]
            for piece in pieces {
                let wire = try Wire(port: test.listener.tlsPort)
                try wire.send(piece)
                wire.shutdownWriting()
                #expect(wire.isEnded(within: 10), "\(piece.prefix(9))")
            }
            #expect(waits { test.counters.tlsHandshakesFailed == pieces.count })
            #expect(try Self.isServed(test))
        }
    }

    @Test func `plain HTTP on the port of TLS is told so`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            let wire = try Wire(port: test.listener.tlsPort)
            try wire.send(Self.request)
            let answer = try wire.readAnswer()
            #expect(answer.status == 400)
            #expect(answer.text.contains("https"))
        }
    }

    @Test func `records that are cut, false or too long end the connection`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            let records: [[UInt8]] = [
                [23, 3, 3, 0, 40] + [UInt8](repeating: 1, count: 40), [23, 3, 3, 0xFF, 0xFF],
                [23, 3, 3, 0, 200] + [UInt8](repeating: 1, count: 20), [99, 3, 3, 0, 1, 0],
            ]
            for record in records {
                let wire = try test.connectSecurely()
                let sent = record.withUnsafeBytes {
                    Glibc.send(wire.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                #expect(sent == record.count)
                wire.shutdownWriting()
                #expect(wire.isEnded(within: 10))
            }
            #expect(waits { test.counters.tlsOpen == 0 && test.counters.connectionsOpen == 0 })
            #expect(try Self.isServed(test))
        }
    }

    @Test func `a request that comes byte by byte in records is put together`() async throws {
        try await withListener(tls: TLSLimits()) { test in
            let wire = try test.connectSecurely()
            for byte in Self.request.utf8 { try wire.send([byte]) }
            #expect(try wire.readAnswer().status == 200)
        }
    }

    @Test func `a slow head is cut over TLS as without`() async throws {
        var limits = HTTPLimits()
        limits.headerDeadline = .milliseconds(300)
        try await withListener(limits: limits, tls: TLSLimits()) { test in
            let wire = try test.connectSecurely()
            try wire.send("GET / HTTP/1.1\r\nHost: loc")
            #expect(wire.isEnded(within: 10))
            #expect(test.counters.connectionsReaped == 1)
            #expect(waits { test.counters.tlsOpen == 0 })
        }
    }
}
