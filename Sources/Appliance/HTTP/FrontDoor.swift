// What every request meets before its route: the hosts we answer to, the origins that may write, who comes, and the
// headers that every answer carries.
import Core
import Drivers
import Foundation

/// Who is let in to speak to the box at all. Deny by default: a foreign Host is a rebinding attack, a foreign Origin a
/// forged request.
struct FrontDoor: Sendable {
    private let hosts: Set<String>
    private let listen: String
    /// The names of the certificate, which change with the box's addresses; nil where no TLS is spoken.
    private let secureHosts: (@Sendable () -> Set<String>)?
    private let screen: @Sendable (HTTPRequestHead) -> TrustedScreen?
    private let trustsLoopback: Bool

    /// - Parameters:
    ///   - hosts: names besides loopback's that the box is reached by, without ports.
    ///   - listen: the address on which plain HTTP is spoken.
    ///   - screen: the trusted screen that a request is from.
    ///   - trustsLoopback: whether browsers on this machine are trusted without having been.
    init(
        hosts: [String], listen: String, secureHosts: (@Sendable () -> Set<String>)?,
        screen: @escaping @Sendable (HTTPRequestHead) -> TrustedScreen? = { _ in nil }, trustsLoopback: Bool = false
    ) {
        self.hosts = Set((hosts + [listen]).map { $0.lowercased() } + ["localhost", "127.0.0.1", "[::1]"])
        self.listen = listen
        self.secureHosts = secureHosts
        self.screen = screen
        self.trustsLoopback = trustsLoopback
    }

    /// Refuses what did not mean us, and what should have come over TLS.
    func admit(_ head: HTTPRequestHead) -> HTTPResponse? {
        guard let host = head.headers["Host"],
            hosts.contains(Self.name(of: host)) || secureHosts?().contains(Self.name(of: host)) == true
        else {
            return Self.refusal(
                421, .invalid, "This box does not answer to that name. Add it to `hosts` in depotd.yaml.")
        }
        if secureHosts != nil, !head.isSecure, !isLocal(head.peerAddress), !Enrolment.isPart(head) {
            return Self.refusal(
                421, .forbidden, "Use https. Without it there is only http://\(host)/enroll, which says how to begin.")
        }
        return isForged(head, host) ? Self.refusal(403, .forbidden, "That page may not speak for you here.") : nil
    }

    /// Whether a page of somebody else may have made the browser send this. A browser says where an unsafe request or an
    /// upgrade is from; what brings a cookie and does not say is no browser's own.
    private func isForged(_ head: HTTPRequestHead, _ host: String) -> Bool {
        if ["GET", "HEAD"].contains(head.method), head.headers["Upgrade"] == nil { return false }
        let (origin, site) = (head.headers["Origin"], head.headers["Sec-Fetch-Site"])
        if let origin, !Self.isSame(origin: origin, host: host, isSecure: head.isSecure) { return true }
        if let site, site != "same-origin" { return true }
        return origin == nil && site == nil && head.headers["Cookie"] != nil && head.headers["Authorization"] == nil
    }

    /// Who comes, as far as it shows before they sign in.
    func visitor(_ head: HTTPRequestHead) -> Visitor {
        let isLocal = isLocal(head.peerAddress)
        return Visitor(
            address: head.peerAddress, agent: head.headers["User-Agent"] ?? "",
            screen: screen(head) ?? (isLocal && trustsLoopback ? .loopback : nil), isLocal: isLocal)
    }

    /// Headers that hold for every answer, problem or page.
    static func harden(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        for (name, value) in headers where response.headers[name] == nil { response.headers.add(name, value) }
        return response
    }

    static let headers = [
        (
            "Content-Security-Policy",
            """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
            font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
            """
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()"),
    ]

    private static func refusal(_ status: Int, _ code: Failure.Code, _ message: String) -> HTTPResponse {
        harden(HTTPResponse(Failure(code, message), status: status, requestID: "-"))
    }

    /// This machine speaks to itself: by loopback, or by the very address that is listened on, which the kernel takes
    /// from nobody else.
    private func isLocal(_ peer: String) -> Bool { peer.hasPrefix("127.") || peer == "::1" || peer == listen }

    /// The host without its port, lower case.
    static func name(of host: String) -> String {
        let host = host.lowercased()
        if host.hasPrefix("[") { return host.firstIndex(of: "]").map { String(host[...$0]) } ?? host }
        return String(host.prefix { $0 != ":" })
    }

    /// A page that came without TLS may not speak to what is behind it; the other way round a proxy may have added it.
    private static func isSame(origin: String, host: String, isSecure: Bool) -> Bool {
        (isSecure ? ["https://"] : ["http://", "https://"]).contains { origin.lowercased() == $0 + host.lowercased() }
    }
}
