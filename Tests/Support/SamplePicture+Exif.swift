// Pictures as cameras and phones send them, with all that those write into them: where, by what, and how it was held.
import Drivers
import Foundation

extension SamplePicture {
    /// What is looked for afterwards: in every sample, and in nothing that is made of one.
    package static let serial = "SERIAL-4711"

    /// An Exif block: turned a quarter to the right, taken at 52° 30' N, and with words behind it.
    ///
    /// - Source: TIFF 6.0 §2: twelve bytes an entry; Exif 2.32 §4.6.6: the directory of the place.
    package static func exif(_ words: String = serial) -> [UInt8] {
        func entry(_ tag: Int, _ type: Int, _ count: Int, _ value: Int) -> [UInt8] {
            [little(tag, 2), little(type, 2), little(count, 4), little(value, 4)].flatMap { $0 }
        }
        let first = [little(2, 2), entry(0x0112, 3, 1, 6), entry(0x8825, 4, 1, 38), little(0, 4)].flatMap { $0 }
        let place = [little(2, 2), entry(1, 2, 2, 0x4E), entry(2, 5, 3, 68), little(0, 4)].flatMap { $0 }
        let degrees = [52, 1, 30, 1, 0, 1].flatMap { little($0, 4) }
        let parts: [[UInt8]] = [Array("II*\0".utf8), little(8, 4), first, place, degrees, Array(words.utf8)]
        return parts.flatMap { $0 }
    }

    /// A JPEG with a segment of Exif behind its first marker.
    package static func held(_ jpeg: [UInt8], words: String = serial) -> [UInt8] {
        let body = Array("Exif\0\0".utf8) + exif(words)
        let count = body.count + 2
        return jpeg[..<2] + [0xFF, 0xE1, UInt8(count >> 8), UInt8(count & 255)] + body + jpeg[2...]
    }

    /// A HEIC or AVIF of a JPEG with its Exif, as heif-enc makes it.
    package static func heif(_ jpeg: [UInt8], isAVIF: Bool = false) throws -> [UInt8] {
        let path = NSTemporaryDirectory() + "depotd-heif-" + UUID().uuidString
        let (from, to) = (path + ".jpg", path + (isAVIF ? ".avif" : ".heic"))
        defer { for file in [from, to] { try? FileManager.default.removeItem(atPath: file) } }
        try Data(jpeg).write(to: URL(filePath: from))
        try Child.run("/usr/bin/heif-enc", (isAVIF ? ["-A"] : []) + ["-q", "40", from, "-o", to])
        return Array(try Data(contentsOf: URL(filePath: to)))
    }

    /// A lossless WebP of one colour, with Exif and XMP.
    ///
    /// - Source: RFC 9649 §2.7 (chunks), §3.7.2: five codes of one symbol each, so that a pixel takes no bit.
    package static func webp(width: Int, height: Int) -> [UInt8] {
        let symbol = bits(0b101, 3) + bits(0x80, 8)
        let parts: [[UInt8]] = [
            bits(0x2F, 8), bits(width - 1, 14), bits(height - 1, 14), bits(0, 7), symbol, symbol, symbol, symbol,
            bits(0b0001, 4),
        ]
        let stream: [UInt8] = parts.flatMap { $0 }
        let body: [UInt8] = stride(from: 0, to: stream.count, by: 8).map { start in
            let bits = stream[start..<min(start + 8, stream.count)]
            return bits.enumerated().reduce(UInt8(0)) { byte, bit in byte | bit.element << UInt8(bit.offset) }
        }
        let extended: [UInt8] = [0x0C, 0, 0, 0] + little(width - 1, 3) + little(height - 1, 3)
        let words = Array("<x:xmpmeta>\(serial)</x:xmpmeta>".utf8)
        let named: [(String, [UInt8])] = [("VP8X", extended), ("VP8L", body), ("EXIF", exif()), ("XMP ", words)]
        var chunks: [UInt8] = []
        for (name, body) in named {
            chunks += Array(name.utf8) + little(body.count, 4) + body
            if body.count % 2 == 1 { chunks.append(0) }
        }
        return Array("RIFF".utf8) + little(chunks.count + 4, 4) + Array("WEBP".utf8) + chunks
    }

    private static func bits(_ number: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(number >> $0 & 1) } }

    private static func little(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
