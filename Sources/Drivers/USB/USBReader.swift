// Reads one claimed interface: interrupt transfers in, decoded events out. Lives on the event thread; libusb's
// callback only notes that a transfer came back, the work is done in turn(). Read next: ReportDecoder.
import CLibUSB
import Core
package import Foundation

/// What a reader needs from the world, so that tests can give it another one.
package struct ReaderSurroundings: Sendable {
    /// Nanoseconds of the boot clock, ``Scan/monotonic``.
    package var monotonic: @Sendable () -> UInt64
    package var date: @Sendable () -> Date
    /// A new ``Scan/key``.
    package var makeKey: @Sendable () -> String

    package init(
        monotonic: @escaping @Sendable () -> UInt64, date: @escaping @Sendable () -> Date,
        makeKey: @escaping @Sendable () -> String
    ) {
        self.monotonic = monotonic
        self.date = date
        self.makeKey = makeKey
    }

    /// CLOCK_BOOTTIME, the wall clock and random UUIDs.
    package static let system = ReaderSurroundings(
        monotonic: HybridClock.bootNanoseconds, date: { Date() }, makeKey: { UUID().uuidString.lowercased() })
}

/// One claimed interface being read.
///
/// `@unchecked`: what is `let` may be read anywhere; the rest is touched by the event thread only.
final class USBReader: @unchecked Sendable {
    /// What a reader asks its bus to do, since it may block.
    enum Request: Sendable {
        /// Clear the endpoint's halt, then ``restart()``.
        case mend
        /// The device is gone.
        case gone
        /// Errors came again after each of ``restartCountMax`` restarts.
        case lost
    }

    private enum Phase: Equatable {
        case running
        case faulted(restartAt: UInt64)
        /// Waiting for the bus: to mend, or to stop us because nothing more is to be had.
        case waiting
        case stopping
    }

    let port: String
    let handle: USBHandle
    let interface: UInt8
    let endpoint: UInt8

    private let queue: ReaderEventQueue
    private let surroundings: ReaderSurroundings
    private let ask: @Sendable (USBReader, Request) -> Void
    private var decoder: any ReportDecoder

    private typealias Transfer = UnsafeMutablePointer<libusb_transfer>
    private var transfers: [Transfer] = []
    /// Not with libusb now.
    private var idle: [Transfer] = []
    /// Come back and not looked at yet, with the time; at most ``transferCount``.
    private var arrived: [(transfer: Transfer, at: UInt64)] = []
    private var phase = Phase.running
    /// Whether reports were not asked for because the queue was full.
    private var isHeld = false
    private var restartCount = 0
    private var nonsenseToldAt: UInt64?
    private var whenStopped: (() -> Void)?

    /// Transfers in flight: enough that a report finds one waiting while the last is decoded, at 1 ms polling.
    private static let transferCount = 4
    static let restartCountMax = 5
    /// The first pause after an error; it doubles with each error in a row.
    private static let restartNanoseconds: UInt64 = 100_000_000
    /// A reader that sends nonsense says so once in this time.
    private static let nonsenseNanoseconds: UInt64 = 10_000_000_000

    init(
        port: String, handle: USBHandle, interface: USBInterface, endpoint: UInt8, reportByteCount: Int,
        decoder: any ReportDecoder, queue: ReaderEventQueue, surroundings: ReaderSurroundings,
        ask: @escaping @Sendable (USBReader, Request) -> Void
    ) {
        self.port = port
        self.handle = handle
        self.interface = interface.number
        self.endpoint = endpoint
        self.decoder = decoder
        self.queue = queue
        self.surroundings = surroundings
        self.ask = ask
        let packets = max(1, (reportByteCount + interface.packetByteCount - 1) / interface.packetByteCount)
        for _ in 0..<Self.transferCount { addTransfer(byteCount: packets * interface.packetByteCount) }
    }

