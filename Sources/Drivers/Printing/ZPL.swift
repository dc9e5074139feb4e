// Zebra's language: a label as one picture of dots, and what the printer says of itself.
import Core
import Foundation

/// Writes labels for printers that speak ZPL, and reads their status.
///
/// - Source: Zebra, ZPL II Programming Guide: ^GF (with its compression of ASCII hexadecimal), ^PW, ^LL, ^LH, ^PQ, ~HS.
enum ZPL {
    /// Asks for three lines of status.
    static let statusQuestion = Array("~HS\r\n".utf8)

    /// One label.
    static func label(_ image: DotImage) -> [UInt8] {
        let count = image.rowByteCount * image.height
        var text = Array("^XA^PW\(image.width)^LL\(image.height)^LH0,0^FO0,0^GFA,\(count),\(count),".utf8)
        text += Array("\(image.rowByteCount),".utf8)
        var before: ArraySlice<UInt8> = []
        for y in 0..<image.height {
            let row = image.row(y)
            if y > 0, row.elementsEqual(before) { text.append(UInt8(ascii: ":")) } else { packed(row, to: &text) }
            before = row
        }
        text += Array("^FS^PQ1^XZ\n".utf8)
        return text
    }

    /// A row in hexadecimal digits: runs as a letter for their length, zeros at the end as a comma.
    private static func packed(_ row: ArraySlice<UInt8>, to text: inout [UInt8]) {
        var digits: [UInt8] = []
        for byte in row {
            digits.append(byte >> 4)
            digits.append(byte & 15)
        }
        var end = digits.count
        while end > 0, digits[end - 1] == 0 { end -= 1 }
        var place = 0
        while place < end {
            var run = 1
            while place + run < end, digits[place + run] == digits[place] { run += 1 }
            let digit = digits[place]
            place += run
            count(run, to: &text)
            text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
        }
        if end < digits.count { text.append(UInt8(ascii: ",")) }
    }

    /// `g` to `z` stand for 20 to 400 of what follows, `G` to `Y` for 1 to 19.
    private static func count(_ run: Int, to text: inout [UInt8]) {
        var left = run
        guard left > 1 else { return }
        while left >= 400 {
            text.append(UInt8(ascii: "z"))
            left -= 400
        }
        if left >= 20 { text.append(UInt8(ascii: "f") + UInt8(left / 20)) }
        if left % 20 > 0 { text.append(UInt8(ascii: "F") + UInt8(left % 20)) }
    }

    /// What a printer answers to ``statusQuestion``.
    struct Status: Equatable {
        var isPaperOut = false
        var isPaused = false
        var isHeadUp = false
        var isRibbonOut = false
        var isBufferFull = false
        var isTooHot = false
        /// Labels that it has and did not print yet.
        var waiting = 0

        /// Reads the three lines, each between STX and ETX; nil when they are not all there.
        init?(_ bytes: [UInt8]) {
            let lines = bytes.split(separator: 0x02).map { line in
                String(decoding: line.prefix { $0 != 0x03 }, as: UTF8.self).split(
                    separator: ",", omittingEmptySubsequences: false
                ).map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
            }
            guard let first = lines.first(where: { $0.count >= 12 }),
                let second = lines.first(where: { $0.count == 11 }), first[1].count == 1
            else { return nil }
            isPaperOut = first[1] == "1"
            isPaused = first[2] == "1"
            isBufferFull = first[5] == "1"
            isTooHot = first[11] == "1"
            isHeadUp = second[2] == "1"
            isRibbonOut = second[3] == "1"
            waiting = (Int(first[4]) ?? 0) + (Int(second[8]) ?? 0)
        }

        /// What a person must do.
        var trouble: [String] {
            var words: [String] = []
            if isPaperOut { words.append("The paper is used up.") }
            if isHeadUp { words.append("The cover is open.") }
            if isRibbonOut { words.append("The ribbon or ink is used up.") }
            if isTooHot { words.append("It is too hot.") }
            // A printer that stopped for one of these calls itself paused as well.
            if isPaused, words.isEmpty { words.append("It is paused.") }
            if isBufferFull { words.append("Its memory is full.") }
            return words
        }
    }
}
