// What labels are drawn on: cairo's surfaces, in dots for printers and previews and in points for PDF, and pango's text.
// One thread at a time draws: the fonts are one cache, and they are opened once.
private import CPango
import Core
import Foundation
import Synchronization

/// Draws in the device's own units from the upper left corner.
///
/// One thread at a time uses it, inside ``LabelPress``'s lock.
final class LabelCanvas {
    private let context: OpaquePointer
    private let text: TextFace

    fileprivate init(surface: OpaquePointer, text: TextFace) {
        self.text = text
        context = cairo_create(surface)
    }

    deinit { cairo_destroy(context) }

    /// Runs `draw` with what it draws put into a box and turned in it by quarters; it draws in a box of `width` and
    /// `height` at the origin, and nothing outside is touched.
    func within(
        x: Double, y: Double, width: Double, height: Double, turn: Int,
        _ draw: (_ width: Double, _ height: Double) throws -> Void
    ) rethrows {
        cairo_save(context)
        defer { cairo_restore(context) }
        cairo_rectangle(context, x, y, width, height)
        cairo_clip(context)
        switch turn {
        case 90: cairo_translate(context, x + width, y)
        case 180: cairo_translate(context, x + width, y + height)
        case 270: cairo_translate(context, x, y + height)
        default: cairo_translate(context, x, y)
        }
        cairo_rotate(context, Double(turn) * .pi / 180)
        let isAcross = turn % 180 != 0
        try draw(isAcross ? height : width, isAcross ? width : height)
    }

    /// Blackens a rectangle.
    func fill(x: Double, y: Double, width: Double, height: Double) {
        cairo_rectangle(context, x, y, width, height)
        cairo_fill(context)
    }

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
            cairo_save(context)
            cairo_translate(
                context, (width - Double(picture.width) * scale) / 2, (height - Double(picture.height) * scale) / 2)
            cairo_scale(context, scale, scale)
            cairo_set_source_surface(context, image, 0, 0)
            cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_BEST)
            cairo_paint(context)
            cairo_restore(context)
            cairo_set_source_rgb(context, 0, 0, 0)
        }
    }

    func endPage() { cairo_show_page(context) }
}

/// A text that is to fit a box, in the units of a canvas.
struct FittedText {
    var text: String
    var size: Double
    var sizeMin: Double
    var lines: Int
    var isBold: Bool
    var alignment: LabelElement.Alignment
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
            guard let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)),
                cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS
            else { throw Failure(.tooLarge, "A label of that size can not be drawn.") }
            defer { cairo_surface_destroy(surface) }
            let canvas = LabelCanvas(surface: surface, text: face)
            canvas.whiten()
            try draw(canvas)
            cairo_surface_flush(surface)
            guard let pixels = cairo_image_surface_get_data(surface) else {
                throw Failure(.internal, "The label could not be drawn.")
            }
            return Self.blackAndWhite(
                UnsafePointer(pixels), stride: Int(cairo_image_surface_get_stride(surface)), width: width,
                height: height, resolution: resolution)
        }
    }

    /// Draws pages in points and gives them as PDF.
    func pdf(width: Double, height: Double, _ draw: (LabelCanvas) throws -> Void) throws -> [UInt8] {
        try locked { face in
            let output = ByteSink()
            let surface = cairo_pdf_surface_create_for_stream(
                { closure, data, count in
                    guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
                    Unmanaged<ByteSink>.fromOpaque(closure).takeUnretainedValue().bytes
                        .append(contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
                    return CAIRO_STATUS_SUCCESS
                }, Unmanaged.passUnretained(output).toOpaque(), width, height)
            guard let surface else { throw Failure(.internal, "The sheet could not be drawn.") }
            defer { cairo_surface_destroy(surface) }
            let canvas = LabelCanvas(surface: surface, text: face)
            canvas.blacken()
            try draw(canvas)
            cairo_surface_finish(surface)
            return withExtendedLifetime(output) { output.bytes }
        }
    }

    private func locked<Result: Sendable>(_ body: (TextFace) throws -> Result) throws -> Result {
        try face.withLock { face in
            let own = face ?? TextFace()
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
                let row = pixels + y * stride
                for x in 0..<width {
                    let pixel = row + 4 * x
                    // Rec. 601 in 256ths: blue, green, red.
                    var light = Int(pixel[0]) * 29
                    light += Int(pixel[1]) * 150
                    light += Int(pixel[2]) * 77
                    if light < 128 * 256 { bytes[y * rowByteCount + x / 8] |= 0x80 >> UInt8(x % 8) }
                }
            }
        }
        return image
    }
}

private final class ByteSink {
    var bytes: [UInt8] = []
}