    private func addTransfer(byteCount: Int) {
        guard let transfer = libusb_alloc_transfer(0) else { return }
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCount)
        buffer.initialize(repeating: 0, count: byteCount)
        libusb_fill_interrupt_transfer(
            transfer, handle.pointer, endpoint, buffer, Int32(byteCount),
            { transfer in
                guard let transfer, let reader = transfer.pointee.user_data else { return }
                Unmanaged<USBReader>.fromOpaque(reader).takeUnretainedValue().note(transfer)
            }, Unmanaged.passUnretained(self).toOpaque(), 0)
        transfers.append(transfer)
        idle.append(transfer)
    }

    /// Nothing is in flight any more: the context keeps a reader until it has stopped.
    deinit {
        for transfer in transfers {
            transfer.pointee.buffer.deallocate()
            libusb_free_transfer(transfer)
        }
    }

    // MARK: Commands, on the event thread

    func start() { submitIdle() }

    func use(_ settings: ReaderSettings) { decoder.use(settings) }

    /// Asks for reports again after the bus has cleared the halt.
    func restart() {
        guard phase == .waiting else { return }
        phase = .running
        submitIdle()
    }

    /// Says that clearing the halt failed too.
    func fail() {
        guard phase == .waiting else { return }
        fault()
    }

    /// Takes all transfers back; `done` is called on the event thread when none is in flight.
    func stop(_ done: @escaping () -> Void) {
        phase = .stopping
        whenStopped = done
        cancelTransfers()
    }

    // MARK: Turns

    private func note(_ transfer: Transfer) { arrived.append((transfer, surroundings.monotonic())) }

    /// When ``turn()`` wants to be called though no transfer came back.
    var deadline: UInt64? {
        if isHeld { return nil }
        let pending = phase == .running ? decoder.deadline : nil
        guard case .faulted(let restartAt) = phase else { return pending }
        return restartAt
    }

    /// Decodes what came, asks for more, and does what has become due.
    func turn() {
        while !arrived.isEmpty {
            // What has come must wait, with its time; the transfers not being given back holds the device.
            guard phase == .stopping || !queue.isFull else {
                isHeld = true
                return
            }
            let (transfer, time) = arrived.removeFirst()
            take(transfer, at: time)
        }
        let now = surroundings.monotonic()
        if isHeld {
            isHeld = false
            decoder.resume(at: now)
        }
        if phase == .running, !queue.isFull { emit(decoder.lapse(at: now)) }
        stepOut(of: phase, at: now)
    }

    private func stepOut(of phase: Phase, at now: UInt64) {
        guard idle.count == transfers.count else { return }
        switch phase {
        case .faulted(let restartAt) where now >= restartAt:
            self.phase = .waiting
            ask(self, .mend)
        case .stopping:
            let done = whenStopped
            whenStopped = nil
            done?()
        default: break
        }
    }

    private func take(_ transfer: Transfer, at time: UInt64) {
        switch transfer.pointee.status {
        case LIBUSB_TRANSFER_COMPLETED:
            restartCount = 0
            let count = min(max(0, Int(transfer.pointee.actual_length)), Int(transfer.pointee.length))
            let report = Array(UnsafeBufferPointer(start: transfer.pointee.buffer, count: count))
            // Nobody looked for reports in time, or this one would have come in time: turn() ends what lapses.
            if let deadline = decoder.deadline, time >= deadline { decoder.resume(at: time) }
            if !report.isEmpty { emit(decoder.take(report, at: time)) }
            if phase == .running { submit(transfer) } else { idle.append(transfer) }
        case LIBUSB_TRANSFER_CANCELLED: idle.append(transfer)
        case LIBUSB_TRANSFER_NO_DEVICE:
            idle.append(transfer)
            leave(.gone)
        default:  // ERROR also comes before LEFT on an unplug; clearing the halt then says that it is gone
            idle.append(transfer)
            fault()
        }
    }

    private func submitIdle() {
        let ready = idle
        idle = []
        for transfer in ready { submit(transfer) }
    }

    private func submit(_ transfer: Transfer) {
        guard phase == .running else { return idle.append(transfer) }
        let code = libusb_submit_transfer(transfer)
        guard code < 0 else { return }
        idle.append(transfer)
        if code == LIBUSB_ERROR_NO_DEVICE.rawValue { leave(.gone) } else { fault() }
    }

    private func cancelTransfers() {
        for transfer in transfers { libusb_cancel_transfer(transfer) }
    }

    private func fault() {
        guard phase == .running || phase == .waiting else { return }
        guard restartCount < Self.restartCountMax else { return leave(.lost) }
        let pause = Self.restartNanoseconds << UInt64(restartCount)
        restartCount += 1
        phase = .faulted(restartAt: surroundings.monotonic() &+ pause)
        cancelTransfers()
    }

    /// Does nothing more until the bus stops us.
    private func leave(_ request: Request) {
        guard phase != .stopping, phase != .waiting || request == .lost else { return }
        phase = .waiting
        cancelTransfers()
        ask(self, request)
    }

    // MARK: Events

    private func emit(_ results: [Decoded]) {
        for result in results {
            switch result {
            case .code(let bytes, let symbology, let time): queue.push(.read(scan(bytes, symbology, time)))
            case .trouble(let trouble): tell(trouble)
            }
        }
    }

    private func scan(_ bytes: [UInt8], _ symbology: String?, _ time: UInt64) -> Scan {
        let age = Double(surroundings.monotonic() &- time) / 1e9
        return Scan(
            key: surroundings.makeKey(), reader: port, raw: bytes, symbology: symbology,
            at: surroundings.date().addingTimeInterval(-age), monotonic: time)
    }

    private func tell(_ trouble: DecodeTrouble) {
        switch trouble {
        case .tooLong:
            push(.tooLarge, "A code of more than \(Scan.byteCountMax) bytes was not taken. Scan it again, or check it.")
        case .unfinished: push(.invalid, "A code came only in part and was not taken. Scan it again.")
        case .nonsense:
            let now = surroundings.monotonic()
            if let last = nonsenseToldAt, now &- last < Self.nonsenseNanoseconds { return }
            nonsenseToldAt = now
            push(.invalid, "The reader sends what no reader sends. Unplug it and plug it in again; check its set-up.")
        }
    }

    private func push(_ code: Failure.Code, _ message: String) {
        queue.push(.trouble(port: port, Failure(code, message)))
    }
}
