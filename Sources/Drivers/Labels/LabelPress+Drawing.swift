// A label drawn: the same for the screen and for the printer. Codes stand on whole dots, because a module of two and a
// half is one that a reader guesses at.
package import Core
import Foundation

extension LabelPress {
    /// Smallest module that is printed: phones read less only by luck.
    static let moduleMin = 0.2
    static let moduleMinPaper = 0.25

    /// Draws one label in black and white dots.
    ///
    /// - Parameters:
    ///   - resolution: dots of an inch, 100 to 1200.
    ///   - logo: for elements that are one; without it they stay empty.
    /// - Throws: `invalid` when a code does not fit; `tooLarge` when the label has too many dots.
    package func label(
        _ layout: LabelLayout, _ content: LabelContent, resolution: Int, logo: LabelPicture? = nil
    ) throws -> DotImage {
        let unit = Double(resolution) / 25.4
        let (width, height) = (Int((layout.width * unit).rounded()), Int((layout.height * unit).rounded()))
        guard (100...1200).contains(resolution), width * height <= 20_000_000 else {
            throw Failure(.tooLarge, "A label of that size has too many dots.")
        }
        return try dots(width: width, height: height, resolution: resolution) { canvas in
            try draw(layout, content, logo, on: canvas, unit: unit, isDots: true)
        }
    }

    /// Draws an element for each thing on the label.
    func draw(
        _ layout: LabelLayout, _ content: LabelContent, _ logo: LabelPicture?, on canvas: LabelCanvas, unit: Double,
        isDots: Bool, left: Double = 0, top: Double = 0
    ) throws {
        for element in layout.elements {
            func place(_ millimetres: Double) -> Double {
                isDots ? (millimetres * unit).rounded() : millimetres * unit
            }
            let (x, y) = (place(left + element.box.x), place(top + element.box.y))
            let right = place(left + min(element.box.x + element.box.width, layout.width))
            let bottom = place(top + min(element.box.y + element.box.height, layout.height))
            try canvas.within(x: x, y: y, width: right - x, height: bottom - y, turn: element.turn) { width, height in
                switch element.kind {
                case .text:
                    let text = content.filled(element.text)
                    guard !text.isEmpty else { return }
                    canvas.write(
                        FittedText(
                            text: text, size: element.size * unit, sizeMin: element.sizeMin * unit,
                            lines: element.lines, isBold: element.isBold, alignment: element.alignment),
                        width: width, height: height)
                case .line: canvas.fill(x: 0, y: 0, width: width, height: height)
                case .logo:
                    guard let logo else { return }
                    let picture = isDots ? logo.dithered(width: Int(width), height: Int(height)) : logo
                    if let picture { canvas.draw(picture, width: width, height: height) }
                case .code:
                    try draw(
                        element.symbology, content, on: canvas, width: width, height: height, unit: unit,
                        isDots: isDots)
                }
            }
        }
    }

    private func draw(
        _ symbology: LabelSymbology, _ content: LabelContent, on canvas: LabelCanvas, width: Double, height: Double,
        unit: Double, isDots: Bool
    ) throws {
        let text = symbology == .code128 ? content.shortCode : content.code
        guard !text.isEmpty else { return }
        // Without dots a module may be any size: steps of a hundredth of a millimetre.
        let step = isDots ? 1 : unit / 100
        let side = min(width, symbology == .code128 ? width : height)
        let matrix = try CodeMatrix.make(symbology, text, within: Int(side / step))
        let modules = matrix.width + 2 * matrix.quiet
        let module = (side / step / Double(modules)).rounded(.down) * step
        let smallest = (isDots ? Self.moduleMin : Self.moduleMinPaper - 0.05) * unit
        guard module >= smallest - 0.001 else {
            let least = symbology == .qr ? try CodeMatrix.qr(text, .low) : matrix
            let needed = (Double(least.width + 2 * least.quiet) * Self.moduleMinPaper).rounded(.up)
            throw Failure(
                .invalid,
                "The code is too fine for this label: it needs \(Int(needed)) mm. Take a shorter code or larger labels.",
                field: "design")
        }
        let left = ((width - module * Double(matrix.width)) / 2 / step).rounded() * step
        let barHeight = matrix.isLinear ? height : module
        let top =
            matrix.isLinear ? 0 : ((height - module * Double(matrix.height)) / 2 / step).rounded() * step
        try canvas.fill(matrix, x: left, y: top, moduleWidth: module, moduleHeight: barHeight)
    }
}
