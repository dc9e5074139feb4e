// One plugged-in device and, once opened, its handle: descriptors, strings and control transfers, all bounded in
// bytes and time. What the bytes mean is for ReaderCatalog and the decoders.
import CLibUSB
import Foundation

/// A device on the bus, kept alive as long as this object.
///
/// `@unchecked`: libusb's device pointers are reference counted and may be used from any thread.
final class USBDevice: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = libusb_ref_device(pointer)
    }

    deinit { libusb_unref_device(pointer) }

    /// `1-3.2`: bus, then the port numbers from the root hub down, as the kernel names it. Nil for a root hub.
    var portPath: String? {
        // USB allows seven tiers; libusb says to give it room for seven.
        var ports = [UInt8](repeating: 0, count: 7)
        let count = libusb_get_port_numbers(pointer, &ports, Int32(ports.count))
        guard count > 0 else { return nil }
        let path = ports.prefix(Int(count)).map { String($0) }.joined(separator: ".")
        return "\(libusb_get_bus_number(pointer))-\(path)"
    }

    /// The device descriptor; libusb has it in memory.
    var descriptor: libusb_device_descriptor? {
        var descriptor = libusb_device_descriptor()
        return libusb_get_device_descriptor(pointer, &descriptor) == 0 ? descriptor : nil
    }

    /// The interfaces of the active configuration, by their first setting.
    /// - Throws: ``USBError`` when the device has no configuration or lies about it.
    func interfaces() throws(USBError) -> [USBInterface] {
        var config: UnsafeMutablePointer<libusb_config_descriptor>?
        try USBError.check("configuration", libusb_get_active_config_descriptor(pointer, &config))
        guard let config else { return [] }
        defer { libusb_free_config_descriptor(config) }
        let value = config.pointee.bConfigurationValue
        return (0..<Int(config.pointee.bNumInterfaces)).compactMap { index in
            guard let all = config.pointee.interface, all[index].num_altsetting > 0,
                let setting = all[index].altsetting
            else { return nil }
            return USBInterface(setting.pointee, configuration: value)
        }
    }

    func open() throws(USBError) -> USBHandle {
        var handle: OpaquePointer?
        try USBError.check("open", libusb_open(pointer, &handle))
        guard let handle else { throw USBError("open", code: LIBUSB_ERROR_OTHER.rawValue) }
        return USBHandle(handle)
    }

    /// A string that the kernel read when the device came, such as `product`. It costs no transfer to a device that
    /// may be sick, and needs no rights.
    func kernelString(_ name: String) -> String? {
        guard let portPath, let bytes = Self.read("/sys/bus/usb/devices/\(portPath)/\(name)", upTo: 512) else {
            return nil
        }
        return USBHandle.printable(String(decoding: bytes, as: UTF8.self))
    }

    /// The report descriptor as the kernel's HID driver has it; nil if that driver does not hold the interface.
    ///
    /// While it does, GET_DESCRIPTOR to the interface fails with EBUSY (the kernel's `check_ctrlrecip`).
    func kernelReportDescriptor(_ interface: USBInterface) -> [UInt8]? {
        guard let portPath else { return nil }
        let folder = "/sys/bus/usb/devices/\(portPath):\(interface.configuration).\(interface.number)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        // HID devices are named bus:vendor:product.instance, such as 0003:05E0:1200.0001.
        let device = names.first { $0.split(separator: ":").count == 3 && $0.contains(".") }
        return device.flatMap {
            Self.read("\(folder)/\($0)/report_descriptor", upTo: ReportDescriptor.byteCountMax + 1)
        }
    }

    private static func read(_ path: String, upTo count: Int) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        return (try? file.read(upToCount: count)).map { Array($0) }
    }
}

/// The facts of one interface that decide what it is taken for and how it is read.
struct USBInterface: Sendable, Equatable {
    var configuration: UInt8
    var number: UInt8
    var classCode: UInt8
    var subclass: UInt8
    var protocolCode: UInt8
    /// The first interrupt-IN endpoint; nil if there is none with a packet size.
    var endpoint: UInt8?
    /// Bytes of one packet of the endpoint. Transfers are a multiple of it, else a long packet overflows them.
    var packetByteCount: Int = 0

    init(_ setting: libusb_interface_descriptor, configuration: UInt8) {
        self.configuration = configuration
        number = setting.bInterfaceNumber
        classCode = setting.bInterfaceClass
        subclass = setting.bInterfaceSubClass
        protocolCode = setting.bInterfaceProtocol
        for index in 0..<Int(setting.bNumEndpoints) {
            guard let endpoint = setting.endpoint?[index] else { break }
            let isInterruptIn = endpoint.bmAttributes & 3 == 3 && endpoint.bEndpointAddress & 0x80 != 0
            // Bits 11 and 12 say how many more packets of the same size go in one microframe (USB 2.0 §9.6.6).
            let size = Int(endpoint.wMaxPacketSize)
            let byteCount = (size & 0x7FF) * ((size >> 11 & 3) + 1)
            guard isInterruptIn, byteCount > 0 else { continue }
            self.endpoint = endpoint.bEndpointAddress
            packetByteCount = byteCount
            break
        }
    }

