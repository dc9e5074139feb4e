// Tar archives, as far as backups need them: plain files, one after the other, each behind a header of 512 bytes. Any tar
// reads them. Written and read in pieces, so that a film takes no memory.
// - Source: POSIX.1-2017, pax, ustar interchange format; sizes of 8 GiB and more as GNU tar writes them, in base 256.
import Foundation

enum Tar {
    static let blockByteCount = 512
    /// Bytes that are read and written at once.
    static let pieceByteCount = 1 << 20
    static let octalMax: Int64 = 0o77_777_777_777

    /// The header of a plain file that is its owner's alone.
    static func header(_ name: String, _ byteCount: Int64, at date: Date) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockByteCount)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        func octal(_ number: Int64, _ count: Int) -> String {
            let digits = String(number, radix: 8)
            return String(repeating: "0", count: max(0, count - digits.count)) + digits
        }
        put(name, at: 0)
        put(octal(0o600, 7), at: 100)
        for place in [108, 116] { put(octal(0, 7), at: place) }
        if byteCount <= octalMax {
            put(octal(byteCount, 11), at: 124)
        } else {
            block[124] = 0x80
            for index in 0..<8 { block[128 + index] = UInt8(truncatingIfNeeded: byteCount >> (56 - 8 * index)) }
        }
        put(octal(Int64(date.timeIntervalSince1970), 11), at: 136)
        put("        0", at: 148)
        put("ustar\u{0}00", at: 257)
        put(octal(block.reduce(0) { $0 + Int64($1) }, 6) + "\u{0} ", at: 148)
        return block
    }

    /// What a header says; nil for anything but the header of a plain file.
    static func entry(_ block: [UInt8]) -> (name: String, byteCount: Int64)? {
        guard block.count == blockByteCount, Array(block[257..<262]) == Array("ustar".utf8), block[156] == 0x30 else {
            return nil
        }
        var plain = block
        plain.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        guard octal(block[148..<155]) == plain.reduce(0, { $0 + Int64($1) }) else { return nil }
        let name = String(decoding: block[..<100].prefix { $0 != 0 }, as: UTF8.self)
        let byteCount = block[124] == 0x80 ? big(block[128..<136]) : octal(block[124..<135])
        return byteCount.flatMap { $0 >= 0 ? (name, $0) : nil }
    }

    private static func octal(_ digits: ArraySlice<UInt8>) -> Int64? {
        Int64(String(decoding: digits.prefix { $0 != 0 && $0 != 0x20 }, as: UTF8.self), radix: 8)
    }

    private static func big(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let number = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int64(exactly: number)
    }

    /// Bytes behind a file's content up to the next block.
    static func padding(_ byteCount: Int64) -> Int { Int((512 - byteCount % 512) % 512) }
}

/// Writes an archive.
struct TarWriter {
    private let output: FileHandle
    private let date: Date

    init(_ output: FileHandle, at date: Date) {
        self.output = output
        self.date = date
    }

    func add(_ name: String, _ bytes: [UInt8]) throws {
        try output.write(contentsOf: Data(Tar.header(name, Int64(bytes.count), at: date) + bytes))
        try pad(Int64(bytes.count))
    }

    /// Adds what a file holds. - Returns: its SHA-256.
    func add(_ name: String, _ file: FileHandle) throws -> [UInt8] {
        let byteCount = Int64(try file.seekToEnd())
        try file.seek(toOffset: 0)
        try output.write(contentsOf: Data(Tar.header(name, byteCount, at: date)))
        var (sum, rest) = (SHA256.Running(), byteCount)
        while rest > 0 {
            let piece = try file.read(upToCount: Int(min(rest, Int64(Tar.pieceByteCount)))) ?? Data()
            guard !piece.isEmpty else {
                throw Failure(.unavailable, "A file became shorter while it was copied: \(name)")
            }
            sum.add(Array(piece))
            try output.write(contentsOf: piece)
            rest -= Int64(piece.count)
        }
        try pad(byteCount)
        return sum.end()
    }

    func end() throws { try output.write(contentsOf: Data(count: 2 * Tar.blockByteCount)) }

    private func pad(_ byteCount: Int64) throws { try output.write(contentsOf: Data(count: Tar.padding(byteCount))) }
}

/// Reads an archive from its beginning, whatever bytes it is of.
struct TarReader {
    private let input: FileHandle

    init(_ input: FileHandle) { self.input = input }

    /// The next file; nil at the end of the archive.
    ///
    /// - Throws: `unavailable` for what is no header and no end.
    func next() throws -> (name: String, byteCount: Int64)? {
        let block = try piece(Tar.blockByteCount)
        if block.allSatisfy({ $0 == 0 }) { return nil }
        guard let entry = Tar.entry(block) else { throw Self.damaged }
        return entry
    }

    /// Gives the content of the file that ``next()`` named, in pieces. - Returns: its SHA-256.
    func read(_ byteCount: Int64, _ take: ([UInt8]) throws -> Void) throws -> [UInt8] {
        var (sum, rest) = (SHA256.Running(), byteCount)
        while rest > 0 {
            let bytes = try piece(Int(min(rest, Int64(Tar.pieceByteCount))))
            sum.add(bytes)
            try take(bytes)
            rest -= Int64(bytes.count)
        }
        guard try piece(Tar.padding(byteCount)).allSatisfy({ $0 == 0 }) else { throw Self.damaged }
        return sum.end()
    }

    private func piece(_ count: Int) throws -> [UInt8] {
        guard count > 0 else { return [] }
        let bytes = try input.read(upToCount: count) ?? Data()
        guard bytes.count == count else { throw Self.damaged }
        return Array(bytes)
    }

    static let damaged = Failure(.unavailable, "The backup is damaged or cut off.")
}
