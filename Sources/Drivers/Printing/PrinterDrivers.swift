// Makes the driver for an address, once.
package import Core
import Synchronization

/// Makes drivers and keeps them: what a printer was found to lie about is not forgotten from one label to the next.
package final class PrinterDrivers: Sendable {
    private let press: LabelPress
    private let known = Mutex<[String: any LabelPrinter]>([:])

    package init(press: LabelPress) { self.press = press }

    package func driver(for address: PrinterAddress) -> any LabelPrinter {
        known.withLock { known in
            let key = "\(address)"
            if let driver = known[key] { return driver }
            let driver: any LabelPrinter =
                switch address {
                case .ipp(let uri): IPPPrinter(uri, press: press)
                case .zpl(let host, let port): ZPLPrinter(host: host, port: port, press: press)
                }
            known[key] = driver
            return driver
        }
    }
}
