// What strangers' readers make of our codes: zbarimg of zbar-tools and ZXingReader of zxing-cpp-tools, both of Debian.
package import Core
package import Drivers
import Foundation

/// Codes as other programs read them.
package enum CodeReading {
    /// What zbar reads in each picture, by the picture's place; it knows no DataMatrix.
    package static func zbar(_ pictures: [[UInt8]]) throws -> [[String]] {
        try read(pictures) { files in
            let output = try run("/usr/bin/zbarimg", ["--quiet", "--xml"] + files)
            // A page of XML for each file, in their order: <source href='…'>, then <data><![CDATA[…]]></data>.
            var found: [String: [String]] = [:]
            for source in output.components(separatedBy: "<source href='").dropFirst() {
                let href = String(source.prefix { $0 != "'" })
                // What is not ASCII comes as base64 of the wrong bytes, and right when it is the only output.
                if source.contains("format='base64'") {
                    found[href] = try run("/usr/bin/zbarimg", ["--quiet", "--raw", href]).split(separator: "\n").map(
                        String.init)
                    continue
                }
                found[href] = source.components(separatedBy: "<![CDATA[").dropFirst().map {
                    $0.components(separatedBy: "]]>")[0]
                }
            }
            return files.map { found[$0] ?? [] }
        }
    }

    /// What ZXing reads in each picture, by the picture's place.
    package static func zxing(_ pictures: [[UInt8]]) throws -> [[String]] {
        try read(pictures) { files in
            let output = try run("/usr/bin/ZXingReader", ["-1"] + files)
            let lines = output.split(separator: "\n")
            return files.map { file in
                lines.filter { $0.hasPrefix(file + " ") }.compactMap { line in
                    // FILE FORMAT "TEXT" …
                    guard let open = line.firstIndex(of: "\""), let close = line.lastIndex(of: "\""), open < close
                    else { return nil }
                    return unescaped(line[line.index(after: open)..<close])
                }
            }
        }
    }

    /// The pages of a PDF as they would be printed, by Debian's pdftoppm.
    package static func pages(of pdf: [UInt8], resolution: Int) throws -> [DotImage] {
        let folder = NSTemporaryDirectory() + "depotd-pages-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(pdf).write(to: URL(fileURLWithPath: "\(folder)/sheet.pdf"))
        _ = try run("/usr/bin/pdftoppm", ["-gray", "-r", "\(resolution)", "\(folder)/sheet.pdf", "\(folder)/page"])
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".pgm") }.sorted()
            .map { file in
                DotImage(pgm: [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))), resolution)
            }
    }

    /// A text in which `<U+F6>` stands for a character.
    private static func unescaped(_ text: Substring) -> String {
        String(text).replacing(/<U\+([0-9A-F]+)>/) { match -> String in
            guard let number = UInt32(match.1, radix: 16), let scalar = Unicode.Scalar(number) else { return "?" }
            return String(scalar)
        }
    }

    private static func read(_ pictures: [[UInt8]], _ body: ([String]) throws -> [[String]]) throws -> [[String]] {
        let folder = NSTemporaryDirectory() + "depotd-codes-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = try pictures.enumerated().map { place, bytes in
            let file = "\(folder)/\(place).png"
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            return file
        }
        return try body(files)
    }

    private static func run(_ path: String, _ arguments: [String]) throws -> String {
        let output = NSTemporaryDirectory() + "depotd-read-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: output) }
        // zbarimg says by its end that it read nothing.
        let environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        try Child.run(path, arguments, environment: environment, output: .file(output))
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self)
    }
}

extension DotImage {
    /// Grey as Netpbm writes it, `P5 WIDTH HEIGHT 255` and a byte a dot: black where it is darker than half.
    fileprivate init(pgm: [UInt8], _ resolution: Int) {
        let head = pgm.split(maxSplits: 4, omittingEmptySubsequences: false) { $0 == 0x0A || $0 == 0x20 }
        let numbers = head.dropFirst().prefix(2).map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }
        self.init(width: numbers[0], height: numbers[1], resolution: resolution)
        let dots = Array(head[4])
        for y in 0..<height { for x in 0..<width where dots[y * width + x] < 128 { self[x, y] = true } }
    }

    /// A part of it, in millimetres.
    package func part(_ box: LabelBox) -> DotImage {
        func dots(_ millimetres: Double) -> Int { Int((millimetres * Double(resolution) / 25.4).rounded()) }
        let (left, top) = (max(0, dots(box.x)), max(0, dots(box.y)))
        var part = DotImage(
            width: min(width, dots(box.x + box.width)) - left, height: min(height, dots(box.y + box.height)) - top,
            resolution: resolution)
        for y in 0..<part.height { for x in 0..<part.width where self[left + x, top + y] { part[x, y] = true } }
        return part
    }

    /// The label on a table: readers want something light around a picture.
    package var framed: DotImage {
        let frame = 3
        var framed = DotImage(
            width: (rowByteCount + 2 * frame) * 8, height: height + 16 * frame, resolution: resolution)
        framed.bytes.removeAll(keepingCapacity: true)
        let (side, row) = ([UInt8](repeating: 0, count: frame), framed.rowByteCount)
        let border = [UInt8](repeating: 0, count: row * 8 * frame)
        framed.bytes += border
        for y in 0..<height {
            framed.bytes += side
            framed.bytes += self.row(y)
            framed.bytes += side
        }
        framed.bytes += border
        return framed
    }
}
