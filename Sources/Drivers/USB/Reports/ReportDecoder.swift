// What the two decoders have in common: reports with a time go in, whole codes and troubles come out. Pure values, no
// libusb and no clock, so that every capture can be replayed. Read next: KeyboardWedge, HIDPointOfSale.
package import Core

/// What a decoder made of the reports so far.
package enum Decoded: Sendable, Equatable {
    /// A whole code without its terminator. `symbology` is the AIM identifier if it came beside the data, and
    /// `monotonic` the time of its last byte.
    case code([UInt8], symbology: String?, monotonic: UInt64)
    case trouble(DecodeTrouble)
}

/// Why a report, or what was collected from several, gave no code.
package enum DecodeTrouble: String, Sendable {
    /// More bytes than a Scan may hold. Nothing of the code is given on: half a code could name another asset.
    case tooLong
    /// A report that no keyboard and no scanner sends.
    case nonsense
    /// A code announced as continued whose rest never came.
    case unfinished
}

/// Turns the reports of one interface into codes. Times are nanoseconds of one monotonic clock.
package protocol ReportDecoder: Sendable {
    /// Takes the next report.
    mutating func take(_ report: [UInt8], at now: UInt64) -> [Decoded]
    /// When ``lapse(at:)`` wants to be called if no report comes before; nil when nothing is pending.
    var deadline: UInt64? { get }
    /// Ends what is pending if its time is over.
    mutating func lapse(at now: UInt64) -> [Decoded]
    /// Takes other settings from the next report on; what was collected so far stays.
    mutating func use(_ settings: ReaderSettings)
    /// Says that reports were not asked for until now, so that the silence before was ours and not the reader's.
    mutating func resume(at now: UInt64)
}
