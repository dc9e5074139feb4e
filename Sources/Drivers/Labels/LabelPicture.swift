// Logos on labels: a PNG is read within bounds, made grey, and dithered in the dots it is printed in.
private import CPango
package import Core
import Foundation

/// A logo, read and ready to be drawn.
// Never written after `init`; cairo only reads it, one thread at a time inside the press's lock.
package final class LabelPicture: @unchecked Sendable {
    private let drawing: depot_drawing
    private let surface: OpaquePointer
    let width: Int
    let height: Int

    /// Reads a PNG.
    ///
    /// - Throws: `invalid` for another file or a broken one; `tooLarge` for too many pixels, before any is read.
    package init(_ bytes: [UInt8]) throws {
        guard let header = PictureHeader(bytes), header.kind == .png else {
            throw Failure(.invalid, "A logo is a PNG file.", field: "logo")
        }
        guard header.width * header.height <= Printer.logoPixelCountMax else {
            throw Failure(
                .tooLarge,
                "This logo is \(header.width) × \(header.height) pixels. Make it smaller: "
                    + "\(Printer.logoPixelCountMax / 1_000_000) million pixels are enough for any label.", field: "logo"
            )
        }
        let drawing = try Drawing.library()
        let source = ByteSource(bytes)
        let read = drawing.cairo_image_surface_create_from_png_stream(
            { closure, data, count in
                guard let closure, let data else { return CAIRO_STATUS_READ_ERROR }
                return Unmanaged<ByteSource>.fromOpaque(closure).takeUnretainedValue().read(data, Int(count))
                    ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_READ_ERROR
            }, Unmanaged.passUnretained(source).toOpaque())
        guard let read, withExtendedLifetime(source, { drawing.cairo_surface_status(read) }) == CAIRO_STATUS_SUCCESS
        else {
            throw Failure(.invalid, "The logo's file is broken.", field: "logo")
        }
        self.drawing = drawing
        surface = read
        width = Int(drawing.cairo_image_surface_get_width(read))
        height = Int(drawing.cairo_image_surface_get_height(read))
    }

    deinit { drawing.cairo_surface_destroy(surface) }

    func withSurface(_ body: (OpaquePointer) -> Void) { body(surface) }

    /// The logo in black and white dots, as large as it fits: grey comes out as a pattern.
    ///
    /// - Source: Floyd and Steinberg, An adaptive algorithm for spatial greyscale (1976).
    func dithered(width: Int, height: Int) -> LabelPicture? {
        let scale = min(Double(width) / Double(self.width), Double(height) / Double(self.height))
        let (wide, high) = (max(1, Int(Double(self.width) * scale)), max(1, Int(Double(self.height) * scale)))
        guard let target = drawing.cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(wide), Int32(high)),
            let cairo = drawing.cairo_create(target)
        else { return nil }
        drawing.cairo_set_source_rgb(cairo, 1, 1, 1)
        drawing.cairo_paint(cairo)
        drawing.cairo_scale(cairo, Double(wide) / Double(self.width), Double(high) / Double(self.height))
        drawing.cairo_set_source_surface(cairo, surface, 0, 0)
        drawing.cairo_pattern_set_filter(drawing.cairo_get_source(cairo), CAIRO_FILTER_BEST)
        drawing.cairo_paint(cairo)
        drawing.cairo_destroy(cairo)
        drawing.cairo_surface_flush(target)
        guard let pixels = drawing.cairo_image_surface_get_data(target) else { return nil }
        Self.dither(pixels, stride: Int(drawing.cairo_image_surface_get_stride(target)), width: wide, height: high)
        drawing.cairo_surface_mark_dirty(target)
        return LabelPicture(drawing, taking: target, width: wide, height: high)
    }

    private init(_ drawing: depot_drawing, taking surface: OpaquePointer, width: Int, height: Int) {
        self.drawing = drawing
        self.surface = surface
        self.width = width
        self.height = height
    }

    private static func dither(_ pixels: UnsafeMutablePointer<UInt8>, stride: Int, width: Int, height: Int) {
        var (now, next) = ([Int](repeating: 0, count: width + 2), [Int](repeating: 0, count: width + 2))
        for y in 0..<height {
            for x in 0..<width {
                let pixel = pixels + y * stride + 4 * x
                var light = Int(pixel[0]) * 29
                light += Int(pixel[1]) * 150
                light += Int(pixel[2]) * 77
                light = light / 256 + now[x + 1] / 16
                let shown = light < 128 ? 0 : 255
                let error = light - shown
                now[x + 2] += error * 7
                next[x] += error * 3
                next[x + 1] += error * 5
                next[x + 2] += error
                for part in 0..<3 { pixel[part] = UInt8(shown) }
            }
            (now, next) = (next, [Int](repeating: 0, count: width + 2))
        }
    }
}

private final class ByteSource {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(_ data: UnsafeMutablePointer<UInt8>, _ count: Int) -> Bool {
        guard offset + count <= bytes.count else { return false }
        for index in 0..<count { data[index] = bytes[offset + index] }
        offset += count
        return true
    }
}
