// The listener as the appliance wires it: what is answered at once, what the router answers, and who is let in.
import Core
import Drivers
import Synchronization

extension Wiring {
    func makeListener() -> HTTPListener {
        let routes = RouteTable.routes(self)
        let frontDoor = FrontDoor(
            hosts: configuration.hosts, listen: configuration.listen.host,
            secureHosts: identity.map { identity in { @Sendable in identity.current.hosts } },
            screen: { [tenants] in tenants.screen(of: $0)?.screen }, trustsLoopback: configuration.trustsLoopback)
        let router = Router(
            routes: routes, tenants: tenants, administration: administration, frontDoor: frontDoor, limits: limits,
            measures: measures, logger: logger)
        let pages = Pages()
        let enrolment = identity.map {
            Enrolment(pages: pages, authority: $0.authority) { self.securePort.withLock { $0 } }
        }
        var hooks = HTTPHooks()
        hooks.admit = { [tenants] head in
            let refusal = frontDoor.admit(head)
            if refusal?.status == 403 {
                let asked = "\(head.method) from another site"
                tenants.front(for: head).tenant.refusals.note(
                    .init(origin: Origin(address: head.peerAddress), code: .forbidden, asked: asked))
            }
            return refusal
        }
        hooks.immediate = { enrolment?.answer($0) ?? pages.answer($0) }
        if configuration.tls.isStrict { hooks.secureHeaders = [("Strict-Transport-Security", "max-age=31536000")] }
        let bodyByteCountMax = configuration.http.bodyByteCountMax
        hooks.bodyByteCountMax = { method, path in
            let most = router.bodyByteCountMax(method, path)
            // The setting is for what people and programs ask; files have bounds of their own.
            return most > Router.jsonByteCountMax ? most : min(most, bodyByteCountMax)
        }
        hooks.refusal = { refusal in
            let failure = Failure(refusal.status == 413 ? .tooLarge : .invalid, refusal.detail)
            return FrontDoor.harden(HTTPResponse(failure, status: refusal.status, requestID: "-"))
        }
        let listener = HTTPListener(
            limits: configuration.httpLimits, host: configuration.listen.host, port: configuration.listen.port,
            tls: secureListening, loop: loop, hooks: hooks, logger: logger
        ) { await router.answer($0) }
        measures.collect { [tenants, heartbeat, limits] in
            BoxFigures.lines(tenants.all, http: listener.counters.snapshot, heartbeat: heartbeat) + limits.lines
        }
        return listener
    }

    private var secureListening: TLSListening? {
        guard let identity, let listen = configuration.tls.listen else { return nil }
        var limits = TLSLimits()
        limits.connectionCountMax = configuration.http.connectionCountMax
        return TLSListening(
            host: listen.host, port: listen.port, credentials: identity.current.credentials, limits: limits)
    }
}
