// Pictures for tests, made without a library: stored blocks are no compression, so the bytes are as many as the pixels.

/// Makes pictures.
package enum SamplePicture {
    /// A PNG of one grey.
    package static func png(width: Int, height: Int) -> [UInt8] {
        let row = [0] + [UInt8](repeating: 128, count: width)
        let raw = Array(repeatElement(row, count: height).joined())
        var stored: [UInt8] = []
        for start in stride(from: 0, to: raw.count, by: 65_535) {
            let block = raw[start..<min(start + 65_535, raw.count)]
            let count = UInt16(block.count)
            stored += [start + 65_535 >= raw.count ? 1 : 0, UInt8(count & 255), UInt8(count >> 8)]
            stored += [UInt8(~count & 255), UInt8(~count >> 8)] + block
        }
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", big(width) + big(height) + [8, 0, 0, 0, 0])
            + chunk("IDAT", [0x78, 0x01] + stored + big(adler(raw))) + chunk("IEND", [])
    }

    /// A JPEG with a segment of Exif behind its first marker: turned a quarter to the right, and with words in it.
    package static func held(_ jpeg: [UInt8], words: String) -> [UInt8] {
        // A little-endian TIFF with one entry: orientation 6.
        let tiff: [UInt8] =
            Array("II*\0".utf8) + [8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]
        let exif = Array("Exif\0\0".utf8) + tiff + Array(words.utf8)
        let count = exif.count + 2
        return jpeg[..<2] + [0xFF, 0xE1, UInt8(count >> 8), UInt8(count & 255)] + exif + jpeg[2...]
    }

    private static func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
        let named = Array(name.utf8) + body
        return big(body.count) + named + big(Int(crc(named)))
    }

    private static func big(_ number: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes { sum = table[Int(sum & 255 ^ UInt32(byte))] ^ sum >> 8 }
        return ~sum
    }

    private static func adler(_ bytes: [UInt8]) -> Int {
        var (one, two) = (1, 0)
        for byte in bytes {
            one = (one + Int(byte)) % 65_521
            two = (two + one) % 65_521
        }
        return two << 16 | one
    }
}
