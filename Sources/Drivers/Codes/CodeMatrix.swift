// Codes that are shown or printed, as squares of dark and light modules: QR by libqrencode, DataMatrix and Code 128 by
// libzint.
private import CQREncode
private import CZint
package import Core

/// A code as dark and light modules.
package struct CodeMatrix: Sendable, Equatable {
    /// How much of a QR code may be lost and it is read all the same.
    package enum Correction: Int32, Sendable, CaseIterable {
        /// 7, 15, 25 and 30 per cent of it.
        case low, medium, quartile, high
    }

    /// Modules across and down, without the quiet zone. A bar code has one row.
    package let width: Int
    package let height: Int
    /// Modules that stay light on each side; above and below a bar code none need to.
    package let quiet: Int
    private let isDark: [Bool]

    package subscript(x: Int, y: Int) -> Bool { isDark[y * width + x] }

    /// Whether it is one row of bars, as high as one likes.
    package var isLinear: Bool { height == 1 }

    /// A QR code; capital letters, digits and a few signs take less room than others.
    ///
    /// - Source: ISO/IEC 18004.
    /// - Throws: `tooLarge` for a text of more than some 2,300 bytes.
    package static func qr(_ text: String, _ correction: Correction = .medium) throws -> CodeMatrix {
        guard !text.utf8.contains(0), let code = encoded(text, QRecLevel(UInt32(correction.rawValue))) else {
            throw Failure(.tooLarge, "That is too long for a QR code.")
        }
        defer { QRcode_free(code) }
        let size = Int(code.pointee.width)
        return CodeMatrix(
            width: size, height: size, quiet: 4, isDark: (0..<size * size).map { code.pointee.data[$0] & 1 == 1 })
    }

    /// Plain text is split into whatever takes least room. Other text says that it is UTF-8, without which it would be
    /// ISO 8859-1 to the letter, and readers guess.
    ///
    /// - Source: ISO/IEC 18004, 7.4.2; AIM ECI assignment 26.
    private static func encoded(_ text: String, _ level: QRecLevel) -> UnsafeMutablePointer<QRcode>? {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else {
            return QRcode_encodeString(text, 0, level, QR_MODE_8, 1)
        }
        guard let input = QRinput_new2(0, level) else { return nil }
        defer { QRinput_free(input) }
        let bytes = Array(text.utf8)
        guard QRinput_appendECIheader(input, 26) == 0,
            QRinput_append(input, QR_MODE_8, Int32(bytes.count), bytes) == 0
        else { return nil }
        return QRcode_encodeInput(input)
    }

    /// A square DataMatrix.
    ///
    /// - Source: ISO/IEC 16022, ECC 200.
    /// - Throws: `tooLarge` for a text of more than some 1,500 bytes.
    package static func dataMatrix(_ text: String) throws -> CodeMatrix {
        try zint(BARCODE_DATAMATRIX, text, quiet: 2, "DataMatrix code")
    }

    /// A bar code of ASCII characters.
    ///
    /// - Source: ISO/IEC 15417.
    /// - Throws: `invalid` for other characters; `tooLarge` for more than 60.
    package static func code128(_ text: String) throws -> CodeMatrix {
        guard text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            throw Failure(.invalid, "A bar code can hold only plain letters, digits and signs.")
        }
        guard text.utf8.count <= 60 else { throw Failure(.tooLarge, "That is too long for a bar code.") }
        return try zint(BARCODE_CODE128, text, quiet: 10, "bar code")
    }

    private static func zint(_ symbology: Int32, _ text: String, quiet: Int, _ name: String) throws -> CodeMatrix {
        let bytes = Array(text.utf8)
        var result: Int32 = 0
        let isSquare = symbology == BARCODE_DATAMATRIX
        guard
            let symbol = depot_symbol_make(symbology, isSquare ? DM_SQUARE : 0, bytes, Int32(bytes.count), &result)
        else {
            if result == ZINT_ERROR_TOO_LONG { throw Failure(.tooLarge, "That is too long for a \(name).") }
            throw Failure(.invalid, "That can not be put in a \(name).", cause: "zint \(result)")
        }
        defer { depot_symbol_free(symbol) }
        let (width, rows) = (Int(depot_symbol_width(symbol)), Int(depot_symbol_rows(symbol)))
        var isDark: [Bool] = []
        for row in 0..<rows {
            for column in 0..<width { isDark.append(depot_symbol_is_dark(symbol, Int32(row), Int32(column)) != 0) }
        }
        return CodeMatrix(width: width, height: rows, quiet: quiet, isDark: isDark)
    }

    /// The dark modules as the data of an SVG path, one unit a module.
    package var path: String {
        var path = ""
        for y in 0..<height {
            for run in runs(inRow: y) { path += "M\(run.lowerBound) \(y)h\(run.count)v1h-\(run.count)z" }
        }
        return path
    }

    /// The stretches of dark modules in a row.
    package func runs(inRow y: Int) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var x = 0
        while x < width {
            let began = x
            while x < width, self[x, y] { x += 1 }
            if x > began { runs.append(began..<x) }
            x += 1
        }
        return runs
    }
}

