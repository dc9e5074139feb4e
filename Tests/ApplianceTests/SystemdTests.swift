// What systemd is told, over a real datagram socket, and what the journal gets.
import CLinux
import CoreFoundation
import Foundation
import Logging
import Synchronization
import Testing

@testable import Appliance

@Suite struct SystemdTests {
    static func sockets() -> [String] {
        let name = "depotd-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        return ["\(NSTemporaryDirectory())/\(name)", "@\(name)"]
    }

    @Test func `states arrive in one datagram, on a path and in the abstract namespace`() throws {
        for path in Self.sockets() {
            let manager = try NotifySocket(path: path)
            let systemd = Systemd(environment: ["NOTIFY_SOCKET": path])
            #expect(systemd.isListening)
            #expect(systemd.notify(.ready, .status("2 readers")))
            #expect(systemd.notify(.watchdog))
            #expect(systemd.notify(.reloading(monotonicMicroseconds: 7)))
            #expect(systemd.notify(.stopping))
            #expect(manager.next() == "READY=1\nSTATUS=2 readers")
            #expect(manager.next() == "WATCHDOG=1")
            #expect(manager.next() == "RELOADING=1\nMONOTONIC_USEC=7")
            #expect(manager.next() == "STOPPING=1")
            #expect(manager.next() == nil)
        }
    }

    @Test func `a status cannot carry another assignment`() throws {
        let manager = try NotifySocket(path: Self.sockets()[0])
        Systemd(environment: ["NOTIFY_SOCKET": manager.path]).notify(.status("a\nSTOPPING=1"))
        #expect(manager.next() == "STATUS=a\\u{A}STOPPING=1")
    }

    @Test func `without systemd, or when it is gone, nothing is sent and nothing fails`() {
        #expect(!Systemd(environment: [:]).notify(.ready))
        for path in ["", "@", "vsock:2:1", "relative", "/nowhere/notify", "/" + String(repeating: "x", count: 200)] {
            #expect(!Systemd(environment: ["NOTIFY_SOCKET": path]).notify(.ready), "\(path)")
        }
    }

    @Test func `a service manager that does not read never holds the daemon up`() throws {
        let manager = try NotifySocket(path: Self.sockets()[0])
        let systemd = Systemd(environment: ["NOTIFY_SOCKET": manager.path])
        let sent = (0..<5_000).prefix { _ in systemd.notify(.watchdog) }.count
        #expect((1..<5_000).contains(sent))
    }

    @Test func `the watchdog counts only for the process it names`() {
        func watchdog(_ environment: [String: String]) -> Duration? {
            Systemd(environment: environment, processID: 7).watchdog
        }
        #expect(watchdog(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
        #expect(watchdog(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"]) == .seconds(30))
        #expect(watchdog(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"]) == nil)
        for text in ["0", "-1", "x", "", "99999999999999999999"] { #expect(watchdog(["WATCHDOG_USEC": text]) == nil) }
        #expect(watchdog([:]) == nil)
    }

    @Test func `the monotonic clock moves on`() {
        let first = Systemd.monotonicMicroseconds()
        #expect(first > 0 && Systemd.monotonicMicroseconds() >= first)
    }
}

@Suite struct JournalLogTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
        func logger(isJournal: Bool) -> Logger {
            Logger(label: "door") { label in
                JournalLog(label: label, isJournal: isJournal, level: .trace) { line in
                    self.all.withLock { $0.append(line) }
                }
            }
        }
    }

    @Test func `each line of the journal begins with its priority`() {
        let lines = Lines()
        let logger = lines.logger(isJournal: true)
        for level in Logger.Level.allCases { logger.log(level: level, "hello") }
        let starts = lines.all.withLock { $0 }
        #expect(starts == [7, 7, 6, 5, 4, 3, 2].map { "<\($0)>door: hello\n" })
    }

    @Test func `people get time and level`() throws {
        let lines = Lines()
        lines.logger(isJournal: false).warning("hello", metadata: ["reader": "usb:1-3:0", "code": "a b", "n": ""])
        let line = try #require(lines.all.withLock { $0.first })
        let rest = try #require(line.firstMatch(of: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z (.*)\n$/)).output.1
        #expect(rest == "warning door: hello code=\"a b\" n=\"\" reader=usb:1-3:0")
    }

    @Test func `what was scanned cannot forge a line, a priority or a field`() {
        let lines = Lines()
        lines.logger(isJournal: true).info(
            "read A\r\n<0>door: all is well\u{2028}\u{202E}\u{1B}[2J",
            metadata: ["code": "x\" user=\"root\n", "a\nb": "c"])
        let line = lines.all.withLock { $0.joined() }
        #expect(
            line == "<6>door: read A\\u{D}\\u{A}<0>door: all is well\\u{2028}\\u{202E}\\u{1B}[2J"
                + " a\\u{A}b=c code=\"x\\\" user=\\\"root\\u{A}\"\n")
        #expect(line.utf8.count { $0 == 0x0A } == 1)
    }

    @Test func `a line has an end`() {
        let lines = Lines()
        lines.logger(isJournal: true).info("\(String(repeating: "x", count: 100_000))")
        #expect(lines.all.withLock { $0[0].utf8.count } < 5_000)
    }

    @Test func `the journal is known by the device and inode of standard error`() {
        var status = stat()
        fstat(STDERR_FILENO, &status)
        #expect(JournalLog.standardErrorIsJournal(["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino)"]))
        #expect(!JournalLog.standardErrorIsJournal(["JOURNAL_STREAM": "1:2"]))
        #expect(!JournalLog.standardErrorIsJournal([:]))
    }
}
