// What a picture says of itself in its first bytes: its type and its size. Total: any bytes are read without a trap, and
// nothing is decoded.
import Foundation

/// The type and size of a picture.
package struct PictureHeader: Sendable, Equatable {
    /// The types that this box makes a picture of. What is made is a JPEG, which every browser shows.
    package enum Kind: String, Sendable, CaseIterable {
        case jpeg = "image/jpeg"
        case png = "image/png"
        case webp = "image/webp"
        /// What iPhones take.
        case heic = "image/heic"
        case avif = "image/avif"

        /// What the first bytes say, whether or not a picture follows.
        package init?(_ bytes: [UInt8]) {
            let reader = PictureBytes(bytes)
            if reader.has([0xFF, 0xD8, 0xFF], at: 0) {
                self = .jpeg
            } else if reader.has([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], at: 0) {
                self = .png
            } else if reader.has(Array("RIFF".utf8), at: 0), reader.has(Array("WEBP".utf8), at: 8) {
                self = .webp
            } else {
                let brands = HEIFBoxes(bytes).brands
                if brands.contains(where: { ["heic", "heix", "heim", "heis", "hevc", "hevx"].contains($0) }) {
                    self = .heic
                } else if brands.contains(where: { ["avif", "avis"].contains($0) }) {
                    self = .avif
                } else if brands.contains(where: { ["mif1", "msf1"].contains($0) }) {
                    self = .heic
                } else {
                    return nil
                }
            }
        }

        /// Most pixels: a JPEG is decoded smaller at once, and of a HEIC there is one copy; the others take four bytes each
        /// more than once.
        package var pixelCountMax: Int { [.png, .webp].contains(self) ? 25_000_000 : 50_000_000 }

        /// Why one of them can not be made a picture of.
        var unreadable: Failure {
            switch self {
            case .heic, .avif:
                Failure(
                    .invalid,
                    "This photo can not be read here. Send it as JPEG: on an iPhone choose Settings, Camera, Formats, "
                        + "Most Compatible, or save the photo as JPEG first.")
            default: Failure(.invalid, "This picture can not be read. It may be damaged or cut off.")
            }
        }
    }

    package let kind: Kind
    /// In pixels, as stored; a JPEG's orientation is not regarded.
    package let width: Int
    package let height: Int

    /// Nil for bytes that are no picture of a known type, or whose size is not where it should be.
    package init?(_ bytes: [UInt8]) {
        guard let kind = Kind(bytes) else { return nil }
        let reader = PictureBytes(bytes)
        let found =
            switch kind {
            case .jpeg: reader.jpegSize
            case .png: reader.pngSize
            case .webp: reader.webpSize
            case .heic, .avif: HEIFBoxes(bytes).size
            }
        guard let size = found, size.width > 0, size.height > 0 else { return nil }
        self.kind = kind
        width = size.width
        height = size.height
    }

    /// - Throws: `invalid` for a picture of more pixels than are decoded.
    func checkPixelCount() throws {
        let (count, most) = (width.multipliedReportingOverflow(by: height), kind.pixelCountMax)
        guard !count.overflow, count.partialValue <= most else {
            throw Failure(
                .invalid,
                "This picture is \(width) × \(height) pixels; at most \(most / 1_000_000) million are taken. "
                    + "Send a smaller one.")
        }
    }
}

/// Bytes read by offset; nil behind their end.
struct PictureBytes {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    subscript(offset: Int) -> Int? { bytes.indices.contains(offset) ? Int(bytes[offset]) : nil }

    func has(_ expected: [UInt8], at offset: Int) -> Bool { bytes.dropFirst(offset).starts(with: expected) }

    /// Four bytes as letters.
    func word(at offset: Int) -> String? {
        big(4, at: offset).map { word in
            String(decoding: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }, as: UTF8.self)
        }
    }

    /// A number of `count` bytes, the most significant first.
    func big(_ count: Int, at offset: Int) -> Int? {
        (0..<count).reduce(0) { value, index in
            value.flatMap { value in self[offset + index].map { value << 8 | $0 } }
        }
    }

    /// A number of `count` bytes, the least significant first.
    func little(_ count: Int, at offset: Int) -> Int? {
        (0..<count).reversed().reduce(0) { value, index in
            value.flatMap { value in self[offset + index].map { value << 8 | $0 } }
        }
    }

    /// The size in the first frame header (SOF).
    /// - Source: ITU-T T.81, annex B: markers are FF and a code, segments begin with their length of two bytes.
    var jpegSize: (width: Int, height: Int)? {
        var offset = 2
        // A segment takes four bytes at least, so this ends.
        while let mark = self[offset], let code = self[offset + 1] {
            guard mark == 0xFF else { return nil }
            switch code {
            case 0xFF: offset += 1
            case 0x01, 0xD0...0xD7: offset += 2
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
                guard let height = big(2, at: offset + 5), let width = big(2, at: offset + 7) else { return nil }
                return (width, height)
            // The scan begins or the picture ends, and no frame was said.
            case 0x00, 0xD8, 0xD9, 0xDA: return nil
            default:
                guard let count = big(2, at: offset + 2), count >= 2 else { return nil }
                offset += 2 + count
            }
        }
        return nil
    }

    /// - Source: PNG specification, 11.2.1: IHDR is the first chunk.
    var pngSize: (width: Int, height: Int)? {
        guard has([0, 0, 0, 13] + Array("IHDR".utf8), at: 8), let width = big(4, at: 16), let height = big(4, at: 20)
        else { return nil }
        return (width, height)
    }

    /// - Source: RFC 9649, sections 2.5 to 2.7.
    var webpSize: (width: Int, height: Int)? {
        if has(Array("VP8X".utf8), at: 12) {
            guard let width = little(3, at: 24), let height = little(3, at: 27) else { return nil }
            return (width + 1, height + 1)
        }
        if has(Array("VP8L".utf8), at: 12) {
            guard self[20] == 0x2F, let bits = little(4, at: 21) else { return nil }
            return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        }
        guard has(Array("VP8 ".utf8), at: 12), has([0x9D, 0x01, 0x2A], at: 23), let width = little(2, at: 26),
            let height = little(2, at: 28)
        else { return nil }
        return (width & 0x3FFF, height & 0x3FFF)
    }
}
