// The text of a table file whatever program wrote it: which encoding it is in, told by its mark or by its bytes, and the
// same text as UTF-8. Total: any bytes are text or are refused in words. What the text says is CSVRows.swift's.

/// How the characters of a table file are written.
package enum TableEncoding: String, Sendable, CaseIterable {
    case utf8 = "UTF-8"
    case utf16LittleEndian = "UTF-16LE"
    case utf16BigEndian = "UTF-16BE"
    case windows1252 = "Windows-1252"
}

/// The text of a table file.
package struct TableText: Sendable {
    package let encoding: TableEncoding
    /// UTF-8 without a mark in front; NULs are kept.
    package let utf8: [UInt8]

    /// Reads a file of any encoding.
    ///
    /// - Throws: `invalid` for what is no text: a workbook, a picture, an archive.
    package init(_ bytes: [UInt8]) throws {
        if let known = Self.signatures.first(where: { bytes.starts(with: $0.bytes) }) {
            throw Failure(.invalid, "That is \(known.words), not text. Save it as CSV first.")
        }
        (encoding, utf8) = Self.decode(bytes)
        let controls = utf8.prefix(Self.lookedAtCount).count { $0 < 0x20 && !(0x09...0x0D).contains($0) }
        guard controls <= 8 || controls * 20 <= min(utf8.count, Self.lookedAtCount) else {
            throw Failure(.invalid, "That is not text. Save the table as CSV first.")
        }
    }

    /// How many bytes tell an encoding without a mark, or that there is none.
    private static let lookedAtCount = 4_096

    private static let signatures: [(bytes: [UInt8], words: String)] = [
        ([0x50, 0x4B, 0x03, 0x04], "an Excel or OpenDocument workbook, or an archive"),
        ([0xD0, 0xCF, 0x11, 0xE0], "an old Excel workbook"), ([0x25, 0x50, 0x44, 0x46, 0x2D], "a PDF"),
        ([0x89, 0x50, 0x4E, 0x47], "a picture"), ([0xFF, 0xD8, 0xFF], "a picture"), ([0x1F, 0x8B], "an archive"),
    ]

    private static func decode(_ bytes: [UInt8]) -> (TableEncoding, [UInt8]) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return unmarked(Array(bytes.dropFirst(3))) }
        if bytes.starts(with: [0xFF, 0xFE]) { return (.utf16LittleEndian, utf16(bytes.dropFirst(2), isBig: false)) }
        if bytes.starts(with: [0xFE, 0xFF]) { return (.utf16BigEndian, utf16(bytes.dropFirst(2), isBig: true)) }
        // ASCII in UTF-16 has a zero in every second byte.
        let front = bytes.prefix(lookedAtCount)
        let (even, odd) = front.enumerated().reduce(into: (0, 0)) { counts, byte in
            guard byte.element == 0 else { return }
            if byte.offset.isMultiple(of: 2) { counts.0 += 1 } else { counts.1 += 1 }
        }
        if odd * 3 > front.count / 2 * 2, odd > even * 4 {
            return (.utf16LittleEndian, utf16(bytes[...], isBig: false))
        }
        if even * 3 > front.count / 2 * 2, even > odd * 4 {
            return (.utf16BigEndian, utf16(bytes[...], isBig: true))
        }
        return unmarked(bytes)
    }

    /// UTF-8 if it is, for other text hardly ever is by chance; else what Windows wrote for decades.
    private static func unmarked(_ bytes: [UInt8]) -> (TableEncoding, [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) == nil else { return (.utf8, bytes) }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            if byte < 0x80 {
                text.append(byte)
            } else {
                let unit = byte < 0xA0 ? windows1252[Int(byte) - 0x80] : UInt16(byte)
                text.append(contentsOf: String(decoding: CollectionOfOne(unit), as: UTF16.self).utf8)
            }
        }
        return (.windows1252, text)
    }

    /// Halves of pairs that stand alone become U+FFFD, and so does half a unit at the end.
    private static func utf16(_ bytes: ArraySlice<UInt8>, isBig: Bool) -> [UInt8] {
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2 + 1)
        var index = bytes.startIndex
        while index + 1 < bytes.endIndex {
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            units.append(isBig ? first << 8 | second : second << 8 | first)
            index += 2
        }
        if index < bytes.endIndex { units.append(0xFFFD) }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    /// 0x80 to 0x9F; the five that mean nothing stay the controls they are in Latin 1.
    /// - Source: WHATWG Encoding, index windows-1252.
    private static let windows1252: [UInt16] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
        0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x9D, 0x017E, 0x0178,
    ]
}
