// What can go wrong in the world of chance, and how often it did.

/// Something that goes wrong, in words.
package enum Fault: String, CaseIterable, Sendable {
    case crash, poison
    case boxBroughtBack = "box brought back"
    case boxBroughtBackUnnoticed = "box brought back unnoticed"
    case boxCloned = "box cloned"
    case hubBroughtBack = "hub brought back"
    case noLine = "no line"
    case noAnswerToAPull = "no answer to a pull"
    case requestLost = "request lost"
    case answerLost = "answer lost"
    case requestDelayed = "request delayed"
    case lateRequest = "late request"
    case requestRepeated = "request repeated"
    case requestAltered = "request altered"
    /// Not a fault itself: what goes in parts can go wrong in part.
    case batchInParts = "batch in parts"
    /// Two edits that somebody had to decide between in the end.
    case decided
}

/// How often what went wrong.
package struct FaultCounts: Sendable, Equatable {
    package private(set) var counts: [Fault: Int] = [:]

    package init() {}

    mutating func note(_ fault: Fault) { counts[fault, default: 0] += 1 }

    package mutating func add(_ other: FaultCounts) { counts.merge(other.counts, uniquingKeysWith: +) }

    /// `12 × crash, 3 × poison`.
    package var words: String {
        Fault.allCases.map { "\(counts[$0] ?? 0) × \($0.rawValue)" }.joined(separator: ", ")
    }
}
