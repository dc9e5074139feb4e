// Says what an interface is taken for: by its class and report descriptor first, and by a table of models for the
// name, for whether it may be adopted unasked, and for advice. Adding a model is adding a row. The udev rules in
// etc/60-depotd.rules list the same vendors.
import Core

/// What is known about readers.
package enum ReaderCatalog {
    /// One model, or all of one maker in one mode: `product` counts in the bits of `mask`.
    package struct Model: Sendable {
        package var vendorID: UInt16
        package var productID: UInt16
        package var mask: UInt16 = 0xFFFF
        package var name: String
    }

    /// - Source: usb.ids 2025.07.26; merbanan/rfid_app issue 21 (Sycreader); NielsLeenheer/WebHidBarcodeScanner
    ///   (Voyager 1400g); Newland's manuals for the modes in the lower byte of the product id.
    package static let models: [Model] = [
        Model(vendorID: 0x05E0, productID: 0x1200, name: "Zebra scanner, keyboard"),
        Model(vendorID: 0x05E0, productID: 0x0700, name: "Zebra scanner"),
        Model(vendorID: 0x05E0, productID: 0x1A00, name: "Zebra scanner"),
        Model(vendorID: 0x0C2E, productID: 0x0200, name: "Metrologic scanner"),
        Model(vendorID: 0x0C2E, productID: 0x0204, name: "Metrologic scanner, keyboard"),
        Model(vendorID: 0x0C2E, productID: 0x0B6A, name: "Honeywell scanner"),
        Model(vendorID: 0x0C2E, productID: 0x0B81, name: "Honeywell scanner"),
        Model(vendorID: 0x0C2E, productID: 0x0B8F, name: "Honeywell Voyager 1400g"),
        Model(vendorID: 0x05F9, productID: 0x2202, name: "Datalogic PowerScan"),
        Model(vendorID: 0x05F9, productID: 0x2601, name: "Datalogic scanner"),
        Model(vendorID: 0x05F9, productID: 0x2602, name: "Datalogic scanner"),
        Model(vendorID: 0x1EAB, productID: 0x0003, mask: 0x00FF, name: "Newland scanner, keyboard"),
        Model(vendorID: 0x1EAB, productID: 0x0010, mask: 0x00FF, name: "Newland scanner, HID POS"),
        // AuthenTec's vendor id otherwise means fingerprint sensors, and 0xFFFF is nobody's: never match those alone.
        Model(vendorID: 0xFFFF, productID: 0x0035, name: "Sycreader RFID reader"),
        Model(vendorID: 0x08FF, productID: 0x0009, name: "Sycreader RFID reader"),
    ]

    /// Makers of whom every device is a reader, so that a mode that is not driven can be named as such.
    private static let makers: [UInt16: String] = [
        0x05E0: "Zebra", 0x0C2E: "Honeywell", 0x05F9: "Datalogic", 0x1EAB: "Newland", 0x23D0: "Youjie",
        0x1FBB: "Cino",
    ]

    /// Modes of known makers that are HID, look like nothing, and are not driven.
    private static let foreignModes: [UInt32: String] = [
        0x05E0_1300: "IBM hand-held", 0x05E0_1900: "SNAPI",
    ]

    /// Honeywell's and Youjie's scanners send nothing in HID POS mode until feature report 0xFE is 1.
    /// - Source: NielsLeenheer/WebHidBarcodeScanner, src/main.js.
    static func needsWakeReport(_ vendorID: UInt16) -> Bool { vendorID == 0x0C2E || vendorID == 0x23D0 }

    package static func model(_ vendorID: UInt16, _ productID: UInt16) -> Model? {
        models.first { $0.vendorID == vendorID && $0.productID & $0.mask == productID & $0.mask }
    }

    /// What an interface is taken for; nil for one that is no reader's, such as a mouse.
    struct Verdict: Equatable {
        var kind: ReaderKind
        var isKnownModel: Bool
        var advice: String?
    }

    /// Judges one interface. `descriptor` is nil when the device gave none that can be read.
    static func judge(
        _ interface: USBInterface, vendorID: UInt16, productID: UInt16, descriptor: ReportDescriptor?
    ) -> Verdict? {
        let isKnown = model(vendorID, productID) != nil
        guard interface.isHID else { return serial(interface, vendorID) }
        if let mode = foreignModes[UInt32(vendorID) << 16 | UInt32(productID)] { return unsupported(mode, vendorID) }
        guard !interface.isBootMouse else { return nil }
        guard let kind = kind(interface, descriptor) else {
            // A maker's second interface is often for its own set-up tool; only a lone or first one is the reader.
            return makers[vendorID] != nil && interface.number == 0 ? unsupported("its own", vendorID) : nil
        }
        guard interface.endpoint != nil else {
            return Verdict(
                kind: .unsupported, isKnownModel: false,
                advice: "This device describes itself wrongly and cannot be read. Unplug it and plug it in again.")
        }
        return Verdict(kind: kind, isKnownModel: isKnown, advice: nil)
    }

    private static func kind(_ interface: USBInterface, _ descriptor: ReportDescriptor?) -> ReaderKind? {
        if let descriptor {
            if descriptor.isPointOfSale { return .pointOfSale }
            if !descriptor.keyboardFormats.isEmpty { return .keyboard }
        }
        return interface.isBootKeyboard ? .keyboard : nil
    }

    /// CDC communication interfaces (class 2) of readers; a modem's or an Arduino's is none of ours.
    private static func serial(_ interface: USBInterface, _ vendorID: UInt16) -> Verdict? {
        guard interface.classCode == 2, makers[vendorID] != nil else { return nil }
        return unsupported("serial port", vendorID)
    }

    private static func unsupported(_ mode: String, _ vendorID: UInt16) -> Verdict {
        let maker = makers[vendorID] ?? "The"
        return Verdict(
            kind: .unsupported, isKnownModel: false,
            advice: "\(maker) reader in a mode that is not driven (\(mode)): scan the set-up code \"USB HID POS\" or "
                + "\"USB keyboard\" from its manual.")
    }
}
