// What stands where on a label, in millimetres from its upper left corner. Values only: how it is drawn is the drivers'
// affair, and who made it is LabelDesign.swift's.
import Foundation

/// A rectangle in millimetres from the upper left corner of a label.
package struct LabelBox: Sendable, Equatable, Codable {
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double

    package init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// The box with so much less on each side.
    package func inset(by margin: Double) -> LabelBox {
        LabelBox(
            x: x + margin, y: y + margin, width: max(0, width - 2 * margin), height: max(0, height - 2 * margin))
    }
}

/// The kinds of code that are printed.
package enum LabelSymbology: String, Sendable, Codable, CaseIterable {
    case qr, datamatrix, code128
}

/// One thing on a label.
package struct LabelElement: Sendable, Equatable, Codable {
    /// What it is.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case text, code, logo, line
    }

    /// Where the lines of a text begin.
    package enum Alignment: String, Sendable, Codable, CaseIterable {
        case start, centre, end
    }

    package var kind: Kind
    package var box: LabelBox
    /// Degrees clockwise, of what is in the box: 0, 90, 180 or 270.
    package var turn = 0
    /// What a text says, with fields such as `{number}`.
    package var text = ""
    /// The height of a text's lines in millimetres, as large as it may be.
    package var size = 4.0
    /// As small as the text may become before its end is left out.
    package var sizeMin = 1.8
    package var lines = 1
    package var isBold = false
    package var alignment = Alignment.start
    package var symbology = LabelSymbology.qr

    private init(_ kind: Kind, _ box: LabelBox) {
        self.kind = kind
        self.box = box
    }

    package static func text(
        _ text: String, in box: LabelBox, size: Double, sizeMin: Double = 1.8, lines: Int = 1, isBold: Bool = false,
        _ alignment: Alignment = .start, turn: Int = 0
    ) -> LabelElement {
        var element = LabelElement(.text, box)
        (element.text, element.size, element.sizeMin, element.lines) = (text, size, min(sizeMin, size), lines)
        (element.isBold, element.alignment, element.turn) = (isBold, alignment, turn)
        return element
    }

    package static func code(_ symbology: LabelSymbology, in box: LabelBox, turn: Int = 0) -> LabelElement {
        var element = LabelElement(.code, box)
        (element.symbology, element.turn) = (symbology, turn)
        return element
    }

    package static func line(in box: LabelBox) -> LabelElement { LabelElement(.line, box) }
    package static func logo(in box: LabelBox) -> LabelElement { LabelElement(.logo, box) }

    private enum CodingKeys: String, CodingKey {
        case kind, x, y, width, height, turn, text, size, sizeMin, lines, bold, align, symbology
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        kind = try values.decode(Kind.self, forKey: .kind)
        box = LabelBox(
            x: try values.decode(Double.self, forKey: .x), y: try values.decode(Double.self, forKey: .y),
            width: try values.decode(Double.self, forKey: .width),
            height: try values.decode(Double.self, forKey: .height))
        turn = try values.decodeIfPresent(Int.self, forKey: .turn) ?? 0
        text = try values.decodeIfPresent(String.self, forKey: .text) ?? ""
        size = try values.decodeIfPresent(Double.self, forKey: .size) ?? size
        sizeMin = try values.decodeIfPresent(Double.self, forKey: .sizeMin) ?? min(sizeMin, size)
        lines = try values.decodeIfPresent(Int.self, forKey: .lines) ?? 1
        isBold = try values.decodeIfPresent(Bool.self, forKey: .bold) ?? false
        alignment = try values.decodeIfPresent(Alignment.self, forKey: .align) ?? .start
        symbology = try values.decodeIfPresent(LabelSymbology.self, forKey: .symbology) ?? .qr
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(kind, forKey: .kind)
        try values.encode(box.x, forKey: .x)
        try values.encode(box.y, forKey: .y)
        try values.encode(box.width, forKey: .width)
        try values.encode(box.height, forKey: .height)
        try values.encode(turn, forKey: .turn)
        if kind == .text {
            try values.encode(text, forKey: .text)
            try values.encode(size, forKey: .size)
            try values.encode(sizeMin, forKey: .sizeMin)
            try values.encode(lines, forKey: .lines)
            try values.encode(isBold, forKey: .bold)
            try values.encode(alignment, forKey: .align)
        }
        if kind == .code { try values.encode(symbology, forKey: .symbology) }
    }
}

