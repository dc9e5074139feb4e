// From a request to the route that answers it: by method and path, for those who may, with every failure worded.
import Core
import Drivers
import Foundation
import Logging
import Metrics

/// One line of the table of contents.
struct Route: Sendable {
    /// Who may ask.
    enum Access: Sendable, Equatable {
        /// Anybody who reaches the port.
        case anyone
        /// Whoever is signed in with this role or a higher one.
        case role(Role)
        /// Local administration of the box itself; nobody of any organisation.
        case box
    }

    typealias Handler = @Sendable (Exchange) async throws -> HTTPReply

    let method: String
    /// The path with `{names}` for what varies, such as `/api/v1/assets/{id}`.
    let pattern: String
    let access: Access
    /// The scopes of which a program's key needs one.
    let scopes: Set<Scope>
    let document: RouteDocument
    let handler: Handler
    fileprivate let segments: [Substring]

    init(
        _ method: String, _ pattern: String, access: Access = .role(.crew),
        _ document: RouteDocument, _ handler: @escaping Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.access = access
        scopes = Self.scopes(method, pattern, access)
        self.document = document
        self.handler = handler
        segments = pattern.split(separator: "/")
    }

    /// Longest body it takes.
    var bodyByteCountMax: Int { document.rawBody?.byteCountMax ?? Router.jsonByteCountMax }

    /// The values of the pattern's names; nil when the path does not fit.
    fileprivate func match(_ path: [Substring]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (segment, part) in zip(segments, path) {
            if segment.hasPrefix("{") {
                values[String(segment.dropFirst().dropLast())] = String(part)
            } else if segment != part {
                return nil
            }
        }
        return values
    }
}

/// Finds routes and answers for them.
struct Router: Sendable {
    /// The routes by ``room(_:)``, in their order.
    private let rooms: [String: [Route]]
    private let tenants: Tenants
    private let limits: Limits
    private let administration: Administration
    private let frontDoor: FrontDoor
    private let measures: PrometheusRegistry
    private let logger: Logger

    init(
        routes: [Route], tenants: Tenants, administration: Administration, frontDoor: FrontDoor, limits: Limits,
        measures: PrometheusRegistry, logger: Logger
    ) {
        rooms = Dictionary(grouping: routes) { Self.room($0.segments) }
        self.tenants = tenants
        self.administration = administration
        self.limits = limits
        self.frontDoor = frontDoor
        self.measures = measures
        self.logger = logger
    }

    /// Longest body of a route that takes JSON: the longest scan has some 4 KB, a long sheet some 100 KB.
    static let jsonByteCountMax = 1 << 20

    /// Longest body for a method and a path, before the body has come.
    func bodyByteCountMax(_ method: String, _ path: String) -> Int {
        let route = fitting(path).first { $0.route.method == method }?.route
        return route?.bodyByteCountMax ?? Self.jsonByteCountMax
    }

    /// The routes whose pattern a path fits, with the values of the pattern's names.
    private func fitting(_ path: String) -> [(route: Route, values: [String: String])] {
        // By bytes, because a slash before an accent is a slash.
        let segments = path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
        return (rooms[Self.room(segments)] ?? []).compactMap { route in
            route.match(segments).map { (route, $0) }
        }
    }

    /// The part that tells most routes apart, `assets` of `/api/v1/assets/{id}`; no pattern has a name there.
    private static func room(_ segments: [some StringProtocol]) -> String {
        segments.count > 2 ? String(segments[2]) : ""
    }

    /// Answers a request; never throws.
    func answer(_ request: HTTPRequest) async -> HTTPReply {
        let requestID = Hex.text(SecureRandom.bytes(6))
        do {
            return Self.hardened(try await dispatch(request))
        } catch let failure as Failure {
            if let cause = failure.cause {
                logger.log(
                    level: failure.code.status < 500 ? .debug : .error,
                    "a request failed",
                    metadata: ["request": "\(requestID)", "path": "\(request.path)", "cause": "\(cause)"])
            }
            return Self.hardened(.response(HTTPResponse(failure, requestID: requestID)))
        } catch {
            logger.error(
                "a request failed",
                metadata: ["request": "\(requestID)", "path": "\(request.path)", "cause": "\(error)"])
            let failure = Failure(
                .internal, "The box made a mistake. Nothing of this was kept; tell the administrator.")
            return Self.hardened(.response(HTTPResponse(failure, requestID: requestID)))
        }
    }

