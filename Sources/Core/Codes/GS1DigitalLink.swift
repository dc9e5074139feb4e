// GS1 Digital Link: the same keys in a web address, as printed in QR codes. Nothing is fetched: the address is only
// read. Compressed links and the withdrawn word names (/gtin/) are opaque.
import Foundation

/// A web address taken apart into what codes need; nil for anything that is not http or https.
struct WebAddress {
    /// The host in lower case.
    let host: String
    /// The parts between the slashes, percent signs undone; an empty last part is left out.
    let path: [String]
    /// Names and values behind the question mark, percent signs undone.
    let query: [(name: String, value: String)]

    init?(_ text: String) {
        guard text.lowercased().hasPrefix("http"), let parts = URLComponents(string: text) else { return nil }
        guard let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme) else { return nil }
        guard let host = parts.host, !host.isEmpty else { return nil }
        self.host = host.lowercased()
        // Split before decoding: an escaped slash belongs to the value.
        var encoded = parts.percentEncodedPath.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if encoded.last?.isEmpty == true { encoded = encoded.dropLast() }
        path = encoded.map { $0.removingPercentEncoding ?? String($0) }
        query = (parts.percentEncodedQuery ?? "").split(whereSeparator: { $0 == "&" || $0 == ";" }).map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { $0.removingPercentEncoding ?? String($0) }
            return (halves.first ?? "", halves.dropFirst().first ?? "")
        }
    }
}

extension GS1 {
    /// AIs that may open the GS1 part of an address.
    /// - Source: GS1 Digital Link Standard: URI Syntax, section 4.3
    private static let linkKeys: Set<String> = [
        "00", "01", "253", "255", "401", "402", "410", "411", "412", "413", "414", "415", "416", "417",
        "8003", "8004", "8006", "8010", "8013", "8017", "8018",
    ]

    /// Reads a GS1 Digital Link; nil when the address is none. Anything may stand in the path before the first key.
    static func elements(link text: String) -> [GS1Element]? {
        guard let address = WebAddress(text) else { return nil }
        for start in address.path.indices where linkKeys.contains(address.path[start]) {
            guard let path = elements(path: address.path[start...]) else { continue }
            let attributes = address.query.compactMap { linkElement(ai: $0.name, value: $0.value) }
            return path + attributes
        }
        return nil
    }

    private static func elements(path: ArraySlice<String>) -> [GS1Element]? {
        var elements: [GS1Element] = []
        var rest = path
        while let ai = rest.popFirst() {
            guard let value = rest.popFirst(), let element = linkElement(ai: ai, value: value) else { return nil }
            elements.append(element)
        }
        return elements
    }

    /// A link may carry a GTIN as it is on the product, with 8, 12 or 13 digits; everywhere else it has 14.
    private static func linkElement(ai: String, value: String) -> GS1Element? {
        guard ai == "01", [8, 12, 13].contains(value.utf8.count) else { return element(ai: ai, value: value) }
        return element(ai: ai, value: String(repeating: "0", count: 14 - value.utf8.count) + value)
    }
}
