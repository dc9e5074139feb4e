// The two cookies of the pages: a person's session, and a trusted screen.
import Core
import Drivers
import Foundation

/// A cookie that no script reads and no other site makes a browser send.
enum Cookie: String {
    case session, device

    /// Over TLS it has another name, which browsers take and give over TLS only: a page without TLS can neither read nor
    /// replace it.
    ///
    /// - Source: RFC 6265bis §4.1.3.2.
    func name(isSecure: Bool) -> String { (isSecure ? "__Host-" : "") + "depotd_\(rawValue)" }

    /// What a request brings of it.
    func value(in head: HTTPRequestHead) -> String? {
        let name = name(isSecure: head.isSecure)
        for cookie in head.headers.all("Cookie").flatMap({ $0.split(separator: ";") }) {
            let pair = cookie.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if pair.count == 2, pair[0] == name { return pair[1] }
        }
        return nil
    }

    /// The Set-Cookie that gives it; nil takes it away. A session's goes with the browser, a screen's stays as long as
    /// browsers let it.
    func setting(_ value: String?, isSecure: Bool) -> String {
        let stays = value == nil ? "; Max-Age=0" : self == .device ? "; Max-Age=\(400 * 24 * 3_600)" : ""
        return "\(name(isSecure: isSecure))=\(value ?? ""); Path=/; HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "") + stays
    }
}

extension HTTPResponse {
    /// Gives a cookie to whoever asked.
    func giving(_ cookie: Cookie, _ value: String?, to exchange: Exchange) -> HTTPResponse {
        with("Set-Cookie", cookie.setting(value, isSecure: exchange.request.head.isSecure))
    }
}
