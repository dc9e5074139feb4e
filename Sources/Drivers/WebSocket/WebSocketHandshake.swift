// The opening handshake: is this request one, what is answered, and is permessage-deflate agreed on. Everything after
// the 101 is WebSocket's.
import Foundation

/// A right opening handshake and what was agreed in it.
/// - Source: RFC 6455 §4.2, RFC 7692 §7.
struct WebSocketHandshake {
    /// The value of Sec-WebSocket-Accept.
    let accept: String
    /// Whether messages may be deflated, each by itself and in both directions.
    let isDeflateAgreed: Bool

    /// Judges a request. - Throws: ``Refusal`` with the answer's status.
    init(_ head: HTTPRequestHead, offersDeflate: Bool) throws(Refusal) {
        guard head.method == "GET" else { throw Refusal(status: 405, detail: "A WebSocket is opened by GET.") }
        guard head.headers.tokens("Upgrade").contains("websocket"),
            head.headers.tokens("Connection").contains("upgrade")
        else { throw Refusal(status: 426, detail: "This address speaks WebSocket only.") }
        guard head.headers.all("Sec-WebSocket-Version") == ["13"] else {
            throw Refusal(status: 426, detail: "Only version 13 of WebSocket is spoken here.")
        }
        let keys = head.headers.all("Sec-WebSocket-Key")
        guard keys.count == 1, Data(base64Encoded: keys[0])?.count == 16 else {
            throw Refusal(status: 400, detail: "Sec-WebSocket-Key must be 16 bytes in base64.")
        }
        accept = Self.accept(for: keys[0])
        isDeflateAgreed = offersDeflate && Self.agreesOnDeflate(head.headers.all("Sec-WebSocket-Extensions"))
    }

    /// Why a handshake is refused.
    struct Refusal: Error {
        let status: Int
        let detail: String
    }

    /// The answer's extension when ``isDeflateAgreed``: no context is kept between messages on either side, so that
    /// one deflated frame serves every socket and a quiet socket costs no window.
    static let deflateAnswer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    static func accept(for key: String) -> String {
        Data(sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))).base64EncodedString()
    }

    /// Whether one of the offers can be kept as it stands.
    static func agreesOnDeflate(_ fields: [String]) -> Bool {
        let offers = fields.flatMap { $0.split(separator: ",") }
        return offers.contains { isDeflateOfferWeCanKeep($0.split(separator: ";").map { $0.trimmed.lowercased() }) }
    }

    /// A smaller server window than 15 bits is declined: shared frames are deflated once, with the full window.
    private static func isDeflateOfferWeCanKeep(_ parts: [String]) -> Bool {
        guard parts.first == "permessage-deflate" else { return false }
        let parameters = parts.dropFirst()
        let names = parameters.map { $0.prefix { $0 != "=" } }
        guard Set(names).count == names.count else { return false }
        return parameters.allSatisfy { parameter in
            switch parameter {
            case "server_no_context_takeover", "client_no_context_takeover", "client_max_window_bits": true
            case "server_max_window_bits=15", "server_max_window_bits=\"15\"": true
            default: isClientWindow(parameter)
            }
        }
    }

    private static func isClientWindow(_ parameter: String) -> Bool {
        let name = "client_max_window_bits="
        guard parameter.hasPrefix(name) else { return false }
        let bits = parameter.dropFirst(name.count).filter { $0 != "\"" }
        return Int(bits).map { (8...15).contains($0) } ?? false
    }
}
