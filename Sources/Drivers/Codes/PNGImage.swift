// A picture of black and white dots as PNG: what codes and labels are given out as. One bit a dot, with the dots' size, so
// that a program that prints it prints it as large as it is meant.
private import CZlib
package import Core

/// Black and white dots, row by row from the top.
package struct DotImage: Sendable, Equatable {
    package let width: Int
    package let height: Int
    /// One bit a dot, the leftmost the highest, rows begin at a byte; 1 is black.
    package var bytes: [UInt8]
    /// Dots of an inch.
    package var resolution: Int

    package var rowByteCount: Int { (width + 7) / 8 }

    /// The bytes of a row.
    package func row(_ y: Int) -> ArraySlice<UInt8> {
        let start = y * rowByteCount
        return bytes[start..<start + rowByteCount]
    }

    package init(width: Int, height: Int, resolution: Int) {
        self.width = width
        self.height = height
        self.resolution = resolution
        bytes = Array(repeating: 0, count: (width + 7) / 8 * height)
    }

    package subscript(x: Int, y: Int) -> Bool {
        get { bytes[y * rowByteCount + x / 8] & (0x80 >> UInt8(x % 8)) != 0 }
        set {
            let bit: UInt8 = 0x80 >> UInt8(x % 8)
            if newValue { bytes[y * rowByteCount + x / 8] |= bit } else { bytes[y * rowByteCount + x / 8] &= ~bit }
        }
    }

    /// Blackens a rectangle that lies within.
    package mutating func fill(x: Int, y: Int, width: Int, height: Int) {
        guard width > 0 else { return }
        let (first, last) = (x / 8, (x + width - 1) / 8)
        let (head, tail): (UInt8, UInt8) = (0xFF >> UInt8(x % 8), 0xFF << UInt8(7 - (x + width - 1) % 8))
        for start in stride(from: y * rowByteCount, to: (y + height) * rowByteCount, by: rowByteCount) {
            for place in first...last {
                bytes[start + place] |= (place == first ? head : 0xFF) & (place == last ? tail : 0xFF)
            }
        }
    }
}

extension DotImage {
    /// The picture as PNG.
    ///
    /// - Source: PNG specification: 11.2.1 (IHDR: 1 bit greyscale), 11.3.5.3 (pHYs), 9 (filters).
    package var png: [UInt8] {
        get throws {
            var output: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            var head = Self.big(width)
            head += Self.big(height)
            head += [1, 0, 0, 0, 0]
            Self.chunk("IHDR", head, to: &output)
            let dotsPerMetre = Self.big(Int((Double(resolution) / 0.0254).rounded()))
            var size = dotsPerMetre
            size += dotsPerMetre
            size.append(1)
            Self.chunk("pHYs", size, to: &output)
            var rows: [UInt8] = []
            rows.reserveCapacity((rowByteCount + 1) * height)
            for y in 0..<height {
                // Most rows are the one above again: filter 2 with no difference. In greyscale 0 is black.
                if y > 0, row(y).elementsEqual(row(y - 1)) {
                    rows.append(2)
                    rows.append(contentsOf: repeatElement(0, count: rowByteCount))
                } else {
                    rows.append(0)
                    for byte in row(y) { rows.append(~byte) }
                }
            }
            Self.chunk("IDAT", try Self.compressed(rows), to: &output)
            Self.chunk("IEND", [], to: &output)
            return output
        }
    }

    private static func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
        var count = compressBound(uLong(bytes.count))
        var output = [UInt8](repeating: 0, count: Int(count))
        guard compress2(&output, &count, bytes, uLong(bytes.count), 6) == Z_OK else {
            throw Failure(.internal, "The picture could not be packed.")
        }
        return Array(output.prefix(Int(count)))
    }

    private static func chunk(_ name: String, _ data: [UInt8], to output: inout [UInt8]) {
        var body = Array(name.utf8)
        body += data
        output += big(data.count)
        output += body
        output += big(Int(crc32(0, body, uInt(body.count))))
    }

    private static func big(_ number: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
