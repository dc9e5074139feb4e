// The designs that come with the box: laid out by rule for whatever size the labels have, so that each of them fits every
// roll and sheet of the catalogue. A design of one's own starts as one of these at a size (LabelDesign.swift).
import Foundation

/// What a label is for.
package enum LabelUse: String, Sendable, CaseIterable, Codable {
    case gear, `case`, cable, badge, card, bin, shelf, blank

    /// What people call it.
    package var title: String {
        switch self {
        case .gear: "Gear"
        case .case: "Case"
        case .cable: "Cable flag"
        case .badge: "Badge"
        case .card: "Action card"
        case .bin: "Bin of counted gear"
        case .shelf: "Shelf"
        case .blank: "Blank, to be claimed"
        }
    }

    /// The first line, the one below it, and the small one.
    fileprivate var texts: (head: String, body: String, foot: String) {
        switch self {
        case .gear: ("{number}", "{name}", "{organisation}")
        case .case: ("{number}", "{name}", "{home} {organisation}")
        case .cable: ("{number}", "{name}", "{organisation}")
        case .badge: ("{name}", "{role}", "{organisation}")
        case .card: ("{title}", "{note}", "{organisation}")
        case .bin: ("{name}", "{maker} {category}", "{path}")
        case .shelf: ("{name}", "{path}", "{organisation}")
        case .blank: ("{code}", "", "{organisation}")
        }
    }
}

