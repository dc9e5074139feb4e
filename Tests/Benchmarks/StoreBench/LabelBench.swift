// What labels cost: the code by itself, a label's dots, a thousand labels on sheets. A part of storebench, read by bench.py.
import Core
import Drivers
import Foundation

/// Measures codes and labels, with no file and no printer.
enum LabelBench {
    /// Prints `{"code_ms", "label_ms", "sheets_s"}`: the 95th percentile of codes and labels, and one run of sheets.
    static func run() throws {
        // Each label says something else, as each piece of gear does.
        func code(_ number: Int) -> String { "DPT:K7Q2:01JD8Z6M2QNVB3KX5W7Y\(number + 10_000):X" }
        let names = [
            "Sony FX6", "Zoom 24-70 f/2.8 with case and filters", "كاميرا سوني", "Größe XL, sehr langer Name 🎥",
        ]
        let contents = (0..<1_000).map { number in
            LabelContent(
                fields: ["number": "CAM-\(number)", "name": names[number % names.count], "organisation": "Northlight"],
                code: code(number), shortCode: "CAM-\(number)")
        }
        let codes = try (0..<500).map { number in
            let code = code(number)
            return try seconds { _ = try CodePicture(CodeMatrix.qr(code, within: 300), margin: 4).png(size: 300) }
        }
        let press = LabelPress()
        let media = try LabelMedia.named("zebra-57x32")
        let layout = LabelPattern.layout(.gear, on: media)
        _ = try press.label(layout, contents[0], resolution: 203)
        let labels = try contents.prefix(300).map { content in
            try seconds { _ = try press.label(layout, content, resolution: 203) }
        }
        let sheet = try LabelMedia.named("avery-l7160")
        let onSheet = LabelPattern.layout(.gear, on: sheet)
        let sheets = try seconds { _ = try press.sheets(contents.map { (onSheet, $0) }, on: sheet) }
        print("{\"code_ms\": \(p95(codes) * 1000), \"label_ms\": \(p95(labels) * 1000), \"sheets_s\": \(sheets)}")
    }

    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let began = ContinuousClock.now
        try body()
        return (ContinuousClock.now - began) / .seconds(1)
    }

    private static func p95(_ values: [Double]) -> Double { values.sorted()[values.count * 95 / 100] }
}
