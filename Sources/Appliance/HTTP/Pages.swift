// The pages that the binary carries: found by path, sent compressed when the browser can take it, and never copied.
import CPages
import Core
import Drivers

/// Answers for pages, on the event loop, from memory.
struct Pages: Sendable {
    private struct Page: Sendable {
        let contentType: String
        let encoding: String
        let etag: String
        let isImmutable: Bool
        let body: SharedBytes
    }

    private let identity: [String: Page]
    private let compressed: [String: Page]

    init() {
        var count: UInt = 0
        let pages = UnsafeBufferPointer(start: depotd_pages(&count), count: Int(count))
        var identity: [String: Page] = [:]
        var compressed: [String: Page] = [:]
        for page in pages {
            let memory = UnsafeRawBufferPointer(start: page.bytes, count: Int(page.count))
            let entry = Page(
                contentType: String(cString: page.content_type), encoding: String(cString: page.encoding),
                etag: String(cString: page.etag), isImmutable: page.immutable != 0, body: SharedBytes(forever: memory))
            let path = String(cString: page.path)
            if entry.encoding == "identity" { identity[path] = entry } else { compressed[path] = entry }
        }
        self.identity = identity
        self.compressed = compressed
    }

    /// The text of a page that others fill in.
    func text(at path: String) -> String? {
        identity[path].map { page in page.body.withBytes { String(decoding: $0, as: UTF8.self) } }
    }

    /// The page at this address; nil for the API's addresses. An address of the app that is no file is the app itself,
    /// which finds its own way.
    func answer(_ request: HTTPRequest) -> HTTPResponse? {
        guard ["GET", "HEAD"].contains(request.method), !Self.isOfTheAPI(request.path) else { return nil }
        let isFile = identity[request.path] != nil
        guard isFile || !request.path.contains(".") else {
            return FrontDoor.harden(HTTPResponse(Failure(.notFound, "There is no such file."), requestID: "-"))
        }
        let path = isFile ? request.path : "/index.html"
        let takesGzip = request.head.headers.tokens("Accept-Encoding").contains { $0.hasPrefix("gzip") }
        guard let page = (takesGzip ? compressed[path] : nil) ?? identity[path] else { return nil }
        return FrontDoor.harden(Self.response(page, to: request))
    }

    private static func isOfTheAPI(_ path: String) -> Bool {
        path.hasPrefix("/api/") || ["/healthz", "/readyz", "/metrics"].contains(path)
    }

    private static func response(_ page: Page, to request: HTTPRequest) -> HTTPResponse {
        let isKnown = request.header("If-None-Match") == page.etag
        var response =
            isKnown ? HTTPResponse(status: 304) : HTTPResponse(contentType: page.contentType, body: page.body)
        if page.encoding != "identity", !isKnown { response.headers.add("Content-Encoding", page.encoding) }
        response.headers.add("ETag", page.etag)
        response.headers.add("Vary", "Accept-Encoding")
        response.headers.add(
            "Cache-Control", page.isImmutable ? "public, max-age=31536000, immutable" : "no-cache")
        return response
    }
}