    /// HID class.
    var isHID: Bool { classCode == 3 }
    /// The HID boot subclass with the keyboard protocol.
    var isBootKeyboard: Bool { isHID && subclass == 1 && protocolCode == 1 }
    var isBootMouse: Bool { isHID && subclass == 1 && protocolCode == 2 }
}

/// An open device. Closes when let go.
///
/// `@unchecked`: libusb's handles may be used from any thread.
final class USBHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Longest wait for a control transfer. A reader answers within milliseconds; one that does not is sick, and
    /// others wait behind it to be opened.
    private static let controlMilliseconds: UInt32 = 500

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit { libusb_close(pointer) }

    /// Takes the interface from whoever in the kernel has it; on ``release(_:)`` the kernel's driver gets it back.
    func claim(_ interface: UInt8) throws(USBError) {
        libusb_set_auto_detach_kernel_driver(pointer, 1)
        try USBError.check("claim", libusb_claim_interface(pointer, Int32(interface)))
    }

    /// An error here means that the device is gone, which is known by then.
    func release(_ interface: UInt8) { libusb_release_interface(pointer, Int32(interface)) }

    func isKernelDriverActive(_ interface: UInt8) -> Bool {
        libusb_kernel_driver_active(pointer, Int32(interface)) == 1
    }

    /// Blocks until the device has answered the kernel's CLEAR_FEATURE(ENDPOINT_HALT).
    func clearHalt(_ endpoint: UInt8) throws(USBError) {
        try USBError.check("clear halt", libusb_clear_halt(pointer, endpoint))
    }

    /// GET_DESCRIPTOR(report). The interface must be claimed or free.
    /// - Source: HID 1.11 §7.1.1.
    func reportDescriptor(_ interface: UInt8) throws(USBError) -> [UInt8] {
        try read(0x81, 0x06, value: 0x2200, index: UInt16(interface), upTo: ReportDescriptor.byteCountMax)
    }

    /// SET_PROTOCOL: 0 for the boot protocol, 1 for the report protocol. HID 1.11 §7.2.6.
    func setProtocol(_ value: UInt16, _ interface: UInt8) throws(USBError) {
        try write(0x21, 0x0B, value: value, index: UInt16(interface), [])
    }

    /// SET_IDLE with duration 0: reports only when something changed. HID 1.11 §7.2.4.
    func setIdle(_ interface: UInt8) throws(USBError) {
        try write(0x21, 0x0A, value: 0, index: UInt16(interface), [])
    }

    /// SET_REPORT of a feature report; its id is the first byte. HID 1.11 §7.2.2.
    func setFeature(_ report: [UInt8], _ interface: UInt8) throws(USBError) {
        try write(0x21, 0x09, value: 0x0300 | UInt16(report.first ?? 0), index: UInt16(interface), report)
    }

    /// A string descriptor in US English, which every device with strings has; nil if it does not answer.
    func string(_ index: UInt8) -> String? {
        guard index != 0, let bytes = try? read(0x80, 0x06, value: 0x0300 | UInt16(index), index: 0x0409, upTo: 255),
            bytes.count >= 4, bytes[1] == 3
        else { return nil }
        let length = min(Int(bytes[0]), bytes.count)
        let units = stride(from: 2, to: length - 1, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
        return Self.printable(String(decoding: units, as: UTF16.self))
    }

    /// Without control characters and outer blanks; nil if nothing is left. Devices send what they like.
    static func printable(_ text: String) -> String? {
        let kept = text.unicodeScalars.filter { !CharacterSet.controlCharacters.contains($0) }
        let trimmed = String(String.UnicodeScalarView(kept)).trimmingCharacters(in: .whitespaces)
        return trimmed.isEmpty ? nil : trimmed
    }

    private func read(
        _ type: UInt8, _ request: UInt8, value: UInt16, index: UInt16, upTo count: Int
    ) throws(USBError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let length = libusb_control_transfer(
            pointer, type, request, value, index, &bytes, UInt16(clamping: count), Self.controlMilliseconds)
        try USBError.check("control read", length)
        return Array(bytes.prefix(Int(length)))
    }

    private func write(
        _ type: UInt8, _ request: UInt8, value: UInt16, index: UInt16, _ data: [UInt8]
    ) throws(USBError) {
        var bytes = data
        let length = libusb_control_transfer(
            pointer, type, request, value, index, &bytes, UInt16(clamping: data.count), Self.controlMilliseconds)
        try USBError.check("control write", length)
    }
}
