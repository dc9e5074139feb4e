// What printers say of themselves, in words that tell somebody what to do.
import Foundation

/// Words for what holds a printer up.
enum PrinterWords {
    /// - Source: RFC 8011 §5.4.12 and PWG 5100.9, printer-state-reasons; `-error`, `-warning` and `-report` may follow.
    private static let reasons: [(key: String, words: String)] = [
        ("media-empty", "The paper is used up."), ("media-needed", "The paper is used up."),
        ("media-low", "The paper is nearly used up."), ("media-jam", "The paper is jammed."),
        ("cover-open", "The cover is open."), ("door-open", "The cover is open."),
        ("interlock-open", "The cover is open."), ("marker-supply-empty", "The ribbon or ink is used up."),
        ("marker-supply-low", "The ribbon or ink is nearly used up."), ("toner-empty", "The toner is used up."),
        ("toner-low", "The toner is nearly used up."), ("marker-waste-full", "The waste box is full."),
        ("cutter-at-eol", "The cutter is worn."), ("input-tray-missing", "The tray is missing."),
        ("output-area-full", "The tray of printed labels is full."), ("output-tray-missing", "The tray is missing."),
        ("fuser-over-temp", "It is too hot."), ("motor-failure", "Its motor has failed."),
        ("offline", "It is switched off or not connected."), ("shutdown", "It is switched off."),
        ("paused", "It is paused."), ("moving-to-paused", "It is being paused."),
        ("stopped-partly", "Part of it is stopped."), ("timed-out", "It is switched off or not connected."),
        ("connecting-to-device", "It is being connected."), ("spool-area-full", "Its memory is full."),
    ]

    /// Words for reasons as a printer gives them, each once; those nobody has words for as they are.
    static func words(_ keys: [String]) -> [String] {
        var words: [String] = []
        for key in keys where key != "none" && !key.isEmpty {
            let known = reasons.first { key.hasPrefix($0.key) }?.words
            let shown = known ?? "It says: \(String(key.prefix(60)).replacing("-", with: " "))."
            if !words.contains(shown) { words.append(shown) }
        }
        return words
    }

    /// Whether a printer prints although it says this.
    static func isRemark(_ key: String) -> Bool {
        key.hasSuffix("-report") || key.hasSuffix("-warning") || key.contains("-low")
    }
}
