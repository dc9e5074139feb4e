// What labels are drawn on: cairo's surfaces, in dots for printers and previews and in points for PDF. Text is
// LabelText.swift's. One thread at a time draws: the fonts are one cache, and they are opened once.
private import CPango
import Core
import Foundation
import Synchronization

/// Draws in the device's own units from the upper left corner.
///
/// One thread at a time uses it, inside ``LabelPress``'s lock.
final class LabelCanvas {
    private let context: OpaquePointer?
    private let text: TextFace
    private var drawing: depot_drawing { text.drawing }

    fileprivate init(surface: OpaquePointer, text: TextFace) {
        self.text = text
        context = text.drawing.cairo_create(surface)
    }

    deinit { drawing.cairo_destroy(context) }

    /// Runs `draw` with what it draws put into a box and turned in it by quarters; it draws in a box of `width` and
    /// `height` at the origin, and nothing outside is touched.
    func within(
        x: Double, y: Double, width: Double, height: Double, turn: Int,
        _ draw: (_ width: Double, _ height: Double) throws -> Void
    ) rethrows {
        drawing.cairo_save(context)
        defer { drawing.cairo_restore(context) }
        drawing.cairo_rectangle(context, x, y, width, height)
        drawing.cairo_clip(context)
        switch turn {
        case 90: drawing.cairo_translate(context, x + width, y)
        case 180: drawing.cairo_translate(context, x + width, y + height)
        case 270: drawing.cairo_translate(context, x, y + height)
        default: drawing.cairo_translate(context, x, y)
        }
        drawing.cairo_rotate(context, Double(turn) * .pi / 180)
        let isAcross = turn % 180 != 0
        try draw(isAcross ? height : width, isAcross ? width : height)
    }

    /// Blackens a rectangle.
    func fill(x: Double, y: Double, width: Double, height: Double) {
        drawing.cairo_rectangle(context, x, y, width, height)
        drawing.cairo_fill(context)
    }

    /// Blackens the dark modules of a code, as one stencil: cairo's files say each rectangle in some hundred bytes, and
    /// keep an account of where it is that grows with the square of their number.
    ///
    /// - Throws: `internal` when there is no memory for it.
    func fill(_ matrix: CodeMatrix, x: Double, y: Double, moduleWidth: Double, moduleHeight: Double) throws {
        let (width, height) = (Int32(matrix.width * Self.moduleDots), Int32(matrix.height * Self.moduleDots))
        guard let stencil = drawing.cairo_image_surface_create(CAIRO_FORMAT_A8, width, height),
            let dots = drawing.cairo_image_surface_get_data(stencil)
        else { throw Failure(.internal, "The code could not be drawn.") }
        defer { drawing.cairo_surface_destroy(stencil) }
        let stride = Int(drawing.cairo_image_surface_get_stride(stencil))
        for row in 0..<matrix.height {
            for run in matrix.runs(inRow: row) {
                for line in row * Self.moduleDots..<(row + 1) * Self.moduleDots {
                    let start = dots + line * stride + run.lowerBound * Self.moduleDots
                    start.update(repeating: 0xFF, count: run.count * Self.moduleDots)
                }
            }
        }
        drawing.cairo_surface_mark_dirty(stencil)
        drawing.cairo_save(context)
        defer { drawing.cairo_restore(context) }
        drawing.cairo_translate(context, x, y)
        drawing.cairo_scale(context, moduleWidth / Double(Self.moduleDots), moduleHeight / Double(Self.moduleDots))
        let pattern = drawing.cairo_pattern_create_for_surface(stencil)
        drawing.cairo_pattern_set_filter(pattern, CAIRO_FILTER_NEAREST)
        drawing.cairo_mask(context, pattern)
        drawing.cairo_pattern_destroy(pattern)
    }

    /// Dots across a module of a stencil: programs that soften small pictures do so at the edges of its dots only.
    private static let moduleDots = 4

    /// Writes text into a box of this width and height at the origin, as large as it fits.
    ///
    /// - Returns: whether the end of the text was left out.
    @discardableResult
    func write(_ line: FittedText, width: Double, height: Double) -> Bool {
        text.write(line, width: width, height: height, on: context)
    }

    /// Draws a picture as large as it fits, in the middle.
    func draw(_ picture: LabelPicture, width: Double, height: Double) {
        picture.withSurface { image in
            let scale = min(width / Double(picture.width), height / Double(picture.height))
            drawing.cairo_save(context)
            drawing.cairo_translate(
                context, (width - Double(picture.width) * scale) / 2, (height - Double(picture.height) * scale) / 2)
            drawing.cairo_scale(context, scale, scale)
            drawing.cairo_set_source_surface(context, image, 0, 0)
            drawing.cairo_pattern_set_filter(drawing.cairo_get_source(context), CAIRO_FILTER_BEST)
            drawing.cairo_paint(context)
            drawing.cairo_restore(context)
            drawing.cairo_set_source_rgb(context, 0, 0, 0)
        }
    }

