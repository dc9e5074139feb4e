// Labels on sheets, as PDF: each where the sheet has it, moved by what the printer is off; and the page by which one finds
// out how much that is.
package import Core
import Foundation

/// How far a printer prints beside where it should, in millimetres to the right and down.
package struct PrintOffset: Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }
}

extension LabelPress {
    private static let point = 72 / 25.4

    /// Labels on as many pages as they need.
    ///
    /// - Parameters:
    ///   - first: the first place of the first sheet that still has its label, from 0.
    ///   - offset: is taken off, so that what is printed beside comes right.
    /// - Throws: `invalid` for labels that do not fit the sheet, and what ``label(_:_:resolution:logo:)`` throws.
    package func sheets(
        _ labels: [(layout: LabelLayout, content: LabelContent)], on media: LabelMedia, first: Int = 0,
        offset: PrintOffset = PrintOffset(x: 0, y: 0), logo: LabelPicture? = nil
    ) throws -> [UInt8] {
        let page = Self.page(of: media)
        return try pdf(width: page.width * Self.point, height: page.height * Self.point) { canvas in
            for (number, label) in labels.enumerated() {
                let place = (number + first) % media.count
                if number > 0, place == 0 { canvas.endPage() }
                try media.check(label.layout)
                let box = media.place(place)
                try draw(
                    label.layout, label.content, logo, on: canvas, unit: Self.point, isDots: false,
                    left: box.x - offset.x + (box.width - label.layout.width) / 2, top: box.y - offset.y)
            }
            canvas.endPage()
        }
    }

    /// A page with the outline of each label and a ruler: what stands beside the labels is read off in millimetres.
    package func calibration(of media: LabelMedia, offset: PrintOffset) throws -> [UInt8] {
        let label = (LabelPattern.calibration(on: media), LabelContent(fields: [:], code: "", shortCode: ""))
        return try sheets(Array(repeating: label, count: media.count), on: media, offset: offset)
    }

    private static func page(of media: LabelMedia) -> (width: Double, height: Double) {
        media.sheet.map { ($0.pageWidth, $0.pageHeight) } ?? media.size
    }
}

extension LabelPress {
    /// One sheet as dots, for printers that take no PDF.
    func sheet(_ run: PrintRun, resolution: Int, logo: LabelPicture?) throws -> DotImage {
        let page = Self.page(of: run.media)
        let unit = Double(resolution) / 25.4
        let (width, height) = (Int((page.width * unit).rounded()), Int((page.height * unit).rounded()))
        return try dots(width: width, height: height, resolution: resolution) { canvas in
            for (number, label) in run.labels.enumerated() {
                try run.media.check(label.layout)
                let box = run.media.place((number + run.first) % run.media.count)
                try draw(
                    label.layout, label.content, logo, on: canvas, unit: unit, isDots: true,
                    left: box.x - run.offsetX + (box.width - label.layout.width) / 2, top: box.y - run.offsetY)
            }
        }
    }
}
