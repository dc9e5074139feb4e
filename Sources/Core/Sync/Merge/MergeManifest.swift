// How what several depots did comes together, kind of record by kind of record: one line each. What is not named is not
// taken over from others. Facts only (scans, sign-ins, chat) unite at the hub and are in no line here.
import Foundation

/// How one field comes together.
enum MergeClass {
    /// The newest value stands, and of two made side by side somebody says which.
    case field
    /// What happened to the piece. The latest fact stands, whatever was planned; two depots that both gave it out is for
    /// somebody to decide.
    case fact
    /// Each depot's own: told to the others, never taken over.
    case own
    /// A reference that is taken over where what it names is here, too.
    case ownReference
    /// Follows from the others.
    case derived
}

/// One kind of record.
struct MergeLine: Sendable {
    let type: any RegistryRecord.Type
    /// Members that are no plain fields of the record's table.
    var classes: [String: MergeClass] = [:]
    /// Whether a record that something here refers to is made here; else the reference is left as it is.
    var isBrought = false
    /// Columns by which one that is here already is the same: each depot made its own before they met.
    var likeness: [String] = []

    var table: RecordTable { type.table }
    /// What the hub calls it.
    var sort: String { Self.sort(table.topic.rawValue, table.kindPrefix) }

    func mergeClass(of member: String) -> MergeClass {
        classes[member] ?? (table.field(member).map { $0.shape == .part ? .own : .field } ?? .derived)
    }

    static func sort(_ topic: String, _ kind: String) -> String {
        guard let point = kind.firstIndex(of: ".") else { return topic }
        return topic + "." + kind[..<point]
    }
}

enum MergeManifest {
    /// Those that others refer to come first.
    static let lines: [MergeLine] = [
        MergeLine(type: Category.self, isBrought: true, likeness: ["name"]),
        MergeLine(
            type: Model.self, classes: ["picture": .own], isBrought: true, likeness: ["maker", "name", "counting"]),
        MergeLine(type: Place.self, classes: ["parent": .ownReference]),
        MergeLine(
            type: Person.self, classes: ["role": .own, "active": .own, "avatar": .own, "note": .own], isBrought: true),
        MergeLine(type: Project.self, isBrought: true),
        MergeLine(type: PullLine.self, classes: ["project": .own, "asset": .own, "model": .own]),
        MergeLine(type: Asset.self, classes: ["home": .ownReference, "holder": .fact]),
    ]

    static func line(of sort: String) -> MergeLine? { lines.first { $0.sort == sort } }

    static func line(ofTable name: String) -> MergeLine? { lines.first { $0.table.name == name } }

    /// Where a sort stands among the others.
    static func rank(of sort: String) -> Int { lines.firstIndex { $0.sort == sort } ?? lines.count }
}
