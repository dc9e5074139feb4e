// The boxes of a HEIF file (HEIC, AVIF), as far as to say which kind it is and how large its picture. Total: any bytes are
// read without a trap, and a box that is cut off is none.
//
// - Source: ISO/IEC 14496-12 §4.2 (boxes), §4.3 (`ftyp`); ISO/IEC 23008-12 §6.5.3 (`ispe`).

/// The boxes of a file.
struct HEIFBoxes {
    private let reader: PictureBytes
    private let end: Int

    init(_ bytes: [UInt8]) {
        reader = PictureBytes(bytes)
        end = bytes.count
    }

    /// What it says it is, the foremost first; none for a file of another kind.
    var brands: [String] {
        guard let first = boxes(in: 0..<end).first, first.name == "ftyp" else { return [] }
        let body = first.body
        // The second word is a version.
        return stride(from: body.lowerBound, to: min(body.upperBound, body.lowerBound + 128) - 3, by: 4)
            .filter { $0 != body.lowerBound + 4 }.compactMap { reader.word(at: $0) }
    }

    /// The size of the largest picture in it, before it is turned: what it is made of and a picture for lists are smaller.
    var size: (width: Int, height: Int)? {
        // `meta` begins with a version and flags, and so does `ispe`.
        guard let meta = boxes(in: 0..<end).first(where: { $0.name == "meta" }),
            let properties = child("iprp", of: meta.body.dropFirst(4)), let list = child("ipco", of: properties)
        else { return nil }
        return boxes(in: list).filter { $0.name == "ispe" }.compactMap { box in
            reader.big(4, at: box.body.lowerBound + 4).flatMap { width in
                reader.big(4, at: box.body.lowerBound + 8).map { (width: width, height: $0) }
            }
        }.max { Double($0.width) * Double($0.height) < Double($1.width) * Double($1.height) }
    }

    private func child(_ name: String, of range: Range<Int>) -> Range<Int>? {
        boxes(in: range).first { $0.name == name }?.body
    }

    /// The boxes one behind the other, up to the first that is not wholly there.
    private func boxes(in range: Range<Int>) -> [(name: String, body: Range<Int>)] {
        var (found, at): ([(name: String, body: Range<Int>)], Int) = ([], range.lowerBound)
        // A box takes eight bytes at least, so this ends.
        while let count = reader.big(4, at: at), let name = reader.word(at: at + 4) {
            let (head, length) = count == 1 ? (16, reader.big(8, at: at + 8) ?? 0) : (8, count)
            guard length >= head, length <= range.upperBound - at else { break }
            found.append((name, at + head..<at + length))
            at += length
        }
        return found
    }
}
