// The forms that labels are sent in: dots where the printer takes them as they are, because then a code's modules are whole
// dots on paper too; else PNG; sheets as PDF.
private import CCUPS
import Core
import Foundation

/// A form that labels are sent in.
enum PrintForm: String {
    case raster = "image/pwg-raster"
    case png = "image/png"
    case pdf = "application/pdf"

    var type: String { rawValue }

    /// The forms that a printer says it takes, the best first.
    static func preferred(for media: LabelMedia, of traits: Traits) -> [PrintForm] {
        let order: [PrintForm] = media.sheet == nil ? [.raster, .png, .pdf] : [.pdf, .raster]
        return order.filter { form in
            guard traits.formats.contains(form.type) else { return false }
            return form != .raster || PWGRaster.kind(of: traits) != nil
        }
    }

    /// The labels in this form.
    ///
    /// - Throws: `Failure` for labels that can not be drawn.
    func bytes(of run: PrintRun, _ press: LabelPress, _ traits: Traits) throws -> [UInt8] {
        let logo = try run.logo.map { try LabelPicture($0) }
        let resolution = traits.resolution(near: run.resolution)
        switch self {
        case .pdf:
            return try press.sheets(
                run.labels, on: run.media, first: run.first, offset: PrintOffset(x: run.offsetX, y: run.offsetY),
                logo: logo)
        case .png:
            guard let image = try press.images(of: run, resolution: resolution, logo).first else {
                throw Failure(.internal, "There is nothing to print.")
            }
            return try image.png
        case .raster:
            return try PWGRaster.bytes(
                press.images(of: run, resolution: resolution, logo), kind: PWGRaster.kind(of: traits) ?? .grey)
        }
    }
}

extension Traits {
    /// The resolution that it has: the one that is asked for, else the nearest.
    func resolution(near wanted: Int) -> Int {
        resolutions.min { abs($0 - wanted) < abs($1 - wanted) } ?? wanted
    }
}

extension LabelPress {
    /// The pieces of paper of a run, as dots.
    func images(of run: PrintRun, resolution: Int, _ logo: LabelPicture?) throws -> [DotImage] {
        if run.media.sheet != nil { return [try sheet(run, resolution: resolution, logo: logo)] }
        return try run.labels.map { label in
            try run.media.check(label.layout)
            return try self.label(
                label.layout.placed(on: run.media, offsetX: run.offsetX, offsetY: run.offsetY), label.content,
                resolution: resolution, logo: logo)
        }
    }
}

/// Dots as printers take them by IPP Everywhere.
///
/// - Source: PWG 5102.4, PWG Raster Format.
enum PWGRaster {
    enum Kind: String {
        case black = "black_1"
        case grey = "sgray_8"
    }

    /// The kind of dots that a printer takes; nil when it takes none of ours.
    static func kind(of traits: Traits) -> Kind? {
        // A printer that takes PWG raster and does not say which kinds takes grey.
        if traits.rasterTypes.isEmpty { return .grey }
        return [Kind.black, .grey].first { traits.rasterTypes.contains($0.rawValue) }
    }

    private final class Sink {
        var bytes: [UInt8] = []
    }

    /// Pages, one for each image.
    static func bytes(_ images: [DotImage], kind: Kind) throws -> [UInt8] {
        let sink = Sink()
        let raster = cupsRasterOpenIO(
            { closure, data, count in
                guard let closure, let data else { return -1 }
                Unmanaged<Sink>.fromOpaque(closure).takeUnretainedValue().bytes
                    .append(contentsOf: UnsafeBufferPointer(start: data, count: count))
                return count
            }, Unmanaged.passUnretained(sink).toOpaque(), CUPS_RASTER_WRITE_PWG)
        guard let raster else { throw Failure(.internal, "The label could not be packed for the printer.") }
        for image in images {
            guard write(image, kind, to: raster) else {
                cupsRasterClose(raster)
                throw Failure(.internal, "The label could not be packed for the printer.")
            }
        }
        cupsRasterClose(raster)
        return withExtendedLifetime(sink) { sink.bytes }
    }

    private static func write(_ image: DotImage, _ kind: Kind, to raster: OpaquePointer) -> Bool {
        let rowByteCount = kind == .black ? image.rowByteCount : image.width
        guard
            depot_raster_begin_page(
                raster, kind.rawValue, Int32(image.resolution), Int32(image.width), Int32(image.height),
                Int32(rowByteCount)) != 0
        else { return false }
        for y in 0..<image.height {
            var row: [UInt8]
            switch kind {
            case .black: row = Array(image.row(y))
            case .grey: row = (0..<image.width).map { x -> UInt8 in image[x, y] ? 0 : 255 }
            }
            guard cupsRasterWritePixels(raster, &row, UInt32(row.count)) == UInt32(row.count) else { return false }
        }
        return true
    }
}
