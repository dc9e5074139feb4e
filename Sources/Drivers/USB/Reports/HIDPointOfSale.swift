// Decodes the reports of scanners in "HID POS" mode: they send the code itself, not keystrokes, so there is no layout
// to get wrong and GS arrives as GS. Pure; the bytes come from USBReader. Read next: ReportDescriptor+Formats.swift.
package import Core

/// Decodes HID Point of Sale reports, by the device's own descriptor or else by the two layouts that are published.
///
/// | byte | Honeywell, Access-IS, most | Newland, IDTECH, Unitech |
/// |---|---|---|
/// | 0 | report id 2 | report id 2 |
/// | 1 | length of the data | length of the data |
/// | 2-4 | AIM identifier | data starts |
/// | 5-60 | data | data to 57, then reserved |
/// | 61, 62 | vendor's symbology, reserved | -, vendor's symbology |
/// | 63 | bit 0: continued | bit 0: continued |
/// - Source: HID Point of Sale Usage Tables 1.02 §3.3; Honeywell 2020-5B manual p. 1-11; Newland FM420 manual p. 47.
package struct HIDPointOfSale: ReportDecoder {
    private let described: PointOfSaleFormat?
    private var joined: [UInt8] = []
    private var symbology: String?
    private var lastReportAt: UInt64?
    /// The layout of the first report of a code holds for those that continue it.
    private var joining: PointOfSaleFormat?
    private var isDiscarding = false

    /// A continued code whose next report takes longer than this will not be finished. Reports of one code follow
    /// each other at the polling interval, at most 255 ms.
    static let continuationNanoseconds: UInt64 = 1_000_000_000

    static let honeywell = PointOfSaleFormat(
        reportID: 2, lengthOffset: 1, symbologyOffset: 2, dataOffset: 5, dataByteCount: 56, continuedBitOffset: 504)
    static let newland = PointOfSaleFormat(
        reportID: 2, lengthOffset: 1, symbologyOffset: nil, dataOffset: 2, dataByteCount: 56, continuedBitOffset: 504)

    package init(format: PointOfSaleFormat? = nil) {
        described = format
    }

    package mutating func take(_ report: [UInt8], at now: UInt64) -> [Decoded] {
        let late = lapse(at: now)
        guard let format = joining ?? format(of: report), let part = Part(report, format) else {
            return late + [.trouble(.nonsense)]
        }
        if joining == nil { symbology = part.symbology }
        lastReportAt = now
        joining = part.isContinued ? format : nil
        return late + append(part, at: now)
    }

    private mutating func append(_ part: Part, at now: UInt64) -> [Decoded] {
        var troubles: [Decoded] = []
        if !isDiscarding, joined.count + part.data.count > Scan.byteCountMax {
            isDiscarding = true
            joined = []
            troubles = [.trouble(.tooLong)]
        }
        if !isDiscarding { joined += part.data }
        return part.isContinued ? troubles : troubles + finish(at: now)
    }

    private mutating func finish(at now: UInt64) -> [Decoded] {
        defer { forget() }
        while let last = joined.last, last == 0x0D || last == 0x0A { joined.removeLast() }
        guard !isDiscarding, !joined.isEmpty else { return [] }
        return [.code(joined, symbology: symbology, monotonic: now)]
    }

    private mutating func forget() {
        joined = []
        joining = nil
        symbology = nil
        isDiscarding = false
    }

    package var deadline: UInt64? {
        joining == nil ? nil : lastReportAt.map { $0 &+ Self.continuationNanoseconds }
    }

    package mutating func lapse(at now: UInt64) -> [Decoded] {
        guard let deadline, now >= deadline else { return [] }
        defer { forget() }
        return isDiscarding ? [] : [.trouble(.unfinished)]
    }

    /// Whole codes have no layout and end by themselves.
    package mutating func use(_ settings: ReaderSettings) {}

    package mutating func resume(at now: UInt64) {
        if let last = lastReportAt { lastReportAt = max(last, now) }
    }

    /// The described format if the report is of it, else the published layout that fits.
    private func format(of report: [UInt8]) -> PointOfSaleFormat? {
        if let described {
            return described.reportID == 0 || report.first == described.reportID ? described : nil
        }
        guard report.count >= 8, report[0] == 2 else { return nil }
        let hasIdentifier = report[2] == UInt8(ascii: "]") || report[3] == UInt8(ascii: "]")
        return hasIdentifier && !lengthCoversIdentifier(report) ? Self.honeywell : Self.newland
    }

    /// Newland's layout with "transmit AIM identifier" looks like Honeywell's, but its length counts the identifier:
    /// the three bytes behind the data are then NUL, which no code ends with.
    private func lengthCoversIdentifier(_ report: [UInt8]) -> Bool {
        let end = 2 + Int(report[1])
        guard report[2] == UInt8(ascii: "]"), report[1] >= 3, end + 3 <= min(report.count, 58) else { return false }
        return report[end..<end + 3].allSatisfy { $0 == 0 }
    }
}

/// What one report adds to a code.
private struct Part {
    var data: [UInt8]
    var symbology: String?
    var isContinued: Bool

    init?(_ report: [UInt8], _ format: PointOfSaleFormat) {
        guard report.count > format.dataOffset else { return nil }
        let end = min(report.count, format.dataOffset + format.dataByteCount)
        data = Array(report[format.dataOffset..<end])
        let identifier = format.symbologyOffset.map { Array(report.dropFirst($0).prefix(3)) } ?? []
        if identifier.first == UInt8(ascii: "]") {
            symbology = Self.text(identifier)
        } else if identifier.count == 3, identifier[1] == UInt8(ascii: "]"), !data.isEmpty {
            // Zebra puts a byte in front, so that the identifier's last byte lies where the data starts.
            symbology = Self.text(identifier[1...] + [data.removeFirst()])
        }
        if let offset = format.lengthOffset {
            guard offset < report.count, Int(report[offset]) <= max(data.count, format.dataByteCount) else {
                return nil
            }
            data = Array(data.prefix(Int(report[offset])))
        }
        while data.last == 0 { data.removeLast() }
        isContinued = format.continuedBitOffset.flatMap { ReportDescriptor.bits(of: report, at: $0, size: 1) } == 1
    }

    /// An AIM identifier is three printable characters (ISO/IEC 15424); anything else is not one.
    private static func text(_ bytes: some Collection<UInt8>) -> String? {
        guard bytes.count == 3, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
