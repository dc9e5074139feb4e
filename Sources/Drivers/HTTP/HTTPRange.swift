// Parts of a file, so that a phone goes on where its line broke off and a film can be begun in its middle. Only a kept file
// is given in parts: one that carries an `ETag`. What is written anew for each request would not fit together.
//
// - Source: RFC 9110 §13.1.5 (`If-Range`), §14 (`Range`, one range of bytes; several are answered with the whole).
import Core

/// What of a file a request asks for.
enum HTTPRange: Equatable {
    case whole
    case part(Range<Int>)
    /// It begins behind the end.
    case beyond

    /// - Parameter tag: names these very bytes; without one it is the whole.
    init(_ head: HTTPRequestHead, byteCount: Int, tag: String?) {
        self = .whole
        guard head.method == "GET", let tag, let asked = head.headers["Range"] else { return }
        // A date never matches: files have no Last-Modified. Nor does a weak tag.
        if let only = head.headers["If-Range"], only != tag { return }
        let parts = asked.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else { return }
        let ends = parts[1].trimmed.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]) else { return }
        switch (first, last) {
        case (nil, nil): return
        case (nil, let count?):
            self = min(count, byteCount) == 0 ? .beyond : .part(max(0, byteCount - count)..<byteCount)
        case (let first?, nil): self = first < byteCount ? .part(first..<byteCount) : .beyond
        case (let first?, let last?):
            guard first <= last else { return }
            self = first < byteCount ? .part(first..<min(last, byteCount - 1) + 1) : .beyond
        }
    }

    /// Nil within for nothing, nil for what is no number. A number of any length is at most the largest.
    private static func number(_ text: Substring) -> Int?? {
        guard !text.isEmpty else { return .some(nil) }
        guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text) ?? .max
    }
}

extension HTTPResponse {
    /// The answer as the request asked for it, or nil when it asks for what is not there.
    func part(for head: HTTPRequestHead) -> HTTPResponse? {
        guard status == 200, body == nil, let file, let tag = headers["ETag"] else { return self }
        var answer = with("Accept-Ranges", "bytes")
        switch HTTPRange(head, byteCount: file.byteCount, tag: tag) {
        case .whole: break
        case .beyond: return nil
        case .part(let part):
            answer.status = 206
            answer.filePart = part
            answer = answer.with("Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(file.byteCount)")
        }
        return answer
    }
}
