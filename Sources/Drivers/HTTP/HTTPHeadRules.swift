// What a request's head must keep so that we and any proxy in front of us agree where the request ends. libmicrohttpd
// takes the first of two contradicting fields; a smuggled request lives on just that, so doubt is refused here.

/// The rules of a request's head. Pure functions.
enum HTTPHeadRules {
    /// How the body of a request comes.
    struct Framing: Equatable {
        /// Nil when the body is chunked.
        let byteCount: Int?
        let expectsContinue: Bool

        var hasBody: Bool { byteCount != 0 }
    }

    /// Judges a head. - Throws: ``HTTPRefusal`` with the status to answer; the connection is to be closed.
    /// - Source: RFC 9112 §3.2 (Host), §6.1 and §6.3 (Transfer-Encoding, Content-Length), RFC 9110 §10.1.1 (Expect).
    static func framing(
        method: String, version: String, target: String, headers: HTTPHeaders, limits: HTTPLimits
    ) throws(HTTPRefusal) -> Framing {
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw HTTPRefusal(status: 505, detail: "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
        }
        guard !method.isEmpty, method.utf8.count <= 16, method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            throw HTTPRefusal(status: 501, detail: "The method is not known.")
        }
        guard target.utf8.count <= limits.targetByteCountMax else {
            throw HTTPRefusal(status: 414, detail: "The request target is too long.")
        }
        try checkFields(headers, limits: limits)
        let hosts = headers.all("Host")
        guard hosts.count <= 1, version == "HTTP/1.0" || hosts.count == 1 else {
            throw HTTPRefusal(status: 400, detail: "Exactly one Host is needed.")
        }
        return try bodyFraming(headers, version: version)
    }

    private static func checkFields(_ headers: HTTPHeaders, limits: HTTPLimits) throws(HTTPRefusal) {
        var count = 0
        for field in headers {
            count += 1
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(isTokenByte) else {
                throw HTTPRefusal(status: 400, detail: "A header name holds characters that are not allowed.")
            }
            guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw HTTPRefusal(status: 400, detail: "A header value holds control characters.")
            }
        }
        guard count <= limits.headerCountMax else { throw HTTPRefusal(status: 431, detail: "Too many header fields.") }
    }

    private static func bodyFraming(_ headers: HTTPHeaders, version: String) throws(HTTPRefusal) -> Framing {
        let encodings = headers.all("Transfer-Encoding")
        let lengths = headers.all("Content-Length")
        let expectsContinue = headers.tokens("Expect").contains("100-continue")
        if !encodings.isEmpty {
            guard lengths.isEmpty, version == "HTTP/1.1" else {
                throw HTTPRefusal(status: 400, detail: "Transfer-Encoding cannot stand beside Content-Length.")
            }
            guard encodings.count == 1, HTTPHeaders.isSame(encodings[0], "chunked") else {
                throw HTTPRefusal(status: 501, detail: "Only the transfer encoding chunked is known.")
            }
            return Framing(byteCount: nil, expectsContinue: expectsContinue)
        }
        guard let length = lengths.first else { return Framing(byteCount: 0, expectsContinue: false) }
        // 18 digits always fit 63 bits.
        guard lengths.count == 1, !length.isEmpty, length.utf8.count <= 18,
            length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let byteCount = Int(length)
        else { throw HTTPRefusal(status: 400, detail: "Content-Length must be one number.") }
        return Framing(byteCount: byteCount, expectsContinue: expectsContinue)
    }

    /// - Source: RFC 9110 §5.6.2, `tchar`.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