extension LabelCanvas {
    fileprivate func whiten() {
        cairo_set_source_rgb(context, 1, 1, 1)
        cairo_paint(context)
        cairo_set_source_rgb(context, 0, 0, 0)
    }

    fileprivate func blacken() { cairo_set_source_rgb(context, 0, 0, 0) }
}

/// Shapes text with every font the machine has. Not hinted, so that a text breaks in the same places at every size.
// One thread at a time has it, inside the press's lock.
private final class TextFace: @unchecked Sendable {
    private let map: UnsafeMutablePointer<PangoFontMap>?
    private let context: OpaquePointer?

    init() {
        map = pango_cairo_font_map_new()
        context = pango_font_map_create_context(map)
        pango_context_set_round_glyph_positions(context, 0)
        let options = cairo_font_options_create()
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
        pango_cairo_context_set_font_options(context, options)
        cairo_font_options_destroy(options)
    }

    deinit {
        g_object_unref(context.map { UnsafeMutableRawPointer($0) })
        g_object_unref(map)
    }

    /// The rule for texts that are too long: as large as asked on as many lines as there may be; else smaller, down to the
    /// smallest size; else without its end.
    func write(_ line: FittedText, width: Double, height: Double, on cairo: OpaquePointer) -> Bool {
        guard let layout = pango_layout_new(context) else { return true }
        defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
        let lines = max(1, min(line.lines, Int(height / line.sizeMin)))
        pango_layout_set_text(layout, line.text, -1)
        pango_layout_set_width(layout, Int32(width * Double(PANGO_SCALE)))
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
        pango_layout_set_alignment(
            layout,
            line.alignment == .centre
                ? PANGO_ALIGN_CENTER : line.alignment == .end ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT)
        let font = pango_font_description_from_string(line.isBold ? "Sans Bold" : "Sans")
        defer { pango_font_description_free(font) }
        let lineHeight = lineHeight(of: font)
        func layOut(_ size: Double) -> (lines: Int, width: Double, height: Double) {
            pango_font_description_set_absolute_size(font, size / lineHeight * Double(PANGO_SCALE))
            pango_layout_set_font_description(layout, font)
            var extent = PangoRectangle()
            pango_layout_get_extents(layout, nil, &extent)
            return (
                Int(pango_layout_get_line_count(layout)), Double(extent.width) / Double(PANGO_SCALE),
                Double(extent.height) / Double(PANGO_SCALE)
            )
        }
        func fits(_ size: Double) -> Bool {
            let laid = layOut(size)
            // Lines that are to fill the box do so but for what pango rounds.
            return laid.lines <= lines && laid.width <= width + 0.01 && laid.height <= height * 1.005 + 0.01
                && !breaksWord(layout, line.text)
        }
        var size = min(line.size, height)
        if !fits(size) {
            // Six halvings of the span come to a 64th of it.
            var (small, large) = (min(line.sizeMin, size), size)
            for _ in 0..<6 {
                let middle = (small + large) / 2
                if fits(middle) { small = middle } else { large = middle }
            }
            size = small
        }
        _ = layOut(size)
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END)
        pango_layout_set_height(layout, -Int32(lines))
        let laid = layOut(size)
        cairo_move_to(cairo, 0, max(0, (height - laid.height) / 2))
        pango_cairo_show_layout(cairo, layout)
        return pango_layout_is_ellipsized(layout) != 0
    }

    /// How high a line is beside the size of its font, which differs from one font to another by a fifth.
    private func lineHeight(of font: OpaquePointer?) -> Double {
        pango_font_description_set_absolute_size(font, 100 * Double(PANGO_SCALE))
        guard let metrics = pango_context_get_metrics(context, font, nil) else { return 1.2 }
        defer { pango_font_metrics_unref(metrics) }
        return Double(pango_font_metrics_get_ascent(metrics) + pango_font_metrics_get_descent(metrics))
            / (100 * Double(PANGO_SCALE))
    }

    /// Whether a line ends inside a word, which is smaller writing's last resort.
    private func breaksWord(_ layout: OpaquePointer, _ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return (1..<max(1, pango_layout_get_line_count(layout))).contains { number in
            guard let line = pango_layout_get_line_readonly(layout, number) else { return false }
            let start = Int(line.pointee.start_index)
            let isLetter = { (byte: UInt8) in byte.isWordByte }
            return start > 0 && start < bytes.count && isLetter(bytes[start - 1]) && isLetter(bytes[start])
        }
    }
}

extension UInt8 {
    /// Letters and digits of ASCII; other scripts have rules of their own, which pango knows.
    fileprivate var isWordByte: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
