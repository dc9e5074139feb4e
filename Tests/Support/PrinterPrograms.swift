// Printers that are programs of Debian: ippeveprinter of CUPS, which is an IPP Everywhere printer without paper, and LPrint,
// which drives label printers. Both announce themselves and want Avahi; it is started where it does not run.
package import Drivers
import Foundation
import Glibc

/// A printer's program that runs as long as this lives.
package final class PrinterProgram: Sendable {
    private let process: Child
    private let environment: [String: String]
    /// Where it keeps what it was sent.
    package let folder: String
    package let port: Int

    private init(_ path: String, port: Int, _ arguments: (String) -> [String]) throws {
        try Announcing.begin()
        folder = NSTemporaryDirectory() + "depotd-printer-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        self.port = port
        environment = ["HOME": folder, "TMPDIR": folder, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        process = try Child(path, arguments(folder), environment: environment)
    }

    /// An IPP Everywhere printer that keeps what it is sent.
    ///
    /// - Parameters:
    ///   - formats: what it says it takes, which it does not check.
    ///   - command: is run with each job; nil takes its time and says that it is busy meanwhile.
    ///   - port: of one that was there before; nil takes any.
    package static func everywhere(
        formats: String = "application/pdf,image/png,image/pwg-raster", command: String? = "/bin/true",
        port: Int? = nil
    ) throws -> PrinterProgram {
        let port = try port ?? Int(freePort())
        return try PrinterProgram("/usr/sbin/ippeveprinter", port: port) { folder in
            ["-r", "off", "-n", "localhost", "-p", "\(port)", "-d", folder, "-k", "-f", formats]
                + (command.map { ["-c", $0] } ?? []) + ["Label printer \(port)"]
        }
    }

    /// LPrint, to which printers are added with ``add(_:driver:device:)``.
    package static func lprint() throws -> PrinterProgram {
        let port = try Int(freePort())
        return try PrinterProgram("/usr/bin/lprint", port: port) { folder in
            [
                "server", "-o", "server-port=\(port)", "-o", "server-hostname=localhost",
                "-o", "spool-directory=\(folder)", "-o", "log-file=\(folder)/log",
            ]
        }
    }

    /// Adds a printer to LPrint, by IPP. LPrint's own command may start a server of its own instead, and then says that
    /// all is well.
    ///
    /// - Throws: `POSIXError.EIO` when it was not added within a minute.
    package func add(_ name: String, driver: String, device: String) throws {
        let request = "\(folder)/add.test"
        let words = """
            {
              NAME "add"
              OPERATION Create-Printer
              GROUP operation-attributes-tag
              ATTR charset attributes-charset utf-8
              ATTR language attributes-natural-language en
              ATTR uri system-uri $uri
              ATTR keyword printer-service-type print
              ATTR keyword smi55357-driver \(driver)
              ATTR uri smi55357-device-uri \(device)
              GROUP printer-attributes-tag
              ATTR name printer-name \(name)
              STATUS successful-ok
            }

            """
        try words.write(toFile: request, atomically: true, encoding: .utf8)
        // A connection that comes while it starts is taken and never answered.
        func passes(_ path: String, _ request: String) -> Bool {
            let arguments = ["-t", "-T", "2", "ipp://localhost:\(port)\(path)", request]
            return (try? Child.run("/usr/bin/ipptool", arguments, environment: environment)) == 0
        }
        let isAdded = waits {
            passes("/ipp/system", request) || passes("/ipp/print/\(name)", "get-printer-attributes.test")
        }
        guard isAdded else { throw POSIXError(.EIO) }
    }

    /// The files it was sent, in the order of their names.
    package func files(_ suffix: String) -> [[UInt8]] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted().compactMap {
            (try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))).map { [UInt8]($0) }
        }
    }

    /// Ends it as a power cut would.
    package func kill() { process.kill() }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// Avahi and the bus that it speaks over, as long as the tests run. Avahi speaks on the loopback only.
