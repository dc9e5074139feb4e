// A real listener on a free port for one test, and the thread on which the test's blocking client runs.
import Foundation
import TestSupport

@testable import Drivers

/// A running loop and listener.
struct TestListener {
    let loop: EventLoop
    let listener: HTTPListener
    /// PEM of the authority that vouches for the listener's certificate; nil without TLS.
    var authority: CertificateAuthority?
    var port: UInt16 { listener.port }
    var counters: HTTPCounters.Snapshot { listener.counters.snapshot }

    func connect() throws -> Wire { try Wire(port: port) }
    func connectSecurely() throws -> Wire { try Wire(port: listener.tlsPort, trusting: authority?.pem ?? []) }

    /// Sends a request's head and body as they stand and reads the answer.
    func ask(_ text: String) throws -> Answer {
        let wire = try connect()
        try wire.send(text)
        return try wire.readAnswer()
    }
}

/// Runs a listener around `body`, which gets a thread of its own, and stops it afterwards.
func withListener<Result: Sendable>(
    limits: HTTPLimits = HTTPLimits(), tls: TLSLimits? = nil, hooks: HTTPHooks = HTTPHooks(),
    handler: @escaping HTTPListener.Handler = { .response(HTTPResponse(text: "hello \($0.path)")) },
    _ body: @escaping @Sendable (TestListener) throws -> Result
) async throws -> Result {
    try await turns.take { try await startListener(limits, tls, hooks, handler, body) }
}

private let turns = Turns(4)

private func startListener<Result: Sendable>(
    _ limits: HTTPLimits, _ tls: TLSLimits?, _ hooks: HTTPHooks, _ handler: @escaping HTTPListener.Handler,
    _ body: @escaping @Sendable (TestListener) throws -> Result
) async throws -> Result {
    let loop = try EventLoop(tick: .milliseconds(20))
    loop.start()
    let authority = try tls.map { _ in try CertificateAuthority.make(name: "Test", permitting: [], now: Date()) }
    let credentials = try authority.map { try testCredentials($0) }
    let listener = HTTPListener(
        limits: limits, host: "127.0.0.1", port: 0,
        tls: credentials.map {
            TLSListening(host: "127.0.0.1", port: 0, credentials: $0, limits: tls ?? TLSLimits())
        }, loop: loop, hooks: hooks, handler: handler)
    try await listener.start()
    let test = TestListener(loop: loop, listener: listener, authority: authority)
    let result = await Swift.Result { try await onOwnThread { try body(test) } }
    await listener.stop()
    try await onOwnThread { loop.stop() }
    return try result.get()
}

/// A new certificate for this machine by its loopback names.
func testCredentials(_ authority: CertificateAuthority) throws -> TLSCredentials {
    let pem = try authority.issue(for: [SubjectName("localhost"), SubjectName("127.0.0.1")], now: Date())
    return try TLSCredentials(certificate: pem, key: pem)
}
