// Replays every capture in Tests/Captures and compares what the decoders make of it with the approved output beside
// it. A new reader is a new capture; no test is written for it.
import Core
import Drivers
import Foundation
import Testing

@Suite struct ReportReplayTests {
    @Test(arguments: try Capture.all())
    func `a captured reader is decoded as approved`(capture: Capture) throws {
        #expect(try capture.decoded() == capture.approved)
    }

    @Test func `there are captures to replay`() throws {
        #expect(try Capture.all().count >= 20)
    }
}

/// One file of Tests/Captures; its README says how they are written.
struct Capture: CustomTestStringConvertible, Sendable {
    var name: String
    var header: [String: String] = [:]
    var reports: [(milliseconds: UInt64, bytes: [UInt8])] = []
    var approved: [String]

    var testDescription: String { "\(name): \(header["scanned"] ?? "")" }

    static func all() throws -> [Capture] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Captures").standardized
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "txt" }.map(Capture.init)
            .sorted { $0.name < $1.name }
    }

    private init(_ file: URL) throws {
        name = file.deletingPathExtension().lastPathComponent
        approved = try Self.lines(file.deletingPathExtension().appendingPathExtension("approved"))
        for line in try Self.lines(file) {
            if line.hasPrefix("# ") {
                let parts = line.dropFirst(2).split(separator: ": ", maxSplits: 1)
                header[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
            } else {
                let parts = line.split(separator: " ")
                let time = try #require(UInt64(parts[0]))
                reports.append((time, try #require(bytes(hex: String(parts[1])))))
            }
        }
    }

    private static func lines(_ file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { String($0) }
    }

    func decoded() throws -> [String] {
        var decoder = try decoder()
        var results: [Decoded] = []
        for report in reports { results += decoder.take(report.bytes, at: report.milliseconds * 1_000_000) }
        if let deadline = decoder.deadline { results += decoder.lapse(at: deadline) }
        return results.map(Self.describe)
    }

    private func decoder() throws -> any ReportDecoder {
        let descriptor = try header["descriptor"].map { try ReportDescriptor(try #require(bytes(hex: $0))) }
        if header["decoder"] == "pos" { return HIDPointOfSale(format: descriptor?.pointOfSaleFormat) }
        let layout = try #require(KeyboardLayout(rawValue: header["layout"] ?? "us"))
        let silence = try #require(Int(header["silence"] ?? "0"))
        let formats = descriptor?.keyboardFormats ?? [.boot]
        return KeyboardWedge(
            formats: formats,
            otherReportIDs: Set(descriptor?.fields.map(\.reportID) ?? []).subtracting(formats.map(\.reportID)),
            settings: ReaderSettings(layout: layout, silenceMilliseconds: silence))
    }

    private static func describe(_ result: Decoded) -> String {
        switch result {
        case .trouble(let trouble): "trouble \(trouble.rawValue)"
        case .code(let bytes, let symbology, _):
            "code \(symbology ?? "-") "
                + String(decoding: bytes, as: UTF8.self).unicodeScalars.map(escaped).joined()
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0x5C: "\\\\"
        case 0..<0x20, 0x7F: "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        default: String(scalar)
        }
    }
}

/// The bytes of a hex string; nil if it is not one.
func bytes(hex: String) -> [UInt8]? {
    let digits = hex.compactMap(\.hexDigitValue)
    guard digits.count == hex.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}
