// Finds in a parsed report descriptor what the decoders need: where the keys are, and where the scanned data is.

/// Where a keyboard's report holds its keys; offsets count from the first byte, the report id included.
package struct KeyboardFormat: Sendable, Equatable {
    /// The report's id; 0 when reports have none.
    package var reportID: UInt8
    /// First of the eight modifier bits, left Control; nil for a keypad without modifiers.
    package var modifierBitOffset: Int?
    /// The bits of the key array, each value one usage.
    package var keyBitOffset: Int
    package var keyBitSize: Int
    package var keyCount: Int
    /// Whether keys are one bit each from `firstUsage` on, instead of an array of usages.
    package var isBitmap = false
    package var firstUsage = 0

    /// The fixed report of the boot protocol: modifiers, a reserved byte, six keys.
    /// - Source: HID 1.11 appendix B.1.
    package static let boot = KeyboardFormat(
        reportID: 0, modifierBitOffset: 0, keyBitOffset: 16, keyBitSize: 8, keyCount: 6)

    /// The modifier bits and the usages of the pressed keys in a report of this format; nil if it is too short to
    /// hold one key.
    func keys(in report: [UInt8]) -> (modifiers: UInt8, keys: [UInt8])? {
        guard ReportDescriptor.bits(of: report, at: keyBitOffset, size: keyBitSize) != nil else { return nil }
        let modifiers = modifierBitOffset.flatMap { ReportDescriptor.bits(of: report, at: $0, size: 8) } ?? 0
        var keys: [UInt8] = []
        for index in 0..<keyCount {
            let offset = keyBitOffset + index * keyBitSize
            guard let value = ReportDescriptor.bits(of: report, at: offset, size: keyBitSize) else { break }
            guard value != 0 else { continue }
            let usage = isBitmap ? firstUsage + index : firstUsage + Int(value)
            keys.append(UInt8(clamping: usage))
        }
        return (UInt8(truncatingIfNeeded: modifiers), keys)
    }
}

/// Where a HID Point of Sale report holds a code; offsets in bytes, the report id included.
package struct PointOfSaleFormat: Sendable, Equatable {
    package var reportID: UInt8
    /// The byte that counts the decoded data, if there is one.
    package var lengthOffset: Int?
    /// The three bytes of the AIM identifier, if there are three in a row.
    package var symbologyOffset: Int?
    package var dataOffset: Int
    package var dataByteCount: Int
    /// The bit that says that the code goes on in the next report.
    package var continuedBitOffset: Int?
}

extension ReportDescriptor {
    private static let keys: ClosedRange<UInt32> = 0x0007_0000...0x0007_00FF
    private static let modifiers: UInt32 = 0x0007_00E0
    private static let decodedData: UInt32 = 0x008C_00FE
    private static let continued: UInt32 = 0x008C_00FF
    private static let symbology: UInt32 = 0x008C_00FB
    private static let byteCount: UInt32 = 0x0001_003B

    /// Whether the device calls itself a bar code scanner (page 0x8C), or has a field for decoded data.
    package var isPointOfSale: Bool {
        applications.contains { $0 >> 16 == 0x8C } || fields.contains { $0.firstUsage == Self.decodedData }
    }

    /// The keyboard reports, one format for each report id.
    package var keyboardFormats: [KeyboardFormat] {
        fields.compactMap(keyboardFormat).reduce(into: []) { formats, format in
            if !formats.contains(where: { $0.reportID == format.reportID }) { formats.append(format) }
        }
    }

    private func keyboardFormat(_ field: Field) -> KeyboardFormat? {
        guard let usages = field.usages.first, Self.keys.contains(usages.lowerBound), !field.isConstant else {
            return nil
        }
        let isBitmap = field.isVariable && field.bitSize == 1 && usages.lowerBound < Self.modifiers
        guard isBitmap || (!field.isVariable && (4...16).contains(field.bitSize)) else { return nil }
        let modifiers = fields.first {
            $0.reportID == field.reportID && $0.isVariable && $0.bitSize == 1 && $0.firstUsage == Self.modifiers
                && $0.count >= 8
        }
        let lowest = Int(usages.lowerBound & 0xFFFF)
        let shift = isBitmap ? lowest : lowest - Int(field.logicalMinimum)
        return KeyboardFormat(
            reportID: field.reportID, modifierBitOffset: modifiers?.bitOffset, keyBitOffset: field.bitOffset,
            keyBitSize: field.bitSize, keyCount: field.count, isBitmap: isBitmap,
            // A logical range that starts far away is a lie; keys then mean what they say.
            firstUsage: (0...255).contains(shift) ? shift : 0)
    }

    /// The report with the decoded data; nil if there is none or it is not made of whole bytes.
    package var pointOfSaleFormat: PointOfSaleFormat? {
        guard let data = fields.first(where: { $0.firstUsage == Self.decodedData && $0.isByteAligned }) else {
            return nil
        }
        let beside = fields.filter { $0.reportID == data.reportID }
        let length = beside.first { $0.firstUsage == Self.byteCount && $0.isByteAligned }
        // Some leave the byte count's usage out: a lone byte straight behind the report id is it all the same.
        let lone = beside.first { $0.bitOffset == 8 && $0.bitSize == 8 && $0.count == 1 && $0.usages.isEmpty }
        let symbology = beside.first { $0.firstUsage == Self.symbology && $0.isByteAligned }
        return PointOfSaleFormat(
            reportID: data.reportID, lengthOffset: (length ?? lone).map { $0.bitOffset / 8 },
            symbologyOffset: symbology.map { $0.bitOffset / 8 }, dataOffset: data.bitOffset / 8,
            dataByteCount: data.count, continuedBitOffset: beside.first { $0.firstUsage == Self.continued }?.bitOffset)
    }
}

extension ReportDescriptor.Field {
    fileprivate var firstUsage: UInt32? { usages.first?.lowerBound }
    fileprivate var isByteAligned: Bool { bitSize == 8 && bitOffset % 8 == 0 }
}
