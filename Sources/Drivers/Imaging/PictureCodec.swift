// From the bytes of a picture to pixels and back to bytes that this box made: nothing of what was sent is left in them.
// Runs in the confined helper only (PictureDarkroom.swift).
private import CHEIF
private import CPNG
private import CTurboJPEG
private import CWebP
import Core

/// Decodes pictures and writes them anew.
struct PictureCodec {
    private let library: depot_heif?

    /// - Parameter readsHEIF: loads libheif, which can be done only while files can be opened.
    init(readsHEIF: Bool = false) {
        var heif = depot_heif()
        library = readsHEIF && depot_heif_load(&heif) == 1 ? heif : nil
    }

    /// The pixels of a picture with a longer side of about `longest` at least, where it has so many.
    ///
    /// - Returns: nil for what is no picture or has too many pixels.
    func decode(_ bytes: [UInt8], longest: Int) -> Raster? {
        guard let header = PictureHeader(bytes) else { return nil }
        let count = header.width.multipliedReportingOverflow(by: header.height)
        guard !count.overflow, count.partialValue <= header.kind.pixelCountMax else { return nil }
        switch header.kind {
        case .jpeg: return jpeg(bytes, header, longest)
        case .png: return png(bytes, header)
        case .webp: return webp(bytes, header)
        case .heic, .avif: return heif(bytes, header, longest)
        }
    }

    private func jpeg(_ bytes: [UInt8], _ header: PictureHeader, _ longest: Int) -> Raster? {
        guard let turbo = tjInitDecompress() else { return nil }
        defer { tjDestroy(turbo) }
        var (width, height, sampling, space) = (CInt(0), CInt(0), CInt(0), CInt(0))
        guard
            tjDecompressHeader3(turbo, bytes, UInt(bytes.count), &width, &height, &sampling, &space) == 0,
            Int(width) == header.width, Int(height) == header.height
        else { return nil }
        // The cosine transform gives halves, quarters and eighths for less than the whole.
        let side = max(header.width, header.height)
        let part = [8, 4, 2].first { side / $0 >= longest } ?? 1
        let (partWidth, partHeight) = ((header.width + part - 1) / part, (header.height + part - 1) / part)
        var pixels = [UInt8](repeating: 0, count: partWidth * partHeight * 4)
        let code = tjDecompress2(
            turbo, bytes, UInt(bytes.count), &pixels, CInt(partWidth), 0, CInt(partHeight), CInt(TJPF_RGBA.rawValue),
            0)
        // A photo that breaks off is shown as far as it goes.
        guard code == 0 || tjGetErrorCode(turbo) == TJERR_WARNING.rawValue else { return nil }
        return Raster(width: partWidth, height: partHeight, pixels: pixels).turned(by: ExifOrientation.of(bytes))
    }

    private func png(_ bytes: [UInt8], _ header: PictureHeader) -> Raster? {
        var pixels = [UInt8](repeating: 0, count: header.width * header.height * 4)
        let isRight = depot_png_decode(bytes, bytes.count, UInt32(header.width), UInt32(header.height), &pixels)
        return isRight == 1 ? Raster(width: header.width, height: header.height, pixels: pixels) : nil
    }

    private func webp(_ bytes: [UInt8], _ header: PictureHeader) -> Raster? {
        var pixels = [UInt8](repeating: 0, count: header.width * header.height * 4)
        let isRight =
            WebPDecodeRGBAInto(bytes, bytes.count, &pixels, pixels.count, CInt(header.width * 4)) != nil
        return isRight ? Raster(width: header.width, height: header.height, pixels: pixels) : nil
    }

    /// The file says how it is turned in a box of its own, which libheif follows; its Exif is not asked.
    private func heif(_ bytes: [UInt8], _ header: PictureHeader, _ longest: Int) -> Raster? {
        guard var library else { return nil }
        var rows = depot_heif_rows()
        guard depot_heif_decode(&library, bytes, bytes.count, header.kind.pixelCountMax, &rows) == 1 else { return nil }
        let (width, height, stride) = (Int(rows.width), Int(rows.height), Int(rows.stride))
        // Made smaller from where it lies: there is no room for a second one of 50 megapixels.
        let pixels = UnsafeBufferPointer(start: rows.rgba, count: stride * (height - 1) + width * 4)
        return Raster(pixels, width: width, height: height, stride: stride, longest: longest)
    }

    /// A JPEG of the picture, upon white.
    func encode(_ raster: Raster, quality: Int) -> [UInt8]? {
        guard let turbo = tjInitCompress() else { return nil }
        defer { tjDestroy(turbo) }
        var raster = raster
        raster.flatten()
        var (made, count): (UnsafeMutablePointer<UInt8>?, UInt) = (nil, 0)
        let code = tjCompress2(
            turbo, raster.pixels, CInt(raster.width), 0, CInt(raster.height), CInt(TJPF_RGBA.rawValue), &made, &count,
            CInt(TJSAMP_420.rawValue), CInt(quality), TJFLAG_PROGRESSIVE)
        defer { tjFree(made) }
        guard code == 0, let made else { return nil }
        return Array(UnsafeBufferPointer(start: made, count: Int(count)))
    }
}
