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
        let page = Self.page(of: media)
        return try pdf(width: page.width * Self.point, height: page.height * Self.point) { canvas in
            for index in 0..<media.count {
                let box = media.place(index)
                canvas.outline(
                    x: (box.x - offset.x) * Self.point, y: (box.y - offset.y) * Self.point,
                    width: box.width * Self.point, height: box.height * Self.point, line: 0.3)
            }
            let first = media.place(0)
            let (x, y) = ((first.x - offset.x) * Self.point, (first.y - offset.y) * Self.point)
            for step in 0...10 {
                let length = step % 5 == 0 ? 3.0 : 1.5
                canvas.fill(x: x + Double(step) * Self.point, y: y, width: 0.3, height: length * Self.point)
                canvas.fill(x: x, y: y + Double(step) * Self.point, width: length * Self.point, height: 0.3)
            }
            let words =
                "\(media.name): hold this page against a sheet of labels. Lines are 1 mm apart. "
                + "Enter how far the outline is right of and below the label's edge."
            let box = media.place(media.count > 1 ? media.count / 2 : 0)
            canvas.within(
                x: box.x * Self.point, y: box.y * Self.point, width: box.width * Self.point,
                height: box.height * Self.point, turn: 0
            ) { width, height in
                canvas.write(
                    FittedText(
                        text: words, size: 3 * Self.point, sizeMin: 1 * Self.point, lines: 6, isBold: false,
                        alignment: .centre), width: width, height: height)
            }
            canvas.endPage()
        }
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