extension CodeMatrix {
    /// The QR code with the largest modules that fit a square, and of those the one that may lose most.
    ///
    /// - Parameter units: the side of the square with the quiet zone in it, in whatever a module must be a whole number of.
    package static func qr(_ text: String, within units: Int) throws -> CodeMatrix {
        func module(_ width: Int) -> Int { max(1, units / (width + 8)) }
        // How wide a code of capitals and digits will be is known before it is made, which is most of the work.
        if let widths = plainWidths(text) {
            let best = Array(zip(Correction.allCases, widths)).last { module($0.1) >= module(widths[0]) }
            return try qr(text, best?.0 ?? .low)
        }
        var best = try qr(text, .low)
        for correction in [Correction.medium, .quartile, .high] {
            guard let stronger = try? qr(text, correction) else { break }
            guard module(stronger.width) >= module(best.width) else { break }
            best = stronger
        }
        return best
    }

    /// How many modules wide a QR code is with each correction, the weakest first, when its text is all of the
    /// alphanumeric mode and short enough for the table; nil for other texts.
    ///
    /// - Source: ISO/IEC 18004, table 7 (data codewords of versions 1 to 9) and 7.4.4.
    private static func plainWidths(_ text: String) -> [Int]? {
        var digits = 0
        for character in text.utf8 {
            guard plainCharacters.contains(character) else { return nil }
            // From seven digits on it may take less room to change to the numeric mode for them.
            digits = (0x30...0x39).contains(character) ? digits + 1 : 0
            if digits > 6 { return nil }
        }
        let count = text.utf8.count
        let bits = 4 + 9 + count / 2 * 11 + count % 2 * 6
        let widths = codewords.compactMap { row in row.firstIndex { bits <= 8 * $0 }.map { 21 + 4 * $0 } }
        return widths.count == codewords.count ? widths : nil
    }

    private static let codewords = [
        [19, 34, 55, 80, 108, 136, 156, 194, 232], [16, 28, 44, 64, 86, 108, 124, 154, 182],
        [13, 22, 34, 48, 62, 76, 88, 110, 132], [9, 16, 26, 36, 46, 60, 66, 86, 100],
    ]
    private static let plainCharacters = Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".utf8)

    /// A code of any kind.
    ///
    /// - Parameter units: as of ``qr(_:within:)``.
    package static func make(
        _ symbology: LabelSymbology, _ text: String, within units: Int = .max
    ) throws -> CodeMatrix {
        switch symbology {
        case .qr: try qr(text, within: units)
        case .datamatrix: try dataMatrix(text)
        case .code128: try code128(text)
        }
    }
}
