// The one thing that is served without TLS to other machines: how to make a phone or a computer trust this box. The
// page itself is in the pages; this fills in the address and the fingerprint, and gives out the authority.
import Core
import Drivers
import Foundation

/// Answers under `/enroll`, on the loop, from memory.
struct Enrolment: Sendable {
    private let page: String
    private let authority: CertificateFacts?
    /// The port of TLS, known once it is bound.
    private let securePort: @Sendable () -> UInt16

    init(pages: Pages, authority: CertificateFacts?, securePort: @escaping @Sendable () -> UInt16) {
        page = pages.text(at: "/enroll.html") ?? ""
        self.authority = authority
        self.securePort = securePort
    }

    /// Whether an address belongs to the enrolment: the page, what it offers, and its style and mark.
    static func isPart(_ head: HTTPRequestHead) -> Bool {
        let isAsset = head.path.hasPrefix("/assets/enroll-") || head.path.hasPrefix("/assets/mark-")
        return ["GET", "HEAD"].contains(head.method)
            && (head.path == "/enroll" || head.path.hasPrefix("/enroll/") || isAsset)
    }

    /// The answer for an address of the enrolment; nil for any other.
    func answer(_ request: HTTPRequest) -> HTTPResponse? {
        guard Self.isPart(request.head), !request.path.hasPrefix("/assets/") else { return nil }
        guard let authority else {
            return FrontDoor.harden(
                HTTPResponse(
                    Failure(.notFound, "This box shows a certificate that browsers know; there is nothing to install."),
                    requestID: "-"))
        }
        return FrontDoor.harden(answer(request, authority).with("Cache-Control", "no-store"))
    }

    private func answer(_ request: HTTPRequest, _ authority: CertificateFacts) -> HTTPResponse {
        switch request.path {
        case "/enroll", "/enroll/":
            HTTPResponse(contentType: "text/html; charset=utf-8", bytes: Array(page(request, authority).utf8))
        case "/enroll/depotd-ca.crt":
            HTTPResponse(contentType: "application/x-x509-ca-cert", bytes: authority.der)
        case "/enroll/depotd-ca.pem":
            HTTPResponse(contentType: "application/x-pem-file", bytes: authority.pem)
                .with("Content-Disposition", "attachment; filename=\"depotd-ca.pem\"")
        case "/enroll/depotd-ca.mobileconfig":
            HTTPResponse(contentType: "application/x-apple-aspen-config", bytes: Array(profile(authority).utf8))
        default: HTTPResponse(Failure(.notFound, "There is no such file."), requestID: "-")
        }
    }

    /// The address under which the box is asked over TLS, by the name it was asked by now.
    func secureAddress(for host: String) -> String {
        "https://\(FrontDoor.name(of: host)):\(securePort())/"
    }

    private func page(_ request: HTTPRequest, _ authority: CertificateFacts) -> String {
        let fingerprint = authority.fingerprint.map { Hex.text([$0]).uppercased() }.joined(separator: " ")
        let address = secureAddress(for: request.header("Host") ?? "localhost")
        return [("@NAME@", authority.commonName), ("@FINGERPRINT@", fingerprint), ("@ADDRESS@", address)]
            .reduce(page) { $0.replacingOccurrences(of: $1.0, with: Self.escaped($1.1)) }
    }

    /// A configuration profile with the authority in it.
    ///
    /// - Source: Apple, Configuration Profile Reference, "Certificate Payloads": `com.apple.security.root`.
    private func profile(_ authority: CertificateFacts) -> String {
        let name = Self.escaped(authority.commonName)
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
            <plist version="1.0"><dict>
            <key>PayloadContent</key><array><dict>
            <key>PayloadCertificateFileName</key><string>depotd-ca.crt</string>
            <key>PayloadContent</key><data>\(Data(authority.der).base64EncodedString())</data>
            <key>PayloadDisplayName</key><string>\(name)</string>
            <key>PayloadIdentifier</key><string>org.depotd.authority.\(Self.uuid(authority, 0))</string>
            <key>PayloadType</key><string>com.apple.security.root</string>
            <key>PayloadUUID</key><string>\(Self.uuid(authority, 0))</string>
            <key>PayloadVersion</key><integer>1</integer>
            </dict></array>
            <key>PayloadDescription</key>
            <string>Lets this device trust the depot's box, and only boxes on local networks.</string>
            <key>PayloadDisplayName</key><string>\(name)</string>
            <key>PayloadIdentifier</key><string>org.depotd.enrolment.\(Self.uuid(authority, 16))</string>
            <key>PayloadType</key><string>Configuration</string>
            <key>PayloadUUID</key><string>\(Self.uuid(authority, 16))</string>
            <key>PayloadVersion</key><integer>1</integer>
            </dict></plist>

            """
    }

    /// The same for the same authority, so that installing it again replaces it.
    private static func uuid(_ authority: CertificateFacts, _ offset: Int) -> String {
        let hex = Hex.text(Array(authority.fingerprint[offset..<offset + 16])).uppercased()
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex.dropFirst($0.lowerBound).prefix($0.count)) }
            .joined(separator: "-")
    }

    private static func escaped(_ text: String) -> String {
        [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")]
            .reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }
}
