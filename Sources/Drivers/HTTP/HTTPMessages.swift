// Requests and responses as values. How they get on and off the wire is HTTPExchange's affair; what a target may look
// like is HTTPTarget's.
package import Core

/// The fields of a request's or response's head, in the order they came.
package struct HTTPHeaders: Sendable, Sequence {
    private var fields: [(name: String, value: String)] = []

    /// No fields.
    package init() {}

    /// The first value of a field; names compare without regard to case.
    package subscript(name: String) -> String? {
        fields.first { Self.isSame($0.name, name) }?.value
    }

    /// All values of a field, in order.
    package func all(_ name: String) -> [String] {
        fields.filter { Self.isSame($0.name, name) }.map(\.value)
    }

    /// Adds a field behind the others.
    package mutating func add(_ name: String, _ value: String) { fields.append((name, value)) }

    /// The fields in order.
    package func makeIterator() -> IndexingIterator<[(name: String, value: String)]> { fields.makeIterator() }

    /// The comma-separated tokens of all fields of this name, lower-cased and trimmed.
    package func tokens(_ name: String) -> [String] {
        all(name).flatMap { $0.split(separator: ",") }.map { $0.trimmed.lowercased() }.filter { !$0.isEmpty }
    }

    /// ASCII only, as field names are; no allocation.
    static func isSame(_ one: String, _ other: String) -> Bool {
        one.utf8.count == other.utf8.count && zip(one.utf8, other.utf8).allSatisfy { lower($0) == lower($1) }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
}

extension Substring {
    /// Without the spaces and tabs around it.
    var trimmed: Substring {
        var rest = self
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}

/// What is known of a request before its body has come.
package struct HTTPRequestHead: Sendable {
    /// Upper case, such as `GET`.
    package let method: String
    /// Percent-decoded once; begins with `/` (or is `*`), holds no NUL and no `.` or `..` segment.
    package let path: String
    /// The query's items, percent-decoded, in order; an item without `=` has an empty value.
    package let query: [HTTPQueryItem]
    /// The header fields; bytes that are not UTF-8 became U+FFFD.
    package let headers: HTTPHeaders
    /// The peer's address as text without its port, such as `192.168.4.20` or `fe80::1`.
    package let peerAddress: String
    /// Whether it came over TLS that ends here.
    package let isSecure: Bool
    /// Boot clock nanoseconds when the head was complete.
    package let receivedAt: UInt64

    /// The first value of a query item of this name.
    package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// A head made by hand, for routes under test.
    package init(
        method: String, path: String, query: [HTTPQueryItem] = [], headers: HTTPHeaders = HTTPHeaders(),
        peerAddress: String = "127.0.0.1", isSecure: Bool = false, receivedAt: UInt64 = 0
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.peerAddress = peerAddress
        self.isSecure = isSecure
        self.receivedAt = receivedAt
    }
}

/// One `name=value` of a query.
package struct HTTPQueryItem: Sendable, Equatable {
    /// Percent-decoded, `+` read as a space.
    package let name: String
    /// Percent-decoded, `+` read as a space; empty without `=`.
    package let value: String

    /// An item with decoded parts.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A request with its whole body.
@dynamicMemberLookup
package struct HTTPRequest: Sendable {
    /// What came before the body; its members are reached through the request too.
    package let head: HTTPRequestHead
    /// At most what `HTTPHooks.bodyByteCountMax` allowed for the method and path.
    package let body: [UInt8]

    /// A member of the head.
    package subscript<Value>(dynamicMember member: KeyPath<HTTPRequestHead, Value>) -> Value { head[keyPath: member] }

    /// A request made by hand, for routes under test.
    package init(head: HTTPRequestHead, body: [UInt8] = []) {
        self.head = head
        self.body = body
    }

    /// The first value of a header; names compare without regard to case.
    package func header(_ name: String) -> String? { head.headers[name] }

    /// The first value of a query item.
    package func query(_ name: String) -> String? { head.query(name) }
}

/// Immutable bytes that several responses or sockets share; freed with their last user.
// Unchecked: the memory is never written after `init`.
package final class SharedBytes: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    private let isOwned: Bool

    /// Copies the bytes once.
    package init(copying source: some Collection<UInt8>) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 1)
        memory.copyBytes(from: source)
        bytes = UnsafeRawBufferPointer(memory)
        isOwned = true
    }

    /// Allocates the bytes and lets `fill` write every one of them.
    init(byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 1)
        fill(memory)
        bytes = UnsafeRawBufferPointer(memory)
        isOwned = true
    }

    /// Refers to memory that lives as long as the process, such as pages in the binary; nothing is copied.
    package init(forever memory: UnsafeRawBufferPointer) {
        bytes = memory
        isOwned = false
    }

    deinit {
        if isOwned { bytes.deallocate() }
    }

    /// Length in bytes.
    package var count: Int { bytes.count }

    /// Runs `body` with the bytes, which it must not keep.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(bytes)
    }
}

/// An answer: status, headers and a body of known length. Content-Length, Date and the absent body of HEAD, 204 and 304
/// are seen to by the listener.
package struct HTTPResponse: Sendable {
    /// 200 to 599; anything else leaves as 500.
    package var status: Int
    /// Content-Length, Connection, Transfer-Encoding and Date are left out: the listener words them.
    package var headers = HTTPHeaders()
    /// Nil for no body, or for one that is a file.
    package var body: SharedBytes?
    /// A body on the disk; `body` goes before it.
    package var file: ExportFile?
    /// What of `file` is sent; nil for all.
    var filePart: Range<Int>?
    /// Whether the connection ends after this answer.
    package var closesConnection = false

    /// An answer without a body.
    package init(status: Int) { self.status = status }

    /// An answer with a body that is copied once.
    package init(status: Int = 200, contentType: String, bytes: some Collection<UInt8>) {
        self.init(status: status, contentType: contentType, body: SharedBytes(copying: bytes))
    }

    /// An answer with a body of text.
    package init(status: Int = 200, contentType: String = "text/plain; charset=utf-8", text: String) {
        self.init(status: status, contentType: contentType, bytes: Array(text.utf8))
    }

    /// An answer whose body lives as long as the process; nothing is copied.
    package init(status: Int = 200, contentType: String, forever memory: UnsafeRawBufferPointer) {
        self.init(status: status, contentType: contentType, body: SharedBytes(forever: memory))
    }

    /// An answer that is sent from a file.
    package init(status: Int = 200, contentType: String, file: ExportFile) {
        self.status = status
        self.file = file
        headers.add("Content-Type", contentType)
    }

    var bodyByteCount: Int { body?.count ?? filePart?.count ?? file?.byteCount ?? 0 }

    /// An answer with a shared body.
    package init(status: Int = 200, contentType: String, body: SharedBytes) {
        self.status = status
        self.body = body
        headers.add("Content-Type", contentType)
    }

    /// The same answer with one more header.
    package func with(_ name: String, _ value: String) -> HTTPResponse {
        var copy = self
        copy.headers.add(name, value)
        return copy
    }
}

/// What a handler decides: an answer, or to go on as a WebSocket.
package enum HTTPReply: Sendable {
    case response(HTTPResponse)
    /// Goes on as a WebSocket if the request is a right handshake; otherwise the listener refuses it (400, 426).
    case upgrade(WebSocketUpgrade)
}

/// Why the listener itself refuses a request; the appliance turns it into its problem document.
package struct HTTPRefusal: Error, Sendable {
    /// The status to answer with.
    package let status: Int
    /// A sentence for the person who made the client.
    package let detail: String
}
