// Labels as dots and sheets: every design on every roll and sheet of the catalogue is read by strangers at 203 and 300 dpi,
// and whatever is put on a label, something sensible is drawn or a sentence says why not.
import Core
import Drivers
import Foundation
import TestSupport
import Testing

@Suite struct LabelRasterTests {
    // One for each test: who draws has it alone, and a test that draws for long is not waited for.
    private let press = LabelPress()
    private static let code = "DPT:K7Q2:01JD8Z6M2QNVB3KX5W7YTR9CFE:X"

    private static func content(_ name: String = "Sony FX6 with cage and handle") -> LabelContent {
        LabelContent(
            fields: [
                "number": "CAM-7", "name": name, "organisation": "Northlight Rental", "role": "crew",
                "title": "Print its label", "note": "Scan after the gear", "maker": "Sony", "category": "Camera",
                "path": "Hall 4 / Rack 2", "home": "Rack 2", "code": "YTR9CF",
            ], code: code, shortCode: "CAM-7")
    }

    @Test(arguments: [203, 300])
    func `every design on every roll and sheet is read by ZXing, and by zbar where it is a QR code`(
        resolution: Int
    ) async throws {
        try await onOwnThread { try readAll(at: resolution) }
    }

    private func readAll(at resolution: Int) throws {
        var pictures: [[UInt8]] = []
        var names: [(String, isQR: Bool)] = []
        for media in LabelMedia.all {
            for use in LabelUse.allCases {
                let layout = LabelPattern.layout(use, on: media)
                pictures.append(try press.label(layout, Self.content(), resolution: resolution).framed.png)
                let codes = layout.elements.filter { $0.kind == .code }
                names.append(("\(use) on \(media.key)", codes.allSatisfy { $0.symbology == .qr }))
            }
        }
        let (zxing, zbar) = (try CodeReading.zxing(pictures), try CodeReading.zbar(pictures))
        for (place, name) in names.enumerated() {
            #expect(zxing[place].contains(Self.code), "ZXing, \(name.0) at \(resolution) dpi")
            if name.isQR { #expect(zbar[place].contains(Self.code), "zbar, \(name.0) at \(resolution) dpi") }
        }
    }

    @Test func `long, right-to-left and emoji names are drawn, and change nothing outside their boxes`() async throws {
        let layout = LabelPattern.layout(.gear, width: 57, height: 32)
        let names = [
            "", "x", String(repeating: "Very long name without an end ", count: 140),
            String(repeating: "W", count: 4_096), "كاميرا سوني للتصوير السينمائي مع مقبض", "מצלמת קולנוע עם ידית",
            "📷🎥🔦 Kamera 摄像机 カメラ", "a\u{202E}b\u{0301}\u{FFFD}", String(repeating: "🎬", count: 1_000),
        ]
        var pictures: [[UInt8]] = []
        for name in names {
            let image = try press.label(layout, Self.content(name), resolution: 203)
            #expect(image.width == 456 && image.height == 256)
            pictures.append(try image.framed.png)
        }
        let (zbar, zxing) = try await onOwnThread { [pictures] in
            (try CodeReading.zbar(pictures), try CodeReading.zxing(pictures))
        }
        #expect(zbar.allSatisfy { $0 == [Self.code] })
        #expect(zxing.allSatisfy { $0 == [Self.code] })
        // The scripts have glyphs: what is drawn for them is not what is drawn for others.
        #expect(Set(pictures).count == pictures.count)
    }

    @Test func `a text is as large as it fits, then on more lines, then smaller, then without its end`() throws {
        func ink(_ text: String, lines: Int) throws -> Int {
            let layout = LabelLayout(
                width: 40, height: 12,
                elements: [
                    .text(text, in: LabelBox(x: 0, y: 0, width: 40, height: 12), size: 6, sizeMin: 2, lines: lines)
                ])
            let image = try press.label(
                layout, LabelContent(fields: [:], code: "", shortCode: ""), resolution: 300)
            return image.bytes.reduce(0) { $0 + $1.nonzeroBitCount }
        }
        #expect(try ink("FX6", lines: 1) > 500)
        let long = "Sony FX6 with cage and handle"
        #expect(try ink(long, lines: 2) > ink(long, lines: 1))
        // At the smallest size the box is full, and a longer text makes no difference any more.
        let full = String(repeating: "Sony FX6 with cage and handle ", count: 8)
        #expect(try ink(full, lines: 1) == ink(full + "and more", lines: 1))
    }

    @Test(arguments: [0.01, 0.001, 1e-9])
    func `a box that is too small for any text does no harm`(height: Double) throws {
        let box = LabelBox(x: 0, y: 0, width: 40, height: height)
        let layout = LabelLayout(
            width: 40, height: 12, elements: [.text("{name}", in: box, size: 6, sizeMin: 1, lines: 3)])
        #expect(throws: Never.self) { try press.label(layout, Self.content(), resolution: 203) }
        let media = try LabelMedia.named("avery-l7160")
        #expect(throws: Never.self) { try press.sheets([(layout, Self.content())], on: media) }
    }

    @Test func `a code that would be too fine is refused with what it needs`() throws {
        let layout = LabelLayout(
            width: 20, height: 10, elements: [.code(.qr, in: LabelBox(x: 0, y: 0, width: 6, height: 6))])
        do {
            _ = try press.label(layout, Self.content(), resolution: 203)
            Issue.record("it was drawn")
        } catch let failure as Failure {
            #expect(failure.code == .invalid && failure.message.contains("needs 9 mm"), "\(failure.message)")
        }
    }

    @Test func `a logo is dithered, and one of 100 megapixels is refused before a pixel is read`() throws {
        var image = DotImage(width: 64, height: 64, resolution: 203)
        image.fill(x: 0, y: 0, width: 32, height: 64)
        let layout = LabelLayout(
            width: 20, height: 20, elements: [.logo(in: LabelBox(x: 0, y: 0, width: 20, height: 20))])
        let content = LabelContent(fields: [:], code: "", shortCode: "")
        let label = try press.label(layout, content, resolution: 203, logo: LabelPicture(image.png))
        #expect(label[10, 80] && !label[150, 80])
        #expect(try press.label(layout, content, resolution: 203) != label)
        var huge = try image.png
        huge.replaceSubrange(16..<24, with: [0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10])
        #expect(throws: Failure(.tooLarge, "")) { try LabelPicture(huge) }
        #expect(throws: Failure(.invalid, "")) { try LabelPicture(Array(image.png.prefix(60))) }
        #expect(throws: Failure(.invalid, "")) { try LabelPicture(Array("GIF89a".utf8)) }
    }

    @Test(arguments: LabelMedia.all.filter { $0.sheet != nil }.map(\.key))
    func `labels stand within their places of a sheet, and the calibration page is one`(key: String) throws {
        let media = try LabelMedia.named(key)
        let sheet = try #require(media.sheet)
        for index in [0, media.count - 1] {
            let box = media.place(index)
            #expect(box.x >= 0 && box.y >= 0)
            #expect(box.x + box.width <= sheet.pageWidth + 0.01 && box.y + box.height <= sheet.pageHeight + 0.01)
        }
        let layout = LabelPattern.layout(.gear, on: media)
        let labels = Array(repeating: (layout: layout, content: Self.content()), count: media.count + 1)
        let pdf = try press.sheets(labels, on: media, offset: PrintOffset(x: 1, y: -1))
        #expect(Self.pageCount(pdf) == 2)
        #expect(try Self.pageCount(press.calibration(of: media, offset: PrintOffset(x: 0, y: 0))) == 1)
        let tooLarge = LabelLayout(width: 250, height: 250, elements: layout.elements)
        #expect(throws: Failure(.invalid, "")) {
            try press.sheets([(tooLarge, Self.content())], on: media)
        }
    }

    private static func pageCount(_ pdf: [UInt8]) -> Int {
        let text = String(decoding: pdf, as: UTF8.self)
        return text.matches(of: /\/Count (\d+)/).compactMap { Int($0.1) }.max() ?? 0
    }
}
