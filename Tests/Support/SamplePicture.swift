// Pictures for tests, made without a library: stored blocks are no compression, so the bytes are as many as the pixels.

/// Makes pictures.
package enum SamplePicture {
    /// A PNG of one grey.
    ///
    /// - Parameter chunks: what else is in it, such as `tEXt`.
    package static func png(width: Int, height: Int, chunks: [(name: String, body: [UInt8])] = []) -> [UInt8] {
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
            + chunks.flatMap { chunk($0.name, $0.body) }
            + chunk("IDAT", [0x78, 0x01] + stored + big(adler(raw))) + chunk("IEND", [])
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
