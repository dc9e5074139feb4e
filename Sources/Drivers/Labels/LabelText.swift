// Text on labels: shaped by pango with every font the machine has, as large as it fits its box. All of it is laid out at
// one size and then scaled, because a font that is looked up costs more than a text that is shaped; and what many labels
// say, such as whose they are, is laid out once.
import CPango
import Core
import Foundation

/// A text that is to fit a box, in the units of a canvas.
struct FittedText: Hashable {
    var text: String
    var size: Double
    var sizeMin: Double
    var lines: Int
    var isBold: Bool
    var alignment: LabelElement.Alignment
}

/// The fonts. Not hinted, so that a text is the same at every size and breaks in the same places.
// One thread at a time has it, inside the press's lock.
final class TextFace: @unchecked Sendable {
    let drawing: depot_drawing
    private let map: UnsafeMutablePointer<PangoFontMap>?
    private let context: OpaquePointer?
    private let plain: Font
    private let bold: Font
    private var laid: [Key: LaidText] = [:]

    /// As many as the texts of a hundred labels that have not two of them in common.
    private static let laidCountMax = 300
    /// A text that is too large is tried 3 % smaller, and again.
    private static let step = 0.97
    /// In units of a layout, of which there are 1024 in pango's own.
    private static let fontSize = 100.0

    private struct Key: Hashable {
        var text: FittedText
        var width: Double
        var height: Double
    }

    private struct Font {
        let description: OpaquePointer?
        /// How high a line is, which differs from one font to another by a fifth.
        let lineHeight: Double
    }

    /// - Throws: `unavailable` where cairo and pango are not installed.
    init() throws {
        let drawing = try Drawing.library()
        self.drawing = drawing
        map = drawing.pango_cairo_font_map_new()
        context = drawing.pango_font_map_create_context(map)
        drawing.pango_context_set_round_glyph_positions(context, 0)
        let options = drawing.cairo_font_options_create()
        drawing.cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        drawing.cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        drawing.cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
        drawing.pango_cairo_context_set_font_options(context, options)
        drawing.cairo_font_options_destroy(options)
        plain = Self.font("Sans", drawing, context)
        bold = Self.font("Sans Bold", drawing, context)
    }

    deinit {
        laid = [:]
        for font in [plain, bold] { drawing.pango_font_description_free(font.description) }
        drawing.g_object_unref(context.map { UnsafeMutableRawPointer($0) })
        drawing.g_object_unref(map)
    }

    private static func font(_ name: String, _ drawing: depot_drawing, _ context: OpaquePointer?) -> Font {
        let description = drawing.pango_font_description_from_string(name)
        drawing.pango_font_description_set_absolute_size(description, fontSize * Double(PANGO_SCALE))
        guard let metrics = drawing.pango_context_get_metrics(context, description, nil) else {
            return Font(description: description, lineHeight: 1.2 * fontSize)
        }
        defer { drawing.pango_font_metrics_unref(metrics) }
        let height = drawing.pango_font_metrics_get_ascent(metrics) + drawing.pango_font_metrics_get_descent(metrics)
        return Font(description: description, lineHeight: Double(height) / Double(PANGO_SCALE))
    }

    /// Writes a text into a box at the origin. - Returns: whether its end was left out.
    func write(_ text: FittedText, width: Double, height: Double, on cairo: OpaquePointer?) -> Bool {
        // A box less than a tenth of a dot or of a point high has room for nothing.
        guard width > 0, height >= 0.1 else { return true }
        let key = Key(text: text, width: width, height: height)
        guard let found = laid[key] ?? layOut(text, width: width, height: height) else { return true }
        if laid.count >= Self.laidCountMax { laid.removeAll() }
        laid[key] = found
        drawing.cairo_save(cairo)
        drawing.cairo_translate(cairo, 0, max(0, (height - found.height * found.scale) / 2))
        drawing.cairo_scale(cairo, found.scale, found.scale)
        drawing.cairo_move_to(cairo, 0, 0)
        drawing.pango_cairo_show_layout(cairo, found.layout)
        drawing.cairo_restore(cairo)
        return found.isCut
    }

