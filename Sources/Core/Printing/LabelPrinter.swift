// What a printer is to the house: it says how it is, takes a piece of paper's worth of labels, and says what became of
// them. The drivers speak to real ones; the queue in LabelQueue.swift decides what is tried again.
import Foundation

/// What a printer says of itself, in words.
package struct PrinterLook: Sendable, Equatable {
    /// Whether it can print now.
    package enum State: String, Sendable, CaseIterable {
        case ready, printing, stopped, away
    }

    package var state: State
    /// What a person must do, or should know: `The paper is used up.`
    package var reasons: [String] = []
    package var model: String?
    /// Dots of an inch that it prints.
    package var resolutions: [Int] = []
    /// Media types that it says it takes.
    package var formats: [String] = []

    package init(_ state: State, reasons: [String] = []) {
        self.state = state
        self.reasons = reasons
    }

    /// `{"state", "reasons", "model", "resolutions", "formats"}`.
    package var json: JSON {
        [
            "state": .string(state.rawValue), "reasons": .array(reasons.map(JSON.string)), "model": .optional(model),
            "resolutions": .array(resolutions.map { .int(Int64($0)) }),
            "formats": .array(formats.map(JSON.string)),
        ]
    }
}

/// Labels that go to a printer together: one from a roll, or what a sheet has room for.
package struct PrintRun: Sendable {
    /// What the printer calls it; no other run is called so.
    package var title: String
    package var labels: [(layout: LabelLayout, content: LabelContent)]
    package var media: LabelMedia
    /// The place of the first label on its sheet, from 0.
    package var first: Int
    package var resolution: Int
    package var offsetX: Double
    package var offsetY: Double
    /// A PNG for elements that are a logo.
    package var logo: [UInt8]?
}

/// What a printer says when labels were sent.
package enum PrintReceipt: Sendable, Equatable {
    case printed
    /// It took them all and says nothing more.
    case sent
    /// It took them under this number, which ``LabelPrinter/follow(_:)`` asks about.
    case accepted(Int)
}

/// What became of what a printer had accepted.
package enum PrintProgress: Sendable, Equatable {
    /// Not yet; with what holds it up, in words.
    case under(trouble: String?)
    case printed
    /// The printer gave it up, in words.
    case failed(String)
    /// The printer could not read it, so nothing came out; it is sent in another form next time.
    case unread(String)
    /// It knows nothing of it.
    case unknown
}

/// Why labels were not taken, in words fit to show.
package struct PrintTrouble: Error, Sendable, Equatable {
    /// What that means for the labels.
    package enum Kind: Sendable {
        /// Nothing was sent: the printer can not be reached, or has no time. They wait.
        case away, busy
        /// They will not be printed so, however often they are sent.
        case refused
        /// Some of it may have been printed.
        case unsure
    }

    package let kind: Kind
    package let words: String
    package let cause: String?

    package init(_ kind: Kind, _ words: String, cause: String? = nil) {
        self.kind = kind
        self.words = words
        self.cause = cause
    }
}

/// A printer that can be reached.
package protocol LabelPrinter: Sendable {
    /// What it says of itself; away when it says nothing.
    func look() async -> PrinterLook
    /// Sends labels. - Throws: `PrintTrouble`.
    func send(_ run: PrintRun) async throws -> PrintReceipt
    /// What became of labels that it accepted under this number and title; a printer that was started anew counts anew.
    ///
    /// - Throws: `PrintTrouble` of the kind `away`.
    func follow(_ ticket: Int, of title: String) async throws -> PrintProgress
    /// The number under which it has a run of this title; nil when it has none. - Throws: as ``follow(_:of:)``.
    func ticket(of title: String) async throws -> Int?
    /// Asks it to give a run up.
    func cancel(_ ticket: Int) async
}
