// How a camera was held, out of a JPEG's Exif segment: the only thing that is read of it, before all of it is left out.
// Total: any bytes are read without a trap.

enum ExifOrientation {
    /// 1 to 8; 1 where nothing is said.
    ///
    /// - Source: Exif 2.32 §4.5: APP1, `Exif`, two NULs, a TIFF header, and the first directory of 12-byte entries.
    static func of(_ jpeg: [UInt8]) -> Int {
        var at = 2
        // A segment takes four bytes at least, so this ends.
        while at + 4 <= jpeg.count, jpeg[at] == 0xFF, jpeg[at + 1] != 0xDA {
            let count = Int(jpeg[at + 2]) << 8 | Int(jpeg[at + 3])
            guard count >= 2 else { return 1 }
            if jpeg[at + 1] == 0xE1 {
                let segment = jpeg[min(at + 4, jpeg.count)..<min(at + 2 + count, jpeg.count)]
                if segment.starts(with: Array("Exif\0\0".utf8)) { return tiff(Array(segment.dropFirst(6))) }
            }
            at += 2 + count
        }
        return 1
    }

    private static func tiff(_ bytes: [UInt8]) -> Int {
        let isLittle = bytes.starts(with: Array("II".utf8))
        func number(_ count: Int, at offset: Int) -> Int? {
            guard offset >= 0, offset + count <= bytes.count else { return nil }
            let some = bytes[offset..<offset + count]
            return (isLittle ? Array(some.reversed()) : Array(some)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let start = number(4, at: 4), let count = number(2, at: start) else { return 1 }
        for entry in 0..<min(count, 200) {
            let at = start + 2 + entry * 12
            guard let tag = number(2, at: at) else { return 1 }
            if tag == 0x0112 { return number(2, at: at + 8).flatMap { (1...8).contains($0) ? $0 : nil } ?? 1 }
        }
        return 1
    }
}
