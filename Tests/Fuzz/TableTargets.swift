// What somebody uploads as a table: bytes of any encoding, rows of any shape.
import Core
import Foundation

@testable import Core

extension FuzzTarget {
    static let tableTargets = [FuzzTarget(name: "table", byteCountMax: 4_096, run: table)]

    private static func table(_ bytes: [UInt8]) {
        let text: TableText
        do { text = try TableText(bytes) } catch {
            return claim((error as? Failure)?.code == .invalid, "what is no text is refused in words: \(error)")
        }
        claim(String(validating: text.utf8, as: UTF8.self) != nil, "text is UTF-8")
        let rows = Array(CSVRows(text.utf8))
        claim(zip(rows, rows.dropFirst()).allSatisfy { $0.number < $1.number }, "rows are counted upwards")
        claim(rows.dropLast().allSatisfy { !$0.isOpen }, "what is open goes on to the end")
        var writer = CSVWriter()
        for row in rows { writer.append(row.cells) }
        let again = CSVRows(Array(writer.bytes.dropFirst(3)), delimiter: UInt8(ascii: ","))
        // An open row may have cells that are all empty, which is no row to write.
        let cells = rows.map(\.cells).filter { $0.contains { !$0.isEmpty } }
        claim(
            again.map(\.cells).elementsEqual(cells) { $0.map { Array($0.utf8) } == $1.map { Array($0.utf8) } },
            "what is written is read as it was")
        _ = try? ImportTable(bytes).columns(for: [ImportField(name: "a", label: "B")])
        for row in rows { for cell in row.cells { _ = CodeCell.codes(cell).map(CodeCell.identifier) } }
    }
}
