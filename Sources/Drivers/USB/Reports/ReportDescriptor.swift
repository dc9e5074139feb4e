// Reads a HID report descriptor far enough to find keys and scanned data in the input reports. Devices lie in these
// bytes, so every count is bounded and every broken descriptor is a typed error. It is not a full HID parser: units,
// designators, output and feature fields are skipped. Read next: ReportDescriptor+Formats.swift.

/// The input fields that a device says its reports have.
/// - Source: Device Class Definition for HID 1.11 §6.2.2, §8.
package struct ReportDescriptor: Sendable, Equatable {
    /// One Input item: `count` values of `bitSize` bits from `bitOffset` on, the report id's byte included.
    package struct Field: Sendable, Equatable {
        /// The report this field is in; 0 when the device uses no report ids.
        package var reportID: UInt8
        package var bitOffset: Int
        package var bitSize: Int
        package var count: Int
        /// Whether each value has a usage of its own; else each value names a usage.
        package var isVariable: Bool
        /// Padding.
        package var isConstant: Bool
        /// Page in the upper, usage in the lower 16 bits, in order.
        package var usages: [ClosedRange<UInt32>]
        package var logicalMinimum: Int32
    }

    /// What is wrong with a descriptor, with the byte at which it was noticed.
    package enum Malformed: Error, Sendable, Equatable {
        case empty, tooLong
        case truncated(at: Int), tooDeep(at: Int), unbalanced(at: Int), tooManyFields(at: Int)
        case badField(at: Int)
    }

    /// In the order of the descriptor.
    package private(set) var fields: [Field] = []
    /// Usages of the outermost collections, page in the upper 16 bits.
    package private(set) var applications: [UInt32] = []

    /// Linux takes no longer ones either (HID_MAX_DESCRIPTOR_SIZE).
    package static let byteCountMax = 4_096
    static let collectionDepthMax = 16
    static let globalDepthMax = 8
    static let fieldCountMax = 256
    static let usageCountMax = 256
    /// 1,024 bytes are the largest interrupt packet (USB 2.0 §5.7.3).
    static let reportBitCountMax = 8 * 1_024

    /// Parses the bytes of GET_DESCRIPTOR(report) or of sysfs' `report_descriptor`.
    /// - Throws: ``Malformed``.
    package init(_ bytes: [UInt8]) throws(Malformed) {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Self.byteCountMax else { throw .tooLong }
        var parser = Parser()
        var position = 0
        while position < bytes.count {
            let item = try Item(bytes, at: position)
            try parser.take(item)
            position += item.byteCount
        }
        guard parser.depth == 0 else { throw .unbalanced(at: position) }
        fields = parser.fields
        applications = parser.applications
    }

    /// Bytes of the longest input report, its id included.
    package var reportByteCountMax: Int {
        fields.map { ($0.bitOffset + $0.bitSize * $0.count + 7) / 8 }.max() ?? 0
    }

    /// Reads `size` bits (at most 32) of a report, least significant first; nil beyond its end.
    static func bits(of report: [UInt8], at offset: Int, size: Int) -> UInt32? {
        guard offset >= 0, size > 0, size <= 32, offset + size <= report.count * 8 else { return nil }
        var value: UInt64 = 0
        let first = offset / 8
        for index in first...((offset + size - 1) / 8) {
            value |= UInt64(report[index]) << UInt64((index - first) * 8)
        }
        return UInt32(truncatingIfNeeded: (value >> UInt64(offset % 8)) & ((1 << UInt64(size)) - 1))
    }
}

/// One item of the descriptor: a prefix byte and up to four bytes of data, or a long item that is skipped.
private struct Item {
    let position: Int
    /// Type and tag as in the prefix, without the size.
    let tag: UInt8
    let data: UInt32
    let byteCount: Int
    private let dataByteCount: Int

    init(_ bytes: [UInt8], at position: Int) throws(ReportDescriptor.Malformed) {
        self.position = position
        let prefix = bytes[position]
        let isLong = prefix == 0xFE
        if isLong {
            guard position + 1 < bytes.count else { throw .truncated(at: position) }
            dataByteCount = 0
            byteCount = 3 + Int(bytes[position + 1])
        } else {
            dataByteCount = [0, 1, 2, 4][Int(prefix & 3)]
            byteCount = 1 + dataByteCount
        }
        guard position + byteCount <= bytes.count else { throw .truncated(at: position) }
        var data: UInt32 = 0
        for index in 0..<dataByteCount { data |= UInt32(bytes[position + 1 + index]) << UInt32(index * 8) }
        self.data = data
        tag = isLong ? 0xFE : prefix & 0xFC
    }

    /// The data with the sign of its own size.
    var signed: Int32 {
        switch dataByteCount {
        case 1: Int32(Int8(truncatingIfNeeded: data))
        case 2: Int32(Int16(truncatingIfNeeded: data))
        default: Int32(bitPattern: data)
        }
    }

