// The port through which readers reach the door. Core states it; Drivers/USB conforms. A driver never decides what a
// code means, nor who may adopt a reader: it describes what is plugged in and obeys the settings it is given.
import Foundation

/// How a reader talks over USB.
package enum ReaderKind: String, Sendable, Codable {
    /// HID 3/1/1 or a HID interface whose report descriptor has keyboard usages: it types.
    case keyboard
    /// HID usage page 0x8C: it sends whole codes.
    case pointOfSale
    /// Something that looks like a reader and is not driven; ``ReaderDescription/advice`` says what to do.
    case unsupported
}

/// The keyboard layout that is programmed into a keyboard-wedge reader. Factory setting is `us`.
package enum KeyboardLayout: String, Sendable, Codable, CaseIterable {
    case us, uk, de, fr
}

/// What is plugged in at one USB port and interface, and what it is taken for.
package struct ReaderDescription: Sendable, Equatable, Codable {
    /// Port path and interface, stable over replugging at the same place: `usb:1-3.2:0` is bus 1, port 3, hub port 2,
    /// interface 0.
    package var port: String
    package var vendorID: UInt16
    package var productID: UInt16
    package var manufacturer: String?
    package var product: String?
    /// The serial number the device claims. Cheap readers share one: unique only when ReaderBook says so.
    package var serial: String?
    package var kind: ReaderKind
    /// Whether the catalogue knows this model as a reader, so that it may be adopted without asking.
    package var isKnownModel: Bool
    /// One sentence on what to do with a device that cannot be driven as it is, such as a setup code to scan.
    package var advice: String?

    package init(
        port: String, vendorID: UInt16, productID: UInt16, manufacturer: String? = nil, product: String? = nil,
        serial: String? = nil, kind: ReaderKind, isKnownModel: Bool, advice: String? = nil
    ) {
        self.port = port
        self.vendorID = vendorID
        self.productID = productID
        self.manufacturer = manufacturer
        self.product = product
        self.serial = serial
        self.kind = kind
        self.isKnownModel = isKnownModel
        self.advice = advice
    }
}

/// How an adopted reader is to be read.
package struct ReaderSettings: Sendable, Equatable, Codable {
    package var layout: KeyboardLayout
    /// Milliseconds of silence after which what was typed without Enter or Tab counts as a whole code; 0 never.
    /// This ends a code of a reader without a programmed suffix. It never tells a person from a reader. Long enough
    /// that a busy box does not cut a code in two, short enough for the next scan by hand.
    package var silenceMilliseconds: Int

    package init(layout: KeyboardLayout = .us, silenceMilliseconds: Int = 500) {
        self.layout = layout
        self.silenceMilliseconds = silenceMilliseconds
    }
}

/// What a source of scans has to say, in the order in which it happened.
package enum ReaderEvent: Sendable, Equatable {
    /// A device is plugged in (or was, when the source started). It is not read until it is adopted.
    case appeared(ReaderDescription)
    /// The device was claimed and is being read.
    case opened(port: String)
    /// A whole code was read.
    case read(Scan)
    /// Something is wrong and the daemon carries on: nonsense reports, a claim that failed, a code cut off. The
    /// message may be shown.
    case trouble(port: String, Failure)
    /// The device was given back to the kernel's driver because it was released.
    case closed(port: String)
    /// The device was unplugged.
    case disappeared(port: String)
}

/// Where scans come from: plugs, unplugs and codes as one bounded stream, and the two commands the door gives.
///
/// Exclusive: an adopted reader types nowhere else. Many at once; each is read on its own.
package protocol ScanSource: Sendable {
    /// The events of all readers; iterated once. When ``eventCountMax`` are waiting, the newest wait in the driver:
    /// reports stop being asked for, so nothing that was read is dropped.
    var events: AsyncStream<ReaderEvent> { get }
    /// Claims the device and reads it from now on; again with other settings changes them. Answers by an event.
    func adopt(port: String, settings: ReaderSettings)
    /// Stops reading the device and gives it back to the kernel's driver. Answers by an event.
    func release(port: String)
    /// Runs until the surrounding task is cancelled; then every device has been given back.
    func run() async throws
}