    /// The rule for texts that are too long: as large as asked on as many lines as there may be; else smaller, down to the
    /// smallest size; else without its end.
    private func layOut(_ text: FittedText, width: Double, height: Double) -> LaidText? {
        let lines = max(1, min(text.lines, Int(height / text.sizeMin)))
        let font = text.isBold ? bold : plain
        guard let laid = LaidText(text.text, font.description, drawing, context, text.alignment) else { return nil }
        let size = min(text.size, height)
        let countMax = Int((log(min(text.sizeMin / size, 1)) / log(Self.step)).rounded(.up))
        func scale(_ count: Int) -> Double {
            max(size * pow(Self.step, Double(count)), min(text.sizeMin, size)) / font.lineHeight
        }
        func fits(_ count: Int) -> Bool {
            laid.lay(width, scale(count))
            // Lines that are to fill the box do so but for what pango rounds.
            return laid.lineCount <= lines && laid.width * laid.scale <= width + 0.01
                && laid.height * laid.scale <= height * 1.005 + 0.01 && !laid.breaksWord
        }
        // No size is tried at which the lines together would be too short.
        laid.lay(nil, 1)
        let room = width * Double(lines) / max(1, laid.width - Double(lines - 1) * Self.fontSize)
        var (large, small) = ((0...countMax).first { scale($0) <= room * 1.001 } ?? countMax, countMax)
        guard !fits(large) else { return laid }
        while large + 1 < small {
            let middle = (large + small) / 2
            if fits(middle) { small = middle } else { large = middle }
        }
        if !fits(small) { laid.cut(at: lines) }
        return laid
    }
}

/// A text that pango has laid out, and by how much it is scaled when it is shown.
private final class LaidText {
    let layout: OpaquePointer
    private let drawing: depot_drawing
    private(set) var scale = 1.0
    /// In its own units, which are not scaled.
    private(set) var width = 0.0
    private(set) var height = 0.0
    private let bytes: [UInt8]

    init?(
        _ text: String, _ font: OpaquePointer?, _ drawing: depot_drawing, _ context: OpaquePointer?,
        _ alignment: LabelElement.Alignment
    ) {
        guard let layout = drawing.pango_layout_new(context) else { return nil }
        self.layout = layout
        self.drawing = drawing
        bytes = Array(text.utf8)
        drawing.pango_layout_set_text(layout, text, -1)
        drawing.pango_layout_set_font_description(layout, font)
        drawing.pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
        drawing.pango_layout_set_alignment(
            layout,
            alignment == .centre ? PANGO_ALIGN_CENTER : alignment == .end ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT)
    }

    deinit { drawing.g_object_unref(UnsafeMutableRawPointer(layout)) }

    /// Breaks it into lines of a width that will be scaled; nil for lines of any width.
    func lay(_ width: Double?, _ scale: Double) {
        self.scale = scale
        // Text of 500 letters is narrower than this, however small it is to become.
        drawing.pango_layout_set_width(layout, width.map { Int32(min($0 / scale * Double(PANGO_SCALE), 1e9)) } ?? -1)
        var extent = PangoRectangle()
        drawing.pango_layout_get_extents(layout, nil, &extent)
        self.width = Double(extent.width) / Double(PANGO_SCALE)
        height = Double(extent.height) / Double(PANGO_SCALE)
    }

    /// Leaves the end out.
    func cut(at lines: Int) {
        drawing.pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END)
        drawing.pango_layout_set_height(layout, -Int32(lines))
        var extent = PangoRectangle()
        drawing.pango_layout_get_extents(layout, nil, &extent)
        height = Double(extent.height) / Double(PANGO_SCALE)
    }

    var lineCount: Int { Int(drawing.pango_layout_get_line_count(layout)) }
    var isCut: Bool { drawing.pango_layout_is_ellipsized(layout) != 0 }

    /// Whether a line ends inside a word, which is smaller writing's last resort.
    var breaksWord: Bool {
        (1..<max(1, drawing.pango_layout_get_line_count(layout))).contains { number in
            guard let line = drawing.pango_layout_get_line_readonly(layout, number) else { return false }
            let start = Int(line.pointee.start_index)
            return start > 0 && start < bytes.count && bytes[start - 1].isWordByte && bytes[start].isWordByte
        }
    }
}

extension UInt8 {
    /// Letters and digits of ASCII; other scripts have rules of their own, which pango knows.
    fileprivate var isWordByte: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
