// Sheets as they come out of an office printer: a PDF is made dots by another program, and each label is looked for where
// the sheet has its place.
import Core
import Drivers
import Foundation
import TestSupport
import Testing

@Suite struct LabelSheetTests {
    private let press = LabelPress()

    private static func label(_ number: Int, on media: LabelMedia) -> (layout: LabelLayout, content: LabelContent) {
        let id = UUID(uuid: (1, 147, 95, 42, 124, 62, 123, 33, 159, 77, 26, 43, 60, 77, 94, UInt8(number)))
        let code = LabelCode(id.uuidString, of: "K7Q2")?.text ?? ""
        let fields = ["number": "CAM-\(number)", "name": "Sony FX6 with cage 🎥", "organisation": "Northlight"]
        return (
            LabelPattern.layout(.gear, on: media),
            LabelContent(fields: fields, code: code, shortCode: "CAM-\(number)")
        )
    }

    @Test(arguments: LabelMedia.all.filter { $0.sheet != nil }.map(\.key), [300, 600])
    func `each label of a sheet is read in its place, and is the one that was asked for`(
        key: String, resolution: Int
    ) async throws {
        let media = try LabelMedia.named(key)
        let labels = (0..<media.count).map { Self.label($0, on: media) }
        let pdf = try press.sheets(labels, on: media)
        let (zxing, zbar) = try await onOwnThread {
            let pages = try CodeReading.pages(of: pdf, resolution: resolution)
            #expect(pages.count == 1)
            let pictures = try (0..<media.count).map { try pages[0].part(media.place($0)).framed.png }
            return (try CodeReading.zxing(pictures), try CodeReading.zbar(pictures))
        }
        let isQR = labels[0].layout.elements.contains { $0.kind == .code && $0.symbology == .qr }
        for (place, label) in labels.enumerated() {
            #expect(zxing[place] == [label.content.code], "ZXing, place \(place) of \(key) at \(resolution) dpi")
            if isQR { #expect(zbar[place] == [label.content.code], "zbar, place \(place) of \(key)") }
        }
    }

    @Test func `what a printer is off is taken off each label and the calibration page`() async throws {
        let media = try LabelMedia.named("avery-l7159")
        let straight = PrintOffset(x: 0, y: 0), off = PrintOffset(x: 2, y: -1)
        let sheets = [
            try press.calibration(of: media, offset: straight), try press.calibration(of: media, offset: off),
            try press.sheets([Self.label(1, on: media)], on: media, first: 3, offset: straight),
            try press.sheets([Self.label(1, on: media)], on: media, first: 3, offset: off),
        ]
        let pages = try await onOwnThread { try sheets.flatMap { try CodeReading.pages(of: $0, resolution: 254) } }
        // 254 dpi are ten dots a millimetre. The outline of the first label stands on its edge.
        let box = media.place(0)
        let (left, top) = (Int((box.x * 10).rounded()), Int((box.y * 10).rounded()))
        #expect(pages[0].firstInk(from: left - 40) == left && pages[1].firstInk(from: left - 40) == left - 20)
        #expect(pages[0][left + 200, top] && !pages[0][left + 200, top + 10] && pages[1][left + 200, top + 10])
        // The fourth place is the first label's; the others stay empty.
        let places = (0..<media.count).map { place in pages[2].part(media.place(place)).bytes.contains { $0 != 0 } }
        #expect(places == (0..<media.count).map { $0 == 3 })
        let (before, after) = (pages[2].columns, pages[3].columns)
        #expect(abs(before[0] - 20 - after[0]) <= 1 && abs(before[before.count - 1] - 20 - after[after.count - 1]) <= 1)
    }

    @Test func `a sheet tells each label apart, and says as little as it can twice`() throws {
        let media = try LabelMedia.named("avery-l7160")
        let pdf = try press.sheets((0..<210).map { Self.label($0, on: media) }, on: media)
        // The fonts and the film camera are in it once, and a label is less than 1 KB.
        #expect(pdf.count < 210 * 1_000 + 200_000, "\(pdf.count) bytes")
    }
}

extension DotImage {
    /// The first black dot of the middle row from a column on.
    fileprivate func firstInk(from x: Int) -> Int? { (max(0, x)..<width).first { self[$0, height / 2] } }

    /// The columns with anything black in them.
    fileprivate var columns: [Int] { (0..<width).filter { x in (0..<height).contains { self[x, $0] } } }
}
