// libmicrohttpd's side: its start, what it calls back, and how answers are handed to it. All of it runs on the loop,
// inside MHD_run. Nothing of the library's is named outside this driver.
import CLinux
import CMicroHTTPD
import Core
import Glibc
import Logging
import Synchronization

extension HTTPListener {
    /// Starts libmicrohttpd without threads of its own. It takes the listening socket over.
    func startDaemon(listening: CInt) -> OpaquePointer? {
        var settings = depot_mhd_settings()
        settings.listen_socket = listening
        settings.connection_memory_limit = limits.connectionMemoryByteCount
        // Ours are counted in `accept`; this one only keeps libmicrohttpd's own table bounded.
        settings.connection_limit = UInt32(clamping: limits.connectionCountMax)
        settings.inactivity_seconds = UInt32(clamping: limits.idleKeepAlive.components.seconds)
        // Unretained: the loop holds the listener as a turn taker until the daemon is stopped.
        settings.cls = Unmanaged.passUnretained(self).toOpaque()
        settings.log = { cls, format, arguments in HTTPListener.from(cls)?.log(format, arguments) }
        settings.accept = { cls, address, _ in
            HTTPListener.from(cls)?.accepts(PeerAddress(address)) == true ? .YES : .NO
        }
        settings.connection = { cls, connection, context, event in
            HTTPListener.from(cls)?.connectionChanged(connection, context, isOpening: depot_mhd_is_start(event) != 0)
        }
        settings.target = { cls, uri, connection in HTTPListener.from(cls)?.requestBegins(uri, connection) }
        settings.access = { cls, connection, _, method, version, upload, uploadCount, exchange in
            guard let exchange = HTTPExchange.from(exchange?.pointee), let method, let version, let uploadCount else {
                return .NO
            }
            let piece = UnsafeRawBufferPointer(start: upload, count: upload == nil ? 0 : uploadCount.pointee)
            uploadCount.pointee = 0
            let goesOn = exchange.step(
                method: String(cString: method), version: String(cString: version), upload: piece)
            return goesOn ? .YES : .NO
        }
        settings.completed = { cls, _, exchange, _ in
            guard let raw = exchange?.pointee else { return }
            exchange?.pointee = nil
            HTTPListener.from(cls)?.requestEnds(Unmanaged<HTTPExchange>.fromOpaque(raw).takeRetainedValue())
        }
        // Targets are decoded by HTTPTarget: libmicrohttpd would cut them at an encoded NUL.
        settings.unescape = { _, _, text in text.map { strlen($0) } ?? 0 }
        return depot_mhd_start(&settings)
    }

    private static func from(_ cls: UnsafeMutableRawPointer?) -> HTTPListener? {
        cls.map { Unmanaged<HTTPListener>.fromOpaque($0).takeUnretainedValue() }
    }

    private func log(_ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?) {
        guard let format, let arguments else { return }
        var text = [CChar](repeating: 0, count: 512)
        vsnprintf(&text, text.count, format, arguments)
        let line = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        // Nearly all of it is what peers do wrong, so it is not for the log of a healthy box.
        logger.debug("libmicrohttpd", metadata: ["text": "\(line)"])
    }

    private func accepts(_ peer: PeerAddress) -> Bool {
        let most = peer.isLoopback ? limits.connectionCountLoopbackMax : limits.connectionCountPerAddressMax
        let isRoom =
            connections.count + sockets.count < limits.connectionCountMax
            && connectionCountByAddress[peer.text, default: 0] < most
        if !isRoom { counters.connectionsRefused.add(1) }
        return isRoom
    }

    func hasRoomForWebSocket(from peer: PeerAddress) -> Bool {
        peer.isLoopback || sockets.count(from: peer.text) < limits.webSocketCountPerAddressMax
    }