/// A label's size and what stands on it.
package struct LabelLayout: Sendable, Equatable, Codable {
    /// Millimetres.
    package var width: Double
    package var height: Double
    package var elements: [LabelElement]

    package init(width: Double, height: Double, elements: [LabelElement]) {
        self.width = width
        self.height = height
        self.elements = elements
    }

    /// Sizes of labels that are drawn, in millimetres.
    package static let sides = 5.0...300.0
    package static let elementCountMax = 40
    package static let textCountMax = 500

    /// The names of fields that a text may have.
    package static let fields = [
        "number", "name", "model", "maker", "category", "serial", "owner", "home", "note", "organisation", "title",
        "role", "path", "code", "length",
    ]

    /// Holds the layout against what can be drawn.
    ///
    /// - Throws: `invalid` that names the first thing that can not.
    package func check() throws {
        guard Self.sides.contains(width), Self.sides.contains(height) else {
            throw Failure(
                .invalid,
                "A label is \(Int(Self.sides.lowerBound)) to \(Int(Self.sides.upperBound)) mm wide and high.",
                field: "width")
        }
        guard !elements.isEmpty, elements.count <= Self.elementCountMax else {
            throw Failure(.invalid, "A label has 1 to \(Self.elementCountMax) elements.", field: "elements")
        }
        for (place, element) in elements.enumerated() { try check(element, "Element \(place + 1)") }
    }

    private func check(_ element: LabelElement, _ name: String) throws {
        func refuse(_ why: String) -> Failure { Failure(.invalid, "\(name) \(why)", field: "elements") }
        let box = element.box
        guard [box.x, box.y, box.width, box.height].allSatisfy(\.isFinite), box.width > 0, box.height > 0 else {
            throw refuse("has no size.")
        }
        // A twentieth of a millimetre is the rounding of those who measure.
        guard box.x >= -0.05, box.y >= -0.05, box.x + box.width <= width + 0.05, box.y + box.height <= height + 0.05
        else { throw refuse("stands over the edge of the label.") }
        guard [0, 90, 180, 270].contains(element.turn) else { throw refuse("is turned by 0, 90, 180 or 270 degrees.") }
        guard element.kind == .text else { return }
        guard element.text.count <= Self.textCountMax else {
            throw refuse("has at most \(Self.textCountMax) characters.")
        }
        guard (1.0...100).contains(element.size), (1.0...element.size).contains(element.sizeMin) else {
            throw refuse("has a size of 1 to 100 mm, and a smallest size of 1 mm to that.")
        }
        guard (1...10).contains(element.lines) else { throw refuse("has 1 to 10 lines.") }
        for match in element.text.matches(of: /\{([^{}]*)\}/) where !Self.fields.contains(String(match.1)) {
            let fields = Self.fields.map { "{\($0)}" }.joined(separator: ", ")
            throw refuse("has no field {\(match.1.prefix(40))}. The fields are \(fields).")
        }
    }
}

extension LabelLayout {
    /// The layout in the middle of labels that are larger, moved by what the printer prints beside.
    ///
    /// - Parameters:
    ///   - offsetX: how far it prints too far to the right, in millimetres.
    ///   - offsetY: how far it prints too far down.
    package func placed(on media: LabelMedia, offsetX: Double, offsetY: Double) -> LabelLayout {
        let size = (width: media.width, height: media.height ?? height)
        let (right, down) = ((size.width - width) / 2 - offsetX, (size.height - height) / 2 - offsetY)
        return LabelLayout(
            width: size.width, height: size.height,
            elements: elements.map { element in
                var element = element
                element.box.x += right
                element.box.y += down
                return element
            })
    }
}

/// What one label says: the values of the fields, and the text of the code.
package struct LabelContent: Sendable, Equatable, Codable {
    package var fields: [String: String]
    /// What QR and DataMatrix codes say.
    package var code: String
    /// What a Code 128 says, which has no room for much.
    package var shortCode: String

    package init(fields: [String: String], code: String, shortCode: String) {
        self.fields = fields
        self.code = code
        self.shortCode = shortCode
    }

    /// A text with its fields filled in; white space that is left at its ends or doubled by an empty field is gone.
    package func filled(_ text: String) -> String {
        var filled = text.prefix(LabelLayout.textCountMax)[...]
        var result = ""
        while let open = filled.firstIndex(of: "{"), let close = filled[open...].firstIndex(of: "}") {
            result += filled[..<open]
            result += fields[String(filled[filled.index(after: open)..<close])] ?? ""
            filled = filled[filled.index(after: close)...]
        }
        result += filled
        return String(result.prefix(LabelLayout.textCountMax)).split(whereSeparator: \.isWhitespace)
            .joined(separator: " ")
    }
}