/// Lays a built-in design out.
package enum LabelPattern {
    /// The layout of a use on labels of a size.
    package static func layout(_ use: LabelUse, on media: LabelMedia) -> LabelLayout {
        let size = media.size
        guard !media.isRound else { return round(use, size.width) }
        // On a narrow roll a label is read along the roll.
        guard size.height > size.width * 1.4, size.width < 60 else {
            return layout(use, width: size.width, height: size.height)
        }
        return turned(layout(use, width: size.height, height: size.width))
    }

    /// The layout of a use on labels of a size, in millimetres.
    package static func layout(_ use: LabelUse, width: Double, height: Double) -> LabelLayout {
        if use == .cable, width >= 40 { return flag(width: width, height: height) }
        let margin = min(max(height * 0.05, 0.5), 2.5)
        let field = LabelBox(x: 0, y: 0, width: width, height: height).inset(by: margin)
        return LabelLayout(width: width, height: height, elements: elements(use, in: field, gap: margin))
    }

    private static func elements(_ use: LabelUse, in field: LabelBox, gap: Double) -> [LabelElement] {
        if field.width >= field.height * 1.35 { return side(use, in: field, gap: gap) }
        return stacked(use, in: field, gap: gap)
    }

    /// A code smaller than this is a DataMatrix, which needs fewer dots.
    private static let qrSideMin = 11.5

    private static func code(in box: LabelBox) -> LabelElement {
        .code(min(box.width, box.height) < qrSideMin ? .datamatrix : .qr, in: box)
    }

    /// The code at the left, as high as the label; the texts beside it.
    private static func side(_ use: LabelUse, in field: LabelBox, gap: Double) -> [LabelElement] {
        let side = min(field.height, field.width * 0.5, 40)
        let left = field.x + side + gap
        let column = LabelBox(x: left, y: field.y, width: field.x + field.width - left, height: field.height)
        let box = LabelBox(x: field.x, y: field.y + (field.height - side) / 2, width: side, height: side)
        return [code(in: box)] + texts(use, in: column, alignment: .start)
    }

    /// The code on top, the texts below.
    private static func stacked(_ use: LabelUse, in field: LabelBox, gap: Double) -> [LabelElement] {
        let textHeight = field.height < 15 ? 0 : max(3.2, field.height * 0.28)
        let side = min(field.width, field.height - textHeight - (textHeight > 0 ? gap : 0), 70)
        let box = LabelBox(x: field.x + (field.width - side) / 2, y: field.y, width: side, height: side)
        guard textHeight > 0 else { return [code(in: box)] }
        let below = LabelBox(
            x: field.x, y: field.y + side + gap, width: field.width, height: field.height - side - gap)
        return [code(in: box)] + texts(use, in: below, alignment: .centre)
    }

    /// As many lines as there is room for, the first one the largest.
    private static func texts(
        _ use: LabelUse, in column: LabelBox, alignment: LabelElement.Alignment
    ) -> [LabelElement] {
        let words = use.texts
        // Beside a small code there is still room for the number on two lines.
        let headLines = use == .gear || use == .case || use == .cable ? 1 : 2
        guard column.height >= 7, !words.body.isEmpty else {
            return [
                .text(
                    words.head, in: column, size: min(column.height, 14), sizeMin: 1.3, lines: 2, isBold: true,
                    alignment)
            ]
        }
        let footHeight = column.height >= 17 ? min(max(column.height * 0.13, 2.2), 5) : 0
        let headHeight = (column.height - footHeight) * (use == .case ? 0.6 : 0.48)
        let bodyHeight = column.height - footHeight - headHeight
        func box(_ y: Double, _ height: Double) -> LabelBox {
            LabelBox(x: column.x, y: column.y + y, width: column.width, height: height)
        }
        var elements: [LabelElement] = [
            .text(
                words.head, in: box(0, headHeight), size: min(headHeight, 20), sizeMin: 1.6, lines: headLines,
                isBold: true, alignment),
            .text(
                words.body, in: box(headHeight, bodyHeight), size: min(bodyHeight, 6), sizeMin: 1.6, lines: 3,
                alignment),
        ]
        if footHeight > 0 {
            elements.append(
                .text(
                    words.foot, in: box(headHeight + bodyHeight, footHeight), size: footHeight, sizeMin: 1.4,
                    alignment))
        }
        return elements
    }

    /// Folded round a cable in the middle: both sides are read from the outside.
    private static func flag(width: Double, height: Double) -> LabelLayout {
        let half = LabelBox(x: 0, y: 0, width: width / 2 - 1, height: height).inset(by: 0.8)
        let inner = elements(.cable, in: half, gap: 0.8)
        let outer = inner.map { element in
            var element = element
            element.box.x += width / 2 + 1
            return element
        }
        let fold = LabelElement.line(in: LabelBox(x: width / 2 - 0.1, y: 0, width: 0.2, height: min(1.5, height)))
        return LabelLayout(width: width, height: height, elements: inner + outer + [fold])
    }

    /// The label's edges, and from its upper left corner a ruler of which each line is a millimetre.
    package static func calibration(on media: LabelMedia) -> LabelLayout {
        let (size, line) = (media.size, 0.2)
        func bar(_ x: Double, _ y: Double, _ width: Double, _ height: Double) -> LabelElement {
            .line(in: LabelBox(x: x, y: y, width: width, height: height))
        }
        var elements = [
            bar(0, 0, size.width, line), bar(0, size.height - line, size.width, line), bar(0, 0, line, size.height),
            bar(size.width - line, 0, line, size.height),
        ]
        for step in 1...10 {
            let length = step % 5 == 0 ? 3.0 : 1.5
            if Double(step) < size.width { elements.append(bar(Double(step), 0, line, length)) }
            if Double(step) < size.height { elements.append(bar(0, Double(step), length, line)) }
        }
        let words =
            "Lines are 1 mm apart. Enter how far the outline is right of the label's edge, and below it; "
            + "less than 0 when the edge cuts it off."
        let field = LabelBox(x: 0, y: 0, width: size.width, height: size.height).inset(by: min(3.5, size.height / 4))
        elements.append(.text(words, in: field, size: 3, sizeMin: 1.2, lines: 8, .centre))
        return LabelLayout(width: size.width, height: size.height, elements: elements)
    }

    /// What stands in the square within a circle.
    private static func round(_ use: LabelUse, _ diameter: Double) -> LabelLayout {
        let side = diameter * 0.7
        let field = LabelBox(x: (diameter - side) / 2, y: (diameter - side) / 2, width: side, height: side)
        return LabelLayout(width: diameter, height: diameter, elements: stacked(use, in: field, gap: 0.5))
    }

    /// The layout turned by a quarter, as it lies on the roll.
    private static func turned(_ layout: LabelLayout) -> LabelLayout {
        LabelLayout(
            width: layout.height, height: layout.width,
            elements: layout.elements.map { element in
                var element = element
                let box = element.box
                element.box = LabelBox(
                    x: layout.height - box.y - box.height, y: box.x, width: box.height, height: box.width)
                element.turn = (element.turn + 90) % 360
                return element
            })
    }
}