private enum Announcing {
    private static let bus = "/run/dbus/system_bus_socket"
    private static let started: [Child] = {
        let settings = NSTemporaryDirectory() + "depotd-avahi.conf"
        try? "[server]\nallow-interfaces=lo\nuse-ipv6=no\n".write(
            toFile: settings, atomically: true, encoding: .utf8)
        try? FileManager.default.createDirectory(atPath: "/run/dbus", withIntermediateDirectories: true)
        // One that runs already refuses a second one, which is well.
        var programs: [Child?] = []
        if !isSpeaking {
            unlink(bus)
            let words = ["--system", "--nofork", "--nopidfile"]
            programs.append(try? Child("/usr/bin/dbus-daemon", words, environment: [:]))
            for _ in 0..<50 where !isSpeaking { usleep(100_000) }
        }
        let avahi = ["--no-drop-root", "--no-chroot", "--no-rlimits", "-f", settings]
        programs.append(try? Child("/usr/sbin/avahi-daemon", avahi, environment: [:]))
        usleep(1_000_000)
        atexit { Announcing.end() }
        return programs.compactMap(\.self)
    }()

    /// Starts what does not run yet.
    static func begin() throws { _ = started }

    private static func end() { for program in started { program.signal(SIGTERM) } }

    /// Whether somebody listens at the bus's socket.
    private static var isSpeaking: Bool {
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(bus.utf8)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}

extension PrinterProgram {
    /// A printer that says by DNS-SD that it is there.
    package static func announced() throws -> PrinterProgram {
        let port = try Int(freePort())
        return try PrinterProgram("/usr/sbin/ippeveprinter", port: port) { folder in
            [
                "-r", "_print,_universal", "-n", "localhost", "-p", "\(port)", "-d", folder, "-k", "-f",
                "image/png,image/pwg-raster", "-c", "/bin/true", "Label printer \(port)",
            ]
        }
    }

    /// A command for ``everywhere(formats:command:)`` that fails for one form.
    package static func refusing(_ form: String) throws -> String {
        let path = NSTemporaryDirectory() + "depotd-refusing-" + UUID().uuidString
        try "#!/bin/sh\ncase \"$CONTENT_TYPE\" in *\(form)*) echo 'STATE: none' >&2; exit 1;; esac\nexit 0\n"
            .write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }
}

/// Reads PWG raster of one page.
///
/// - Source: PWG 5102.4, sections 4.3 and 4.4: a header of 1,796 bytes, then rows in PackBits with a count of repeats.
package enum PWGReading {
    package static func image(_ bytes: [UInt8]) throws -> DotImage {
        guard bytes.starts(with: Array("RaS2".utf8)), bytes.count > 1_800 else { throw POSIXError(.EINVAL) }
        func number(_ offset: Int) -> Int {
            var number = 0
            for byte in bytes[4 + offset..<8 + offset] { number = number << 8 | Int(byte) }
            return number
        }
        let (width, height, bits) = (number(372), number(376), number(388))
        let unit = bits == 1 ? 1 : bits / 8
        let rowCount = number(392)
        var image = DotImage(width: width, height: height, resolution: number(276))
        var (place, y) = (1_800, 0)
        while y < height, place < bytes.count {
            let repeats = Int(bytes[place]) + 1
            place += 1
            var row: [UInt8] = []
            while row.count < rowCount, place < bytes.count {
                let count = Int(bytes[place])
                place += 1
                if count < 128 {
                    for _ in 0...count { row += bytes[place..<place + unit] }
                    place += unit
                } else {
                    let length = (257 - count) * unit
                    row += bytes[place..<place + length]
                    place += length
                }
            }
            for line in y..<min(height, y + repeats) {
                for x in 0..<width {
                    let mask: UInt8 = 0x80 >> UInt8(x % 8)
                    if bits == 1 { image[x, line] = row[x / 8] & mask != 0 } else { image[x, line] = row[x] < 128 }
                }
            }
            y += repeats
        }
        return image
    }
}