    /// A usage of four bytes carries its own page.
    func usage(onPage page: UInt16) -> UInt32 {
        dataByteCount == 4 ? data : UInt32(page) << 16 | data & 0xFFFF
    }
}

private struct Parser {
    struct Global {
        var page: UInt16 = 0
        var logicalMinimum: Int32 = 0
        var size = 0
        var count = 0
        var reportID: UInt8 = 0
    }

    var fields: [ReportDescriptor.Field] = []
    var applications: [UInt32] = []
    var depth = 0
    private var global = Global()
    private var stack: [Global] = []
    private var usages: [Item] = []
    private var minimum: Item?
    private var ranges: [(Item, Item)] = []
    private var bitCounts: [UInt8: Int] = [:]

    mutating func take(_ item: Item) throws(ReportDescriptor.Malformed) {
        switch item.tag & 0x0C {
        case 0x00: try main(item)
        case 0x04: try setGlobal(item)
        case 0x08: setLocal(item)
        default: break  // reserved and long items say nothing that is needed here
        }
    }

    private mutating func main(_ item: Item) throws(ReportDescriptor.Malformed) {
        defer {
            usages = []
            ranges = []
            minimum = nil
        }
        switch item.tag {
        case 0x80: try input(item)
        case 0xA0: try open(item)
        case 0xC0:
            guard depth > 0 else { throw .unbalanced(at: item.position) }
            depth -= 1
        default: break  // Output and Feature have offsets of their own and are not read
        }
    }

    private mutating func open(_ item: Item) throws(ReportDescriptor.Malformed) {
        guard depth < ReportDescriptor.collectionDepthMax else { throw .tooDeep(at: item.position) }
        depth += 1
        guard depth == 1, let usage = usages.first, applications.count < ReportDescriptor.fieldCountMax else { return }
        applications.append(usage.usage(onPage: global.page))
    }

    private mutating func input(_ item: Item) throws(ReportDescriptor.Malformed) {
        guard fields.count < ReportDescriptor.fieldCountMax else { throw .tooManyFields(at: item.position) }
        let offset = bitCounts[global.reportID] ?? (global.reportID == 0 ? 0 : 8)
        let end = offset + global.size * global.count
        guard global.size <= 32 || item.data & 1 == 1 || item.data & 0x100 != 0,
            end <= ReportDescriptor.reportBitCountMax
        else { throw .badField(at: item.position) }
        bitCounts[global.reportID] = end
        guard global.size > 0, global.count > 0 else { return }
        fields.append(
            .init(
                reportID: global.reportID, bitOffset: offset, bitSize: global.size, count: global.count,
                isVariable: item.data & 2 != 0, isConstant: item.data & 1 != 0, usages: fieldUsages(),
                logicalMinimum: global.logicalMinimum))
    }

    /// The page in force at the main item holds for all its usages (HID 1.11 §6.2.2.8).
    private func fieldUsages() -> [ClosedRange<UInt32>] {
        let page = global.page
        let single = usages.map { $0.usage(onPage: page)...$0.usage(onPage: page) }
        let spans = ranges.compactMap { low, high -> ClosedRange<UInt32>? in
            let (low, high) = (low.usage(onPage: page), high.usage(onPage: page))
            return low <= high ? low...high : nil
        }
        return single + spans
    }

    private mutating func setGlobal(_ item: Item) throws(ReportDescriptor.Malformed) {
        switch item.tag {
        case 0x04: global.page = UInt16(truncatingIfNeeded: item.data)
        case 0x14: global.logicalMinimum = item.signed
        case 0x74: global.size = try bounded(item)
        case 0x84: global.reportID = UInt8(truncatingIfNeeded: item.data)
        case 0x94: global.count = try bounded(item)
        case 0xA4:
            guard stack.count < ReportDescriptor.globalDepthMax else { throw .tooDeep(at: item.position) }
            stack.append(global)
        case 0xB4:
            guard let last = stack.popLast() else { throw .unbalanced(at: item.position) }
            global = last
        default: break
        }
    }

    /// Sizes and counts are bounded before they are multiplied, so that the product fits.
    private func bounded(_ item: Item) throws(ReportDescriptor.Malformed) -> Int {
        guard item.data <= UInt32(ReportDescriptor.reportBitCountMax) else { throw .badField(at: item.position) }
        return Int(item.data)
    }

    private mutating func setLocal(_ item: Item) {
        guard usages.count + ranges.count < ReportDescriptor.usageCountMax else { return }
        switch item.tag {
        case 0x08: usages.append(item)
        case 0x18: minimum = item
        case 0x28:
            if let low = minimum { ranges.append((low, item)) }
            minimum = nil
        default: break
        }
    }
}
