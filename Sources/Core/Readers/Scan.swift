// What a reader tells the door: a code, or that it came, went or fell ill. Values only; how the bytes were won is
// the drivers' affair (Drivers/USB), what they mean is ScanCode's and DoorDesk's.
package import Foundation

/// One code that a reader, a person or a program gave to the door, before anybody asked what it means.
package struct Scan: Sendable, Equatable {
    /// Names this physical read once and for all; the same key is never decided twice.
    package let key: String
    /// The reader's port path as in ``ReaderDescription/port``; nil when typed, posted or sent by `depotd scan`.
    package let reader: String?
    /// The code as bytes, without the reader's terminator; GS (0x1D) is kept. At most ``byteCountMax``.
    package let raw: [UInt8]
    /// The AIM symbology identifier if the reader reports it beside the data, such as `]C1`. Nil when it is in
    /// front of `raw` or not known.
    package let symbology: String?
    /// Wall clock at the last byte of the code.
    package let at: Date
    /// Nanoseconds of the boot clock at the last byte of the code.
    package let monotonic: UInt64

    package init(key: String, reader: String?, raw: [UInt8], symbology: String? = nil, at: Date, monotonic: UInt64) {
        self.key = key
        self.reader = reader
        self.raw = raw
        self.symbology = symbology
        self.at = at
        self.monotonic = monotonic
    }

    /// Longest code taken; a longer one is cut off by the reader's driver and reported as trouble. A GS1 Data Matrix
    /// holds at most 2,335 characters and a QR code 4,296.
    package static let byteCountMax = 4_296
}
