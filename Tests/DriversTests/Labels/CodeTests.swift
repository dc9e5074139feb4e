// Codes as pictures: what is printed is what zbar and ZXing read, at every size that is offered.
import Core
import Drivers
import Foundation
import TestSupport
import Testing

@Suite struct CodeTests {
    private static let opaque = "DPT:K7Q2:01JD8Z6M2QNVB3KX5W7YTR9CFE:X"

    @Test func `zbar and ZXing read each kind of code as it was meant`() async throws {
        let cases: [(LabelSymbology, String)] = [
            (.qr, Self.opaque), (.qr, "HTTPS://DEPOT.LOCAL:8443/A/CAM-7"), (.qr, "Größe 中文 🎥"),
            (.qr, "Größe"), (.qr, "カメラ-7"), (.datamatrix, "Größe 中文"),
            (.qr, "https://depot.local/8004/4012345ABC%2F12"), (.datamatrix, Self.opaque), (.datamatrix, "CAM-7"),
            (.code128, "CAM-7"), (.code128, "LX/400-B 12"),
        ]
        let pictures = try cases.map { symbology, text in
            let matrix = try CodeMatrix.make(symbology, text)
            return try CodePicture(matrix, margin: matrix.quiet).png(size: 600)
        }
        let (zxing, zbar) = try await onOwnThread {
            (try CodeReading.zxing(pictures), try CodeReading.zbar(pictures))
        }
        for (place, (symbology, text)) in cases.enumerated() {
            #expect(zxing[place] == [text], "ZXing, \(symbology) \(text)")
            // It knows no DataMatrix.
            if symbology != .datamatrix { #expect(zbar[place] == [text], "zbar, \(symbology) \(text)") }
        }
    }

    @Test(arguments: [64, 100, 203, 300, 1_000])
    func `a QR code has the largest modules that fit and loses as much as it can at that size`(side: Int) throws {
        let code = try CodeMatrix.qr(Self.opaque, within: side)
        let least = try CodeMatrix.qr(Self.opaque, .low)
        #expect(side / (code.width + 8) == side / (least.width + 8))
        let stronger = try CodeMatrix.Correction.allCases.map { try CodeMatrix.qr(Self.opaque, $0) }
            .last { side / ($0.width + 8) == side / (least.width + 8) }
        #expect(code == stronger)
    }

    @Test func `how wide a code will be is known before it is made, whatever it says`() throws {
        var chance = SystemRandomNumberGenerator()
        let signs = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:0123456789012345678901234567890123456789abß")
        for round in 0..<120 {
            // Of the first letters all are plain; then digits come in runs; then anything.
            let letters = round < 60 ? signs.prefix(45) : round < 90 ? signs.prefix(75) : signs[...]
            let count = Int.random(in: 1...(round % 2 == 0 ? 60 : 340), using: &chance)
            let text = String((0..<count).map { _ in letters.randomElement(using: &chance) ?? "A" })
            let side = Int.random(in: 30...400, using: &chance)
            let all = try CodeMatrix.Correction.allCases.map { try CodeMatrix.qr(text, $0) }
            let module = max(1, side / (all[0].width + 8))
            let best = all.last { max(1, side / ($0.width + 8)) >= module }
            #expect(try CodeMatrix.qr(text, within: side) == best, "\(text) within \(side)")
        }
    }

    @Test func `a label's identity is a QR code of 25 modules and a DataMatrix of 22`() throws {
        #expect(try CodeMatrix.qr(Self.opaque, .medium).width == 25)
        #expect(try CodeMatrix.dataMatrix(Self.opaque).width == 22)
    }

    @Test func `SVG and PNG show the same modules, with the margin that is asked for`() throws {
        let matrix = try CodeMatrix.qr("CAM-7")
        let svg = CodePicture(matrix, margin: 2).svg(size: 250)
        #expect(
            svg.contains("viewBox=\"0 0 \(matrix.width + 4) \(matrix.width + 4)\"") && svg.contains("width=\"250\""))
        #expect(svg.contains("d=\"\(matrix.path)\""))
        let png = try CodePicture(matrix, margin: 4).png(size: 290)
        #expect(PictureHeader(png)?.width == 290 / (matrix.width + 8) * (matrix.width + 8))
        #expect(throws: Failure(.invalid, "")) { try CodePicture(matrix, margin: 4).png(size: 20) }
    }

    @Test func `what can not be put in a code says so`() throws {
        let long = String(repeating: "A", count: 5_000)
        for symbology in LabelSymbology.allCases {
            #expect(throws: Failure(.tooLarge, "")) { try CodeMatrix.make(symbology, long) }
        }
        #expect(throws: Failure(.invalid, "")) { try CodeMatrix.code128("Größe") }
        #expect(throws: (any Error).self) { try CodeMatrix.qr("a\0b") }
    }
}
