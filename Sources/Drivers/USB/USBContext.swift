// Owns libusb's context and the one thread that handles its events. All that happens to transfers happens on this
// thread; opening, claiming and control transfers, which may block, are USBBus's and stay off it.
import CLibUSB
import CLinux
import Foundation
import Synchronization

/// The libusb context, its hot-plug callback and its event thread.
///
/// `@unchecked`: `pointer` is thread-safe by libusb's contract, `readers` is touched by the event thread only, and the
/// rest is behind a mutex.
final class USBContext: @unchecked Sendable {
    private struct Mail {
        /// At most one entry for each step that USBBus takes, and it takes one at a time; and one for each wake.
        var work: [@Sendable () -> Void] = []
        var whenStopped: CheckedContinuation<Void, Never>?
        var isStopping = false
        /// libusb must not be called any more; a late consumer of the queue may still try.
        var hasEnded = false
    }

    private let pointer: OpaquePointer
    private let mail = Mutex(Mail())
    private let onBusChange: @Sendable () -> Void
    private let now: @Sendable () -> UInt64
    private var hotplug: libusb_hotplug_callback_handle = 0
    private var readers: [USBReader] = []

    /// The thread looks at its readers at least this often, should a wake ever be lost.
    private static let waitSecondsMax: UInt64 = 60
    /// How long to wait after an error of libusb's event handling, which else would spin.
    private static let errorPauseMicroseconds: UInt32 = 100_000

    /// Starts libusb and the event thread. `onBusChange` is called on that thread for each plug and unplug.
    /// - Throws: ``USBError`` when there is no USB or no udev to watch it with; its hint says what to look at.
    init(now: @escaping @Sendable () -> UInt64, onBusChange: @escaping @Sendable () -> Void) throws(USBError) {
        var made: OpaquePointer?
        try USBError.check("init", libusb_init(&made))
        guard let made else { throw USBError("init", code: LIBUSB_ERROR_OTHER.rawValue) }
        pointer = made
        self.now = now
        self.onBusChange = onBusChange
        guard libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG.rawValue) != 0 else {
            libusb_exit(made)
            throw USBError("init", code: LIBUSB_ERROR_NOT_SUPPORTED.rawValue)
        }
        let code = hasHost ? watch() : LIBUSB_ERROR_NOT_FOUND.rawValue
        guard code >= 0 else {
            libusb_exit(made)
            throw USBError("init", code: code)
        }
        startThread()
    }

    /// libusb itself starts without USB and then waits for ever. Every USB host shows at least its root hub.
    private var hasHost: Bool { (try? devices())?.isEmpty == false }

    private func watch() -> Int32 {
        let events = LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED.rawValue | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT.rawValue
        let any = Int32(LIBUSB_HOTPLUG_MATCH_ANY)
        return libusb_hotplug_register_callback(
            pointer, Int32(events), 0, any, any, any,
            { _, _, _, context in
                // libusb forbids its blocking calls here; the bus looks for itself what is new.
                if let context { Unmanaged<USBContext>.fromOpaque(context).takeUnretainedValue().onBusChange() }
                return 0
            }, Unmanaged.passUnretained(self).toOpaque(), &hotplug)
    }

    /// What is plugged in, in libusb's order.
    func devices() throws(USBError) -> [USBDevice] {
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = libusb_get_device_list(pointer, &list)
        try USBError.check("list", Int32(truncatingIfNeeded: count))
        defer { libusb_free_device_list(list, 1) }
        return (0..<count).compactMap { list?[$0].map(USBDevice.init) }
    }

    // MARK: The event thread

    /// Does something on the event thread, soon.
    func perform(_ work: @escaping @Sendable () -> Void) {
        mail.withLock { $0.work.append(work) }
        wake()
    }

    /// Makes the event thread look at its readers.
    func wake() {
        mail.withLock { mail in
            if !mail.hasEnded { libusb_interrupt_event_handler(pointer) }
        }
    }

    /// Reads from now on. The reader stays until ``stop(_:)``.
    func start(_ reader: USBReader) {
        perform {
            self.readers.append(reader)
            reader.start()
        }
    }

    /// Returns when nothing of the reader is in flight any more, so that its interface can be given back.
    func stop(_ reader: USBReader) async {
        await withCheckedContinuation { continuation in
            perform {
                reader.stop {
                    self.readers.removeAll { $0 === reader }
                    continuation.resume()
                }
            }
        }
    }

    /// Ends the thread and libusb. Every reader has been stopped and every device let go before.
    func shutDown() async {
        await withCheckedContinuation { continuation in
            mail.withLock { mail in
                mail.isStopping = true
                mail.whenStopped = continuation
            }
            wake()
        }
    }

    private func startThread() {
        let thread = Thread { self.loop() }
        thread.name = "usb"
        thread.start()
    }

    private func loop() {
        while true {
            let (work, isStopping) = mail.withLock { mail in
                defer { mail.work = [] }
                return (mail.work, mail.isStopping)
            }
            for step in work { step() }
            if isStopping { break }
            for reader in readers { reader.turn() }
            handleEvents(waitUntilNextDeadline())
            // A thread that was kept from running looks once more, so that what lay ready is not taken for silence.
            let now = now()
            if readers.contains(where: { $0.deadline.map { $0 <= now } ?? false }) { handleEvents(timeval()) }
        }
        mail.withLock { $0.hasEnded = true }
        libusb_hotplug_deregister_callback(pointer, hotplug)
        libusb_exit(pointer)
        mail.withLock { $0.whenStopped }?.resume()
    }

    private func handleEvents(_ wait: timeval) {
        var wait = wait
        let code = libusb_handle_events_timeout_completed(pointer, &wait, nil)
        if code < 0, code != LIBUSB_ERROR_INTERRUPTED.rawValue { usleep(Self.errorPauseMicroseconds) }
    }

    private func waitUntilNextDeadline() -> timeval {
        let now = now()
        let longest = now &+ Self.waitSecondsMax &* 1_000_000_000
        let next = readers.compactMap(\.deadline).min().map { min($0, longest) } ?? longest
        let microseconds = next > now ? (next - now + 999) / 1_000 : 0
        return timeval(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    }
}
