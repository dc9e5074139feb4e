// Names of things: version 7 UUIDs as text, each bound to what it names so that a door's is never taken for an
// asset's. Stored as text: a person with the sqlite3 shell can read a row.
package import Foundation
import GRDB

/// The identifier of one `Named`: a version 7 UUID in lower-case text, ordered by the time it was made.
///
/// - Source: RFC 9562 §5.7.
package struct Identifier<Named>: RawRepresentable, Hashable, Sendable, DatabaseValueConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }
    package init(_ text: String) { rawValue = text }

    /// A new identifier made at `date`.
    package init(at date: Date) { rawValue = UUIDv7.text(at: date) }
}

/// Makes version 7 UUIDs.
package enum UUIDv7 {
    /// 48 bits of Unix milliseconds, then 74 random bits, as lower-case text.
    package static func text(at date: Date) -> String {
        let milliseconds = UInt64(max(0, date.timeIntervalSince1970 * 1000))
        var bytes = SecureRandom.bytes(16)
        for index in 0..<6 { bytes[index] = UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * index)) }
        bytes[6] = 0x70 | (bytes[6] & 0x0F)
        bytes[8] = 0x80 | (bytes[8] & 0x3F)
        return String(unsafeUninitializedCapacity: 36) { text in
            var count = 0
            for (index, byte) in bytes.enumerated() {
                if [4, 6, 8, 10].contains(index) {
                    text[count] = UInt8(ascii: "-")
                    count += 1
                }
                text[count] = Hex.digit(byte >> 4)
                text[count + 1] = Hex.digit(byte & 15)
                count += 2
            }
            return count
        }
    }
}