    private func dispatch(_ request: HTTPRequest) async throws -> HTTPReply {
        let fitting = fitting(request.path)
        guard !fitting.isEmpty else { throw Failure(.notFound, "There is nothing at this address.") }
        let method = request.method == "HEAD" ? "GET" : request.method
        guard let (route, parameters) = fitting.first(where: { $0.route.method == method }) else {
            return .response(Self.methodNotAllowed(fitting.map(\.route.method)))
        }
        let secret = Self.secret(in: request.head)
        let admitted = secret.flatMap(tenants.admitted(by:))
        let front = tenants.front(for: request.head)
        let exchange = Exchange(
            request: request, parameters: parameters, principal: admitted?.principal, secret: secret,
            visitor: frontDoor.visitor(request.head), tenant: admitted?.tenant, front: front)
        let origin = Origin(
            person: admitted?.principal.person, device: admitted?.principal.device, address: request.head.peerAddress)
        do {
            return try await Origin.$current.withValue(origin) { try await carryOut(exchange, by: route) }
        } catch let failure as Failure where [.unauthorized, .forbidden, .tooMany].contains(failure.code) {
            // Who opens a page asks first whether somebody is signed in: that is no attempt at anything.
            let isQuestion = secret == nil && route.pattern == "/api/v1/session" && method == "GET"
            if !isQuestion {
                (admitted?.tenant ?? front.tenant).refusals.note(
                    .init(
                        origin: origin, code: failure.code, asked: method + " " + route.pattern,
                        isSignIn: route.pattern.hasPrefix("/api/v1/session") && method == "POST"))
            }
            throw failure
        }
    }

    private func carryOut(_ exchange: Exchange, by route: Route) async throws -> HTTPReply {
        try admit(exchange, to: route)
        try Self.refuseStrangeType(exchange.request, for: route)
        let timer = Timer(
            label: "depotd_http_request_seconds", dimensions: [("route", route.pattern), ("method", route.method)],
            factory: measures)
        let started = ContinuousClock.now
        defer { timer.recordNanoseconds(Int64(clamping: (ContinuousClock.now - started).nanoseconds)) }
        if route.leavesAsFile {
            // Before the file: what is not in the trail does not leave.
            let asked: JSON = ["asked": .string("\(route.method) \(route.pattern)")]
            try await exchange.tenant.trail.note(.exported, subject: route.pattern, asked)
        }
        return try await limits.carryOut(exchange, of: route) { try await route.handler($0) }
    }

    private static func hardened(_ reply: HTTPReply) -> HTTPReply {
        guard case .response(let response) = reply else { return reply }
        return .response(FrontDoor.harden(response))
    }

    private func admit(_ exchange: Exchange, to route: Route) throws {
        switch route.access {
        case .anyone: break
        case .role(let role): try Self.admit(exchange.principal, as: role, within: route.scopes)
        case .box:
            guard administration.sent(exchange.secret, from: exchange.request.head.peerAddress) else {
                throw Failure(
                    exchange.principal == nil ? .unauthorized : .forbidden,
                    "That is for the command line on the box itself: depotd organisation.")
            }
        }
    }

    private static func admit(_ principal: Principal?, as role: Role, within scopes: Set<Scope>) throws {
        guard let principal else { throw Failure(.unauthorized, "Sign in first.") }
        guard principal.role >= role else {
            throw Failure(.forbidden, "That is for \(role == .admin ? "an" : "a") \(role.rawValue). Ask one to do it.")
        }
        guard principal.isWithin(scopes) else {
            let needed = Scope.text(of: scopes).replacing(" ", with: " or ")
            throw Failure(
                .forbidden, needed.isEmpty ? "That is not for keys." : "This key is not for that: it needs \(needed).")
        }
    }

    /// A body that is taken as it is must say what it is.
    private static func refuseStrangeType(_ request: HTTPRequest, for route: Route) throws {
        guard let raw = route.document.rawBody else { return }
        guard raw.types.contains(request.mediaType) else {
            throw Failure(
                .invalid, "The Content-Type of this body is \(raw.types.joined(separator: " or ")).",
                field: "Content-Type")
        }
    }

    private static func methodNotAllowed(_ methods: [String]) -> HTTPResponse {
        let allowed = Set(methods).sorted().joined(separator: ", ")
        return HTTPResponse(
            Failure(.invalid, "This address takes \(allowed)."), status: 405, requestID: "-"
        ).with("Allow", allowed)
    }

    /// The bearer token, else the session's cookie.
    private static func secret(in head: HTTPRequestHead) -> String? {
        if let authorization = head.headers["Authorization"] {
            let parts = authorization.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
            return String(parts[1])
        }
        return Cookie.session.value(in: head)
    }
}

extension HTTPRequest {
    /// What the body says it is, without parameters and in lower case; empty when it says nothing.
    var mediaType: String {
        (header("Content-Type") ?? "").prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }
}
