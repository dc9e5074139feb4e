// What may be said, and what is left out of it.
import Foundation
import Testing

@testable import Core

@Suite struct MessageTextTests {
    @Test(arguments: [
        ("plain", "Load in at 14:00", "Load in at 14:00"),
        ("white space at the ends", "  hi\n\n", "hi"),
        ("lines stay", "one\ntwo", "one\ntwo"),
        ("markup is text", "<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("direction overrides go", "abc\u{202E}gpj.exe", "abcgpj.exe"),
        ("isolates go", "\u{2066}a\u{2069}", "a"),
        ("controls go", "a\u{0}\u{7}b", "ab"),
        ("zero-width floods go", "a" + String(repeating: "\u{200B}", count: 500) + "b", "ab"),
        ("joiners stay one at a time", "a\u{200D}\u{200D}\u{200D}b", "a\u{200D}b"),
        ("what shows nothing is nothing", "\u{200D}\u{FEFF}\u{2800}\u{3164}", ""),
        ("a family stays one", "👨‍👩‍👧", "👨‍👩‍👧"),
        ("a flag of a region stays", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "🏴󠁧󠁢󠁷󠁬󠁳󠁿"),
        ("Persian keeps its joiner", "می‌خواهم", "می‌خواهم"),
        ("Vietnamese keeps its marks", "Việt", "Việt"),
    ])
    func `text is kept as it is meant to be seen`(rule: String, typed: String, kept: String) throws {
        #expect(try MessageText.clean(typed) == kept, "\(rule)")
    }

    @Test func `a pile of marks on one letter is cut`() throws {
        let piled = try MessageText.clean("z" + String(repeating: "\u{0351}", count: 300))
        #expect(piled.unicodeScalars.count <= 1 + MessageText.markCountMax)
    }

    @Test func `text that is too long is refused with the limit, however it is long`() {
        for text in [String(repeating: "a", count: 4_001), String(repeating: "ä", count: 500_000)] {
            do {
                _ = try MessageText.clean(text)
                Issue.record("it was taken")
            } catch let failure as Failure {
                #expect(failure.code == .invalid && failure.message.contains("4000"))
            } catch { Issue.record("\(error)") }
        }
    }

    @Test(arguments: ["👍", "❤️", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "👨‍👩‍👧", "✅", "1️⃣", "🇩🇪"])
    func `an emoji is one`(emoji: String) { #expect(MessageText.isEmoji(emoji)) }

    @Test(arguments: ["", "a", "1", "👍👍", "<", "©x", "ä"])
    func `anything else is none`(text: String) { #expect(!MessageText.isEmoji(text)) }
}