    private func connectionChanged(
        _ handle: OpaquePointer?, _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, isOpening: Bool
    ) {
        guard let handle, let context else { return }
        if isOpening {
            let deadline = bootClockNanoseconds() + limits.headerDeadline.nanoseconds
            let connection = HTTPConnection(
                descriptor: depot_mhd_connection_fd(handle), peer: PeerAddress(depot_mhd_peer(handle)),
                tls: takeRelay(of: depot_mhd_connection_fd(handle)), headDeadline: deadline)
            context.pointee = Unmanaged.passRetained(connection).toOpaque()
            connections[ObjectIdentifier(connection)] = connection
            connectionCountByAddress[connection.peer.text, default: 0] += 1
            counters.connectionsTotal.add(1)
        } else if let raw = context.pointee {
            context.pointee = nil
            let connection = Unmanaged<HTTPConnection>.fromOpaque(raw).takeRetainedValue()
            connections[ObjectIdentifier(connection)] = nil
            let left = connectionCountByAddress[connection.peer.text, default: 1] - 1
            connectionCountByAddress[connection.peer.text] = left > 0 ? left : nil
        }
        counters.connectionsOpen.store(connections.count, ordering: .relaxed)
    }

    /// The first callback of a request: what is returned here is the exchange in all later ones.
    private func requestBegins(_ uri: UnsafePointer<CChar>?, _ handle: OpaquePointer?) -> UnsafeMutableRawPointer? {
        guard let uri, let handle, let raw = depot_mhd_socket_context(handle) else { return nil }
        let connection = Unmanaged<HTTPConnection>.fromOpaque(raw).takeUnretainedValue()
        let exchange = HTTPExchange(
            number: nextExchangeNumber(), target: String(validatingCString: uri) ?? "", handle: handle,
            connection: connection,
            listener: self)
        connection.exchange = exchange
        return Unmanaged.passRetained(exchange).toOpaque()
    }

    private func requestEnds(_ exchange: HTTPExchange) {
        exchange.forgetBody()
        let patience = limits.idleKeepAlive.nanoseconds + limits.headerDeadline.nanoseconds
        exchange.connection.phase = .head(deadline: bootClockNanoseconds() + patience)
    }

    /// The header fields of a request. Bytes that are not UTF-8 become U+FFFD.
    func headers(of connection: OpaquePointer) -> HTTPHeaders {
        var headers = HTTPHeaders()
        withUnsafeMutablePointer(to: &headers) { pointer in
            _ = depot_mhd_each_header(
                connection,
                { cls, _, name, nameCount, value, valueCount in
                    let name = UnsafeRawBufferPointer(start: name, count: name == nil ? 0 : nameCount)
                    let value = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueCount)
                    cls?.assumingMemoryBound(to: HTTPHeaders.self).pointee.add(
                        String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
                    return .YES
                }, pointer)
        }
        return headers
    }
}

extension HTTPExchange {
    fileprivate static func from(_ context: UnsafeMutableRawPointer?) -> HTTPExchange? {
        context.map { Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue() }
    }
}

// Answers.
extension HTTPListener {
    /// Fields that libmicrohttpd words itself.
    private static let ownFields = ["Content-Length", "Connection", "Transfer-Encoding", "Date"]

    /// Hands an answer to libmicrohttpd. - Returns: whether it took it.
    func queue(_ response: HTTPResponse, for exchange: HTTPExchange, closing: Bool) -> Bool {
        let hasBody = response.status >= 200 && response.status != 204 && response.status != 304
        guard let answer = hasBody ? Self.answer(with: response) : depot_mhd_empty_response() else { return false }
        defer { MHD_destroy_response(answer) }
        for field in response.headers where !Self.ownFields.contains(where: { HTTPHeaders.isSame($0, field.name) }) {
            // Refused by libmicrohttpd are only names and values that would break the head.
            if MHD_add_response_header(answer, field.name, field.value) != .YES {
                logger.error("a response header was left out", metadata: ["name": "\(field.name)"])
            }
        }
        if exchange.connection.tls != nil {
            for field in hooks.secureHeaders { MHD_add_response_header(answer, field.name, field.value) }
        }
        if closing { MHD_add_response_header(answer, "Connection", "close") }
        let status = (200...599).contains(response.status) ? response.status : 500
        counters.countResponse(status)
        return MHD_queue_response(exchange.handle, UInt32(status), answer) == .YES
    }

