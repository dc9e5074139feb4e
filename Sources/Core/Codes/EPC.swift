// What an RFID reader types: the identifier of a chip, or an Electronic Product Code (EPC) and the GS1 key within it.
// Only the 96-bit schemes that name things in a depot are decoded; any other EPC is still found by its bits.

/// What a text may be if it came from an RFID chip.
struct RadioReading {
    private(set) var identifiers: [AssetIdentifier] = []
    /// The identifier to store, where the code is more likely from a chip than from a bar code of digits.
    private(set) var natural: AssetIdentifier?
    private(set) var isRandomUID = false
    private(set) var note: String?

    /// Reads hexadecimal digits, also in pairs with `:`, `-` or blanks between.
    init(text: String, isBarcode: Bool) {
        guard let digits = Self.hexadecimal(text) else { return }
        switch digits.utf8.count {
        case 8 where digits.hasPrefix("08"):
            // A bar code may have eight digits that begin so; a chip that does makes them up at each touch.
            isRandomUID = !isBarcode
            if isRandomUID { note = "This card shows another number each time: it cannot stand for anything." }
        case 8, 10, 14, 20:
            // 4, 7 and 10 bytes of ISO 14443, and the 5 bytes or 10 decimal digits of 125 kHz readers.
            identifiers = [AssetIdentifier(.uid, digits)]
        case 16 where digits.hasPrefix("E0"):
            // 8 bytes of ISO 15693, which all begin with E0.
            identifiers = [AssetIdentifier(.uid, digits)]
        case 24:
            identifiers = [AssetIdentifier(.epc, digits)] + (EPC.key(in: digits).map { [$0] } ?? [])
        default: break
        }
        let hasLetter = !digits.isASCIIDigits
        natural = (hasLetter && !isBarcode) || identifiers.count > 1 ? identifiers.first : nil
    }

    /// The digits in upper case and without what is between the pairs; nil when it is not hexadecimal.
    private static func hexadecimal(_ text: String) -> String? {
        var pairs = [text]
        if let mark = text.dropFirst(2).first, ":- ".contains(mark) {
            pairs = text.split(separator: mark, omittingEmptySubsequences: false).map(String.init)
            guard pairs.allSatisfy({ $0.utf8.count == 2 }) else { return nil }
        }
        let digits = pairs.joined().uppercasedASCII
        return digits.utf8.allSatisfy { $0.isASCIIDigit || (0x41...0x46).contains($0) } ? digits : nil
    }
}

/// The 96-bit Electronic Product Codes that carry a GS1 key.
/// - Source: GS1 EPC Tag Data Standard 1.13, sections 14.6 and tables 14-2 to 14-14; header, filter (3 bits),
///   partition (3 bits), company prefix, reference, then a serial of 38 bits where the scheme has one.
enum EPC {
    /// Bits and decimal digits of company prefix and reference for one value of the partition field.
    struct Partition {
        let companyBits: Int
        let companyDigits: Int
        let referenceBits: Int
        let referenceDigits: Int
    }

    /// The partition tables differ only in what is left for the reference: the company prefix has 12 digits in 40
    /// bits for partition 0 and down to 6 digits in 20 bits for partition 6.
    static func partition(_ index: Int, bits: Int, digits: Int) -> Partition? {
        let companyBits = [40, 37, 34, 30, 27, 24, 20]
        guard companyBits.indices.contains(index) else { return nil }
        return Partition(
            companyBits: companyBits[index], companyDigits: 12 - index,
            referenceBits: bits - companyBits[index], referenceDigits: digits - (12 - index))
    }

    /// The GS1 key in 24 hexadecimal digits; nil where the scheme is another or a field holds too large a number.
    static func key(in hexadecimal: String) -> AssetIdentifier? {
        guard let bits = Bits(hexadecimal) else { return nil }
        switch bits[0, 8] {
        case 0x30: return tradeItem(bits)
        case 0x31: return shippingContainer(bits)
        case 0x33: return returnableAsset(bits)
        case 0x34: return individualAsset(bits)
        default: return nil
        }
    }

    /// SGTIN-96: the first digit of the reference is the GTIN's indicator and goes in front of the company prefix.
    private static func tradeItem(_ bits: Bits) -> AssetIdentifier? {
        guard let (company, reference) = fields(bits, bits: 44, digits: 13) else { return nil }
        let number = reference.prefix(1) + company + reference.dropFirst()
        return AssetIdentifier(.gtinSerial, "\(number)\(GS1.checkDigit(of: String(number)))/\(bits[58, 38])")
    }

    /// SSCC-96: likewise with the extension digit. The last 24 bits are reserved.
    private static func shippingContainer(_ bits: Bits) -> AssetIdentifier? {
        guard let (company, reference) = fields(bits, bits: 58, digits: 17) else { return nil }
        let number = String(reference.prefix(1) + company + reference.dropFirst())
        return AssetIdentifier(.sscc, "\(number)\(GS1.checkDigit(of: number))")
    }

    private static func returnableAsset(_ bits: Bits) -> AssetIdentifier? {
        guard let (company, reference) = fields(bits, bits: 44, digits: 12) else { return nil }
        let number = company + reference
        return AssetIdentifier(.grai, "\(number)\(GS1.checkDigit(of: number))\(bits[58, 38])")
    }

    /// GIAI-96: the reference is a number of its own length, without leading zeros.
    private static func individualAsset(_ bits: Bits) -> AssetIdentifier? {
        guard let partition = partition(Int(bits[11, 3]), bits: 82, digits: 25),
            let company = decimal(bits[14, partition.companyBits], digits: partition.companyDigits)
        else { return nil }
        return AssetIdentifier(.giai, company + String(bits[14 + partition.companyBits, partition.referenceBits]))
    }

    private static func fields(_ bits: Bits, bits width: Int, digits: Int) -> (company: String, reference: String)? {
        guard let partition = partition(Int(bits[11, 3]), bits: width, digits: digits),
            let company = decimal(bits[14, partition.companyBits], digits: partition.companyDigits),
            let reference = decimal(
                bits[14 + partition.companyBits, partition.referenceBits], digits: partition.referenceDigits)
        else { return nil }
        return (company, reference)
    }

    /// The number with zeros in front; nil when it has more digits than the field has room for.
    private static func decimal(_ value: UInt64, digits: Int) -> String? {
        if digits == 0 { return value == 0 ? "" : nil }
        let text = String(value)
        return text.count <= digits ? String(repeating: "0", count: digits - text.count) + text : nil
    }

    /// 96 bits, counted from the most significant.
    struct Bits {
        private let bytes: [UInt8]

        init?(_ hexadecimal: String) {
            let digits = hexadecimal.compactMap(\.hexDigitValue).map(UInt8.init)
            guard hexadecimal.utf8.count == 24, digits.count == 24 else { return nil }
            bytes = stride(from: 0, to: 24, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        }

        /// The number in `count` bits from `start`; at most 64, and bits behind the end count as zero.
        subscript(start: Int, count: Int) -> UInt64 {
            (start..<(start + count)).reduce(0) { value, index in
                let isSet = index < 96 && bytes[index / 8] >> (7 - index % 8) & 1 == 1
                return value << 1 | (isSet ? 1 : 0)
            }
        }
    }
}
