// What an interface is taken for, and that the udev rules let the daemon at every maker in the catalogue.
import CLibUSB
import Core
import Foundation
import Testing

@testable import Drivers

@Suite struct ReaderCatalogTests {
    private static func interface(
        _ classCode: UInt8, _ subclass: UInt8 = 0, _ protocolCode: UInt8 = 0, number: UInt8 = 0,
        hasEndpoint: Bool = true
    ) -> USBInterface {
        var setting = libusb_interface_descriptor()
        setting.bInterfaceNumber = number
        setting.bInterfaceClass = classCode
        setting.bInterfaceSubClass = subclass
        setting.bInterfaceProtocol = protocolCode
        var interface = USBInterface(setting, configuration: 1)
        interface.endpoint = hasEndpoint ? 0x81 : nil
        interface.packetByteCount = 8
        return interface
    }

    @Test func `a reader that is in the catalogue may be adopted unasked`() {
        let verdict = ReaderCatalog.judge(
            Self.interface(3, 1, 1), vendorID: 0x05E0, productID: 0x1200, descriptor: nil)
        #expect(verdict == .init(kind: .keyboard, isKnownModel: true, advice: nil))
    }

    @Test func `a keyboard that nobody knows is described and not known`() {
        let verdict = ReaderCatalog.judge(
            Self.interface(3, 1, 1), vendorID: 0x046D, productID: 0xC31C, descriptor: nil)
        #expect(verdict == .init(kind: .keyboard, isKnownModel: false, advice: nil))
    }

    @Test func `a mouse is no reader`() {
        #expect(
            ReaderCatalog.judge(Self.interface(3, 1, 2), vendorID: 0xFFFF, productID: 0x0035, descriptor: nil) == nil)
    }

    @Test func `a fingerprint sensor of a maker of one reader is no reader`() {
        #expect(ReaderCatalog.judge(Self.interface(0xFF), vendorID: 0x08FF, productID: 0x2580, descriptor: nil) == nil)
        #expect(ReaderCatalog.model(0x08FF, 0x2580) == nil)
    }

    @Test func `Newland's product ids say the mode in their lower byte`() {
        #expect(ReaderCatalog.model(0x1EAB, 0x1A03)?.name == "Newland scanner, keyboard")
        #expect(ReaderCatalog.model(0x1EAB, 0x1A06) == nil)
    }

    @Test(arguments: [
        (UInt8(3), UInt16(0x05E0), UInt16(0x1300)), (3, 0x05E0, 0x1900), (2, 0x05E0, 0x1701), (3, 0x1EAB, 0x0001),
    ])
    func `a mode that is not driven comes with advice`(classCode: UInt8, vendorID: UInt16, productID: UInt16) {
        let verdict = ReaderCatalog.judge(
            Self.interface(classCode), vendorID: vendorID, productID: productID, descriptor: nil)
        #expect(verdict?.kind == .unsupported)
        #expect(verdict?.advice?.contains("set-up code") == true)
    }

    @Test func `somebody else's serial port is left alone`() {
        #expect(ReaderCatalog.judge(Self.interface(2), vendorID: 0x2341, productID: 0x0043, descriptor: nil) == nil)
    }

    @Test func `a keyboard without an endpoint cannot be read`() {
        let verdict = ReaderCatalog.judge(
            Self.interface(3, 1, 1, hasEndpoint: false), vendorID: 1, productID: 1, descriptor: nil)
        #expect(verdict?.kind == .unsupported)
    }

    @Test func `no rights is said with what to do about it`() {
        let error = USBError("open", code: LIBUSB_ERROR_ACCESS.rawValue)
        #expect(error.hint?.contains("60-depotd.rules") == true)
        #expect(!error.isTransient)
        #expect(Failure(error, message: "No.").code == .forbidden)
    }

    @Test func `the udev rules name every maker in the catalogue`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../etc/60-depotd.rules")
        let rules = try String(contentsOf: file.standardized, encoding: .utf8)
        for vendorID in Set(ReaderCatalog.models.map(\.vendorID)) {
            let hex = String(vendorID, radix: 16)
            #expect(rules.contains(String(repeating: "0", count: 4 - hex.count) + hex))
        }
    }
}
