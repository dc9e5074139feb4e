// Knows what is plugged in and what is claimed, and does everything that may block: opening, claiming, control
// transfers. One step at a time, in order, on its own queue; the event thread goes on reading meanwhile.
import CLibUSB
import Core
import Dispatch
import Foundation
import Logging

/// The devices on the bus and the readers among them.
actor USBBus {
    /// What there is to do, in the order in which it came.
    enum Step: Sendable {
        case adopt(port: String, ReaderSettings)
        case release(port: String)
        case asked(USBReader, USBReader.Request)
    }

    private struct Entry {
        let device: USBDevice
        let interface: USBInterface
        let description: ReaderDescription
        var reader: USBReader?
        /// Its transfers said that it is gone; the list of devices will follow.
        var hasLeft = false
    }

    private let context: USBContext
    private let queue: ReaderEventQueue
    private let surroundings: ReaderSurroundings
    private let ask: @Sendable (USBReader, USBReader.Request) -> Void
    private let logger: Logger
    private let queueExecutor = QueueExecutor("depotd.usb.bus")
    /// By port.
    private var entries: [String: Entry] = [:]
    /// Devices looked at already. Holding them keeps libusb from using their addresses again.
    private var seen: [OpaquePointer: USBDevice] = [:]

    /// libusb blocks; on a queue of its own it blocks nobody else.
    nonisolated var unownedExecutor: UnownedSerialExecutor { queueExecutor.asUnownedSerialExecutor() }

    init(
        context: USBContext, queue: ReaderEventQueue, surroundings: ReaderSurroundings, logger: Logger,
        ask: @escaping @Sendable (USBReader, USBReader.Request) -> Void
    ) {
        self.context = context
        self.queue = queue
        self.surroundings = surroundings
        self.logger = logger
        self.ask = ask
    }

    func take(_ step: Step) async {
        await queue.room()
        switch step {
        case .adopt(let port, let settings): adopt(port, settings)
        case .release(let port): await release(port)
        case .asked(let reader, .mend): mend(reader)
        case .asked(let reader, .gone): await drop(reader, isGone: true)
        case .asked(let reader, .lost): await drop(reader, isGone: false)
        }
    }

    /// Gives every device back.
    func closeAll() async {
        for port in entries.keys.sorted() where entries[port]?.reader != nil {
            await close(port)
            queue.push(.closed(port: port))
        }
        entries = [:]
        seen = [:]
    }

    // MARK: Plugs

    /// Compares what is plugged in with what was, and says what came and went; what went first.
    func refresh() async {
        let devices: [USBDevice]
        do { devices = try context.devices() } catch {
            logger.error("cannot list USB devices", metadata: ["error": "\(error)"])
            return
        }
        let present = Set(devices.map(\.pointer))
        for pointer in seen.keys where !present.contains(pointer) { await forget(pointer) }
        for device in devices where seen[device.pointer] == nil {
            seen[device.pointer] = device
            await welcome(device)
        }
    }

    private func forget(_ pointer: OpaquePointer) async {
        let ports = entries.filter { $0.value.device.pointer == pointer }.keys.sorted()
        for port in ports {
            await queue.room()
            await close(port)
            let hadLeft = entries.removeValue(forKey: port)?.hasLeft ?? true
            if !hadLeft { queue.push(.disappeared(port: port)) }
        }
        seen[pointer] = nil
    }

    private func welcome(_ device: USBDevice) async {
        guard let path = device.portPath, let descriptor = device.descriptor else { return }
        let interfaces: [USBInterface]
        do { interfaces = try device.interfaces() } catch {
            logger.warning("a device describes itself wrongly", metadata: ["port": "\(path)", "error": "\(error)"])
            return
        }
        for interface in interfaces {
            let port = "usb:\(path):\(interface.number)"
            if let old = entries[port], !old.hasLeft { continue }
            guard let description = await describe(device, interface, port, descriptor) else { continue }
            entries[port] = Entry(device: device, interface: interface, description: description)
            await queue.room()
            queue.push(.appeared(description))
        }
    }

    private func describe(
        _ device: USBDevice, _ interface: USBInterface, _ port: String, _ descriptor: libusb_device_descriptor
    ) async -> ReaderDescription? {
        let (vendorID, productID) = (descriptor.idVendor, descriptor.idProduct)
        let handle = USBHandleOnDemand(device)
        let report = await interface.isHID ? reportDescriptor(device, interface, handle) : nil
        let verdict = ReaderCatalog.judge(interface, vendorID: vendorID, productID: productID, descriptor: report)
        guard let verdict else { return nil }
        return ReaderDescription(
            port: port, vendorID: vendorID, productID: productID,
            manufacturer: device.kernelString("manufacturer") ?? handle.opened?.string(descriptor.iManufacturer),
            product: device.kernelString("product") ?? handle.opened?.string(descriptor.iProduct)
                ?? ReaderCatalog.model(vendorID, productID)?.name,
            serial: device.kernelString("serial") ?? handle.opened?.string(descriptor.iSerialNumber),
            kind: verdict.kind, isKnownModel: verdict.isKnownModel, advice: verdict.advice)
    }

    /// From the kernel if its driver has the interface, else from the device; nothing is detached to look.
    ///
    /// A device is announced before the kernel's driver has taken its interfaces, and to ask for the descriptor takes
    /// the interface for a moment: somebody's keyboard would lose its driver. So the driver gets time to come first,
    /// and a boot keyboard is known without asking.
    private func reportDescriptor(
        _ device: USBDevice, _ interface: USBInterface, _ handle: USBHandleOnDemand
    ) async -> ReportDescriptor? {
        if interface.isBootKeyboard || interface.isBootMouse {
            return device.kernelReportDescriptor(interface).flatMap { try? ReportDescriptor($0) }
        }
        for _ in 0..<Self.driverWaitCountMax {
            if let bytes = device.kernelReportDescriptor(interface) { return try? ReportDescriptor(bytes) }
            try? await Task.sleep(for: Self.driverWait)
        }
        guard let opened = handle.opened, !opened.isKernelDriverActive(interface.number) else { return nil }
        return (try? opened.reportDescriptor(interface.number)).flatMap { try? ReportDescriptor($0) }
    }

    /// Together one second; the kernel's driver needs some tens of milliseconds, more if it is loaded first.
    private static let driverWaitCountMax = 20
    private static let driverWait: Duration = .milliseconds(50)

    // MARK: Commands

    private func adopt(_ port: String, _ settings: ReaderSettings) {
        guard let entry = entries[port], !entry.hasLeft else {
            return tell(port, Failure(.notFound, "No reader is plugged in there any more."))
        }
        guard entry.description.kind != .unsupported, let endpoint = entry.interface.endpoint else {
            return tell(port, Failure(.invalid, entry.description.advice ?? "This device cannot be read."))
        }
        if let reader = entry.reader {
            context.perform { reader.use(settings) }
        } else {
            do throws(USBError) {
                entries[port]?.reader = try open(entry, endpoint, settings)
            } catch {
                return tell(port, Failure(error, message: "The reader could not be taken over."))
            }
        }
        queue.push(.opened(port: port))
        if entry.reader == nil, let reader = entries[port]?.reader { context.start(reader) }
    }

    private func open(
        _ entry: Entry, _ endpoint: UInt8, _ settings: ReaderSettings
    ) throws(USBError) -> USBReader {
        let handle = try entry.device.open()
        try handle.claim(entry.interface.number)
        let (decoder, byteCount) = prepare(handle, entry, settings)
        return USBReader(
            port: entry.description.port, handle: handle, interface: entry.interface, endpoint: endpoint,
            reportByteCount: byteCount, decoder: decoder, queue: queue, surroundings: surroundings, ask: ask)
    }

    private func release(_ port: String) async {
        guard entries[port] != nil else {
            return tell(port, Failure(.notFound, "No reader is plugged in there any more."))
        }
        await close(port)
        queue.push(.closed(port: port))
    }

    /// Stops reading and gives the interface back to the kernel's driver.
    private func close(_ port: String) async {
        guard let reader = entries[port]?.reader else { return }
        await context.stop(reader)
        reader.handle.release(reader.interface)
        entries[port]?.reader = nil
    }

    private func tell(_ port: String, _ failure: Failure) { queue.push(.trouble(port: port, failure)) }

    // MARK: Faults

    private func mend(_ reader: USBReader) {
        guard entries[reader.port]?.reader === reader else { return }
        do throws(USBError) {
            try reader.handle.clearHalt(reader.endpoint)
            context.perform { reader.restart() }
        } catch {
            if error.isGone { ask(reader, .gone) } else { context.perform { reader.fail() } }
        }
    }

    private func drop(_ reader: USBReader, isGone: Bool) async {
        let port = reader.port
        guard entries[port]?.reader === reader else { return }
        await close(port)
        if isGone {
            entries[port]?.hasLeft = true
            queue.push(.disappeared(port: port))
        } else {
            tell(port, Failure(.unavailable, "The reader stopped answering. Unplug it and plug it in again."))
            queue.push(.closed(port: port))
        }
    }
}

