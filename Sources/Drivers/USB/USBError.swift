// The one error of the USB driver, from libusb's codes. What a person may do about it is its hint; where it reaches a
// person it is turned into a Failure.
import CLibUSB
package import Core

/// What libusb said no to.
package struct USBError: Error, Sendable, Equatable {
    /// What was tried: `open`, `claim`, `transfer`.
    package let operation: String
    /// libusb's code, negative.
    package let code: Int32
    /// libusb's own sentence.
    package let text: String
    /// Whether the same call may succeed later without anybody doing anything.
    package let isTransient: Bool
    /// What a person can do about it.
    package let hint: String?

    package init(_ operation: String, code: Int32) {
        self.operation = operation
        self.code = code
        let name = libusb_error_name(code).map { String(cString: $0) } ?? "error \(code)"
        let text = libusb_strerror(code).map { String(cString: $0) } ?? ""
        self.text = "\(name): \(text)"
        isTransient = Self.transient.contains(code)
        hint = Self.hint(operation, code)
    }

    /// Throws unless a libusb call succeeded.
    @discardableResult
    static func check(_ operation: String, _ code: Int32) throws(USBError) -> Int32 {
        guard code < 0 else { return code }
        throw USBError(operation, code: code)
    }

    var isGone: Bool { code == LIBUSB_ERROR_NO_DEVICE.rawValue }

    private static let transient: Set<Int32> = [
        LIBUSB_ERROR_IO.rawValue, LIBUSB_ERROR_BUSY.rawValue, LIBUSB_ERROR_TIMEOUT.rawValue,
        LIBUSB_ERROR_PIPE.rawValue, LIBUSB_ERROR_INTERRUPTED.rawValue, LIBUSB_ERROR_NO_MEM.rawValue,
    ]

    private static func hint(_ operation: String, _ code: Int32) -> String? {
        if operation == "init" {
            return "There is no USB here: is a USB host present, is /dev/bus/usb mounted, and does systemd-udevd run?"
        }
        switch code {
        case LIBUSB_ERROR_ACCESS.rawValue:
            return "The daemon may not open the device. Install 60-depotd.rules in /usr/lib/udev/rules.d, run "
                + "\"udevadm control --reload && udevadm trigger --subsystem-match=usb\", and plug it in again."
        case LIBUSB_ERROR_BUSY.rawValue:
            return "Another program holds the reader. Stop it, or unplug the reader and plug it in again."
        default: return nil
        }
    }
}

extension USBError: CustomStringConvertible {
    package var description: String { "usb \(operation): \(text)" + (hint.map { " \($0)" } ?? "") }
}

extension Failure {
    /// A driver's error in words for a person: the sentence given, then the hint.
    package init(_ error: USBError, message: String) {
        let code: Code = error.code == LIBUSB_ERROR_ACCESS.rawValue ? .forbidden : .unavailable
        self.init(code, error.hint.map { "\(message) \($0)" } ?? message, cause: "\(error)")
    }
}
