// The request target, decoded once and strictly: what it refuses can never reach a route or a file name. It is taken
// apart by bytes: to a Character, a slash and an accent after it are one letter, and no slash.

/// A request target, taken apart.
struct HTTPTarget: Equatable {
    let path: String
    let query: [HTTPQueryItem]

    /// Most query items taken; a longer query is refused. Each costs two strings.
    static let queryItemCountMax = 256

    /// Takes an origin-form, absolute-form or asterisk target apart.
    ///
    /// Nil for anything else, and for control characters, bad percent escapes, invalid UTF-8, `.` and `..` segments
    /// (before or after decoding) and an encoded slash or backslash, which would shift the segments.
    /// - Source: RFC 9112 §3.2, RFC 3986 §2.1.
    init?(_ target: String) {
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        if target == "*" {
            path = "*"
            query = []
            return
        }
        guard let origin = Self.originForm(target) else { return nil }
        let beforeFragment = origin.prefix { $0 != UInt8(ascii: "#") }
        let parts = beforeFragment.split(
            separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let rawPath = parts.first, let path = Self.decodedPath(rawPath) else { return nil }
        guard let query = Self.items(parts.count > 1 ? parts[1] : "".utf8[...]) else { return nil }
        self.path = path
        self.query = query
    }

    /// The part from the first slash of the path; an absolute target loses its scheme and authority.
    private static func originForm(_ target: String) -> Substring.UTF8View? {
        let bytes = target.utf8
        let slash = UInt8(ascii: "/")
        if bytes.first == slash { return bytes[...] }
        let front = target.prefix(8).lowercased().utf8
        guard let scheme = ["http://", "https://"].first(where: { front.starts(with: $0.utf8) }) else { return nil }
        let afterScheme = bytes.dropFirst(scheme.utf8.count)
        guard let end = afterScheme.firstIndex(where: { $0 == slash || $0 == UInt8(ascii: "?") }) else {
            return "/".utf8[...]
        }
        let rest = afterScheme[end...]
        return rest.first == slash ? rest : Substring("/" + Substring(rest)).utf8
    }

    private static func decodedPath(_ raw: Substring.UTF8View) -> String? {
        var segments: [String] = []
        for part in raw.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let segment = decoded(part, plusIsSpace: false), segment != ".", segment != "..",
                segment.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x2F && $0 != 0x5C && $0 != 0x7F })
            else { return nil }
            segments.append(segment)
        }
        return segments.joined(separator: "/")
    }

    private static func items(_ raw: Substring.UTF8View) -> [HTTPQueryItem]? {
        let parts = raw.split(separator: UInt8(ascii: "&"))
        guard parts.count <= queryItemCountMax else { return nil }
        var items: [HTTPQueryItem] = []
        for part in parts {
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(pair[0], plusIsSpace: true),
                let value = decoded(pair.count > 1 ? pair[1] : "".utf8[...], plusIsSpace: true)
            else { return nil }
            items.append(HTTPQueryItem(name: name, value: value))
        }
        return items
    }

    /// Percent-decodes once; nil for a bad escape, a NUL, or bytes that are not UTF-8.
    static func decoded(_ text: Substring.UTF8View, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