    func endPage() { drawing.cairo_show_page(context) }
}

/// Makes canvases. The fonts are its own and are used by one thread at a time.
package final class LabelPress: Sendable {
    private let face = Mutex<TextFace?>(nil)

    package init() {}

    /// Draws in dots and makes them black and white.
    func dots(
        width: Int, height: Int, resolution: Int, _ draw: (LabelCanvas) throws -> Void
    ) throws -> DotImage {
        try locked { face in
            let drawing = face.drawing
            guard let surface = drawing.cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)),
                drawing.cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS
            else { throw Failure(.tooLarge, "A label of that size can not be drawn.") }
            defer { drawing.cairo_surface_destroy(surface) }
            let canvas = LabelCanvas(surface: surface, text: face)
            canvas.whiten()
            try draw(canvas)
            drawing.cairo_surface_flush(surface)
            guard let pixels = drawing.cairo_image_surface_get_data(surface) else {
                throw Failure(.internal, "The label could not be drawn.")
            }
            return Self.blackAndWhite(
                UnsafePointer(pixels), stride: Int(drawing.cairo_image_surface_get_stride(surface)), width: width,
                height: height, resolution: resolution)
        }
    }

    /// Draws pages in points and gives them as PDF.
    func pdf(width: Double, height: Double, _ draw: (LabelCanvas) throws -> Void) throws -> [UInt8] {
        try locked { face in
            let drawing = face.drawing
            let output = ByteSink()
            let surface = drawing.cairo_pdf_surface_create_for_stream(
                { closure, data, count in
                    guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
                    Unmanaged<ByteSink>.fromOpaque(closure).takeUnretainedValue().bytes
                        .append(contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
                    return CAIRO_STATUS_SUCCESS
                }, Unmanaged.passUnretained(output).toOpaque(), width, height)
            guard let surface else { throw Failure(.internal, "The sheet could not be drawn.") }
            defer { drawing.cairo_surface_destroy(surface) }
            let canvas = LabelCanvas(surface: surface, text: face)
            canvas.blacken()
            try draw(canvas)
            drawing.cairo_surface_finish(surface)
            return withExtendedLifetime(output) { output.bytes }
        }
    }

    private func locked<Result: Sendable>(_ body: (TextFace) throws -> Result) throws -> Result {
        try face.withLock { face in
            let own = try face ?? TextFace()
            face = own
            return try body(own)
        }
    }

    /// A dot is black when it is darker than half; what is no text and no code was dithered before it was drawn.
    private static func blackAndWhite(
        _ pixels: UnsafePointer<UInt8>, stride: Int, width: Int, height: Int, resolution: Int
    ) -> DotImage {
        var image = DotImage(width: width, height: height, resolution: resolution)
        let rowByteCount = image.rowByteCount
        image.bytes.withUnsafeMutableBufferPointer { bytes in
            for y in 0..<height {
                // cairo's rows begin at words, and a pixel is one.
                let row = UnsafeRawPointer(pixels + y * stride).assumingMemoryBound(to: UInt32.self)
                for place in 0..<rowByteCount {
                    var dots: UInt8 = 0
                    for x in 8 * place..<min(8 * place + 8, width) where isDark(row[x]) { dots |= 0x80 >> UInt8(x % 8) }
                    bytes[y * rowByteCount + place] = dots
                }
            }
        }
        return image
    }

    /// Rec. 601 in 256ths. Most of a label is white paper, which needs no sum.
    private static func isDark(_ pixel: UInt32) -> Bool {
        guard pixel & 0xFFFFFF != 0xFFFFFF else { return false }
        var light = (pixel >> 16 & 0xFF) * 77
        light += (pixel >> 8 & 0xFF) * 150
        light += (pixel & 0xFF) * 29
        return light < 128 * 256
    }
}

private final class ByteSink {
    var bytes: [UInt8] = []
}

extension LabelCanvas {
    fileprivate func whiten() {
        drawing.cairo_set_source_rgb(context, 1, 1, 1)
        drawing.cairo_paint(context)
        drawing.cairo_set_source_rgb(context, 0, 0, 0)
    }

    fileprivate func blacken() { drawing.cairo_set_source_rgb(context, 0, 0, 0) }
}
