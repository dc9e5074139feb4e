// The one rule of merging, for a box and for the simulator; the hub's is in etc/hub/8-merge.sql, and HubComparisonTests holds
// the two together. The newer of two values stands; of two whose authors did not know of each other both are kept until
// somebody who knows both says what is right.
import Foundation

/// What an author had seen of a record: by writer the number of the latest edit.
///
/// A writer is the last twelve digits of a lane's name, so a box that was put back to an older file is another one.
package struct VersionVector: Sendable, Equatable {
    package private(set) var numbers: [String: Int64]

    package init(_ numbers: [String: Int64] = [:]) { self.numbers = numbers }

    package init(_ json: JSON) {
        numbers = json.members.reduce(into: [:]) { numbers, member in
            if case .int(let n) = member.value { numbers[member.key] = n }
        }
    }

    package var isEmpty: Bool { numbers.isEmpty }

    package subscript(writer: String) -> Int64 { numbers[writer] ?? 0 }

    package mutating func add(_ n: Int64, of writer: String) { numbers[writer] = max(self[writer], n) }

    package mutating func add(_ other: VersionVector) { numbers.merge(other.numbers, uniquingKeysWith: max) }

    /// Its members in one order, so that the same vector is always the same bytes.
    package var json: JSON {
        .object(numbers.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .int($0.value)) })
    }

    /// The name that a lane's edits go by.
    package static func writer(of lane: String) -> String { String(Substring(lane.utf8.suffix(12))) }
}

/// A value of a field, who gave it and what they had seen.
package struct FieldSide: Sendable, Equatable {
    package var value: JSON
    /// When, then the number, then the node, then the writer: sixteen, ten, twelve and twelve digits. The latest stands.
    package var stamp: String
    package var base: VersionVector

    package init(value: JSON, stamp: String, base: VersionVector) {
        self.value = value
        self.stamp = stamp
        self.base = base
    }

    /// As `depotd.stamp` and `depotd.writer` make it.
    package static func stamp(_ time: HybridTime, _ n: Int64, node: String, lane: String) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(50)
        Hex.append(time.rawValue, digitCount: 16, to: &text)
        Hex.append(n, digitCount: 10, to: &text)
        text += node.utf8.suffix(12)
        text += lane.utf8.suffix(12)
        return String(decoding: text, as: UTF8.self)
    }

    var writer: String { VersionVector.writer(of: stamp) }
    var n: Int64 { Int64(Substring(stamp.utf8.dropFirst(16).prefix(10)), radix: 16) ?? 0 }
    /// The last twelve digits of the node that said it.
    package var node: String { String(Substring(stamp.utf8.dropLast(12).suffix(12))) }
    package var time: HybridTime { HybridTime(rawValue: Int64(Substring(stamp.utf8.prefix(16)), radix: 16) ?? 0) }

    /// Whether its author had seen another side, or it is the same.
    package func covers(_ other: FieldSide) -> Bool {
        writer == other.writer ? n >= other.n : base[other.writer] >= other.n
    }
}

/// What a field may be: one value, or several of which nobody knew the others.
package struct FieldSides: Sendable, Equatable {
    /// The latest first; it is the one that stands.
    package private(set) var sides: [FieldSide]

    package init(_ sides: [FieldSide] = []) { self.sides = sides.sorted { $0.stamp > $1.stamp } }

    package var standing: FieldSide? { sides.first }

    /// What somebody who sees it has seen.
    package var vector: VersionVector {
        sides.reduce(into: VersionVector()) { vector, side in
            vector.add(side.base)
            vector.add(side.n, of: side.writer)
        }
    }

    /// Takes a value in. What is known or was superseded changes nothing, in whatever order they come.
    package mutating func take(_ side: FieldSide) {
        guard !sides.contains(where: { $0.covers(side) }) else { return }
        sides = (sides.filter { !side.covers($0) } + [side]).sorted { $0.stamp > $1.stamp }
    }
}

/// A record as several depots made it.
package struct MergedRow: Sendable, Equatable {
    /// The topic, and the prefix of its kinds where several kinds of record share one.
    package var sort: String
    package var id: String
    package var fields: [String: FieldSides]

    package init(sort: String, id: String, fields: [String: FieldSides] = [:]) {
        self.sort = sort
        self.id = id
        self.fields = fields
    }

    package func value(_ field: String) -> JSON? { fields[field]?.standing?.value }

    package mutating func take(_ edit: RowEdit) {
        for (field, value) in edit.values {
            let side = FieldSide(value: value, stamp: edit.stamp, base: edit.bases[field] ?? edit.base)
            fields[field, default: FieldSides()].take(side)
        }
    }
}

/// What one Change says of a record.
package struct RowEdit: Sendable, Equatable {
    package var values: [String: JSON]
    package var stamp: String
    /// What its author had seen of each field; `base` is that of those that are not named.
    package var bases: [String: VersionVector]
    package var base: VersionVector

    package init(
        values: [String: JSON], stamp: String, bases: [String: VersionVector] = [:],
        base: VersionVector = VersionVector()
    ) {
        self.values = values
        self.stamp = stamp
        self.bases = bases
        self.base = base
    }
}
