// Parameters of a call in PostgreSQL's binary form: no quoting, so what a person typed is never taken for SQL, and a batch
// of a thousand rows is a handful of arrays.
import Foundation

/// One parameter.
package enum PostgresValue: Sendable {
    case text(String?)
    case int(Int64)
    case bytes([UInt8]?)
    case ints([Int64])
    case doubles([Double]?)
    case texts([String?])
    case blobs([[UInt8]?])

    /// The type's object identifier, the same in every PostgreSQL.
    ///
    /// - Source: src/include/catalog/pg_type.dat.
    var type: UInt32 {
        switch self {
        case .text: 25
        case .int: 20
        case .bytes: 17
        case .ints: 1016
        case .doubles: 1022
        case .texts: 1009
        case .blobs: 1001
        }
    }

    /// The value's bytes; nil is NULL.
    var encoded: [UInt8]? {
        switch self {
        case .text(let text): text.map { Array($0.utf8) }
        case .int(let number): Self.bigEndian(number)
        case .bytes(let bytes): bytes
        case .ints(let numbers): Self.array(of: 20, numbers.map { Self.bigEndian($0) })
        case .doubles(let numbers):
            numbers.map { Self.array(of: 701, $0.map { Self.bigEndian(Int64(bitPattern: $0.bitPattern)) }) }
        case .texts(let texts): Self.array(of: 25, texts.map { $0.map { Array($0.utf8) } })
        case .blobs(let blobs): Self.array(of: 17, blobs)
        }
    }

    /// One dimension with indexes from 1: its count, flags and element type, then each element's length and bytes.
    ///
    /// - Source: array_send in src/backend/utils/adt/arrayfuncs.c.
    private static func array(of type: UInt32, _ elements: [[UInt8]?]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(elements.reduce(20) { $0 + 4 + ($1?.count ?? 0) })
        bytes += bigEndian(Int32(elements.isEmpty ? 0 : 1))
        bytes += bigEndian(Int32(elements.contains { $0 == nil } ? 1 : 0))
        bytes += bigEndian(Int32(bitPattern: type))
        guard !elements.isEmpty else { return bytes }
        bytes += bigEndian(Int32(elements.count)) + bigEndian(Int32(1))
        for element in elements {
            bytes += bigEndian(Int32(element?.count ?? -1))
            if let element { bytes += element }
        }
        return bytes
    }

    private static func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