extension USBBus {
    /// Makes the decoder that fits, and tells the device how it is to report. A device may refuse each of these
    /// requests and often does; what it then sends is decoded all the same.
    private func prepare(
        _ handle: USBHandle, _ entry: Entry, _ settings: ReaderSettings
    ) -> (decoder: any ReportDecoder, byteCount: Int) {
        let number = entry.interface.number
        let descriptor = (try? handle.reportDescriptor(number)).flatMap { try? ReportDescriptor($0) }
        if entry.description.kind == .pointOfSale {
            if ReaderCatalog.needsWakeReport(entry.description.vendorID) { try? handle.setFeature([0xFE, 1], number) }
            let decoder = HIDPointOfSale(format: descriptor?.pointOfSaleFormat)
            return (decoder, descriptor?.reportByteCountMax ?? entry.interface.packetByteCount)
        }
        return prepareKeyboard(handle, entry.interface, descriptor, settings)
    }

    /// The kernel's driver leaves keyboards in the report protocol, so that is what makers test; the boot protocol is
    /// asked for only where the descriptor says the same or cannot be used.
    private func prepareKeyboard(
        _ handle: USBHandle, _ interface: USBInterface, _ descriptor: ReportDescriptor?, _ settings: ReaderSettings
    ) -> (decoder: any ReportDecoder, byteCount: Int) {
        let formats = descriptor?.keyboardFormats ?? []
        let isPlain = formats.isEmpty || formats == [.boot]
        if interface.isBootKeyboard { try? handle.setProtocol(isPlain ? 0 : 1, interface.number) }
        try? handle.setIdle(interface.number)
        let others = Set(descriptor?.fields.map(\.reportID) ?? []).subtracting(formats.map(\.reportID))
        let decoder = KeyboardWedge(
            formats: isPlain ? [.boot] : formats, otherReportIDs: isPlain ? [] : others, settings: settings)
        return (decoder, isPlain ? 8 : descriptor?.reportByteCountMax ?? 8)
    }
}

/// Opens a device when somebody first asks, and only once.
private final class USBHandleOnDemand {
    private let device: USBDevice
    /// Nil without the right to open it; the names are then those that the kernel knows.
    private(set) lazy var opened: USBHandle? = try? device.open()

    init(_ device: USBDevice) {
        self.device = device
    }
}
