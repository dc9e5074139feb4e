// The table of Core.docc/Security.md: every item of the standard's first level is in it, and every test it names is there.
import Foundation
import Testing

@Suite struct SecurityTableTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// A row: the items it is about, how they are met, and the tests that hold them.
    private struct Row {
        let items: [String]
        let how: Substring
        let tests: [String]
    }

    private static func rows() throws -> [Row] {
        let file = root.appending(path: "Sources/Core/Core.docc/Security.md")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.drop { $0 == " " } }
            guard line.hasPrefix("| "), cells.count >= 2, cells[0].first?.isNumber == true else { return nil }
            let tests = cells.count > 2 ? cells[2].matches(of: /`([^`]+)`/).map { String($0.1) } : []
            return Row(items: items(String(cells[0])), how: cells[1], tests: tests)
        }
    }

    /// `3.3.1, 3.4.3–3.4.5` is four items.
    private static func items(_ text: String) -> [String] {
        text.split(separator: ",").flatMap { part in
            let ends = part.split(separator: "–").map { $0.filter { $0.isNumber || $0 == "." }.split(separator: ".") }
            guard ends.count == 2, let first = ends[0].last.flatMap({ Int($0) }),
                let last = ends[1].last.flatMap({ Int($0) })
            else { return ends.map { $0.joined(separator: ".") } }
            return (first...max(first, last)).map { (ends[0].dropLast() + ["\($0)"]).joined(separator: ".") }
        }
    }

    /// OWASP ASVS 5.0, the items of level 1.
    private static let firstLevel = """
        1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.5.1 2.1.1 2.2.1 2.2.2 2.3.1 3.2.1 3.2.2 3.3.1 3.4.1 3.4.2 3.5.1
        3.5.2 3.5.3 4.1.1 4.4.1 5.2.1 5.2.2 5.3.1 5.3.2 6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.3.1
        6.3.2 6.4.1 6.4.2 7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2 8.3.1 9.1.1 9.1.2 9.1.3 9.2.1 10.4.1
        10.4.2 10.4.3 10.4.4 10.4.5 11.3.1 11.3.2 11.4.1 12.1.1 12.2.1 12.2.2 13.4.1 14.2.1 14.3.1 15.1.1 15.2.1 15.3.1
        """.split(whereSeparator: \.isWhitespace).map(String.init)

    @Test func `every item of the first level is in the table of security, once`() throws {
        let items = try Self.rows().flatMap(\.items)
        #expect(Self.firstLevel.count == 70 && Set(items).count == items.count)
        for item in Self.firstLevel { #expect(items.contains(item), "\(item)") }
    }

    @Test func `every test that the table of security names is there`() throws {
        let folder = Self.root.appending(path: "Tests")
        let paths = FileManager.default.enumerator(atPath: folder.path())?.compactMap { $0 as? String } ?? []
        let text = try paths.filter { $0.hasSuffix(".swift") || $0.hasSuffix(".py") }
            .map { try String(contentsOf: folder.appending(path: $0), encoding: .utf8) }.joined()
        let rows = try Self.rows()
        #expect(rows.flatMap(\.tests).count > 80)
        for test in rows.flatMap(\.tests) {
            #expect(text.contains("func `\(test)`") || text.contains("def \(test)("), "\(test)")
        }
    }
}