    private static func answer(with response: HTTPResponse) -> OpaquePointer? {
        guard response.bodyByteCount > 0 else { return depot_mhd_empty_response() }
        return response.body.map(answer(sharing:)) ?? response.file.flatMap { answer(from: $0, response.filePart) }
    }

    /// An answer that libmicrohttpd reads from the disk as the peer takes it, and closes when it is sent.
    private static func answer(from file: ExportFile, _ part: Range<Int>?) -> OpaquePointer? {
        let own = depot_dup_cloexec(file.descriptor)
        guard own >= 0 else { return nil }
        let part = part ?? 0..<file.byteCount
        let answer = MHD_create_response_from_fd_at_offset64(UInt64(part.count), own, UInt64(part.lowerBound))
        if answer == nil { close(own) }
        return answer
    }

    /// An answer that shares the bytes and lets go of them when it is sent.
    private static func answer(sharing body: SharedBytes) -> OpaquePointer? {
        let owner = Unmanaged.passRetained(body)
        let answer = MHD_create_response_from_buffer_with_free_callback_cls(
            body.count, UnsafeMutableRawPointer(mutating: body.bytes.baseAddress),
            { cls in
                if let cls { Unmanaged<SharedBytes>.fromOpaque(cls).release() }
            }, owner.toOpaque())
        if answer == nil { owner.release() }
        return answer
    }

    /// Queues the 101; libmicrohttpd calls back with the socket once it is sent.
    func queueUpgrade(_ upgrade: WebSocketUpgrade, _ handshake: WebSocketHandshake, for exchange: HTTPExchange) -> Bool
    {
        let answer = MHD_create_response_for_upgrade(
            { _, _, exchange, extra, extraCount, descriptor, handle in
                guard let exchange = HTTPExchange.from(exchange), let handle else { return }
                let extra = UnsafeRawBufferPointer(start: extra, count: extra == nil ? 0 : extraCount)
                exchange.listener.adopt(descriptor, of: exchange, extra: Array(extra), handle: handle)
            }, nil)
        guard let answer else { return false }
        defer { MHD_destroy_response(answer) }
        exchange.agreed = (upgrade, handshake.isDeflateAgreed)
        MHD_add_response_header(answer, "Upgrade", "websocket")
        MHD_add_response_header(answer, "Sec-WebSocket-Accept", handshake.accept)
        if handshake.isDeflateAgreed {
            MHD_add_response_header(answer, "Sec-WebSocket-Extensions", WebSocketHandshake.deflateAnswer)
        }
        if let subprotocol = upgrade.subprotocol {
            MHD_add_response_header(answer, "Sec-WebSocket-Protocol", subprotocol)
        }
        for field in upgrade.headers { MHD_add_response_header(answer, field.name, field.value) }
        exchange.connection.phase = .answer(since: bootClockNanoseconds(), byteCount: 0)
        counters.countResponse(101)
        return MHD_queue_response(exchange.handle, UInt32(MHD_HTTP_SWITCHING_PROTOCOLS), answer) == .YES
    }

    /// Takes the socket over by a duplicate of its descriptor and gives libmicrohttpd's end back at once: that frees
    /// the 32 KiB it keeps per connection. `extra` came in the packet of the handshake and belongs to the WebSocket.
    private func adopt(_ descriptor: CInt, of exchange: HTTPExchange, extra: [UInt8], handle: OpaquePointer) {
        if let relay = exchange.connection.tls { return adopt(relay, of: exchange, extra: extra, handle: handle) }
        let own = depot_dup_cloexec(descriptor)
        _ = depot_mhd_upgrade_close(handle)
        guard own >= 0, let (upgrade, isDeflateAgreed) = exchange.agreed else {
            if own >= 0 { Glibc.close(own) }
            logger.warning("no descriptor left for a WebSocket")
            return
        }
        sockets.adopt(
            .plain(own), peerAddress: exchange.connection.peer.text, isDeflateAgreed: isDeflateAgreed, upgrade: upgrade,
            extraInput: extra)
    }
}
