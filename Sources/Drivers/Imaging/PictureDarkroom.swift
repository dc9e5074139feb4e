// What the helper process does: it gives up all it does not need, reads one picture from its input, and writes it anew to
// its output, large and small. Whatever a decoder's mistake lets a stranger's bytes do, there is nothing here to do it to.
// Read next: PictureWorkshop.swift, which starts it.
private import CConfine
package import Core
private import Glibc

/// The short-lived helper that decodes one picture.
package enum PictureDarkroom {
    /// Longer sides of what is made, in pixels.
    package static let (large, small) = (2_048, 480)
    /// A progressive JPEG of the most pixels takes 380 MiB, and 520 of addresses, a HEIC 300 and 420. Two helpers and the daemon stay within
    /// the unit's MemoryMax but for such pictures, and then it is the helper that goes.
    private static let memoryByteCountMax: UInt64 = 640 << 20
    private static let cpuSecondsMax: UInt64 = 10

    /// Reads standard input to its end, writes `width height bytes bytes` and a line end, then both pictures.
    ///
    /// - Parameter readsHEIF: whether that kind is expected, and is then read beside the others. Its decoder needs threads,
    ///   so a helper for one has that call more.
    /// - Returns: the code to exit with: 0, or 1 for what is no picture.
    package static func run(readsHEIF: Bool) -> Int32 {
        let codec = confine(readsHEIF)
        guard let bytes = readAll(), let picture = codec.decode(bytes, longest: large) else { return 1 }
        let shown = picture.fitting(large)
        guard let whole = codec.encode(shown, quality: 86), let part = codec.encode(shown.fitting(small), quality: 80)
        else { return 1 }
        let head = "\(shown.width) \(shown.height) \(whole.count) \(part.count)\n"
        return writeAll(Array(head.utf8) + whole + part) ? 0 : 1
    }

    /// Gives up new privileges, files, the network and most calls. An older kernel has less to take away, and the limits
    /// hold on any.
    private static func confine(_ readsHEIF: Bool) -> PictureCodec {
        _ = depot_go_first()
        _ = depot_limit(CInt(DEPOT_LIMIT_MEMORY), memoryByteCountMax)
        _ = depot_limit(CInt(DEPOT_LIMIT_CPU), cpuSecondsMax)
        for limit in [DEPOT_LIMIT_FILE_SIZE, DEPOT_LIMIT_CORE] { _ = depot_limit(CInt(limit), 0) }
        _ = depot_no_new_privileges()
        let codec = PictureCodec(readsHEIF: readsHEIF)
        _ = depot_close_files()
        // Touched once before, so that what is loaded lazily is there: afterwards no file can be opened.
        let blank = codec.encode(Raster(width: 8, height: 8, pixels: .init(repeating: 255, count: 256)), quality: 80)
        if let blank { _ = codec.decode(blank, longest: 8) }
        _ = depot_limit(CInt(DEPOT_LIMIT_FILES), 3)
        _ = depot_only_compute(readsHEIF ? 1 : 0)
        return codec
    }

    private static func readAll() -> [UInt8]? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(STDIN_FILENO, &piece, piece.count)
            if count == 0 { return bytes }
            guard count > 0, bytes.count + count <= PictureWorkshop.byteCountMax else { return nil }
            bytes += piece[..<count]
        }
    }

    private static func writeAll(_ bytes: [UInt8]) -> Bool {
        var at = 0
        while at < bytes.count {
            let count = bytes[at...].withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { return false }
            at += count
        }
        return true
    }
}
