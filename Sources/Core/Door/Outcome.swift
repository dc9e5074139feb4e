// What the door says to one scan: one of four outcomes, a word that is read from three metres, and a sentence that
// is heard with one's back turned.
package import Foundation

/// How a scan went; each has a shape, a tone, a colour and a word of its own on every screen.
package enum Verdict: String, Sendable, CaseIterable {
    case ok, okBut = "ok-but", stop, unknown
}

/// What the door did.
package enum DoorAction: String, Sendable {
    case out, `in`, transfer, already, acting, none, undone, refused
    /// A label was asked for.
    case printing
}

/// One scan's outcome.
package struct Outcome: Sendable {
    package var scan: ScanRecord.ID
    package var verdict: Verdict
    package var action: DoorAction
    /// The big word: OUT, IN, MOVED, STOP …
    package var word: String
    /// The line below the asset: why, and what to do.
    package var short: String
    /// The sentence that is spoken.
    package var spoken: String
    package var code: String
    package var asset: Asset?
    /// The counted stock it was of, and how many pieces.
    package var model: NamedReference<Model>?
    package var quantity: Int64?
    package var actor: NamedReference<Person>?
    package var project: NamedReference<Project>?
    package var progress: Progress?
    package var isUndoable = false
    /// The job of the label that was asked for.
    package var label: LabelJob.ID?
}

extension Outcome {
    /// The outcome as the API and the live topic `scans` give it, and as the journal keeps it.
    package func json(door: Door, reader: String?, at: Date) -> JSON {
        [
            "id": .string(scan.rawValue), "outcome": .string(verdict.rawValue), "action": .string(action.rawValue),
            "word": .string(word), "short": .string(short), "spoken": .string(spoken), "code": .string(code),
            "asset": asset?.brief ?? .null, "model": model.orNull(), "quantity": quantity.map(JSON.int) ?? .null,
            "actor": actor.orNull(), "project": project.orNull(),
            "progress": progress?.json ?? .null,
            "door": [
                "id": .string(door.id.rawValue), "name": .string(door.name),
                "direction": .string(door.direction.rawValue),
            ],
            "reader": .optional(reader), "undoable": .bool(isUndoable), "undone": false, "at": .time(at),
            "label": .optional(label?.rawValue),
        ]
    }
}
