// The rolls and sheets that depots buy, by the names on their boxes. Sizes in millimetres, across the roll first. The
// labels of a sheet stand in the middle of it.
import Foundation

/// A roll or a sheet of labels.
package struct LabelMedia: Sendable, Equatable {
    /// How labels stand on a sheet.
    package struct Sheet: Sendable, Equatable {
        package let pageWidth: Double
        package let pageHeight: Double
        package let columns: Int
        package let rows: Int
        /// From one label's left edge to the next one's, and from one's top to the next one's.
        package let pitchX: Double
        package let pitchY: Double
    }

    /// Such as `brother-dk-11209`.
    package let key: String
    package let maker: String
    package let name: String
    package let width: Double
    /// Nil for a roll that is cut at any length.
    package let height: Double?
    package let sheet: Sheet?
    package let isRound: Bool

    private init(
        _ key: String, _ maker: String, _ name: String, _ width: Double, _ height: Double?, sheet: Sheet? = nil,
        isRound: Bool = false
    ) {
        (self.key, self.maker, self.name) = (key, maker, name)
        (self.width, self.height, self.sheet, self.isRound) = (width, height, sheet, isRound)
    }

    /// Labels on one piece: 1 on a roll.
    package var count: Int { sheet.map { $0.columns * $0.rows } ?? 1 }

    /// The label's own size; a roll that is cut at any length gives a label of half its width in length, at least 20 mm.
    package var size: (width: Double, height: Double) { (width, height ?? max(20, (width / 2).rounded())) }

    /// Where the label stands on its sheet, from 0, row by row.
    package func place(_ index: Int) -> LabelBox {
        guard let sheet else { return LabelBox(x: 0, y: 0, width: size.width, height: size.height) }
        let (row, column) = (index / sheet.columns, index % sheet.columns)
        let left = (sheet.pageWidth - Double(sheet.columns - 1) * sheet.pitchX - width) / 2
        let top = (sheet.pageHeight - Double(sheet.rows - 1) * sheet.pitchY - size.height) / 2
        return LabelBox(
            x: left + Double(column) * sheet.pitchX, y: top + Double(row) * sheet.pitchY, width: width,
            height: size.height)
    }

    /// Whether a label of this size can be printed on it.
    package func takes(width: Double, height: Double) -> Bool {
        width <= self.width + 0.1 && height <= (self.height ?? LabelLayout.sides.upperBound) + 0.1
    }

    /// `{"key", "maker", "name", "width", "height", "perSheet", "round"}`.
    package var json: JSON {
        [
            "key": .string(key), "maker": .string(maker), "name": .string(name), "width": .double(width),
            "height": height.map(JSON.double) ?? .null, "perSheet": sheet == nil ? .null : .int(Int64(count)),
            "round": .bool(isRound),
        ]
    }

    package static func find(_ key: String) -> LabelMedia? { all.first { $0.key == key } }

    /// - Throws: `invalid` for a key that is not in the catalogue.
    package static func named(_ key: String, field: String = "media") throws -> LabelMedia {
        guard let media = find(key) else {
            throw Failure(.invalid, "There are no labels called \(key.prefix(40)) in the catalogue.", field: field)
        }
        return media
    }

    private static func a4(
        _ key: String, _ width: Double, _ height: Double, _ columns: Int, _ rows: Int, gap: Double
    ) -> LabelMedia {
        LabelMedia(
            "avery-\(key.lowercased())", "Avery", "\(key), A4, \(columns * rows) labels", width, height,
            sheet: Sheet(
                pageWidth: 210, pageHeight: 297, columns: columns, rows: rows, pitchX: width + gap, pitchY: height))
    }

    private static func letter(
        _ key: String, _ width: Double, _ height: Double, _ columns: Int, _ rows: Int, gap: Double
    ) -> LabelMedia {
        LabelMedia(
            "avery-\(key)", "Avery", "\(key), Letter, \(columns * rows) labels", width, height,
            sheet: Sheet(
                pageWidth: 215.9, pageHeight: 279.4, columns: columns, rows: rows, pitchX: width + gap,
                pitchY: height))
    }

    /// The catalogue.
    package static let all: [LabelMedia] = [
        LabelMedia("zebra-38x25", "Zebra", "Z-Select 38 × 25 mm", 38, 25),
        LabelMedia("zebra-51x25", "Zebra", "Z-Select 51 × 25 mm", 51, 25),
        LabelMedia("zebra-57x19", "Zebra", "Z-Select 57 × 19 mm", 57, 19),
        LabelMedia("zebra-57x32", "Zebra", "Z-Select 57 × 32 mm", 57, 32),
        LabelMedia("zebra-76x51", "Zebra", "Z-Select 76 × 51 mm", 76, 51),
        LabelMedia("zebra-102x51", "Zebra", "Z-Select 102 × 51 mm", 102, 51),
        LabelMedia("zebra-102x76", "Zebra", "Z-Select 102 × 76 mm", 102, 76),
        LabelMedia("zebra-102x152", "Zebra", "Z-Select 102 × 152 mm", 102, 152),
        LabelMedia("brother-dk-11201", "Brother", "DK-11201, 29 × 90 mm", 29, 90),
        LabelMedia("brother-dk-11202", "Brother", "DK-11202, 62 × 100 mm", 62, 100),
        LabelMedia("brother-dk-11203", "Brother", "DK-11203, 17 × 87 mm", 17, 87),
        LabelMedia("brother-dk-11204", "Brother", "DK-11204, 17 × 54 mm", 17, 54),
        LabelMedia("brother-dk-11208", "Brother", "DK-11208, 38 × 90 mm", 38, 90),
        LabelMedia("brother-dk-11209", "Brother", "DK-11209, 62 × 29 mm", 62, 29),
        LabelMedia("brother-dk-11218", "Brother", "DK-11218, 24 mm round", 24, 24, isRound: true),
        LabelMedia("brother-dk-11219", "Brother", "DK-11219, 12 mm round", 12, 12, isRound: true),
        LabelMedia("brother-dk-11221", "Brother", "DK-11221, 23 × 23 mm", 23, 23),
        LabelMedia("brother-dk-22205", "Brother", "DK-22205, 62 mm endless", 62, nil),
        LabelMedia("brother-dk-22210", "Brother", "DK-22210, 29 mm endless", 29, nil),
        LabelMedia("brother-dk-22214", "Brother", "DK-22214, 12 mm endless", 12, nil),
        LabelMedia("brother-dk-22225", "Brother", "DK-22225, 38 mm endless", 38, nil),
        LabelMedia("dymo-99010", "Dymo", "99010, 28 × 89 mm", 28, 89),
        LabelMedia("dymo-99012", "Dymo", "99012, 36 × 89 mm", 36, 89),
        LabelMedia("dymo-99014", "Dymo", "99014, 54 × 101 mm", 54, 101),
        LabelMedia("dymo-11352", "Dymo", "11352, 25 × 54 mm", 25, 54),
        LabelMedia("dymo-11354", "Dymo", "11354, 57 × 32 mm", 57, 32),
        LabelMedia("dymo-11355", "Dymo", "11355, 19 × 51 mm", 19, 51),
        LabelMedia("dymo-s0929120", "Dymo", "S0929120, 25 × 25 mm", 25, 25),
        a4("L4731", 25.4, 10, 7, 27, gap: 2.5), a4("L4736", 45.7, 21.2, 4, 12, gap: 2.54),
        a4("L7159", 63.5, 33.9, 3, 8, gap: 2.54), a4("L7160", 63.5, 38.1, 3, 7, gap: 2.54),
        a4("L7163", 99.1, 38.1, 2, 7, gap: 2.5), a4("L7165", 99.1, 67.7, 2, 4, gap: 2.5),
        a4("L7651", 38.1, 21.2, 5, 13, gap: 2.5),
        letter("5160", 66.675, 25.4, 3, 10, gap: 3.175), letter("5163", 101.6, 50.8, 2, 5, gap: 4.7625),
        letter("5167", 44.45, 12.7, 4, 20, gap: 7.62),
    ]
}

extension LabelMedia {
    /// - Throws: `invalid` for a label that is larger than these.
    package func check(_ layout: LabelLayout) throws {
        guard !takes(width: layout.width, height: layout.height) else { return }
        let own = height.map { "\(width.plain) × \($0.plain) mm" } ?? "\(width.plain) mm wide"
        throw Failure(
            .invalid,
            "This label is \(layout.width.plain) × \(layout.height.plain) mm, and the labels in the printer are \(own).",
            field: "design")
    }
}

extension Double {
    /// Without a fraction where there is none.
    fileprivate var plain: String { self == rounded() ? String(Int(self)) : String(format: "%.1f", self) }
}
